"""What devices send, read into records: every rule of a session, a timer, a sign of life."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from rewind_gql.domains.focus import records
from rewind_gql.errors import BadInput
from rewind_gql.sync.devices import fields
from rewind_gql.sync.devices.views import Pulse

REQUIRED = (
    "start_time", "end_time", "duration", "category", "project", "note", "source", "session_id",
)  # fmt: skip
REASONS = (
    "user_cancelled", "interruption", "emergency", "technical", "distraction", "completed_early",
    "other",
)  # fmt: skip
SHORTEST_MIN, LONGEST_MIN = 1, 720
MATCHES_WITHIN = timedelta(minutes=1)
AHEAD = timedelta(minutes=5)
FURTHEST_OFF = timedelta(days=36_525)
"""A clock that is off by more than a century tells no time at all."""

NO_OBJECT = "Each session must be a JSON object"
_WRONG_NAME = ' - use "note", not "notes"'


def session(
    raw: Any, *, now: datetime, device_id: str | None = None, skew_ms: int = 0
) -> records.Session:
    """A session that is over. Raises `BadInput` with the first rule it breaks.

    `skew_ms` is how far the device's clock is ahead; it counts in what lies in the future, and
    nowhere else: times are kept as they were told.
    """
    given = fields.mapping(raw, NO_OBJECT)
    _require_session(given)
    client_session_id = fields.uuid(given["session_id"], "session_id")
    start_at = fields.instant(given["start_time"], "start_time")
    end_at = fields.instant(given["end_time"], "end_time")
    _in_order(start_at, end_at, now=now, skew_ms=skew_ms, minutes=given["duration"])
    return records.Session(
        client_session_id=client_session_id,
        source=source(given),
        start_at=start_at,
        end_at=end_at,
        duration_min=fields.minutes(given["duration"], "duration"),
        category=fields.text(given["category"], "category"),
        project=fields.text(given["project"], "project"),
        note=fields.text(given["note"], "note", fields.NOTE_CHARS),
        kind=_kind(given),
        planned_min=_planned(given),
        device_id=device_id,
        skew_ms=skew_ms,
    )


def _require_session(given: Mapping[str, Any]) -> None:
    try:
        fields.require(given, REQUIRED)
    except BadInput as missing:
        if given.get("note") is None and "notes" in given:
            raise BadInput(missing.message + _WRONG_NAME, path="note") from None
        raise


def _in_order(
    start_at: datetime, end_at: datetime, *, now: datetime, skew_ms: int, minutes: Any
) -> None:
    if end_at <= start_at:
        raise BadInput("end_time must be after start_time", path="end_time")
    told = fields.minutes(minutes, "duration")
    if abs((end_at - start_at).total_seconds() - told * 60) > MATCHES_WITHIN.total_seconds():
        raise BadInput("duration does not match start_time and end_time", path="duration")
    if not SHORTEST_MIN <= told <= LONGEST_MIN:
        raise BadInput(
            f"duration must be between {SHORTEST_MIN} and {LONGEST_MIN} minutes", path="duration"
        )
    if end_at > now + AHEAD + timedelta(milliseconds=skew_ms):
        raise BadInput("session ends in the future", path="end_time")


def source(given: Mapping[str, Any]) -> str:
    """The kind of program it comes from."""
    found = fields.optional(given, "source")
    if found is None:
        raise BadInput("Missing required fields: source", path="source")
    return found


def _kind(given: Mapping[str, Any]) -> Literal["focus", "break"]:
    found = fields.choice(given.get("kind") or "focus", "kind", ("focus", "break"))
    return cast(Literal["focus", "break"], found)


def _planned(given: Mapping[str, Any]) -> float | None:
    raw = given.get("planned_duration")
    return None if raw is None else planned(raw)


def planned(raw: Any) -> float:
    """Minutes a session is meant to take."""
    found = fields.minutes(raw, "planned_duration")
    if not SHORTEST_MIN <= found <= LONGEST_MIN:
        raise BadInput(
            f"planned_duration must be between {SHORTEST_MIN} and {LONGEST_MIN} minutes",
            path="planned_duration",
        )
    return found


def skew_ms(client_time: datetime, now: datetime) -> int:
    """How far a clock that shows `client_time` is ahead, in milliseconds."""
    if abs(client_time - now) > FURTHEST_OFF:
        raise BadInput("client_time is off by more than a century", path="client_time")
    return (client_time - now) // timedelta(milliseconds=1)


def timer(raw: Mapping[str, Any], *, now: datetime, device_id: str | None = None) -> records.Timer:
    """A session that has just begun; without a `start_time`, now."""
    fields.require(raw, ("session_id", "planned_duration", "category", "source"))
    client_session_id = fields.uuid(raw["session_id"], "session_id")
    begun = raw.get("start_time")
    start_at = now if begun is None else fields.instant(begun, "start_time")
    if start_at > now + AHEAD:
        raise BadInput("session starts in the future", path="start_time")
    note = raw.get("note") if raw.get("note") is not None else raw.get("planning_notes")
    return records.Timer(
        client_session_id=client_session_id,
        source=source(raw),
        start_at=start_at,
        category=fields.text(raw["category"], "category"),
        project=fields.optional(raw, "project") or "",
        note="" if note is None else fields.text(note, "note", fields.NOTE_CHARS),
        kind=_kind(raw),
        planned_min=planned(raw["planned_duration"]),
        device_id=device_id,
    )


def cancellation(
    raw: Mapping[str, Any], *, now: datetime, device_id: str | None = None
) -> records.Cancellation:
    """A session that was broken off; without a reason, because the person wanted to."""
    fields.require(raw, ("session_id", "elapsed_minutes"))
    client_session_id = fields.uuid(raw["session_id"], "session_id")
    elapsed = fields.minutes(raw["elapsed_minutes"], "elapsed_minutes")
    if not 0 <= elapsed <= LONGEST_MIN:
        raise BadInput(
            f"elapsed_minutes must be between 0 and {LONGEST_MIN}", path="elapsed_minutes"
        )
    return records.Cancellation(
        client_session_id=client_session_id,
        elapsed_min=elapsed,
        reason=fields.choice(raw.get("reason") or "user_cancelled", "reason", REASONS),
        device_id=device_id,
        cancelled_at=now,
    )


def device(raw: Mapping[str, Any], device_id: str, *, typed: bool = False) -> records.Device:
    """What a device says of itself; with `typed`, it has to say what kind it is."""
    if typed:
        fields.require(raw, ("device_type",))
    kind, install_id = raw.get("device_type"), raw.get("install_id")
    return records.Device(
        device_id=fields.device_id(device_id),
        device_type=None if kind is None else fields.device_type(kind),
        name=fields.optional(raw, "name"),
        version=fields.optional(raw, "version"),
        platform=fields.optional(raw, "platform"),
        install_id=None if install_id is None else fields.uuid(install_id, "install_id"),
    )


def pulse(raw: Mapping[str, Any], device_id: str) -> Pulse:
    """A sign of life."""
    fields.require(raw, ("client_time", "sessions_pending"))
    oldest, version = raw.get("oldest_pending_at"), raw.get("preferences_version")
    return Pulse(
        device=device(raw, device_id),
        client_time=fields.instant(raw["client_time"], "client_time"),
        sessions_pending=fields.whole(raw["sessions_pending"], "sessions_pending"),
        oldest_pending_at=None if oldest is None else fields.instant(oldest, "oldest_pending_at"),
        preferences_version=(
            None if version is None else fields.whole(version, "preferences_version")
        ),
    )
