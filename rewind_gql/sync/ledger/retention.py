"""What is forgotten, and when: old events, then old runs, which leave a sum, and old conflicts."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.focus.conflicts import ledger as conflicts
from rewind_gql.settings import SyncSettings
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Store, Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert
from rewind_gql.sync.columns import columns, one_of
from rewind_gql.sync.ledger.words import WORKING
from rewind_gql.sync.tables import Counter, DailyRuns, Event, Run

AT_ONCE = 1_000
RUNS_AT_ONCE = 250  # each takes its parts and its last events with it
CONFLICTS_AT_ONCE = 250  # each takes its members with it
SKIPPED_WEBHOOKS = timedelta(days=3)
SETTLED_CONFLICTS = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class _Old:
    """A run about to be summed up."""

    id: str
    domain: str
    provider: str
    status: str
    items_inserted: int
    items_updated: int
    started_at: datetime | None
    ended_at: datetime
    last_seq: int


@dataclass(slots=True)
class _Sum:
    """A row of `sync_daily`."""

    domain: str
    provider: str
    day: datetime
    runs: int = 0
    failed: int = 0
    partial: int = 0
    items: int = 0
    p50_ms: int = 0
    p95_ms: int = 0


_USERS: Read[tuple[int]] = Read(select(col(Counter.user_id)).order_by(col(Counter.user_id)))
_EVENTS: Read[tuple[int, str]] = Read(
    select(col(Event.seq), col(Event.stage))
    .join(Run, col(Run.id) == col(Event.run_id))
    .where(
        col(Event.user_id) == bindparam("user_id"),
        or_(
            col(Event.ts) < bindparam("ended"),
            and_(
                col(Event.ts) < bindparam("progress"),
                col(Run.ended_at) < bindparam("progress"),
                one_of(Event.stage, WORKING),
            ),
        ),
        col(Run.ended_at).is_not(None),
    )
    .order_by(col(Event.seq))
    .limit(AT_ONCE)
)
_RUNS = Read(
    select(*columns(Run, _Old))
    .where(
        col(Run.user_id) == bindparam("user_id"),
        or_(
            col(Run.ended_at) < bindparam("runs"),
            and_(
                col(Run.ended_at) < bindparam("webhooks"),
                col(Run.source) == "webhook",
                col(Run.status) == "skipped",
            ),
        ),
    )
    .order_by(col(Run.ended_at))
    .limit(RUNS_AT_ONCE),
    _Old,
)
_SUMS = Read(
    select(*columns(DailyRuns, _Sum)).where(
        col(DailyRuns.user_id) == bindparam("user_id"), among(col(DailyRuns.day), "days")
    ),
    _Sum,
)


async def prune(store: Store, *, settings: SyncSettings) -> int:
    """Forget what is older than the settings keep, for every user; gives the rows deleted.

    Each transaction deletes at most a thousand rows, so that nobody waits long. Safe to run twice.
    """
    now = clock.now()
    gone = 0
    for (user_id,) in await store.system(_users):
        for step in (_prune_events, _prune_runs, _prune_conflicts):
            while True:
                async with store.write() as conn:
                    deleted, most = await step(conn, user_id, now, settings)
                gone += deleted
                if deleted < most:
                    break
    return gone


async def _users(conn: Conn) -> list[tuple[int]]:
    return await conn.rows(_USERS)


async def _prune_events(
    conn: Writing, user_id: int, now: datetime, settings: SyncSettings
) -> tuple[int, int]:
    found = await conn.rows(
        _EVENTS,
        user_id=user_id,
        progress=now - timedelta(hours=settings.event_hours),
        ended=now - timedelta(days=settings.event_days),
    )
    seqs = [seq for seq, _ in found]
    if seqs:
        mine = (col(Event.user_id) == user_id, among(col(Event.seq), "seqs"))
        await conn.execute(delete(Event).where(*mine), {"seqs": seqs})
        await _gone(conn, user_id, [seq for seq, stage in found if stage not in WORKING])
    return len(seqs), AT_ONCE


async def _prune_conflicts(
    conn: Writing, user_id: int, now: datetime, _settings: SyncSettings
) -> tuple[int, int]:
    before = now - SETTLED_CONFLICTS
    gone = await conflicts.prune(conn, user_id, before=before, most=CONFLICTS_AT_ONCE)
    return gone, CONFLICTS_AT_ONCE


async def _gone(conn: Writing, user_id: int, seqs: Sequence[int]) -> None:
    """Keep the highest number removed, for whoever comes back later with a lower one.

    Steps of work do not count: the events that are left tell how their runs went.
    """
    newest = max(seqs, default=0)
    counter = (col(Counter.user_id) == user_id, col(Counter.pruned_seq) < newest)
    await conn.execute(update(Counter).where(*counter).values(pruned_seq=newest))


async def _prune_runs(
    conn: Writing, user_id: int, now: datetime, settings: SyncSettings
) -> tuple[int, int]:
    found = await conn.rows(
        _RUNS,
        user_id=user_id,
        runs=clock.midnight((now - timedelta(days=settings.run_days)).date()),
        webhooks=now - SKIPPED_WEBHOOKS,
    )
    if found:
        await _fold(conn, user_id, found)
        mine = (col(Run.user_id) == user_id, among(col(Run.id), "ids"))
        await conn.execute(delete(Run).where(*mine), {"ids": [run.id for run in found]})
        await _gone(conn, user_id, [run.last_seq for run in found])
    return len(found), RUNS_AT_ONCE


async def _fold(conn: Writing, user_id: int, runs: Sequence[_Old]) -> None:
    """Add runs to the sums of their days, in the transaction that deletes them."""
    groups: dict[tuple[str, str, datetime], list[_Old]] = defaultdict(list)
    for run in runs:
        day = clock.midnight(run.ended_at.date())
        groups[run.domain, run.provider, day].append(run)
    days = sorted({day for _, _, day in groups})
    stored = await conn.rows(_SUMS, user_id=user_id, days=days)
    known = {(each.domain, each.provider, each.day): each for each in stored}
    rows = [
        {
            "user_id": user_id,
            "domain": key[0],
            "provider": key[1],
            "day": key[2],
            **_added(known.get(key, _Sum(*key)), group),
        }
        for key, group in groups.items()
    ]
    key = ("user_id", "domain", "provider", "day")
    update_ = ("runs", "failed", "partial", "items", "p50_ms", "p95_ms")
    await upsert(conn, DailyRuns, rows, key=key, update=update_)


def _added(known: _Sum, runs: Sequence[_Old]) -> dict[str, int]:
    """A day's sums with more runs. A day folded in several goes has weighted means for p50, p95."""
    took = sorted(
        round((run.ended_at - run.started_at).total_seconds() * 1_000)
        for run in runs
        if run.started_at
    ) or [0]
    total = known.runs + len(runs)
    return {
        "runs": total,
        "failed": known.failed + sum(run.status == "failed" for run in runs),
        "partial": known.partial + sum(run.status == "partial" for run in runs),
        "items": known.items + sum(run.items_inserted + run.items_updated for run in runs),
        "p50_ms": (known.p50_ms * known.runs + _at(took, 0.5) * len(runs)) // total,
        "p95_ms": (known.p95_ms * known.runs + _at(took, 0.95) * len(runs)) // total,
    }


def _at(ordered: Sequence[int], share: float) -> int:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
