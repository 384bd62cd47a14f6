"""The shelf in numbers: what copies are filed under, when they were added, what they are worth."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CompoundSelect, bindparam, func, literal, literal_column, select, union_all
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.filing import KINDS, Kind
from rewind_gql.domains.collecting.queries.parts import LIMIT, check
from rewind_gql.domains.collecting.tables import Artist, Media, Shelved, Tally, Value
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Day, Id, Utc, utc_day
from rewind_gql.store.read import Conn, Read

FIRST_YEAR = 2000
ALL = (1 << 31) - 1


def _kind() -> Any:
    return bindparam("kind")


_TALLY = Read(
    select(col(Tally.name), col(Tally.copies))
    .where(mine(Tally), col(Tally.kind) == _kind())
    .order_by(col(Tally.sunk), col(Tally.name))
    .limit(LIMIT),
    views.Count,
)
_ARTISTS = Read(
    select(
        col(Tally.name).label("name"),
        col(Artist.discogs_id).label("discogs_id"),
        col(Tally.copies).label("copies"),
    )
    .outerjoin(
        Artist,
        (col(Artist.user_id) == col(Tally.user_id)) & (col(Artist.name) == col(Tally.name)),
    )
    .where(mine(Tally), col(Tally.kind) == literal("artist"))
    .order_by(col(Tally.sunk), col(Tally.name))
    .limit(LIMIT),
    views.ArtistCount,
)


async def filed_under(
    conn: Conn, user_id: int, *, kind: Kind, limit: int = ALL
) -> list[views.Count]:
    """Owned copies by format, genre, style, artist, label or decade, most first, ties by name.

    Shape: a copy counts under each of its genres, styles, artists and labels, and under its first
    format; a copy without a year under no decade. Source: `collecting_tally`.
    Raises `BadInput` for another kind.
    """
    check(kind, KINDS, "kind")
    return await conn.rows(_TALLY, user_id=user_id, kind=kind, limit=limit)


async def artists(conn: Conn, user_id: int, *, limit: int = 20) -> list[views.ArtistCount]:
    """The artists of most owned copies, ties by name."""
    return await conn.rows(_ARTISTS, user_id=user_id, limit=limit)


def _day(name: str) -> Any:
    return bindparam(name, type_=Day())


_VALUE_FIELDS = ("month", "currency", "items", "seen_at")
_CENTS = ("minimum_cents", "median_cents", "maximum_cents", "asked_cents")


@dataclass(slots=True, kw_only=True)
class _Value:
    """One row of `collecting_value`."""

    month: date
    currency: str
    items: int
    seen_at: datetime
    minimum_cents: int
    median_cents: int
    maximum_cents: int
    asked_cents: int | None


_VALUES = Read(
    select(*(col(getattr(Value, name)).label(name) for name in (*_VALUE_FIELDS, *_CENTS)))
    .where(
        mine(Value),
        col(Value.month) >= _day("first_month"),
        col(Value.month) <= _day("last_month"),
    )
    .order_by(col(Value.month)),
    _Value,
)
# Films come one by one: their days are no column that an index could have them together by.
_ADDED: CompoundSelect[Any] = union_all(
    select(col(Shelved.added_on).label("day"), func.count().label("count"))
    .where(
        mine(Shelved),
        col(Shelved.added_on) >= _day("new_year"),
        col(Shelved.added_on) < _day("next_year"),
    )
    .group_by(col(Shelved.added_on)),
    select(
        utc_day(col(Media.collected_at)).label("day"), literal_column("1", Id).label("count")
    ).where(
        mine(Media),
        col(Media.collected_at) >= bindparam("since", type_=Utc()),
        col(Media.collected_at) < bindparam("until", type_=Utc()),
    ),
)
_CALENDAR = Read(_ADDED, views.DayCount)


async def calendar(conn: Conn, user_id: int, *, year: int | None = None) -> views.Year:
    """Records and films added in a year, day by day; the present UTC year unless told.

    Shape: days with at least one, first to last.
    Raises `BadInput` for years before 2000 or after the next.
    """
    this_year = clock.today().year
    year = this_year if year is None else year
    if not FIRST_YEAR <= year <= this_year + 1:
        raise BadInput(f"year must be between {FIRST_YEAR} and {this_year + 1}", path="year")
    first, last = date(year, 1, 1), date(year + 1, 1, 1)
    found = await conn.rows(
        _CALENDAR,
        user_id=user_id,
        new_year=first,
        next_year=last,
        since=clock.midnight(first),
        until=clock.midnight(last),
    )
    days: dict[date, int] = {}
    for each in found:
        days[each.day] = days.get(each.day, 0) + each.count
    return views.Year(
        year=year, days=[views.DayCount(day=day, count=days[day]) for day in sorted(days)]
    )


async def value_history(
    conn: Conn, user_id: int, *, since: date | None = None, until: date | None = None
) -> list[views.ValuePoint]:
    """What the collection was worth, a point a month, oldest first; months `since` to `until`."""
    months = {
        "first_month": clock.month_start(since) if since else date(1, 1, 1),
        "last_month": until or date(9999, 12, 1),
    }
    return [
        views.ValuePoint(
            month=row.month,
            currency=row.currency,
            minimum=row.minimum_cents / 100,
            median=row.median_cents / 100,
            maximum=row.maximum_cents / 100,
            lowest_asked=None if row.asked_cents is None else row.asked_cents / 100,
            copies=row.items,
            seen_at=row.seen_at,
        )
        for row in await conn.rows(_VALUES, user_id=user_id, **months)
    ]
