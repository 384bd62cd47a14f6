"""The report on all devices: who has sent everything, who has not, and what contradicts itself."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, not_, select
from sqlmodel import col

from rewind_gql.domains.focus import queries
from rewind_gql.domains.focus.queries.account import stored_preferences
from rewind_gql.domains.focus.views import Conflict, ConflictMember, Device, Session
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync.devices import words
from rewind_gql.sync.devices.state import Change, Horizon, behind, device_status, overall
from rewind_gql.sync.devices.views import Report, ReportConflict, ReportDevice
from rewind_gql.sync.tables import Run

_NEWEST_UPLOAD: Read[str] = Read(
    select(col(Run.status))
    .where(
        col(Run.user_id) == bindparam("user_id"),
        col(Run.domain) == "focus",
        col(Run.source) == "sdk",
        col(Run.started_at).is_not(None),
        not_(col(Run.housekeeping)),
    )
    .order_by(col(Run.started_at).desc(), col(Run.last_seq).desc())
    .limit(1),
    str,
)


async def report(
    conn: Conn,
    user_id: int,
    *,
    now: datetime,
    last_hours: int = 24,
    active_minutes: int = 60,
    skew_warn_s: int = 120,
    details: bool = True,
) -> Report:
    """Whether every device of the person has sent everything, as of `now`.

    Shape: devices in use, newest seen first; open conflicts, oldest first; at most ten
    recommendations. A device not seen for `last_hours` is offline. Without `details`, conflicts
    are counted and not listed.
    Source: what devices told of themselves, their sessions, preferences and uploads.
    """
    horizon = Horizon(now=now, last_hours=last_hours, active_minutes=active_minutes)
    changes = await _changes(conn, user_id)
    known = await queries.devices(conn, user_id)
    devices = _judge(known, horizon, changes)
    open_ = await queries.open_conflicts_count(conn, user_id)
    total, last_session_at, updated_at = await queries.summary(conn, user_id)
    last_sync_at = max((d.last_sync_at for d in known if d.last_sync_at), default=None)
    failed = await conn.first(_NEWEST_UPLOAD, user_id=user_id) == "failed"
    judged = [(each.device, each.status) for each in devices]
    active = [each for each in devices if horizon.active(each.device)]
    late = [each.label for each in devices if behind(each.device, changes)]
    return Report(
        overall=overall(horizon, judged, conflicts=open_, last_sync_at=last_sync_at, failed=failed),
        last_sync_at=last_sync_at,
        lag_s=max(0, int((now - last_sync_at).total_seconds())) if last_sync_at else None,
        devices=devices,
        active_devices=len(active),
        pending_on_active=sum(each.pending for each in active),
        unsynced=sum(each.pending for each in devices),
        total_sessions=total,
        last_session_at=last_session_at,
        preferences_updated_at=updated_at,
        open_conflicts=open_,
        conflicts=await open_conflicts(conn, user_id) if details and open_ else [],
        recommendations=words.recommend(
            devices, now=now, conflicts=open_, skew_warn_s=skew_warn_s, behind=late
        ),
    )


async def _changes(conn: Conn, user_id: int) -> list[Change]:
    kept = await stored_preferences(conn, user_id)
    return [Change(each.version, each.updated_at) for each in kept.values()]


def _judge(
    known: Sequence[Device], horizon: Horizon, changes: Sequence[Change]
) -> list[ReportDevice]:
    return [
        ReportDevice(
            device=device,
            label=label,
            status=device_status(device, horizon, changes),
            pending=device.pending_reported,
        )
        for device, label in zip(known, words.labels(known), strict=True)
    ]


async def status_of(
    conn: Conn, user_id: int, device: Device, *, now: datetime, active_minutes: int
) -> str:
    """How far one device is synced that has just been seen."""
    horizon = Horizon(now=now, last_hours=24, active_minutes=active_minutes)
    return device_status(device, horizon, await _changes(conn, user_id))


async def statuses_by_device(
    conn: Conn,
    user_id: int,
    ids: Sequence[int],
    *,
    now: datetime,
    active_minutes: int,
    last_hours: int = 24,
) -> dict[int, str]:
    """How far each of these devices is synced; unknown ids are left out."""
    horizon = Horizon(now=now, last_hours=last_hours, active_minutes=active_minutes)
    changes = await _changes(conn, user_id)
    known = await queries.devices_by_id(conn, user_id, ids)
    return {id_: device_status(device, horizon, changes) for id_, device in known.items()}


async def open_conflicts(conn: Conn, user_id: int) -> list[ReportConflict]:
    """Open conflicts with their sessions and devices, oldest conflict first."""
    found = await queries.conflicts(conn, user_id)
    if not found:
        return []
    ordered = sorted(found, key=lambda each: (each.detected_at, each.id))
    members = await queries.members_by_conflict(conn, user_id, [each.id for each in ordered])
    ids = {m.session_id for listed in members.values() for m in listed if m.session_id is not None}
    sessions = await queries.sessions_by_id(conn, user_id, sorted(ids))
    kinds = {
        device.device_id: device.device_type for device in await queries.all_devices(conn, user_id)
    }
    return [_with_sessions(each, members.get(each.id, []), sessions, kinds) for each in ordered]


def _with_sessions(
    conflict: Conflict,
    members: list[ConflictMember],
    known: dict[int, Session],
    kinds: dict[str, str],
) -> ReportConflict:
    ids = {member.session_id for member in members}
    sessions = sorted(
        (session for id_, session in known.items() if id_ in ids),
        key=lambda each: (each.start_at, each.id),
    )
    # Those of the sessions first, in their order; then those that only told another variant.
    told = [*(each.device_id for each in sessions), *(each.device_id for each in members)]
    devices = list(dict.fromkeys(device for device in told if device))
    types = [kinds.get(device, device) for device in devices] or [s.source for s in sessions]
    return ReportConflict(
        conflict=conflict,
        members=members,
        sessions=sessions,
        device_types=list(dict.fromkeys(types)),
        description=words.describe(conflict.type, len(devices)),
    )
