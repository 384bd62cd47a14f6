"""Owned records in numbers: all of them, or those added in a window."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, literal, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting import views
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.queries.counts import filed_under, value_history
from rewind_gql.domains.collecting.tables import Facet, Shelved, Tally, Want
from rewind_gql.store.columns import Day, Utc
from rewind_gql.store.read import Conn, Read

# Up to this share of the copies, each is looked up; beyond it reading all of them is quicker.
FEW = 8
_FIRST = clock.midnight(date(1, 1, 2))
_LAST = clock.midnight(date(9999, 12, 31))

Amount = tuple[float | None, str | None]


@dataclass(slots=True, kw_only=True)
class _Totals:
    """What is one number or name each."""

    total_items: int
    wantlist_count: int
    unique_artists: int
    top_genre: str | None
    top_artist: str | None
    top_artist_copies: int | None
    oldest: int | None
    newest: int | None
    added_this_year: int


@dataclass(slots=True, kw_only=True)
class _Lines:
    """Copies added in a window whose prices are in one currency; the empty one has none."""

    currency: str
    copies: int
    priced: int
    cents: int | None
    oldest: int | None
    newest: int | None
    this_year: int


def _one(column: Any, *where: Any, order: Any = ()) -> Any:
    return select(column).where(*where).order_by(*order).limit(1).scalar_subquery()


def _of_kind(kind: str) -> tuple[Any, Any]:
    return mine(Tally), col(Tally.kind) == literal(kind)


def _this_year() -> Any:
    day = col(Shelved.added_on)
    first, next_ = (bindparam(name, type_=Day()) for name in ("new_year", "next_year"))
    return and_(day >= first, day < next_)


def _inside() -> Any:
    at = col(Shelved.added_at)
    since, until = (bindparam(name, type_=Utc()) for name in ("since", "until"))
    return and_(at >= since, at < until)


_MOST = (col(Tally.sunk), col(Tally.name))
_DATED = (mine(Shelved), col(Shelved.year) > 0)
_LIFETIME = Read(
    select(
        _one(func.count(), mine(Shelved)).label("total_items"),
        _one(func.count(), mine(Want)).label("wantlist_count"),
        _one(func.count(), *_of_kind("artist")).label("unique_artists"),
        _one(col(Tally.name), *_of_kind("genre"), order=_MOST).label("top_genre"),
        _one(col(Tally.name), *_of_kind("artist"), order=_MOST).label("top_artist"),
        _one(col(Tally.copies), *_of_kind("artist"), order=_MOST).label("top_artist_copies"),
        _one(func.min(col(Shelved.year)), *_DATED).label("oldest"),
        _one(func.max(col(Shelved.year)), *_DATED).label("newest"),
        _one(func.count(), mine(Shelved), _this_year()).label("added_this_year"),
    ),
    _Totals,
)
_PRICES: Read[tuple[str, int, int]] = Read(
    select(col(Shelved.currency), func.count(), func.sum(col(Shelved.price_cents)))
    .where(mine(Shelved), col(Shelved.currency).is_not(None))
    .group_by(col(Shelved.currency))
)
_HOW_MANY: Read[tuple[int, int]] = Read(
    select(_one(func.count(), mine(Shelved), _inside()), _one(func.count(), mine(Shelved)))
)
_CURRENCY = func.coalesce(col(Shelved.currency), "")
_YEAR = case((col(Shelved.year) > 0, col(Shelved.year)))


def _lines(among_all: Any, *where: Any) -> Read[_Lines]:
    """Copies in a window by currency, found by `where` or told apart within `among_all`."""
    found = select(
        _CURRENCY.label("currency"),
        func.count().filter(among_all).label("copies"),
        func.count(col(Shelved.price_cents)).filter(among_all).label("priced"),
        func.sum(col(Shelved.price_cents)).filter(among_all).label("cents"),
        func.min(_YEAR).filter(among_all).label("oldest"),
        func.max(_YEAR).filter(among_all).label("newest"),
        func.count().filter(and_(among_all, _this_year())).label("this_year"),
    )
    return Read(found.where(mine(Shelved), *where).group_by(_CURRENCY), _Lines)


_COUNTED = or_(*(col(Facet.kind) == literal(kind) for kind in ("format", "genre", "artist")))
_FACET_INSIDE = and_(
    col(Facet.added_at) >= bindparam("since", type_=Utc()),
    col(Facet.added_at) < bindparam("until", type_=Utc()),
)
_THESE = select(col(Shelved.item_id)).where(mine(Shelved), _inside())


def _filed(*where: Any) -> Read[tuple[str, str, int]]:
    names = col(Facet.kind), col(Facet.name)
    return Read(select(*names, func.count()).where(_COUNTED, *where).group_by(*names))


_LINES = {True: _lines(_inside(), _inside()), False: _lines(_inside())}
_FILED = {
    True: _filed(own(Facet), col(Facet.item_id).in_(_THESE)),
    False: _filed(mine(Facet), _FACET_INSIDE),
}


async def record_stats(
    conn: Conn, user_id: int, *, since: datetime | None = None, until: datetime | None = None
) -> views.RecordStats:
    """Owned records in numbers: all of them, or those added in [`since`, `until`).

    Shape: zeros and None where nothing is owned. The value is Discogs' own lowest estimate, of this
    month or the last, or else the sum of the lowest prices asked in the currency of most copies.
    Source: `collecting_tally` for all, the copies and their facets themselves for a window.
    """
    today = clock.today()
    years = {"new_year": clock.year_start(today), "next_year": clock.next_year(today)}
    if since is not None or until is not None:
        window = {"since": since or _FIRST, "until": until or _LAST}
        return await _of_window(conn, user_id, years, window)
    found = await conn.value(_LIFETIME, user_id=user_id, **years)
    formats = await filed_under(conn, user_id, kind="format")
    return _stats(found, formats, await _value(conn, user_id, today) if found.total_items else None)


async def _value(conn: Conn, user_id: int, today: date) -> Amount | None:
    last_month = clock.month_start(today) - clock.DAY
    known = await value_history(conn, user_id, since=last_month)
    if known:
        return known[-1].minimum or None, known[-1].currency
    return _main(await conn.rows(_PRICES, user_id=user_id))


async def _of_window(
    conn: Conn, user_id: int, years: Mapping[str, date], window: Mapping[str, datetime]
) -> views.RecordStats:
    inside, owned = await conn.value(_HOW_MANY, user_id=user_id, **window)
    if inside == owned:  # then what is counted of all of them holds
        found = await conn.value(_LIFETIME, user_id=user_id, **years)
        every = await filed_under(conn, user_id, kind="format")
        prices = await conn.rows(_PRICES, user_id=user_id)
        return _stats(replace(found, wantlist_count=0), every, _main(prices))
    few = inside * FEW <= owned
    lines = await conn.rows(_LINES[few], user_id=user_id, **window, **years)
    counted: dict[str, list[views.Count]] = {"format": [], "genre": [], "artist": []}
    for kind, name, copies in await conn.rows(_FILED[few], user_id=user_id, **window):
        counted[kind].append(views.Count(name=name, copies=copies))
    formats, genres, artists = (sorted(each, key=_most) for each in counted.values())
    found = _Totals(
        total_items=inside,
        wantlist_count=0,
        unique_artists=len(artists),
        top_genre=genres[0].name if genres else None,
        top_artist=artists[0].name if artists else None,
        top_artist_copies=artists[0].copies if artists else None,
        oldest=min((each.oldest for each in lines if each.oldest), default=None),
        newest=max((each.newest for each in lines if each.newest), default=None),
        added_this_year=sum(each.this_year for each in lines),
    )
    priced = [(each.currency, each.priced, int(each.cents or 0)) for each in lines if each.priced]
    return _stats(found, formats, _main(priced))


def _most(each: views.Count) -> tuple[int, str]:
    return -each.copies, each.name


def _main(prices: list[tuple[str, int, int]]) -> Amount | None:
    """The sum in the currency that most copies are priced in, ties by its code."""
    if not prices:
        return None
    currency, _, cents = min(prices, key=lambda each: (-each[1], each[0]))
    return int(cents) / 100, currency


def _stats(found: _Totals, formats: list[views.Count], value: Amount | None) -> views.RecordStats:
    amount, currency = value or (None, None)
    most = None
    if found.top_artist is not None:
        most = views.Count(name=found.top_artist, copies=found.top_artist_copies or 0)
    return views.RecordStats(
        total_items=found.total_items,
        formats=formats,
        wantlist_count=found.wantlist_count,
        unique_artists=found.unique_artists,
        estimated_value=amount,
        currency=currency if amount else None,
        top_genre=found.top_genre,
        oldest_release_year=found.oldest,
        newest_release_year=found.newest,
        most_collected_artist=most,
        added_this_year=found.added_this_year,
    )
