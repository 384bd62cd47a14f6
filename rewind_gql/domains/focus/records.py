"""What a device must hand us: clean, in our words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Kind = Literal["focus", "break"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that is over. `skew_ms` is how far the device's clock is ahead of ours."""

    client_session_id: UUID
    source: str
    start_at: datetime
    end_at: datetime
    duration_min: float
    category: str
    project: str
    note: str
    kind: Kind = "focus"
    planned_min: float | None = None
    device_id: str | None = None
    skew_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A session that has just begun."""

    client_session_id: UUID
    source: str
    start_at: datetime
    category: str = ""
    project: str = ""
    note: str = ""
    kind: Kind = "focus"
    planned_min: float | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """A session that was broken off after `elapsed_min`."""

    client_session_id: UUID
    elapsed_min: float
    reason: str
    device_id: str | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a device says of itself; None says nothing of that field."""

    device_id: str
    device_type: str | None = None
    name: str | None = None
    version: str | None = None
    platform: str | None = None
    install_id: UUID | None = None
