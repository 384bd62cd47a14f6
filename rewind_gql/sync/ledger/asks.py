"""What people and the schedule ask of the ledger: trigger, cancel, retry, pause, resume."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import Conflicting, LostRun
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import views
from rewind_gql.sync.columns import columns
from rewind_gql.sync.ledger.ending import close
from rewind_gql.sync.ledger.rows import (
    PART_COLUMNS,
    SOURCE,
    change,
    emit,
    run_of,
)
from rewind_gql.sync.ledger.words import (
    CONFIRMED,
    PICTURES,
    AlreadyRunning,
    RunFinished,
    SourceNotFound,
    SourcePaused,
    fingerprint,
    lock_key,
    new_id,
    said,
)
from rewind_gql.sync.tables import Run, RunPart, Source

MAX_ATTEMPTS = 3
TRIES = 5


@dataclass(frozen=True, slots=True)
class Triggered:
    """The run that does what was asked; `coalesced` when it was under way already."""

    run_id: str
    coalesced: bool
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class _Known:
    """What a new run is compared with."""

    id: str
    fingerprint: str
    attempt: int


_KNOWN = columns(Run, _Known)
_MINE = col(Run.user_id) == bindparam("user_id")
_BY_KEY = Read(
    select(*_KNOWN).where(_MINE, col(Run.idempotency_key) == bindparam("idempotency_key")), _Known
)
_BY_LOCK = Read(
    select(*_KNOWN).where(
        _MINE, col(Run.lock_key) == bindparam("lock_key"), col(Run.ended_at).is_(None)
    ),
    _Known,
)
_ENDED_PARTS = Read(
    select(*PART_COLUMNS)
    .join(Run, col(Run.id) == col(RunPart.run_id))
    .where(_MINE, col(RunPart.run_id) == bindparam("run_id")),
    views.RunPart,
)


async def trigger(
    conn: Writing,
    user_id: int,
    *,
    source_id: int,
    trigger: str,
    args: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    scope: str = "live",
    max_attempts: int = MAX_ATTEMPTS,
) -> Triggered:
    """Queue a run that brings a source up to date, or join the one under way.

    The caller has the job queued once this transaction is committed: `sync.deps.enqueue`. Raises
    `SourceNotFound`; `SourcePaused` when a person paused it; `AlreadyRunning` when a run with other
    arguments, or of another kind, holds the account.
    """
    return await _start(
        conn,
        user_id,
        source_id=source_id,
        trigger=trigger,
        args=dict(args or {}),
        idempotency_key=idempotency_key,
        scope=scope,
        max_attempts=max_attempts,
    )


async def retry(
    conn: Writing,
    user_id: int,
    *,
    run_id: str,
    only_failed_parts: bool = True,
    idempotency_key: str | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> Triggered:
    """Queue a new run that repeats one that has ended, by default without the parts that went well.

    Raises `RunNotFound`, `AlreadyRunning` when it has not ended, and what `trigger` raises.
    """
    run = await run_of(conn, user_id, run_id)
    if run.ended_at is None:
        raise AlreadyRunning(run_id)
    if run.source_id is None:
        raise SourceNotFound("This run read a file; import the file again")
    parts = await conn.rows(_ENDED_PARTS, user_id=user_id, run_id=run_id)
    good = sorted(part.part for part in parts if part.status in ("success", "skipped"))
    return await _start(
        conn,
        user_id,
        source_id=run.source_id,
        trigger="retry",
        args={"skip_parts": good} if good and only_failed_parts else {},
        idempotency_key=idempotency_key,
        scope=run.scope,
        max_attempts=max_attempts,
        retry_of=run_id,
    )


async def cancel(conn: Writing, user_id: int, *, run_id: str, by: str = "owner") -> views.Run:
    """Ask a run to stop: a queued one has ended at once, a running one stops after its page.

    Asking twice gives the same answer, also where it was done before it could stop. Raises
    `RunNotFound`, and `RunFinished` when it had ended in another way before anybody asked.
    """
    run = await run_of(conn, user_id, run_id)
    while run.ended_at is None:
        asked = {"cancel_requested_at": clock.now(), "cancel_requested_by": by}
        if run.cancel_requested_at is not None:
            return run
        with contextlib.suppress(LostRun):  # it went on to another attempt, or ended, meanwhile
            await change(conn, run_id, run.attempt, **asked)
            conn.announce(user_id)
            if run.stage == "queued":
                await close(conn, user_id, run_id, run.attempt, "cancelled", message="cancelled")
        run = await run_of(conn, user_id, run_id)
    if run.status != "cancelled" and run.cancel_requested_at is None:
        raise RunFinished(f"Run {run_id} has ended: {run.status}")
    return run


async def pause(
    conn: Writing, user_id: int, *, source_id: int, reason: str = "manual"
) -> views.Source:
    """Leave a source out of the schedule until it is resumed. Raises `SourceNotFound`."""
    return await _mark(conn, user_id, source_id, paused=True, pause_reason=reason)


async def resume(conn: Writing, user_id: int, *, source_id: int) -> views.Source:
    """Take a source into the schedule again, due at once. Raises `SourceNotFound`.

    One that waited for a confirmation has it now, for one run.
    """
    source = await source_of(conn, user_id, source_id)
    confirming = source.pause_reason == "needs_confirmation"
    confirmed = {"checkpoint": {CONFIRMED: True}} if confirming else {}
    return await _mark(
        conn,
        user_id,
        source_id,
        paused=False,
        pause_reason=None,
        backoff_until=None,
        consecutive_failures=0,
        next_due_at=clock.now(),
        **confirmed,
    )


async def source_of(conn: Conn, user_id: int, source_id: int) -> views.Source:
    """A source of this user. Raises `SourceNotFound`."""
    found = await conn.first(SOURCE, user_id=user_id, source_id=source_id)
    if found is None:
        raise SourceNotFound
    return found


async def _mark(conn: Writing, user_id: int, source_id: int, **values: Any) -> views.Source:
    mine = (col(Source.user_id) == user_id, col(Source.id) == source_id)
    await conn.execute(update(Source).where(*mine).values(**values))
    conn.announce(user_id)
    return await source_of(conn, user_id, source_id)


async def _start(
    conn: Writing,
    user_id: int,
    *,
    source_id: int,
    trigger: str,
    args: dict[str, Any],
    idempotency_key: str | None,
    scope: str,
    max_attempts: int,
    retry_of: str | None = None,
) -> Triggered:
    source = await source_of(conn, user_id, source_id)
    print_ = fingerprint(source.sync_type, scope, args)
    for _ in range(TRIES):
        if known := await _by_key(conn, user_id, idempotency_key):
            return Triggered(known.id, coalesced=True, attempt=known.attempt)
        if source.pause_reason == "manual":
            raise SourcePaused
        row = _row(source, user_id, args, scope)
        row |= {
            "trigger": trigger,
            "fingerprint": print_,
            "idempotency_key": idempotency_key,
            "max_attempts": max_attempts,
            "retry_of": retry_of,
        }
        if retry_of:
            row["root_run_id"] = (await _root(conn, user_id, retry_of)) or retry_of
        if await insert_run(conn, row):
            return Triggered(row["id"], coalesced=False)
        if joined := await _join(conn, user_id, row):
            return joined
    raise Conflicting("Others are asking for this source at the same moment; ask again")


async def insert_run(conn: Writing, row: dict[str, Any]) -> bool:
    """Insert a run and its first event; False when its lock or its idempotency key is taken."""
    make: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = make(Run).values(**row).on_conflict_do_nothing().returning(col(Run.id))
    if (await conn.execute(statement)).first() is None:
        return False
    if row["source_id"] is not None:
        mine = (col(Source.user_id) == row["user_id"], col(Source.id) == row["source_id"])
        await conn.execute(update(Source).where(*mine).values(last_run_id=row["id"]))
    await emit(conn, row["user_id"], row["id"], trigger=row["trigger"])
    return True


def blank(
    user_id: int, *, source: str, provider: str, domain: str, sync_type: str
) -> dict[str, Any]:
    """The row of a run that has just been queued."""
    run_id = new_id(source)
    empty = dict.fromkeys(
        (
            "source_id", "retry_of", "progress", "unit", "items_total", "error", "error_code",
            "error_kind", "requested_from", "requested_to", "covered_from", "covered_to",
            "cursor_before", "cursor_after", "started_at", "heartbeat_at", "ended_at",
            "lease_owner", "lease_until", "cancel_requested_at", "cancel_requested_by", "lock_key",
            "idempotency_key", "device_id", "primary_user_id",
        )
    )  # fmt: skip
    counts = dict.fromkeys(("inserted", "updated", "skipped", "failed", "processed"), 0)
    return empty | {
        "id": run_id,
        "user_id": user_id,
        "provider": provider,
        "domain": domain,
        "sync_type": sync_type,
        "source": source,
        "scope": "live",
        "trigger": "manual",
        "stage": "queued",
        "status": "in_progress",
        "attempt": 1,
        "max_attempts": MAX_ATTEMPTS,
        "root_run_id": run_id,
        "message": said("queued"),
        "queued_at": clock.now(),
        "fingerprint": fingerprint(run_id),
        "housekeeping": False,
        "last_seq": 0,
        "meta": {},
        **{f"items_{name}": value for name, value in counts.items()},
    }


def _row(source: views.Source, user_id: int, args: dict[str, Any], scope: str) -> dict[str, Any]:
    row = blank(
        user_id,
        source="pull" if scope == "live" else "backfill",
        provider=source.provider,
        domain=source.domain,
        sync_type=source.sync_type,
    )
    lock = lock_key(user_id, source.provider, source.account, source.domain, scope)
    return row | {
        "source_id": source.id,
        "scope": scope,
        "lock_key": lock,
        "housekeeping": source.provider == PICTURES,
        "meta": {"args": args} if args else {},
    }


async def _by_key(conn: Writing, user_id: int, idempotency_key: str | None) -> _Known | None:
    if idempotency_key is None:
        return None
    return await conn.first(_BY_KEY, user_id=user_id, idempotency_key=idempotency_key)


async def _join(conn: Writing, user_id: int, row: dict[str, Any]) -> Triggered | None:
    """The run that holds the lock, joined; None when it has ended meanwhile."""
    active = await conn.first(_BY_LOCK, user_id=user_id, lock_key=row["lock_key"])
    if active is None:
        return None
    if active.fingerprint != row["fingerprint"]:
        raise AlreadyRunning(active.id)
    if row["idempotency_key"] is not None:
        # So that asking again with this key finds the same run, even after it has ended.
        mine = (col(Run.id) == active.id, col(Run.idempotency_key).is_(None))
        key = {"idempotency_key": row["idempotency_key"]}
        await conn.execute(update(Run).where(*mine).values(**key))
    return Triggered(active.id, coalesced=True, attempt=active.attempt)


_ROOT = Read(
    select(col(Run.root_run_id).label("root")).where(_MINE, col(Run.id) == bindparam("run_id")), str
)


async def _root(conn: Writing, user_id: int, run_id: str) -> str | None:
    return await conn.first(_ROOT, user_id=user_id, run_id=run_id)
