"""Sessions in, time by calendar day out: kept exact, counted again, and checked."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import add
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Touched
from rewind_gql.domains.focus import turn
from rewind_gql.domains.focus.calendar import Pages, day_of, midnight
from rewind_gql.domains.focus.columns import FOCUS, OWNER, SHOWN, TIMED, itself
from rewind_gql.domains.focus.queries.account import zone as zone_of
from rewind_gql.domains.focus.tables import Day, Session, Total
from rewind_gql.store.columns import Id, Utc, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

__all__ = ["LONGEST", "derive", "drift", "rebuild", "zone_of"]

LONGEST = timedelta(days=7)
"""No session may be longer: so far back is looked for what reaches into a day."""
# Touched days that lie closer together than this are read in one go.
NEAR = timedelta(days=30)
# Days counted again at a time: what keeps the memory of a rebuild small.
DAYS_AT_ONCE = 366
FEW = 5

K = TypeVar("K", date, "Place")


class Place(NamedTuple):
    """Where time is counted, in the order the table keeps."""

    day: date
    kind: str
    project: str
    category: str


class Count(NamedTuple):
    """Seconds on a day, and the sessions that began on it."""

    seconds: int
    sessions: int


class Sum(NamedTuple):
    """Seconds of focus and the sessions of it, then the same of rest."""

    focus_s: int
    sessions: int
    break_s: int
    breaks: int


class Timed(NamedTuple):
    """A completed session, as far as it is counted."""

    start_at: datetime
    end_at: datetime
    kind: str
    project: str
    category: str


async def derive(conn: Writing, user_id: int, touched: Touched) -> None:
    """Count the calendar days `touched` again in `focus_day` and `focus_total`.

    Running it twice changes nothing. The days are the person's own. It is right too where sessions
    are gone, as long as the days they lay on are touched.
    """
    if not touched.days:
        return
    await turn.take(conn, user_id)
    zone = await zone_of(conn, user_id)
    for days in _runs(touched.days):
        await _recount(conn, user_id, days, zone)


async def rebuild(conn: Writing, user_id: int) -> None:
    """Count every day again, by the time zone the person has now."""
    await turn.take(conn, user_id)
    zone = await zone_of(conn, user_id)
    for clear in _CLEAR:
        await conn.execute(clear, {"owner": user_id})
    async for days in _pieces(conn, user_id, zone):
        await _write(conn, user_id, await _live(conn, user_id, days, zone))


async def drift(conn: Conn, user_id: int) -> list[str]:
    """Where the counts differ from the sessions, in words; an empty list when they agree.

    Shape: the first few differences, and a line where there are more.
    Source: every completed session is read, so this takes a second at a hundred thousand.
    """
    zone = await zone_of(conn, user_id)
    live: dict[Place, Count] = {}
    async for days in _pieces(conn, user_id, zone):
        live |= await _live(conn, user_id, days, zone)
    stored = {Place(*row[:4]): Count(*row[4:]) for row in await conn.rows(_STORED, user_id=user_id)}
    found = [
        _words(place, stored.get(place, _NOTHING), live.get(place, _NOTHING))
        for place in _differing(stored, live)
    ]
    real = sums(live)
    summed = {row[0]: Sum(*row[1:]) for row in await conn.rows(_SUMS, user_id=user_id)}
    found += [
        _sum_words(day, summed.get(day, _NO_TIME), real.get(day, _NO_TIME))
        for day in _differing(summed, real)
    ]
    return found if len(found) <= FEW else [*found[:FEW], "focus by day: more differences"]


def _differing(one: Mapping[K, Any], other: Mapping[K, Any]) -> list[K]:
    """The keys under which two say different things, in order."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _words(place: Place, stored: Count, live: Count) -> str:
    """One difference as a sentence."""
    what = " / ".join(name for name in place[1:] if name)
    return (
        f"{what} on {place.day}: {stored.seconds} s in {stored.sessions} sessions are counted, "
        f"{live.seconds} s in {live.sessions} are there"
    )


def _sum_words(day: date, stored: Sum, live: Sum) -> str:
    """The same of a day's total."""
    return (
        f"total on {day}: {stored.focus_s} s in {stored.sessions} sessions and {stored.break_s} s "
        f"in {stored.breaks} breaks are counted, {live.focus_s} s in {live.sessions} and "
        f"{live.break_s} s in {live.breaks} are there"
    )


def _runs(days: Iterable[date]) -> Iterator[list[date]]:
    """Days in order, those that lie near each other together."""
    run: list[date] = []
    for day in sorted(days):
        if run and (day - run[-1] > NEAR or day - run[0] > timedelta(days=DAYS_AT_ONCE)):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


