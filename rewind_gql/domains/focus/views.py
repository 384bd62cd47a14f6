"""What leaves focus: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from annotated_doc import Doc


@dataclass(slots=True, kw_only=True)
class Device:
    """A program on a machine that sends sessions."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    device_id: Annotated[str, Doc("What it calls itself, such as mac-app-v1.2.3.")]
    device_type: Annotated[str, Doc("Such as mac_app, windows_app or web_timer.")]
    name: Annotated[str | None, Doc("What the person calls it.")]
    version: Annotated[str | None, Doc("Of the program.")]
    platform: Annotated[str | None, Doc("Such as macOS 16.")]
    install_id: Annotated[UUID | None, Doc("The same through all its versions.")]
    state: Annotated[str, Doc("One of active, superseded, retired, revoked.")]
    superseded_by: Annotated[str | None, Doc("The newer version of the same program.")]
    first_seen_at: Annotated[datetime, Doc("Its first call.")]
    last_seen_at: Annotated[datetime, Doc("Its newest call.")]
    last_sync_at: Annotated[datetime | None, Doc("When it last had nothing left to send.")]
    pending_reported: Annotated[int, Doc("Sessions it says it still has to send.")]
    pending_since: Annotated[datetime | None, Doc("How long it has had the oldest of them.")]
    prefs_version_seen: Annotated[int | None, Doc("The version of the preferences it has.")]
    clock_offset_ms: Annotated[int | None, Doc("How far its clock is ahead, in milliseconds.")]


@dataclass(slots=True, kw_only=True)
class Session:
    """A stretch of focus or of rest."""

    id: Annotated[int, Doc("The short number people see.")]
    client_session_id: Annotated[UUID, Doc("What the device calls it.")]
    device_id: Annotated[str | None, Doc("The device that sent it first.")]
    source: Annotated[str, Doc("The kind of program it was kept with.")]
    start_at: Annotated[datetime, Doc("When it began, by the device's clock.")]
    end_at: Annotated[datetime, Doc("When it ended, by the device's clock.")]
    duration_min: Annotated[float, Doc("Minutes.")]
    planned_min: Annotated[float | None, Doc("Minutes it was meant to take.")]
    kind: Annotated[str, Doc("Either focus or break.")]
    category: Annotated[str, Doc("Such as work.")]
    project: Annotated[str, Doc("Such as Thesis.")]
    note: Annotated[str, Doc("The person's words on it.")]
    state: Annotated[str, Doc("One of completed, cancelled, merged, deleted.")]
    cancel_reason: Annotated[str | None, Doc("Why it was broken off.")]
    merged_into: Annotated[int | None, Doc("The session that took it in.")]
    revision: Annotated[int, Doc("From 1; rises with every change.")]
    skew_ms: Annotated[int, Doc("How far the device's clock was ahead, in milliseconds.")]
    received_at: Annotated[datetime, Doc("When it came in first.")]
    run_id: Annotated[str | None, Doc("The upload it came with.")]


