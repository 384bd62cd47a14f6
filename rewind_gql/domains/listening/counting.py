"""Counts of days written where they changed, and what lies above them summed again."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Insert,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import bulk, packs
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.tables import Breadth, Rollup
from rewind_gql.store.columns import Day, Id, Utc
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

NEVER = date.max
OWNER = bindparam("owner", type_=Id)
COLUMNS = ["user_id", "grain", "kind", "entity_id", "bucket", "plays", "first_at", "last_at"]
BELOW = {"month": "day", "year": "month", "all": "year"}
WIDE = packs.KINDS
"""The kinds of which it is kept how many different ones were heard."""


class Place(NamedTuple):
    """Where a count stands within a grain, in the order the table keeps."""

    kind: str
    entity_id: int
    bucket: date


class Count(NamedTuple):
    """Plays, and the first and last of them."""

    plays: int
    first_at: datetime
    last_at: datetime

    def plus(self, other: "Count | None") -> "Count":
        """Both together."""
        if other is None:
            return self
        return Count(
            self.plays + other.plays,
            min(self.first_at, other.first_at),
            max(self.last_at, other.last_at),
        )


async def settle(
    conn: Writing,
    user_id: int,
    days: Sequence[date],
    kinds: Sequence[str],
    live: dict[Place, Count],
) -> None:
    """Make the counts of these kinds and days what `live` says, and all above them its sums."""
    wanted = [(kind, day) for kind in kinds for day in days]
    rows = await conn.rows(_STORED, user_id=user_id, days=wanted)
    stored = {Place(*row[:3]): Count(*row[3:]) for row in rows if row[0] is not None}
    changed = {place: count for place, count in live.items() if stored.get(place) != count}
    gone = stored.keys() - live.keys()
    if not changed and not gone:
        return
    more = None if gone else _more(changed, stored)
    if more is not None:
        await conn.execute(_GROW[conn.dialect.name], {"owner": user_id, "more": _ordered(more)})
    else:
        await _replace(conn, user_id, changed, gone)
    others = [place for place in [*(changed.keys() - stored.keys()), *gone] if place.kind in WIDE]
    if others:
        await _recount_breadth(conn, user_id, {place.bucket for place in others}, bool(gone))


def _more(changed: dict[Place, Count], stored: dict[Place, Count]) -> dict[Place, Count] | None:
    """By how much each count of a day has grown; None when one of them has not only grown."""
    more = {}
    for place, count in changed.items():
        known = stored.get(place)
        if known is None:
            more[place] = count
        elif (
            count.plays >= known.plays
            and count.first_at <= known.first_at
            and count.last_at >= known.last_at
        ):
            more[place] = count._replace(plays=count.plays - known.plays)
        else:
            return None
    return more


def _ordered(more: dict[Place, Count]) -> list[tuple[Any, ...]]:
    """What is to be added at every grain, in the order of the table."""
    days = {place.bucket for place in more}
    above = {day: (clock.month_start(day), clock.year_start(day)) for day in days}
    grown: dict[tuple[str, int, str, date], tuple[int, datetime, datetime]] = {}
    for (kind, entity, day), count in more.items():
        month, year = above[day]
        grown[kind, entity, "day", day] = count
        for grain, bucket in (("month", month), ("year", year), ("all", ALL_TIME)):
            key = (kind, entity, grain, bucket)
            known = grown.get(key)
            if known is None:
                grown[key] = count
            else:
                plays, first_at, last_at = known
                grown[key] = (
                    plays + count.plays,
                    min(first_at, count.first_at),
                    max(last_at, count.last_at),
                )
    return [(*key, *grown[key]) for key in sorted(grown)]


async def _replace(
    conn: Writing, user_id: int, changed: dict[Place, Count], gone: Collection[Place]
) -> None:
    """Write and remove these counts of days, and sum all above them again."""
    if changed:
        counts = [(*place, *changed[place]) for place in sorted(changed)]
        await conn.execute(_WRITE[conn.dialect.name], {"owner": user_id, "counts": counts})
    if gone:
        await conn.execute(_REMOVE, {"owner": user_id, "gone": sorted(gone)})
    await _recount_above(conn, user_id, [*changed, *gone], any_gone=bool(gone))


async def _recount_above(
    conn: Writing, user_id: int, places: Iterable[Place], *, any_gone: bool
) -> None:
    """Sum the months of these days from days, the years from months, all time from years."""
    months = {(kind, entity, clock.month_start(day)) for kind, entity, day in places}
    years = {(kind, entity, clock.year_start(month)) for kind, entity, month in months}
    ever = {(kind, entity) for kind, entity, _ in years}
    above: dict[str, list[tuple[str, int, date, date]]] = {
        "month": [(kind, entity, at, clock.next_month(at)) for kind, entity, at in months],
        "year": [(kind, entity, at, clock.next_year(at)) for kind, entity, at in years],
        "all": [(kind, entity, ALL_TIME, NEVER) for kind, entity in ever],
    }
    for grain, parts in above.items():
        bound = {"owner": user_id, "parts": sorted(parts)}
        await conn.execute(_SUM[conn.dialect.name][grain], bound)
        if any_gone:
            await conn.execute(_REMOVE_EMPTY[grain], bound)


async def _recount_breadth(conn: Writing, user_id: int, days: set[date], any_gone: bool) -> None:
    """Count again how many different things were heard, where these days may have changed that."""
    months = {("month", clock.month_start(day)) for day in days}
    years = {("year", clock.year_start(day)) for day in days}
    buckets = [*sorted(months), *sorted(years), ("all", ALL_TIME)]
    bound = {"owner": user_id, "buckets": buckets}
    await conn.execute(_BREADTH[conn.dialect.name], bound)
    if any_gone:
        await conn.execute(_NO_BREADTH, {"owner": user_id})


_COUNTED_DAYS = bulk.rows("days", kind=Text, day=Day)
_STORED: Read[Any] = Read(
    select(
        col(Rollup.kind),
        col(Rollup.entity_id),
        col(Rollup.bucket),
        col(Rollup.plays),
        col(Rollup.first_at),
        col(Rollup.last_at),
    )
    .select_from(_COUNTED_DAYS)
    .outerjoin(
        Rollup,
        and_(
            col(Rollup.user_id) == bindparam("user_id"),
            col(Rollup.kind) == _COUNTED_DAYS.c.kind,
            col(Rollup.grain) == literal("day"),
            col(Rollup.bucket) == _COUNTED_DAYS.c.day,
        ),
    )
)


def _insert(dialect: str, table: type[SQLModel], source: Select[Any], keys: int) -> Insert:
    """Write the rows of `source` over those that have the same first columns."""
    statement: Any = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    names = [column.name for column in source.selected_columns] if table is Breadth else COLUMNS
    statement = statement.from_select(names, source)
    new = statement.excluded
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]  # an Insert of either
        index_elements=names[:keys], set_={name: new[name] for name in names[keys:]}
    )


_COUNTS = bulk.rows(
    "counts", kind=Text, entity_id=Id, bucket=Day, plays=Id, first_at=Utc, last_at=Utc
)
_COUNTED = select(OWNER, literal("day"), *_COUNTS.c).where(_COUNTS.c.plays > 0)
_WRITE = {dialect: _insert(dialect, Rollup, _COUNTED, 5) for dialect in ("sqlite", "postgresql")}
_MORE = bulk.rows(
    "more",
    kind=Text,
    entity_id=Id,
    grain=Text,
    bucket=Day,
    plays=Id,
    first_at=Utc,
    last_at=Utc,
)


def _grow(dialect: str) -> Insert:
    """Add to counts, of every grain; a count that is not there yet is what is added."""
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    least, most = (func.min, func.max) if dialect == "sqlite" else (func.least, func.greatest)
    source = select(OWNER, *(_MORE.c[name] for name in COLUMNS[1:])).where(_MORE.c.kind != "")
    statement = insert(Rollup).from_select(COLUMNS, source)
    new = statement.excluded
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]  # an Insert of either
        index_elements=COLUMNS[:5],
        set_={
            "plays": col(Rollup.plays) + new.plays,
            "first_at": least(col(Rollup.first_at), new.first_at),
            "last_at": most(col(Rollup.last_at), new.last_at),
        },
    )


_GROW = {dialect: _grow(dialect) for dialect in ("sqlite", "postgresql")}
_PLACE = tuple_(col(Rollup.kind), col(Rollup.entity_id), col(Rollup.bucket))
_GONE = bulk.rows("gone", kind=Text, entity_id=Id, bucket=Day)
_REMOVE = delete(Rollup).where(
    col(Rollup.user_id) == OWNER,
    col(Rollup.grain) == "day",
    _PLACE.in_(select(*_GONE.c)),
)
_PARTS = bulk.rows("parts", kind=Text, entity_id=Id, bucket=Day, until=Day)


def _within(below: Any, grain: str) -> Any:
    """The rows one grain below that make up a part."""
    return and_(
        below.user_id == OWNER,
        below.kind == _PARTS.c.kind,
        below.entity_id == _PARTS.c.entity_id,
        below.grain == BELOW[grain],
        below.bucket >= _PARTS.c.bucket,
        below.bucket < _PARTS.c.until,
    )


def _summed(grain: str) -> Select[Any]:
    below = aliased(Rollup)
    return (
        select(
            OWNER,
            literal(grain),
            _PARTS.c.kind,
            _PARTS.c.entity_id,
            _PARTS.c.bucket,
            func.sum(col(below.plays)),
            func.min(col(below.first_at)),
            func.max(col(below.last_at)),
        )
        .select_from(_PARTS)
        .outerjoin(below, _within(below, grain))
        .group_by(_PARTS.c.kind, _PARTS.c.bucket, _PARTS.c.entity_id)
        .having(func.count(col(below.plays)) > 0)
    )


_SUM = {
    dialect: {grain: _insert(dialect, Rollup, _summed(grain), 5) for grain in BELOW}
    for dialect in ("sqlite", "postgresql")
}


def _remove_empty(grain: str) -> Any:
    below = aliased(Rollup)
    empty = select(_PARTS.c.kind, _PARTS.c.entity_id, _PARTS.c.bucket).where(
        not_(exists().where(_within(below, grain)))
    )
    return delete(Rollup).where(
        col(Rollup.user_id) == OWNER, col(Rollup.grain) == grain, _PLACE.in_(empty)
    )


_REMOVE_EMPTY = {grain: _remove_empty(grain) for grain in BELOW}

_BUCKETS = bulk.rows("buckets", grain=Text, bucket=Day)


def _different(kind: str) -> Any:
    """How many different ones of a kind there are in a bucket."""
    counted = select(func.count()).where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(kind),
        col(Rollup.grain) == _BUCKETS.c.grain,
        col(Rollup.bucket) == _BUCKETS.c.bucket,
    )
    return counted.correlate(_BUCKETS).scalar_subquery().label(f"{kind}s")


_WIDTHS = select(
    OWNER.label("user_id"), _BUCKETS.c.grain, _BUCKETS.c.bucket, *map(_different, WIDE)
).where(_BUCKETS.c.grain != "")  # SQLite needs a condition before ON CONFLICT
_BREADTH = {dialect: _insert(dialect, Breadth, _WIDTHS, 3) for dialect in ("sqlite", "postgresql")}
_NO_BREADTH = delete(Breadth).where(col(Breadth.user_id) == OWNER, col(Breadth.tracks) == 0)
