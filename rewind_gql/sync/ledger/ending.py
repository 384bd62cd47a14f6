"""How a run ends: its one terminal event, and what its source makes of it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.sync.columns import columns
from rewind_gql.sync.ledger.rows import change, emit
from rewind_gql.sync.ledger.words import (
    FAILING_PROBE,
    FAILURES_TO_PAUSE,
    PICTURES,
    STAGE_OF,
    backoff,
    said,
    told,
)
from rewind_gql.sync.tables import Run, RunPart, Source

HEALED = ("auth_required", "failing", "needs_confirmation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong, as the ledger keeps it."""

    kind: str
    text: str
    code: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class _Schedule:
    """What of a source its next run depends on, and where its cursor stands."""

    id: int
    provider: str
    interval_s: int
    next_due_at: datetime | None
    consecutive_failures: int
    pause_reason: str | None
    cursor: dict[str, Any]
    scope: str
    started_at: datetime | None

    @property
    def due_again(self) -> bool:
        """Whether pictures of new things were asked for while this run looked for others."""
        if self.provider != PICTURES or self.next_due_at is None or self.started_at is None:
            return False
        return self.started_at < self.next_due_at <= clock.now()


_SCHEDULE = Read(
    select(*columns(Source, _Schedule), col(Run.scope), col(Run.started_at))
    .join(Run, col(Run.source_id) == col(Source.id))
    .where(col(Run.user_id) == bindparam("user_id"), col(Run.id) == bindparam("run_id")),
    _Schedule,
)


@dataclass(frozen=True, slots=True)
class _Totals:
    """What a run has brought in all, for its last event to tell."""

    unit: str | None
    inserted: int
    updated: int


_TOTALS = Read(
    select(*columns(Run, _Totals, inserted="items_inserted", updated="items_updated")).where(
        col(Run.user_id) == bindparam("user_id"), col(Run.id) == bindparam("run_id")
    ),
    _Totals,
)


async def close(
    conn: Writing,
    user_id: int,
    run_id: str,
    attempt: int,
    status: str,
    *,
    fault: Fault | None = None,
    message: str | None = None,
    **values: Any,
) -> None:
    """End a run, with its source's schedule and its terminal event, in this transaction.

    Raises `LostRun` when the attempt does not own the run any more.
    """
    now = clock.now()
    source = await conn.first(_SCHEDULE, user_id=user_id, run_id=run_id)
    ended = {
        "status": status,
        "stage": STAGE_OF[status],
        "ended_at": now,
        "lease_owner": None,
        "lease_until": None,
        "message": said(message or status),
        "cursor_after": source.cursor if source else None,
    }
    if STAGE_OF[status] == "completed":
        ended["progress"] = 1.0
    if fault:
        ended |= {"error": told(fault.text), "error_kind": fault.kind, "error_code": fault.code}
    await change(conn, run_id, attempt, **values, **ended)
    if status in ("failed", "cancelled"):
        await _end_parts(conn, run_id, fault.text if fault else status)
    paused = None
    if source:
        after = schedule(source, status, fault, now)
        paused = after.get("pause_reason") if not source.pause_reason else None
        mine = (col(Source.user_id) == user_id, col(Source.id) == source.id)
        if after:
            await conn.execute(update(Source).where(*mine).values(**after))
    code = fault.code if fault else None
    totals = await conn.value(_TOTALS, user_id=user_id, run_id=run_id)
    await emit(conn, user_id, run_id, error_code=code, paused=paused, **asdict(totals))


async def _end_parts(conn: Writing, run_id: str, why: str) -> None:
    """No part of a run that has ended is still in progress."""
    open_ = (col(RunPart.run_id) == run_id, col(RunPart.status) == "in_progress")
    ended = {"status": "failed", "error": told(why), "updated_at": clock.now()}
    await conn.execute(update(RunPart).where(*open_).values(**ended))


def schedule(source: _Schedule, status: str, fault: Fault | None, now: datetime) -> dict[str, Any]:
    """What changes in a source after a run: when it is due, and whether it is paused."""
    interval = timedelta(seconds=source.interval_s)
    regular = source.scope == "live" and not source.due_again
    after: dict[str, Any] = {"next_due_at": now + interval} if regular else {}
    if status == "cancelled":
        return after
    if status != "failed":
        after |= {"consecutive_failures": 0, "backoff_until": None}
        if status != "partial":
            after["last_success_at"] = now
            if source.pause_reason in HEALED:
                after |= {"paused": False, "pause_reason": None}
    else:
        after |= _after_failure(source, fault, now)
    if fault and fault.kind == "auth":
        after |= {"paused": True, "pause_reason": "auth_required"}
    if fault and fault.code == "needs_confirmation":
        after |= {"paused": True, "pause_reason": "needs_confirmation"}
    return after


def _after_failure(source: _Schedule, fault: Fault | None, now: datetime) -> dict[str, Any]:
    failures = source.consecutive_failures + 1
    wait = backoff(failures, timedelta(seconds=source.interval_s))
    if fault and fault.retry_after:
        wait = max(wait, timedelta(seconds=fault.retry_after))
    after: dict[str, Any] = {"consecutive_failures": failures}
    if failures >= FAILURES_TO_PAUSE:
        wait = max(wait, FAILING_PROBE)
        after |= {"paused": True, "pause_reason": source.pause_reason or "failing"}
    return after | {"backoff_until": now + wait, "next_due_at": now + wait}
