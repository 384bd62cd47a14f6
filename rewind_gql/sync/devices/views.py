"""What devices hand in, and what leaves this room: dataclasses whose fields carry their words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from annotated_doc import Doc

from rewind_gql.auth.views import User
from rewind_gql.domains.focus import records
from rewind_gql.domains.focus.views import (
    Conflict,
    ConflictMember,
    Device,
    Preferences,
    Session,
    Streak,
    Timer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Sessions as a device sent them, unread, and what it said beside them.

    `sessions` are mappings with the fields of the submit API; instants and ids may be text or
    values. `device` is None where the device did not say which one it is; then the `source` of the
    sessions does. `single` tells that the one session was not sent as a list.
    """

    sessions: Sequence[Any]
    device: records.Device | None = None
    client_time: datetime | None = None
    pending_after: int | None = None
    single: bool = False


@dataclass(slots=True, kw_only=True)
class Item:
    """What became of one session that was sent."""

    session_id: Annotated[str | None, Doc("The client's id as it was sent; null without one.")]
    status: Annotated[str, Doc("One of created, duplicate, updated, conflict, rejected.")]
    id: Annotated[int | None, Doc("The short number people see; null when rejected.")] = None
    conflict_id: Annotated[int | None, Doc("The open conflict it is part of.")] = None
    error: Annotated[str | None, Doc("Why it was rejected.")] = None


@dataclass(slots=True, kw_only=True)
class Submitted:
    """What became of an upload, item by item in the order they were sent."""

    run_id: Annotated[str, Doc("The run of the ledger this upload is.")]
    results: Annotated[list[Item], Doc("One per session sent.")]
    server_time: Annotated[datetime, Doc("When it was stored.")]
    preferences_version: Annotated[int, Doc("The newest version of the preferences.")]
    replayed: Annotated[bool, Doc("Whether this is the answer to an earlier, equal request.")] = (
        False
    )

    def count(self, *statuses: str) -> int:
        """How many items have one of these statuses."""
        return sum(item.status in statuses for item in self.results)

    @property
    def accepted(self) -> int:
        """Items that were stored, or kept as a variant in a conflict."""
        return self.count("created", "updated", "conflict")

    @property
    def duplicates(self) -> int:
        """Items that were known already."""
        return self.count("duplicate")

    @property
    def rejected(self) -> int:
        """Items that cannot be stored."""
        return self.count("rejected")

    @property
    def delivered(self) -> int:
        """Items the device need not send again, except those a person has to look at."""
        return self.accepted + self.duplicates

    @property
    def success(self) -> bool:
        """Whether there is anything the device need not send again."""
        return self.delivered > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A device's sign of life."""

    device: records.Device
    client_time: datetime
    sessions_pending: int
    oldest_pending_at: datetime | None = None
    preferences_version: int | None = None


@dataclass(slots=True, kw_only=True)
class Beat:
    """What a device is told when it gives a sign of life."""

    device: Annotated[Device, Doc("The device as it stands now.")]
    server_time: Annotated[datetime, Doc("Now.")]
    sync_status: Annotated[str, Doc("One of up_to_date, pending, stale, offline.")]
    preferences_version: Annotated[int, Doc("The newest version of the preferences.")]
    preferences: Annotated[
        dict[str, Any] | None, Doc("Every preference; null when the device has the newest.")
    ]
    acknowledged: Annotated[list[UUID], Doc("Sessions of it that are stored, newest first.")]


@dataclass(slots=True, kw_only=True)
class Started:
    """A timer that was stored, and those that run elsewhere."""

    timer: Annotated[Timer, Doc("The timer.")]
    elsewhere: Annotated[list[Timer], Doc("Timers of other devices that were there first.")]


@dataclass(slots=True, kw_only=True)
class Changed:
    """Preferences after a change."""

    values: Annotated[dict[str, Any], Doc("The fields that were named, as they stand now.")]
    version: Annotated[int, Doc("The newest version of the preferences.")]
    ignored: Annotated[list[str], Doc("Names that are no preference.")]
    conflict_ids: Annotated[list[int], Doc("Conflicts with what another device had changed.")]


@dataclass(slots=True, kw_only=True)
class ReportDevice:
    """A device and how far it is synced."""

    device: Annotated[Device, Doc("The device.")]
    label: Annotated[str, Doc("What to call it in a sentence.")]
    status: Annotated[str, Doc("One of up_to_date, pending, stale, offline.")]
    pending: Annotated[int, Doc("Sessions it still has to send, as it said.")]


@dataclass(slots=True, kw_only=True)
class ReportConflict:
    """An open conflict with the sessions in it."""

    conflict: Annotated[Conflict, Doc("The conflict.")]
    members: Annotated[list[ConflictMember], Doc("Its members.")]
    sessions: Annotated[list[Session], Doc("The sessions in it, oldest first.")]
    device_types: Annotated[list[str], Doc("The kinds of device they come from, each once.")]
    description: Annotated[str, Doc("What is the matter, in words.")]


@dataclass(slots=True, kw_only=True)
class Report:
    """Whether every device has sent everything, and whether that is free of contradictions."""

    overall: Annotated[str, Doc("One of healthy, delayed, conflicts, offline.")]
    last_sync_at: Annotated[datetime | None, Doc("When a device last had nothing left to send.")]
    lag_s: Annotated[int | None, Doc("Seconds since then.")]
    devices: Annotated[list[ReportDevice], Doc("Devices in use, newest seen first.")]
    active_devices: Annotated[int, Doc("Devices seen within the active minutes.")]
    pending_on_active: Annotated[int, Doc("Sessions waiting on active devices.")]
    unsynced: Annotated[int, Doc("Sessions waiting on any device.")]
    total_sessions: Annotated[int, Doc("Completed sessions.")]
    last_session_at: Annotated[datetime | None, Doc("The newest end of a session.")]
    preferences_updated_at: Annotated[datetime | None, Doc("The newest change of a preference.")]
    open_conflicts: Annotated[int, Doc("Conflicts that wait for somebody.")]
    conflicts: Annotated[
        list[ReportConflict], Doc("They, oldest first; empty where they were not asked for.")
    ]
    recommendations: Annotated[list[str], Doc("What to do, at most ten sentences.")] = field(
        default_factory=list
    )

    @property
    def total_devices(self) -> int:
        """How many devices are in use."""
        return len(self.devices)


@dataclass(slots=True, kw_only=True)
class Stats:
    """What the completed focus sessions of a person add up to."""

    sessions: Annotated[int, Doc("Sessions.")]
    minutes: Annotated[float, Doc("Minutes.")]
    favorite_category: Annotated[str | None, Doc("That with most minutes lately; null without.")]

    @property
    def average_min(self) -> float:
        """Minutes a session takes; 0 without any."""
        return self.minutes / self.sessions if self.sessions else 0.0


@dataclass(slots=True, kw_only=True)
class Account:
    """All that a program needs to know of a person when it starts."""

    user: Annotated[User, Doc("The person.")]
    preferences: Annotated[Preferences, Doc("What they set, and the defaults.")]
    streak: Annotated[Streak, Doc("Days in a row.")]
    days_this_week: Annotated[int, Doc("Days with focus since Monday.")]
    days_this_month: Annotated[int, Doc("Days with focus this month.")]
    stats: Annotated[Stats, Doc("Their sessions in all.")]
    timers: Annotated[list[Timer], Doc("Sessions under way, newest first.")]
    sessions: Annotated[list[Session], Doc("The newest sessions.")]
