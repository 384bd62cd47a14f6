"""How the API of devices prints what it answers: instants in whole seconds, numbers as they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rewind_gql.auth.views import User
from rewind_gql.domains.focus.views import Device, FocusTotal, Session, Timer, Tracking
from rewind_gql.rest.rewind.parts import number
from rewind_gql.sync.devices import words
from rewind_gql.sync.devices.views import (
    Account,
    Beat,
    Item,
    Report,
    ReportConflict,
    ReportDevice,
    Submitted,
)

Printed = dict[str, Any]

LOGGED = "Pomodoro session logged successfully"
MISMATCH = "Session already recorded with different data"
ALL_REJECTED = "All sessions were rejected"


def instant(at: datetime) -> str:
    """`2026-03-18T21:00:00Z`: UTC in whole seconds, cut off."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe(at: datetime | None) -> str | None:
    """The same; None stays None."""
    return None if at is None else instant(at)


def minutes(value: float) -> float:
    """Minutes with two decimals at most, whole ones as whole numbers."""
    return number(round(float(value), 2))


def status(report: Report, *, devices: bool, details: bool, contact: str | None) -> Printed:
    """The report on all devices; `details` adds open conflicts, if there are any."""
    printed: Printed = {
        "sync_status": report.overall,
        "last_sync": maybe(report.last_sync_at),
        "sync_lag": words.lag(report.lag_s),
        "total_devices": report.total_devices,
        "active_devices": report.active_devices,
        "pending_syncs": report.pending_on_active,
    }
    if devices:
        printed["devices"] = [_reported(each) for each in report.devices]
    printed["data_summary"] = {
        "total_sessions": report.total_sessions,
        "unsynced_sessions": report.unsynced,
        "last_session": maybe(report.last_session_at),
        "preferences_updated": maybe(report.preferences_updated_at),
        "conflicts_detected": report.open_conflicts,
    }
    printed["recommendations"] = report.recommendations
    if details and report.conflicts:
        printed |= _conflicts(report.conflicts, contact)
    return printed


def _reported(each: ReportDevice) -> Printed:
    return {
        "device_id": each.device.device_id,
        "device_type": each.device.device_type,
        "last_seen": instant(each.device.last_seen_at),
        "sync_status": each.status,
        "version": each.device.version,
        "sessions_pending": each.pending,
    }


def _conflicts(conflicts: Sequence[ReportConflict], contact: str | None) -> Printed:
    return {
        "conflicts": [
            {
                "type": each.conflict.type,
                "description": each.description,
                "affected_sessions": [str(one.client_session_id) for one in each.sessions],
                "resolution": (
                    "auto_resolvable" if each.conflict.auto_resolvable else "manual_review_required"
                ),
                "devices": each.device_types,
            }
            for each in conflicts
        ],
        "conflict_resolution": {
            "auto_resolvable": all(each.conflict.auto_resolvable for each in conflicts),
            "recommended_action": words.action([each.conflict.type for each in conflicts]),
            "support_contact": contact,
        },
    }


def person(user: User, time_zone: str) -> Printed:
    """Who somebody is."""
    return {
        "id": str(user.uuid),
        "username": user.username,
        "email": user.email,
        "timezone": time_zone,
    }


def device(one: Device) -> Printed:
    """A device as it is registered."""
    return {
        "device_id": one.device_id,
        "device_type": one.device_type,
        "name": one.name,
        "version": one.version,
        "platform": one.platform,
        "install_id": str(one.install_id) if one.install_id else None,
        "state": one.state,
        "superseded_by": one.superseded_by,
        "first_seen": instant(one.first_seen_at),
        "last_seen": instant(one.last_seen_at),
        "last_sync": maybe(one.last_sync_at),
        "sessions_pending": one.pending_reported,
    }


def beat(one: Beat) -> Printed:
    """What a device is told in return for a sign of life."""
    printed: Printed = {
        "server_time": instant(one.server_time),
        "sync_status": one.sync_status,
        "preferences_version": one.preferences_version,
    }
    if one.preferences is not None:
        printed["preferences"] = one.preferences
    return printed | {"acknowledged": [str(uuid) for uuid in one.acknowledged]}


def logged(item: Item, stored: Session) -> Printed:
    """What became of a session that was sent alone."""
    printed: Printed = {
        "success": True,
        "session_id": str(item.id),
        "client_session_id": item.session_id,
        "message": LOGGED,
        "pomodoro": {
            "id": item.id,
            "duration": minutes(stored.duration_min),
            "category": stored.category,
            "project": stored.project,
            "note": stored.note,
            "source": stored.source,
            "start_time": instant(stored.start_at),
            "end_time": instant(stored.end_at),
        },
    }
    if item.status in ("duplicate", "updated"):
        printed[item.status] = True
    if item.conflict_id is not None:
        printed["conflict_id"] = item.conflict_id
    return printed


