"""Days, weeks, months and years of any time zone: plays over time, days in a row, genres."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import repeat
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import and_, bindparam, func, literal, select
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.packs import AT, numbers_of
from rewind_gql.domains.listening.periods import Granularity, Span, check_points, starts
from rewind_gql.domains.listening.queries import held, zones
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.queries.counts import plays_count
from rewind_gql.domains.listening.queries.genres import (
    between,
    genre_names,
    periods_of,
    table_of,
)
from rewind_gql.domains.listening.queries.runs import FIRST_DAY, day_number, streaks_of
from rewind_gql.domains.listening.queries.window import ENTITIES, lifetime
from rewind_gql.domains.listening.tables import Play, Rollup
from rewind_gql.store.columns import Day, Id, Utc
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
Kind = Literal["total", "genre"]


async def over_time(
    conn: Conn,
    user_id: int,
    *,
    granularity: Granularity,
    zone: ZoneInfo,
    since: Instant,
    until: Instant,
    filled: bool = True,
) -> list[views.PlaysPoint]:
    """Plays of each local day, week, month or year of [`since`, `until`), oldest first.

    Open ends are the first and the last play. What the window cuts counts inside alone. Weeks begin
    on Monday. Shape: buckets without a play are there, unless `filled` is False.
    Source: the days of `listening_rollup`, and the plays of days that a bucket's edge cuts.
    Raises `BadInput` for more than 10,000 buckets.
    """
    buckets = await _buckets(conn, user_id, granularity, zone, since, until)
    if buckets is None:
        return []
    return [
        views.PlaysPoint(start=start, plays=plays)
        for start, plays in zip(buckets.starts, await _plays(conn, user_id, buckets), strict=True)
        if filled or plays
    ]


async def local_streaks(
    conn: Conn, user_id: int, *, zone: ZoneInfo, now: datetime
) -> views.Streaks:
    """The newest and the longest run of local days with a play.

    A UTC day is at most two local ones: that of its first play and that of its last.
    """
    ends = np.concatenate(numbers_of(await conn.value(_ENDS, user_id=user_id)))
    days = np.unique(zones.local_days(ends, zone)).tolist()
    streaks = streaks_of(zip(days, repeat(0)), clock.day_at(now, zone))
    for run in (streaks.current, streaks.longest):
        if run.start and run.end:
            since, until = _midnight(run.start, zone), _midnight(run.end + clock.DAY, zone)
            run.plays = await plays_count(conn, user_id, since=since, until=until)
    return streaks


async def local_genres(
    conn: Conn,
    user_id: int,
    *,
    granularity: Granularity,
    zone: ZoneInfo,
    since: Instant,
    until: Instant,
    limit: int,
) -> list[views.GenrePeriod]:
    """The same as `genre_periods` of local weeks, months or years."""
    buckets = await _buckets(conn, user_id, granularity, zone, since, until)
    if buckets is None:
        return []
    table = await between(conn, user_id, buckets.marks)
    if table is None:
        counted = await _between(conn, user_id, "genre", buckets)
        table = table_of(counted, await genre_names(conn, user_id))
    return periods_of(buckets.starts, table, limit)


class _Buckets(NamedTuple):
    """The first day of each bucket; from when on it counts, in microseconds, and where all end."""

    starts: list[date]
    marks: zones.Numbers


async def _buckets(
    conn: Conn,
    user_id: int,
    granularity: Granularity,
    zone: ZoneInfo,
    since: Instant,
    until: Instant,
) -> _Buckets | None:
    """The buckets of a window; None where there is nothing to count."""
    life = await lifetime(conn, user_id)
    if life is None:
        return None
    start, end = since or life[0], until or life[1] + clock.MICROSECOND
    if start >= end:
        return None
    check_points(Span(granularity, start, end))
    first, last = (at.astimezone(zone).date() for at in (start, end))
    # Where the clocks go back past midnight, a day can begin once more.
    firsts = starts(granularity, first, last.toordinal() + 2)
    limits = [clock.microseconds(at) for at in (start, end)]
    later = _midnights(granularity, firsts[1:], zone)
    later = later[: np.searchsorted(later, limits[1])]
    marks = np.concatenate([limits[:1], later, limits[1:]])
    return _Buckets(firsts[: later.size + 1], marks)


def _midnights(granularity: Granularity, days: Sequence[date], zone: ZoneInfo) -> zones.Numbers:
    if granularity in ("day", "week"):
        return zones.midnights(days, zone)
    # They are few, and can be thousands of years apart.
    return np.array([clock.microseconds(_midnight(day, zone)) for day in days], np.int64)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


async def _plays(conn: Conn, user_id: int, buckets: _Buckets) -> list[int]:
    """The plays of each bucket."""
    marks = buckets.marks
    since, until = (clock.from_microseconds(int(each)) for each in (marks[0], marks[-1]))
    found = await held.parts(conn, user_id, (AT,), since, until)
    if found is not None:
        counts: list[int] = np.diff(held.before(found, marks)).clip(min=0).tolist()
        return counts
    return [each[0] for each in await _between(conn, user_id, "total", buckets)]


async def _between(conn: Conn, user_id: int, kind: Kind, buckets: _Buckets) -> list[Counter[int]]:
    """The plays of each bucket by entity, counted by the database.

    Whole days are added up in memory; of a day that an instant cuts its plays are looked at.
    """
    marks = [clock.from_microseconds(each) for each in buckets.marks.tolist()]
    first, last = marks[0].date(), marks[-1].date()
    lists = await conn.value(_DAYS, user_id=user_id, kind=kind, first=first, last=last)
    found = _whole_days(lists, marks)
    cuts = [
        (at, clock.midnight(mark.date()), mark)
        for at, mark in enumerate(marks)
        if mark != clock.midnight(mark.date())
    ]
    # What came before an instant on its day belongs to the bucket that ends there.
    for at, entity_id, plays in await conn.rows(_CUT[kind], user_id=user_id, cuts=cuts):
        if at < len(found):
            found[at][entity_id] -= plays
        if at:
            found[at - 1][entity_id] += plays
    return [+each for each in found]


def _whole_days(lists: Sequence[str | None], marks: Sequence[datetime]) -> list[Counter[int]]:
    """The plays of whole days, each between the last instant on or before it and the next one."""
    days, entities, plays = numbers_of(lists)
    starts = [(mark.date() - FIRST_DAY).days for mark in marks]
    at = np.searchsorted(np.array(starts), days, side="right") - 1
    names, place = np.unique(entities, return_inverse=True)
    width = len(names)
    inside = (at >= 0) & (at < len(marks) - 1)
    cells = at[inside] * width + place[inside]
    sums = np.bincount(cells, weights=plays[inside], minlength=(len(marks) - 1) * width)
    found: list[Counter[int]] = [Counter() for _ in marks[1:]]
    for cell in np.flatnonzero(sums).tolist():
        found[cell // width][int(names[cell % width])] = int(sums[cell])
    return found


_COUNTED = (
    col(Rollup.user_id) == OWNER,
    col(Rollup.grain) == literal("day"),
)
_DAYS: Read[Any] = Read(
    select(
        bulk.gathered(day_number(col(Rollup.bucket))),
        bulk.gathered(col(Rollup.entity_id)),
        bulk.gathered(col(Rollup.plays)),
    ).where(
        *_COUNTED,
        col(Rollup.kind) == bindparam("kind"),
        col(Rollup.bucket) >= bindparam("first", type_=Day()),
        col(Rollup.bucket) <= bindparam("last", type_=Day()),
    )
)
_ENDS: Read[Any] = Read(
    select(
        bulk.gathered(bulk.micros(col(Rollup.first_at))),
        bulk.gathered(bulk.micros(col(Rollup.last_at))),
    ).where(*_COUNTED, col(Rollup.kind) == literal("total"), col(Rollup.entity_id) == literal(0))
)
_CUTS = bulk.rows("cuts", at=Id, since=Utc, until=Utc)


def _cut(kind: Kind) -> Read[Any]:
    """The plays of each cut, by entity. An outer join keeps its order: the cuts first."""
    entity = ENTITIES[kind].label("entity_id")
    inside = and_(
        col(Play.user_id) == OWNER,
        col(Play.played_at) >= _CUTS.c.since,
        col(Play.played_at) < _CUTS.c.until,
        not_(col(Play.hidden)),
    )
    found = select(_CUTS.c.at, entity, func.count(col(Play.id)).label("plays"))
    found = found.select_from(_CUTS).outerjoin(Play, inside)
    keys = [_CUTS.c.at] if kind == "total" else [_CUTS.c.at, entity]
    counted = found.group_by(*keys).subquery("counted")
    return Read(select(*counted.c).where(counted.c.plays > 0, counted.c.entity_id.is_not(None)))


_KINDS: tuple[Kind, ...] = ("total", "genre")
_CUT = {kind: _cut(kind) for kind in _KINDS}