@dataclass(slots=True, kw_only=True)
class Timer:
    """A session under way."""

    client_session_id: Annotated[UUID, Doc("What the device calls it.")]
    device_id: Annotated[str | None, Doc("The device it runs on.")]
    source: Annotated[str, Doc("The kind of program it runs in.")]
    start_at: Annotated[datetime, Doc("When it began.")]
    planned_min: Annotated[float | None, Doc("Minutes it is meant to take.")]
    kind: Annotated[str, Doc("Either focus or break.")]
    category: Annotated[str, Doc("Such as work.")]
    project: Annotated[str, Doc("Such as Thesis.")]
    note: Annotated[str, Doc("The person's words on it.")]


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What became of one session that was sent."""

    client_session_id: Annotated[UUID, Doc("What the device calls it.")]
    status: Annotated[str, Doc("One of created, duplicate, updated, conflict.")]
    id: Annotated[int, Doc("The short number; of a merged session, its survivor's.")]
    conflict_id: Annotated[int | None, Doc("The conflict it is part of now.")] = None
    is_late: Annotated[
        bool, Doc("Whether it says something new of a session that was merged or deleted.")
    ] = False


@dataclass(slots=True, kw_only=True)
class FocusDay:
    """Time on one calendar day, project and category."""

    day: Annotated[date, Doc("In the person's time zone.")]
    project: Annotated[str, Doc("The project; empty without one.")]
    category: Annotated[str, Doc("The category; empty without one.")]
    minutes: Annotated[float, Doc("Minutes of focus.")]
    sessions: Annotated[int, Doc("Sessions that began on the day.")]


@dataclass(slots=True, kw_only=True)
class FocusTotal:
    """Time under one name: a day, a project or a category."""

    name: Annotated[str, Doc("The day as YYYY-MM-DD, the project or the category.")]
    minutes: Annotated[float, Doc("Minutes of focus.")]
    sessions: Annotated[int, Doc("Sessions.")]


@dataclass(slots=True, kw_only=True)
class Streak:
    """Days in a row with at least one completed focus session."""

    current: Annotated[int, Doc("Days up to today, or up to yesterday while today has none yet.")]
    longest: Annotated[int, Doc("The longest there ever was.")]
    last_day: Annotated[date | None, Doc("The newest day with a session.")]


@dataclass(slots=True, kw_only=True)
class Tracking:
    """Focus in a window of calendar days."""

    since: Annotated[date, Doc("First day.")]
    until: Annotated[date, Doc("The day after the last.")]
    minutes: Annotated[float, Doc("Minutes of focus.")]
    sessions: Annotated[int, Doc("Completed focus sessions.")]
    cancelled: Annotated[int, Doc("Focus sessions broken off.")]
    break_minutes: Annotated[float, Doc("Minutes of rest.")]
    days: Annotated[list[FocusTotal], Doc("By day, every day of the window, oldest first.")]
    projects: Annotated[list[FocusTotal], Doc("By project, most minutes first.")]
    categories: Annotated[list[FocusTotal], Doc("By category, most minutes first.")]
    streak: Annotated[Streak, Doc("Days in a row.")]


@dataclass(slots=True, kw_only=True)
class Preferences:
    """What the person set on any device, with the defaults for the rest."""

    values: Annotated[dict[str, Any], Doc("Every field there is.")]
    version: Annotated[int, Doc("Rises with every change; 0 before the first.")]
    updated_at: Annotated[datetime | None, Doc("The newest change.")]


@dataclass(slots=True, kw_only=True)
class ConflictMember:
    """A session in a conflict."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    conflict_id: Annotated[int, Doc("The conflict.")]
    session_id: Annotated[int | None, Doc("The session.")]
    device_id: Annotated[str | None, Doc("The device it came from.")]
    variant: Annotated[
        dict[str, Any] | None, Doc("What else was said of it; none: as it is stored.")
    ]


@dataclass(slots=True, kw_only=True)
class Conflict:
    """Sessions, or variants of one, that cannot all be true."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    type: Annotated[
        str,
        Doc(
            "One of session_overlap, duplicate_session, session_mismatch, clock_skew, "
            "preference_conflict."
        ),
    ]
    state: Annotated[str, Doc("One of open, resolved, dismissed, superseded.")]
    auto_resolvable: Annotated[bool, Doc("Whether it can be resolved without a person.")]
    suggestion: Annotated[str, Doc("The resolution that seems best.")]
    resolution: Annotated[str | None, Doc("How it was resolved.")]
    resolved_by: Annotated[str | None, Doc("One of owner, device, auto.")]
    detected_at: Annotated[datetime, Doc("When it was found.")]
    resolved_at: Annotated[datetime | None, Doc("When it was resolved.")]
    can_undo: Annotated[bool, Doc("Whether the resolution can still be taken back.")]
