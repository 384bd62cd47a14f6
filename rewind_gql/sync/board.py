"""All that the status page shows, asked at one instant."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.focus import queries as focus_queries
from rewind_gql.domains.focus import views as focus_views
from rewind_gql.domains.focus.calendar import day_of
from rewind_gql.domains.focus.derive import zone_of
from rewind_gql.settings import SyncSettings
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import judged, queries, views
from rewind_gql.sync.devices.report import report
from rewind_gql.sync.devices.views import Report
from rewind_gql.sync.tables import Event, Run

EVENTS = 30
NEWS = 500
STRIP = 24
FOCUS_DAYS = 14
STRIP_WINDOW = timedelta(days=3)


@dataclass(slots=True, kw_only=True)
class Tick:
    """One run of a source in the strip of its newest ones."""

    source_id: int
    status: str
    at: datetime
    items: int
    error: str | None


@dataclass(slots=True, kw_only=True)
class Line:
    """One event, and the run it belongs to."""

    seq: int
    ts: datetime
    provider: str
    domain: str
    sync_type: str
    run_id: str
    stage: str
    status: str
    message: str | None
    error: str | None
    items_processed: int | None
    items_total: int | None


@dataclass(slots=True, kw_only=True)
class News:
    """An event that has just happened, and its run."""

    line: Line
    run: views.Run


@dataclass(slots=True, kw_only=True)
class SourceState:
    """A source with its newest run, the one under way, and what can be said of it."""

    source: views.Source
    latest: views.Run | None
    active: views.Run | None
    freshness: judged.Freshness
    strip: list[Tick]


@dataclass(slots=True, kw_only=True)
class DomainState:
    """A domain, how its newest run went, and its sources."""

    health: views.DomainHealth
    sources: list[SourceState]


@dataclass(slots=True, kw_only=True)
class Board:
    """The whole page's truth at one instant. `last_seq` is the newest event it knows of."""

    now: datetime
    last_seq: int
    domains: list[DomainState]
    events: list[Line]
    devices: Report
    undoable: list[focus_views.Conflict]
    focus: focus_views.Tracking


_LINE = (
    col(Event.seq),
    col(Event.ts),
    col(Event.provider),
    col(Run.domain),
    col(Run.sync_type),
    col(Event.run_id),
    col(Event.stage),
    col(Event.status),
    col(Event.message),
    col(Event.error),
    col(Event.items_processed),
    col(Event.items_total),
)
_LINES = Read(
    select(*_LINE)
    .join(Run, col(Run.id) == col(Event.run_id))
    .where(col(Event.user_id) == bindparam("user_id"))
    .order_by(col(Event.seq).desc())
    .limit(bindparam("limit")),
    Line,
)

_SINCE = Read(
    select(*_LINE)
    .join(Run, col(Run.id) == col(Event.run_id))
    .where(col(Event.user_id) == bindparam("user_id"), col(Event.seq) > bindparam("after"))
    .order_by(col(Event.seq))
    .limit(bindparam("limit")),
    Line,
)

_PLACE = func.row_number().over(
    partition_by=col(Run.source_id), order_by=(col(Run.queued_at).desc(), col(Run.id).desc())
)
_NUMBERED = (
    select(
        col(Run.source_id),
        col(Run.status),
        col(Run.queued_at).label("at"),
        (col(Run.items_inserted) + col(Run.items_updated)).label("items"),
        col(Run.error),
        _PLACE.label("place"),
    )
    .where(
        col(Run.user_id) == bindparam("user_id"),
        among(col(Run.source_id), "source_ids"),
        col(Run.queued_at) >= bindparam("since"),
    )
    .subquery()
)
_STRIP = Read(
    select(
        _NUMBERED.c.source_id,
        _NUMBERED.c.status,
        _NUMBERED.c["at"],
        _NUMBERED.c["items"],
        _NUMBERED.c.error,
    )
    .where(_NUMBERED.c.place <= STRIP)
    .order_by(_NUMBERED.c.source_id, _NUMBERED.c.place.desc()),
    Tick,
)


async def board(conn: Conn, user_id: int, *, now: datetime, settings: SyncSettings) -> Board:
    """Every domain that has a source or ever ran, the newest events, devices and open conflicts.

    Shape: domains in the order of `health`; sources by provider; up to 30 events, newest first;
    per source up to 24 runs of the last three days, oldest first.
    """
    events = await conn.rows(_LINES, user_id=user_id, limit=EVENTS)
    found = await report(
        conn,
        user_id,
        now=now,
        last_hours=24,
        active_minutes=settings.active_minutes,
        skew_warn_s=settings.skew_warn_seconds,
    )
    return Board(
        now=now,
        last_seq=events[0].seq if events else 0,
        domains=await _domains(conn, user_id, now),
        events=events,
        devices=found,
        undoable=[
            each
            for each in await focus_queries.conflicts(conn, user_id, state="resolved")
            if each.can_undo
        ][:10],
        focus=await _focus(conn, user_id, now),
    )


async def _focus(conn: Conn, user_id: int, now: datetime) -> focus_views.Tracking:
    """The newest two weeks of focus, by the person's own days."""
    today = day_of(now, await zone_of(conn, user_id))
    since = today - (FOCUS_DAYS - 1) * clock.DAY
    return await focus_queries.tracking(
        conn, user_id, since=since, until=today + clock.DAY, today=today
    )


async def _domains(conn: Conn, user_id: int, now: datetime) -> list[DomainState]:
    health = await queries.health(conn, user_id, now=now)
    sources = await queries.sources(conn, user_id)
    ids = [source.id for source in sources]
    latest = await queries.latest_runs_by_source(conn, user_id, ids)
    active = await queries.active_runs_by_source(conn, user_id, ids)
    strips: dict[int, list[Tick]] = defaultdict(list)
    for tick in await conn.rows(_STRIP, user_id=user_id, source_ids=ids, since=now - STRIP_WINDOW):
        strips[tick.source_id].append(tick)
    states: dict[str, list[SourceState]] = defaultdict(list)
    for source in sources:
        states[source.domain].append(
            SourceState(
                source=source,
                latest=latest.get(source.id),
                active=active.get(source.id),
                freshness=judged.freshness(source, now),
                strip=strips[source.id],
            )
        )
    return [
        DomainState(health=each, sources=states[each.domain])
        for each in health
        if each.latest is not None or states[each.domain]
    ]


async def since(conn: Conn, user_id: int, *, after: int) -> list[News]:
    """What happened after an event, oldest first, with each run as it is now; 500 at most."""
    lines = await conn.rows(_SINCE, user_id=user_id, after=after, limit=NEWS)
    runs = await queries.runs_by_id(conn, user_id, sorted({line.run_id for line in lines}))
    return [News(line=line, run=runs[line.run_id]) for line in lines]
