"""Who works on a run: claiming, signs of life, giving back, and what becomes of lost runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import LostRun
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync.columns import columns
from rewind_gql.sync.ledger.ending import Fault, close
from rewind_gql.sync.ledger.rows import change, emit
from rewind_gql.sync.ledger.words import Part, said
from rewind_gql.sync.tables import Run, RunPart, Source


@dataclass(slots=True, kw_only=True)
class _Position:
    account: str | None
    cursor: dict[str, Any] | None
    checkpoint: dict[str, Any] | None


@dataclass(slots=True, kw_only=True)
class Claimed(_Position):
    """A run as the worker that owns it begins: what to do and how far it has come."""

    run_id: str
    user_id: int
    attempt: int
    provider: str
    domain: str
    sync_type: str
    scope: str
    progress: float | None
    meta: dict[str, Any]
    source_id: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that needs a worker."""

    run_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class _Lost:
    run_id: str
    user_id: int
    attempt: int
    max_attempts: int
    source_id: int | None
    cancel_requested_at: datetime | None


_CLAIMED = Read(
    select(*columns(Run, Claimed, run_id="id"), *columns(Source, _Position))
    .join(Source, col(Run.source_id) == col(Source.id), isouter=True)
    .where(col(Run.id) == bindparam("run_id")),
    Claimed,
)
_PARTS = Read(
    select(*columns(RunPart, Part)).where(col(RunPart.run_id) == bindparam("run_id")), Part
)
# A run whose lease ran out, or that did not stop though it was asked to: its worker is lost.
_LOST = Read(
    select(*columns(Run, _Lost, run_id="id")).where(
        col(Run.ended_at).is_(None),
        col(Run.lease_until).is_not(None),
        or_(
            col(Run.lease_until) < bindparam("now"),
            col(Run.cancel_requested_at) < bindparam("unheard"),
        ),
    ),
    _Lost,
)
_QUEUED = Read(
    select(*columns(Run, Waiting, run_id="id")).where(
        col(Run.ended_at).is_(None),
        col(Run.lease_until).is_(None),
        col(Run.queued_at) <= bindparam("before"),
    ),
    Waiting,
)


async def claim(
    conn: Writing, run_id: str, attempt: int, *, worker: str, lease: timedelta
) -> Claimed | None:
    """Take a queued attempt; None when it is not there to be taken, by now or by this attempt."""
    now = clock.now()
    try:
        await change(
            conn,
            run_id,
            attempt,
            col(Run.stage) == "queued",
            col(Run.cancel_requested_at).is_(None),
            stage="started",
            heartbeat_at=now,
            lease_owner=worker,
            lease_until=now + lease,
            message="started" if attempt == 1 else said(f"attempt {attempt} goes on"),
        )
    except LostRun:
        return None
    claimed = await conn.value(_CLAIMED, run_id=run_id)
    first = {"started_at": now, "cursor_before": claimed.cursor}
    await conn.execute(
        update(Run).where(col(Run.id) == run_id, col(Run.started_at).is_(None)).values(**first)
    )
    await emit(conn, claimed.user_id, run_id, worker=worker)
    return claimed


async def open_run(conn: Writing, row: dict[str, Any], *, worker: str, lease: timedelta) -> Claimed:
    """Insert a run that its caller works on at once, such as the import of a file."""
    await conn.execute(Run.__table__.insert(), row)  # type: ignore[attr-defined]  # a table model
    await emit(conn, row["user_id"], row["id"], trigger=row["trigger"])
    claimed = await claim(conn, row["id"], row["attempt"], worker=worker, lease=lease)
    if claimed is None:
        raise LostRun
    return claimed


async def parts_of(conn: Conn, run_id: str) -> dict[str, Part]:
    """The parts of a run so far, by name, from this attempt and those before."""
    return {part.part: part for part in await conn.rows(_PARTS, run_id=run_id)}


async def heartbeat(
    conn: Writing, run_id: str, attempt: int, *, worker: str, lease: timedelta
) -> bool:
    """Renew the lease; whether somebody asked the run to stop. Raises `LostRun`."""
    now = clock.now()
    owned = col(Run.lease_owner) == worker
    asked = await change(conn, run_id, attempt, owned, heartbeat_at=now, lease_until=now + lease)
    return asked is not None


async def give_back(conn: Writing, claimed: Claimed) -> Waiting | None:
    """Put a run back into the queue because its worker stops.

    This uses up none of its attempts, for nothing went wrong. None when the run has ended instead:
    somebody asked it to stop, or it reads a file that only this process has. Raises `LostRun`.
    """
    run_id, attempt, user_id = claimed.run_id, claimed.attempt, claimed.user_id
    again = _again(attempt, "worker stopped")
    asked = await change(conn, run_id, attempt, max_attempts=col(Run.max_attempts) + 1, **again)
    if asked is not None or claimed.source_id is None:
        await close(conn, user_id, run_id, attempt + 1, "cancelled", message="cancelled")
        return None
    await emit(conn, user_id, run_id)
    return Waiting(run_id, attempt + 1)


async def lost(conn: Conn, *, settings: SyncSettings) -> list[_Lost]:
    """Every run whose worker is lost; a question about the installation."""
    now = clock.now()
    unheard = now - timedelta(seconds=2 * settings.heartbeat_seconds)
    return await conn.rows(_LOST, now=now, unheard=unheard)


async def queued(conn: Conn, *, older: timedelta) -> list[Waiting]:
    """Every queued run older than that; a question about the installation."""
    return await conn.rows(_QUEUED, before=clock.now() - older)


async def recover(conn: Writing, run: _Lost, *, settings: SyncSettings) -> Waiting | None:
    """Queue a lost run again, or end it when nobody wants it or no attempt is left.

    Raises `LostRun` when its worker gave a sign of life meanwhile.
    """
    now = clock.now()
    if run.cancel_requested_at is not None:
        await close(conn, run.user_id, run.run_id, run.attempt, "cancelled", message="cancelled")
        return None
    gone = col(Run.lease_until) < now
    if run.attempt >= run.max_attempts or run.source_id is None:
        await change(conn, run.run_id, run.attempt, gone, heartbeat_at=now)
        fault = Fault(kind="lost", text=f"The worker was lost in attempt {run.attempt}")
        await close(conn, run.user_id, run.run_id, run.attempt, "failed", fault=fault)
        return None
    text = f"worker lost, attempt {run.attempt + 1} of {run.max_attempts}"
    await change(conn, run.run_id, run.attempt, gone, **_again(run.attempt, text))
    await emit(conn, run.user_id, run.run_id)
    return Waiting(run.run_id, run.attempt + 1)


def _again(attempt: int, message: str) -> dict[str, Any]:
    return {
        "stage": "queued",
        "attempt": attempt + 1,
        "lease_owner": None,
        "lease_until": None,
        "message": said(message),
    }
