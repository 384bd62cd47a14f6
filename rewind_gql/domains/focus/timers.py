"""Timers in: sessions that begin, and those that are broken off."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.focus import identity, records, replay, stored, turn, views
from rewind_gql.domains.focus.columns import OWNER, of
from rewind_gql.domains.focus.queries import history, machines
from rewind_gql.domains.focus.tables import Timer
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Id, Utc, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

RUNNING = timedelta(hours=12)
"""A timer begun longer ago than this was left behind."""
FORGOTTEN = timedelta(days=30)
"""A timer begun longer ago than this is cleared away."""
MAX_MINUTES = 720


async def begin(
    conn: Writing, user_id: int, timer: records.Timer, *, received_at: datetime | None = None
) -> list[views.Timer]:
    """Store a timer, and give those that run on other devices, newest first.

    A timer whose session has come in already is not stored, one begun again is begun anew. Those
    begun more than twelve hours ago count as left behind.
    """
    now = received_at or clock.now()
    await turn.take(conn, user_id)
    await conn.execute(_FORGET, {"owner": user_id, "before": now - FORGOTTEN})
    uuid = timer.client_session_id
    if not await stored.is_known(conn, user_id, uuid):
        row = {"user_id": user_id, "received_at": now}
        row |= {name: getattr(timer, name) for name in _TIMER}
        update = [name for name in row if name not in ("user_id", "client_session_id")]
        await upsert(conn, Timer, [row], key=("user_id", "client_session_id"), update=update)
    here = (timer.device_id, timer.source)
    return [
        other
        for other in await history.timers(conn, user_id, since=now - RUNNING)
        if other.client_session_id != uuid
        and not replay.same_device((other.device_id, other.source), here)
    ]


async def cancel(
    conn: Writing,
    user_id: int,
    cancellation: records.Cancellation,
    *,
    received_at: datetime | None = None,
    run_id: str | None = None,
) -> views.Session:
    """Store a session that was broken off, and end its timer; gives what is stored of it.

    What its timer knew is kept; without one it ended when it was cancelled. A UUID that is stored
    already, cancelled before or sent as completed, is given as it is.
    Raises `BadInput` when it ran for less than nothing or more than twelve hours.
    """
    if not 0 <= cancellation.elapsed_min <= MAX_MINUTES:
        raise BadInput(
            f"elapsed_minutes must be between 0 and {MAX_MINUTES}", path="elapsed_minutes"
        )
    now = received_at or clock.now()
    await turn.take(conn, user_id)
    uuid = cancellation.client_session_id
    timer = await conn.first(_TIMER_OF, user_id=user_id, uuids=[uuid])
    if not await stored.is_known(conn, user_id, uuid):
        row = await _cancelled(conn, user_id, cancellation, timer, now)
        await stored.insert(conn, user_id, {**row, "received_at": now, "run_id": run_id})
    if timer is not None:
        await stored.stop(conn, user_id, uuid)
    return (await history.sessions_by_uuid(conn, user_id, [uuid]))[uuid]


async def _cancelled(
    conn: Writing,
    user_id: int,
    cancellation: records.Cancellation,
    timer: views.Timer | None,
    now: datetime,
) -> dict[str, Any]:
    """The row of a session that was broken off."""
    elapsed = timedelta(minutes=cancellation.elapsed_min)
    start = timer.start_at if timer else (cancellation.cancelled_at or now) - elapsed
    told: dict[str, Any] = {"category": "", "project": "", "note": "", "kind": "focus"}
    told |= {"planned_min": None, "device_id": cancellation.device_id}
    if timer is not None:
        told = {name: getattr(timer, name) for name in (*told, "source")}
    else:
        told["source"] = await _kind_of(conn, user_id, cancellation.device_id)
    return {
        **told,
        "client_session_id": cancellation.client_session_id,
        "start_at": start,
        "end_at": start + elapsed,
        "duration_min": cancellation.elapsed_min,
        "state": "cancelled",
        "cancel_reason": cancellation.reason,
        "payload_hash": "cancelled:",
        "skew_ms": 0,
    }


async def _kind_of(conn: Writing, user_id: int, device_id: str | None) -> str:
    """The kind of a device; `unknown` when nothing is known of it."""
    if device_id is None:
        return identity.UNKNOWN
    device = await machines.device(conn, user_id, device_id=device_id)
    return device.device_type if device else identity.type_of(device_id)


_TIMER = (
    "client_session_id",
    "device_id",
    "source",
    "start_at",
    "planned_min",
    "kind",
    "category",
    "project",
    "note",
)
_TIMER_OF = Read(
    select(*of(views.Timer, Timer)).where(
        col(Timer.user_id) == OWNER, among(col(Timer.client_session_id), "uuids")
    ),
    views.Timer,
)
_FORGET = delete(Timer).where(
    col(Timer.user_id) == bindparam("owner", type_=Id),
    col(Timer.start_at) < bindparam("before", type_=Utc()),
)
