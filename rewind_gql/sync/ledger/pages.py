"""What a run writes down as it goes: its parts, its counts, its position, its progress, rejects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.sources.base import KEEP, Reject
from rewind_gql.store.engine import Writing
from rewind_gql.store.upsert import upsert
from rewind_gql.sync import tables
from rewind_gql.sync.ledger.leases import Claimed
from rewind_gql.sync.ledger.rows import change, emit
from rewind_gql.sync.ledger.words import PROGRESS, Part, progress, said, told


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a run has come; replaced by a new one when a transaction has been committed."""

    claimed: Claimed
    unit: str
    planned: tuple[str, ...]
    parts: Mapping[str, Part]
    cursor: Mapping[str, Any]
    checkpoint: Mapping[str, Any]
    stage: str = "started"
    progress: float | None = None
    told_at: datetime = clock.EPOCH
    message: str | None = None
    stop: bool = False

    def with_part(self, part: Part) -> "State":
        """The state with one part replaced, and the progress that follows."""
        parts = {**self.parts, part.part: part}
        return replace(
            self, parts=parts, progress=progress(parts, self.planned, floor=self.progress or 0.0)
        )

    def key(self, part: str) -> str:
        """Where the position of a part stands; a backfill keeps its own beside the live one."""
        scope = self.claimed.scope
        return part if scope == "live" else f"{scope}:{part}"

    def at(self, part: str, *, cursor: Any = KEEP, checkpoint: Any = KEEP) -> "State":
        """The state after a part's position moved."""
        key = self.key(part)
        return replace(
            self,
            cursor=self.cursor if cursor is KEEP else {**self.cursor, key: cursor},
            checkpoint=_with(self.checkpoint, key, checkpoint),
        )


def _with(known: Mapping[str, Any], key: str, value: Any) -> Mapping[str, Any]:
    if value is KEEP:
        return known
    rest = without(known, key)
    return rest if value is None else {**rest, key: value}


def without(known: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The same without one key."""
    return {name: each for name, each in known.items() if name != key}


def counts(parts: Mapping[str, Part]) -> dict[str, Any]:
    """The counts of a run, from its parts."""
    known = list(parts.values())
    totals = [part.total for part in known if part.total is not None]
    return {
        "items_inserted": sum(part.inserted for part in known),
        "items_updated": sum(part.updated for part in known),
        "items_skipped": sum(part.skipped for part in known),
        "items_failed": sum(part.failed for part in known),
        "items_processed": sum(part.processed for part in known),
        "items_total": max(sum(totals), sum(p.processed for p in known)) if totals else None,
        "covered_from": min((p.covered_from for p in known if p.covered_from), default=None),
        "covered_to": max((p.covered_to for p in known if p.covered_to), default=None),
    }


async def save(
    conn: Writing,
    state: State,
    part: Part,
    *,
    lease: timedelta,
    spacing: timedelta,
    rejects: Sequence[Reject] = (),
    facts: Mapping[str, Any] | None = None,
    always: bool = False,
) -> State:
    """Write `state` and the part it has come to; gives the state to go on with after the commit.

    An event is written when the stage changed, when `always` is set, and else not more often than
    every `spacing`; what is left out is in the next one. `facts` are told with it. `stop` is set in
    the new state when the run was asked to stop meanwhile. Raises `LostRun`.
    """
    now = clock.now()
    claimed = state.claimed
    await _part_row(conn, claimed, part, state.checkpoint.get(state.key(part.part)), now)
    await _reject_rows(conn, claimed, part.part, rejects, now)
    asked = await change(
        conn,
        claimed.run_id,
        claimed.attempt,
        stage=state.stage,
        unit=state.unit,
        progress=state.progress,
        message=said(state.message),
        heartbeat_at=now,
        lease_until=now + lease,
        **counts(state.parts),
    )
    await _position(conn, state)
    state = replace(state, stop=asked is not None)
    if not always and now - state.told_at < spacing:
        return state
    await emit(
        conn,
        claimed.user_id,
        claimed.run_id,
        kind=None if always else PROGRESS,
        part=part.part,
        unit=state.unit,
        inserted=part.inserted,
        updated=part.updated,
        error_code=part.error_code,
        **(facts or {}),
    )
    return replace(state, told_at=now)


async def _position(conn: Writing, state: State) -> None:
    """Move the source's cursor and checkpoint to where the run has come; files have neither."""
    claimed = state.claimed
    if claimed.source_id is None:
        return
    mine = (
        col(tables.Source.user_id) == claimed.user_id,
        col(tables.Source.id) == claimed.source_id,
    )
    position = {"cursor": dict(state.cursor), "checkpoint": dict(state.checkpoint)}
    await conn.execute(update(tables.Source).where(*mine).values(**position))


async def _part_row(
    conn: Writing, claimed: Claimed, part: Part, checkpoint: Any, now: datetime
) -> None:
    row = {
        "run_id": claimed.run_id,
        "part": part.part,
        "kind": part.kind,
        "status": part.status,
        "reported": part.reported,
        "inserted": part.inserted,
        "updated": part.updated,
        "skipped": part.skipped,
        "failed": part.failed,
        "covered_from": part.covered_from,
        "covered_to": part.covered_to,
        "checkpoint": None if checkpoint is None else {"at": checkpoint},
        "error_code": part.error_code,
        "error": told(part.error),
        "attempt": claimed.attempt,
        "updated_at": now,
    }
    update_ = tuple(name for name in row if name not in ("run_id", "part"))
    await upsert(conn, tables.RunPart, [row], key=("run_id", "part"), update=update_)


async def _reject_rows(
    conn: Writing, claimed: Claimed, part: str, rejects: Sequence[Reject], now: datetime
) -> None:
    rows = [
        {
            "user_id": claimed.user_id,
            "run_id": claimed.run_id,
            "provider": claimed.provider,
            "part": part,
            "place": each.place,
            "reason": each.reason,
            "raw": each.raw,
            "fingerprint": each.fingerprint,
            "seen_at": now,
        }
        for each in rejects
    ]
    key = ("user_id", "provider", "part", "fingerprint")
    await upsert(
        conn, tables.Reject, rows, key=key, update=("run_id", "place", "reason", "seen_at")
    )