async def _pieces(conn: Conn, user_id: int, zone: ZoneInfo) -> AsyncIterator[list[date]]:
    """Every day there may be a session on, a year at a time."""
    first = await conn.first(_FIRST, user_id=user_id)
    last = await conn.first(_LAST, user_id=user_id)
    if first is None or last is None:
        return
    day, end = day_of(first, zone), day_of(last + LONGEST, zone)
    while day <= end:
        until = min(day + timedelta(days=DAYS_AT_ONCE), end + clock.DAY)
        yield [day + timedelta(days=at) for at in range((until - day).days)]
        day = until


async def _recount(conn: Writing, user_id: int, days: list[date], zone: ZoneInfo) -> None:
    live = await _live(conn, user_id, days, zone)
    for remove in _REMOVE:
        await conn.execute(remove, {"owner": user_id, "days": days})
    await _write(conn, user_id, live)


async def _live(conn: Conn, user_id: int, days: list[date], zone: ZoneInfo) -> dict[Place, Count]:
    """What the sessions themselves say of these days, which are in order."""
    since, until = midnight(days[0], zone), midnight(days[-1] + clock.DAY, zone)
    sessions = await conn.rows(
        _TIMED, user_id=user_id, since=since, until=until, earliest=since - LONGEST
    )
    return count(sessions, zone, days)


def count(sessions: Iterable[Timed], zone: ZoneInfo, days: Sequence[date]) -> dict[Place, Count]:
    """Seconds and sessions of each of `days`, which are in order, by kind, project and category."""
    wanted, pages = frozenset(days), Pages(days[0], days[-1], zone)
    found: dict[tuple[Any, ...], tuple[int, int]] = {}
    for start_at, end_at, *names in sessions:
        for day, seconds, begun in pages.split(start_at, end_at):
            if day in wanted:
                place = (day, *names)
                before = found.get(place, (0, 0))
                found[place] = (before[0] + seconds, before[1] + begun)
    return {Place(*place): Count(*total) for place, total in found.items()}


def sums(counts: Mapping[Place, Count]) -> dict[date, Sum]:
    """The counts of each day added up."""
    found: dict[date, Sum] = {}
    for place, counted in counts.items():
        before = found.get(place.day, _NO_TIME)
        more = (*counted, 0, 0) if place.kind == FOCUS else (0, 0, *counted)
        found[place.day] = Sum(*map(add, before, more))
    return found


async def _write(conn: Writing, user_id: int, counts: Mapping[Place, Count]) -> None:
    rows = [
        {"user_id": user_id, **place._asdict(), **counts[place]._asdict()}
        for place in sorted(counts)
    ]
    totals = [
        {"user_id": user_id, "day": day, **total._asdict()}
        for day, total in sorted(sums(counts).items())
    ]
    if rows:
        await conn.execute(insert(Day), rows)
        await conn.execute(insert(Total), totals)


_NOTHING, _NO_TIME = Count(0, 0), Sum(0, 0, 0, 0)
_COUNTS: tuple[Any, ...] = (Day, Total)
_OWNER = bindparam("owner", type_=Id)
_TIMED = Read(
    select(
        col(Session.start_at),
        col(Session.end_at),
        col(Session.kind),
        col(Session.project),
        col(Session.category),
    ).where(
        col(Session.user_id) == OWNER,
        TIMED,
        col(Session.state) == "completed",
        col(Session.start_at) > bindparam("earliest", type_=Utc()),
        col(Session.start_at) < bindparam("until", type_=Utc()),
        col(Session.end_at) >= bindparam("since", type_=Utc()),
    ),
    Timed,
)
_EDGE = select(col(Session.start_at)).where(col(Session.user_id) == OWNER, SHOWN).limit(1)
_FIRST: Read[Any] = Read(_EDGE.order_by(col(Session.start_at)), itself)
_LAST: Read[Any] = Read(_EDGE.order_by(col(Session.start_at).desc()), itself)
_STORED: Read[Any] = Read(
    select(
        col(Day.day),
        col(Day.kind),
        col(Day.project),
        col(Day.category),
        col(Day.seconds),
        col(Day.sessions),
    ).where(col(Day.user_id) == OWNER)
)
_SUMS: Read[Any] = Read(
    select(
        col(Total.day),
        col(Total.focus_s),
        col(Total.sessions),
        col(Total.break_s),
        col(Total.breaks),
    ).where(col(Total.user_id) == OWNER)
)
_CLEAR = [delete(table).where(col(table.user_id) == _OWNER) for table in _COUNTS]
_REMOVE = [
    delete(table).where(col(table.user_id) == _OWNER, among(col(table.day), "days"))
    for table in _COUNTS
]
