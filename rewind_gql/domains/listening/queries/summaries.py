"""Months and years in numbers: how much was heard, how many different things, whom most."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, literal, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.browse import artists_by_id
from rewind_gql.domains.listening.queries.columns import OWNER, YEAR_GRAIN
from rewind_gql.domains.listening.queries.counts import totals
from rewind_gql.domains.listening.queries.ranking import MOST
from rewind_gql.domains.listening.queries.window import reached
from rewind_gql.domains.listening.tables import Artist, Breadth, Rollup
from rewind_gql.store.columns import Day, Id
from rewind_gql.store.read import Conn, Read

Instant = datetime | None


async def month_totals(
    conn: Conn, user_id: int, *, since: Instant, until: Instant
) -> list[views.MonthTotals]:
    """Each UTC month of [`since`, `until`) in numbers, oldest first; empty ones left out.

    Of a month the window cuts, only what lies inside counts.
    """
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return []
    start, end = reach.start, reach.end
    first = clock.month_start(start.date())
    whole = first if start == clock.midnight(first) else clock.next_month(first)
    last = clock.month_start(end.date())
    if whole > last:
        return await _cut(conn, user_id, start, end)
    before = await _cut(conn, user_id, start, clock.midnight(whole))
    after = await _cut(conn, user_id, clock.midnight(last), end)
    between = await conn.rows(_MONTHS, user_id=user_id, since=whole, until=last)
    return [*before, *between, *after]


async def _cut(conn: Conn, user_id: int, start: datetime, end: datetime) -> list[views.MonthTotals]:
    """A part of a month, counted; nothing where it is empty."""
    if start >= end:
        return []
    found = await totals(conn, user_id, since=start, until=end)
    if not found.plays:
        return []
    return [
        views.MonthTotals(
            month=clock.month_start(start.date()),
            plays=found.plays,
            artists=found.artists,
            albums=found.albums,
            tracks=found.tracks,
        )
    ]


async def years(conn: Conn, user_id: int) -> list[views.YearTotals]:
    """Every UTC year with a play in numbers, newest first."""
    rows = await conn.rows(_YEARS, user_id=user_id)
    leading: dict[date, tuple[str, int]] = {}
    for year, name, artist_id in await conn.rows(_LEADING, user_id=user_id):
        leading[year] = min(leading.get(year, (name, artist_id)), (name, artist_id))
    ids = sorted({artist_id for _, artist_id in leading.values()})
    artists = await artists_by_id(conn, user_id, ids)
    return [
        views.YearTotals(
            year=year.year,
            plays=plays,
            artists=different[0],
            albums=different[1],
            tracks=different[2],
            top_artist=artists.get(leading[year][1]) if year in leading else None,
        )
        for year, plays, *different in rows
    ]


_OF_TOTAL = and_(
    col(Rollup.user_id) == col(Breadth.user_id),
    col(Rollup.kind) == literal("total"),
    col(Rollup.entity_id) == literal(0),
    col(Rollup.grain) == col(Breadth.grain),
    col(Rollup.bucket) == col(Breadth.bucket),
)
_DIFFERENT: list[Any] = [
    col(Breadth.artists).label("artists"),
    col(Breadth.albums).label("albums"),
    col(Breadth.tracks).label("tracks"),
]
_MONTHS = Read(
    select(col(Breadth.bucket).label("month"), col(Rollup.plays).label("plays"), *_DIFFERENT)
    .join(Rollup, _OF_TOTAL)
    .where(
        col(Breadth.user_id) == OWNER,
        col(Breadth.grain) == literal("month"),
        col(Breadth.bucket) >= bindparam("since", type_=Day()),
        col(Breadth.bucket) < bindparam("until", type_=Day()),
    )
    .order_by(col(Breadth.bucket)),
    views.MonthTotals,
)
_YEARS: Read[Any] = Read(
    select(col(Breadth.bucket), col(Rollup.plays), *_DIFFERENT)
    .join(Rollup, _OF_TOTAL)
    .where(col(Breadth.user_id) == OWNER, col(Breadth.grain) == literal("year"))
    .order_by(col(Breadth.bucket).desc())
)
_LED, _MOST = aliased(Rollup), aliased(Rollup)


def _artists_of(rollup: Any, year: Any) -> tuple[Any, ...]:
    """The counts of all artists in a year."""
    return (
        col(rollup.user_id) == OWNER,
        col(rollup.kind) == literal("artist"),
        col(rollup.grain) == YEAR_GRAIN,
        col(rollup.bucket) == year,
    )


_HIGHEST = (
    select(col(_MOST.plays))
    .where(
        *_artists_of(_MOST, col(Breadth.bucket)),
        # Says what is true of every count, for only so SQLite takes the index ordered by plays.
        col(_MOST.plays) >= literal(1),
        col(_MOST.plays) < literal(MOST, Id),
    )
    .order_by(col(_MOST.plays).desc())
    .limit(literal(1))
    .correlate(Breadth)
    .scalar_subquery()
)
_TOPS = (
    select(col(Breadth.bucket).label("year"), _HIGHEST.label("plays"))
    .where(col(Breadth.user_id) == OWNER, col(Breadth.grain) == literal("year"))
    .cte("tops")
    .prefix_with("MATERIALIZED")
)
# Outer joins keep their order: the years first, however few statistics there are.
_LEADING: Read[Any] = Read(
    select(_TOPS.c.year, col(Artist.name), col(Artist.id))
    .select_from(_TOPS)
    .outerjoin(_LED, and_(*_artists_of(_LED, _TOPS.c.year), col(_LED.plays) == _TOPS.c.plays))
    .outerjoin(Artist, col(Artist.id) == col(_LED.entity_id))
)