def mismatch(item: Item) -> Printed:
    """A session that is stored with other data than it was sent with."""
    told = {"session_id": str(item.id), "client_session_id": item.session_id}
    return {"error": MISMATCH, "conflict_id": item.conflict_id, **told}


def batch(done: Submitted) -> Printed:
    """What became of each session of a list."""
    failed = {} if done.success else {"error": ALL_REJECTED}
    return failed | {
        "success": done.success,
        "accepted": done.accepted,
        "duplicates": done.duplicates,
        "rejected": done.rejected,
        "results": [_result(item) for item in done.results],
        "server_time": instant(done.server_time),
        "preferences_version": done.preferences_version,
    }


def _result(item: Item) -> Printed:
    found = {"id": item.id, "conflict_id": item.conflict_id, "error": item.error}
    told = {name: value for name, value in found.items() if value is not None}
    return {"session_id": item.session_id, "status": item.status, **told}


def timer(one: Timer) -> Printed:
    """A session under way."""
    return {
        "session_id": str(one.client_session_id),
        "device_id": one.device_id,
        "source": one.source,
        "start_time": instant(one.start_at),
        "planned_duration": None if one.planned_min is None else minutes(one.planned_min),
        "kind": one.kind,
        "category": one.category,
        "project": one.project,
        "note": one.note,
    }


def session(one: Session) -> Printed:
    """A session that is over."""
    return {
        "id": one.id,
        "session_id": str(one.client_session_id),
        "device_id": one.device_id,
        "source": one.source,
        "start_time": instant(one.start_at),
        "end_time": instant(one.end_at),
        "duration": minutes(one.duration_min),
        "planned_duration": None if one.planned_min is None else minutes(one.planned_min),
        "kind": one.kind,
        "category": one.category,
        "project": one.project,
        "note": one.note,
        "state": one.state,
    }


def cancellation(one: Session) -> Printed:
    """A session that was broken off."""
    return {
        "success": True,
        "cancellation_id": str(one.id),
        "client_session_id": str(one.client_session_id),
        "message": "Session cancelled and recorded successfully",
        "cancellation": {
            **session(one),
            "elapsed_minutes": minutes(one.duration_min),
            "reason": one.cancel_reason,
        },
    }


def account(one: Account, now: datetime) -> Printed:
    """What a program needs to know when it starts."""
    zone = one.preferences.values["timezone"]
    who = person(one.user, zone)
    return {
        "userId": who["id"],
        **{name: who[name] for name in ("username", "email", "timezone")},
        "streaks": {
            "current": one.streak.current,
            "longest": one.streak.longest,
            "days_active_this_week": one.days_this_week,
            "days_active_this_month": one.days_this_month,
        },
        "preferences": one.preferences.values,
        "preferences_version": one.preferences.version,
        "session_stats": {
            "total_sessions": one.stats.sessions,
            "total_minutes": minutes(one.stats.minutes),
            "average_session_length": minutes(one.stats.average_min),
            "favorite_category": one.stats.favorite_category,
        },
        "active_timers": [timer(each) for each in one.timers],
        "recent_sessions": [session(each) for each in one.sessions],
        "server_time": instant(now),
    }


def tracking(one: Tracking) -> Printed:
    """Focus on some days."""
    count = one.sessions
    return {
        "period": {
            "from": one.since.isoformat(),
            "to": one.days[-1].name,
            "days": len(one.days),
        },
        "totals": {
            "sessions": count,
            "minutes": minutes(one.minutes),
            "average_session_length": minutes(one.minutes / count if count else 0),
            "cancelled_sessions": one.cancelled,
            "break_minutes": minutes(one.break_minutes),
        },
        "streaks": {
            "current": one.streak.current,
            "longest": one.streak.longest,
            "last_day": one.streak.last_day.isoformat() if one.streak.last_day else None,
        },
        "by_day": _totals("date", one.days),
        "by_project": _totals("project", one.projects),
        "by_category": _totals("category", one.categories),
    }


def _totals(name: str, listed: Sequence[FocusTotal]) -> list[Mapping[str, Any]]:
    return [
        {name: each.name, "minutes": minutes(each.minutes), "sessions": each.sessions}
        for each in listed
    ]
