"""Runs and events as rows, for what is asked of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert

from rewind_gql import clock
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger
from rewind_gql.sync.ledger.rows import change, emit
from rewind_gql.sync.tables import Event, Run, RunPart
from tests.databases import ME

NOON = datetime(2026, 3, 18, 12, tzinfo=clock.EPOCH.tzinfo)
SECOND = timedelta(seconds=1)
STAGES = {"success": "completed", "partial": "completed", "skipped": "completed"}


def run_row(run_id: str, *, at: datetime = NOON, user_id: int = ME, **given: Any) -> dict[str, Any]:
    """A run that began at `at`; what ended took a minute."""
    row = ledger.blank(
        user_id, source="pull", provider="lastfm", domain="listening", sync_type="scrobbles"
    )
    status = given.get("status", "success")
    over = status != "in_progress"
    row |= {
        "id": run_id,
        "root_run_id": run_id,
        "status": status,
        "stage": STAGES.get(status, status) if over else "fetching",
        "queued_at": at,
        "started_at": at,
        "ended_at": at + timedelta(minutes=1) if over else None,
    }
    return row | given


def event_row(
    run_id: str, seq: int, *, at: datetime = NOON, user_id: int = ME, **given: Any
) -> dict[str, Any]:
    """An event of that run."""
    row = dict.fromkeys(
        ("message", "progress", "items_processed", "items_total", "error", "ended_at")
    )
    row |= {
        "user_id": user_id,
        "seq": seq,
        "event_id": uuid4(),
        "run_id": run_id,
        "provider": "lastfm",
        "source": "pull",
        "stage": "fetching",
        "status": "in_progress",
        "attempt": 1,
        "meta": {},
        "started_at": at,
        "ts": at,
    }
    return row | given


def part_row(run_id: str, part: str, **given: Any) -> dict[str, Any]:
    """A part of that run, over and done."""
    row = dict.fromkeys(("covered_from", "covered_to", "checkpoint", "error_code", "error"))
    row |= {
        "run_id": run_id,
        "part": part,
        "kind": "event",
        "status": "success",
        "reported": 5,
        "inserted": 3,
        "updated": 1,
        "skipped": 1,
        "failed": 0,
        "attempt": 1,
        "updated_at": NOON,
    }
    return row | given


async def write(
    store: Store,
    *,
    runs: list[dict[str, Any]] = [],  # noqa: B006  # never changed
    events: list[dict[str, Any]] = [],  # noqa: B006  # never changed
    parts: list[dict[str, Any]] = [],  # noqa: B006  # never changed
) -> None:
    """Write these rows."""
    async with store.write() as conn:
        for table, rows in ((Run, runs), (Event, events), (RunPart, parts)):
            if rows:
                await conn.execute(insert(table), rows)


async def happen(store: Store, *seqs: int, at: datetime = NOON, **given: Any) -> None:
    """A run of one event for each number, a second apart, each called `run_<number>`."""
    runs, events = [], []
    for place, seq in enumerate(seqs):
        when = at + place * SECOND
        runs.append(run_row(f"run_{seq}", at=when, last_seq=seq, **given))
        kept = {name: given[name] for name in ("user_id",) if name in given}
        events.append(event_row(f"run_{seq}", seq, at=when, **kept))
    await write(store, runs=runs, events=events)


async def begin(store: Store, run_id: str, **given: Any) -> None:
    """A run under way, of which nothing was told yet."""
    await write(store, runs=[run_row(run_id, status="in_progress", at=clock.now(), **given)])


async def tell(store: Store, run_id: str, times: int = 1, *, user_id: int = ME) -> None:
    """Have so many things happen in a run, the way the ledger tells them."""
    async with store.write() as conn:
        for _ in range(times):
            await emit(conn, user_id, run_id)


async def end(store: Store, run_id: str, *, user_id: int = ME) -> None:
    """End a run, and tell of it."""
    ended = {"stage": "completed", "status": "success", "ended_at": clock.now()}
    async with store.write() as conn:
        await change(conn, run_id, 1, **ended)
        await emit(conn, user_id, run_id)
