"""Runs that are over when they are written down: what a device hands in at one go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from rewind_gql.clock import Window
from rewind_gql.domains.base import Stored
from rewind_gql.sources.base import Reject
from rewind_gql.store.engine import Writing
from rewind_gql.store.upsert import upsert
from rewind_gql.sync import tables
from rewind_gql.sync.ledger.asks import blank
from rewind_gql.sync.ledger.ending import Fault
from rewind_gql.sync.ledger.rows import change, emit
from rewind_gql.sync.ledger.words import STAGE_OF, Part, outcome, said, told

KIND = "event"
_CLEAN = "success", "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened on the way and has an event of its own."""

    message: str
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShot:
    """A run in one go: what it is, what came of it, and what happened on the way.

    `begun_at` is when the request came in. `rejects` count as failed.
    """

    run_id: str
    provider: str
    domain: str
    sync_type: str
    unit: str
    begun_at: datetime
    ended_at: datetime
    stored: Stored
    source: str = "sdk"
    trigger: str = "device"
    device_id: str | None = None
    rejects: Sequence[Reject] = ()
    covered: Window | None = None
    steps: Sequence[Step] = ()
    housekeeping: bool = False
    meta: dict[str, Any] = field(default_factory=dict)


async def record(conn: Writing, user_id: int, shot: OneShot) -> str:
    """Write down a whole run with its part and rejects; gives its status.

    It has one event per step and one terminal event. It comes behind whatever rows the transaction
    writes besides, for its events hold the user's counter until the commit.
    """
    part = _part(shot)
    status = outcome([part]) if part.processed or not part.failed else "failed"
    ended = _ended(shot, part, status)
    row = _begun(user_id, shot)
    if shot.steps:
        await _insert(conn, row)
        for step in shot.steps:
            await change(conn, shot.run_id, 1, message=said(step.message))
            await emit(conn, user_id, shot.run_id, **step.meta)
        await change(conn, shot.run_id, 1, **ended)
    else:
        await _insert(conn, row | ended)
    await _write_part(conn, shot, part, status)
    await _write_rejects(conn, user_id, shot)
    code = ended.get("error_code")
    counts = {"inserted": part.inserted, "updated": part.updated}
    kind = {"trigger": shot.trigger, "unit": shot.unit}
    await emit(conn, user_id, shot.run_id, error_code=code, **kind, **counts)
    return status


def _part(shot: OneShot) -> Part:
    failed = len(shot.rejects)
    total = shot.stored.inserted + shot.stored.updated + shot.stored.skipped + failed
    empty = Part(part=shot.sync_type, kind=KIND)
    return empty.plus(
        shot.stored, failed=failed, reported=total, done=total, covered=shot.covered
    ).ended()


def _begun(user_id: int, shot: OneShot) -> dict[str, Any]:
    row = blank(
        user_id,
        source=shot.source,
        provider=shot.provider,
        domain=shot.domain,
        sync_type=shot.sync_type,
    )
    return row | {
        "id": shot.run_id,
        "root_run_id": shot.run_id,
        "trigger": shot.trigger,
        "stage": "saving",
        "max_attempts": 1,
        "unit": shot.unit,
        "queued_at": shot.begun_at,
        "started_at": shot.begun_at,
        "heartbeat_at": shot.ended_at,
        "device_id": shot.device_id,
        "housekeeping": shot.housekeeping,
        "meta": shot.meta,
    }


def _ended(shot: OneShot, part: Part, status: str) -> dict[str, Any]:
    fault = _fault(shot) if status not in _CLEAN else None
    return {
        "stage": STAGE_OF[status],
        "status": status,
        "progress": None if status == "failed" else 1.0,
        "items_total": part.processed + part.failed,
        "items_processed": part.processed,
        "items_inserted": part.inserted,
        "items_updated": part.updated,
        "items_skipped": part.skipped,
        "items_failed": part.failed,
        "covered_from": part.covered_from,
        "covered_to": part.covered_to,
        "message": said(_words(shot, part)),
        "error": told(fault.text) if fault else None,
        "error_kind": fault.kind if fault else None,
        "error_code": fault.code if fault else None,
        "ended_at": shot.ended_at,
    }


def _fault(shot: OneShot) -> Fault:
    return Fault(kind="data", text=shot.rejects[0].reason)


def _words(shot: OneShot, part: Part) -> str:
    counts = {
        "new": part.inserted,
        "changed": part.updated,
        "known": part.skipped,
        "rejected": part.failed,
    }
    told_ = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{shot.unit}s: {told_ or 'none'}"


async def _insert(conn: Writing, row: dict[str, Any]) -> None:
    await conn.execute(insert(tables.Run), [row])


async def _write_part(conn: Writing, shot: OneShot, part: Part, status: str) -> None:
    row = {
        "run_id": shot.run_id,
        "part": part.part,
        "kind": part.kind,
        "status": status,
        "reported": part.reported,
        "inserted": part.inserted,
        "updated": part.updated,
        "skipped": part.skipped,
        "failed": part.failed,
        "covered_from": part.covered_from,
        "covered_to": part.covered_to,
        "checkpoint": None,
        "error_code": None,
        "error": told(shot.rejects[0].reason) if shot.rejects else None,
        "attempt": 1,
        "updated_at": shot.ended_at,
    }
    await conn.execute(insert(tables.RunPart), [row])


async def _write_rejects(conn: Writing, user_id: int, shot: OneShot) -> None:
    rows = [
        {
            "user_id": user_id,
            "run_id": shot.run_id,
            "provider": shot.provider,
            "part": shot.sync_type,
            "place": each.place,
            "reason": each.reason,
            "raw": each.raw,
            "fingerprint": each.fingerprint,
            "seen_at": shot.ended_at,
        }
        for each in shot.rejects
    ]
    key = ("user_id", "provider", "part", "fingerprint")
    seen = ("run_id", "place", "reason", "seen_at")
    await upsert(conn, tables.Reject, rows, key=key, update=seen)
