"""How far a device is synced, and all of them together: pure rules, first one that fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rewind_gql.domains.focus.views import Device

PATIENCE = timedelta(hours=24)
"""How long sessions may wait on a device, and preferences for one, before it is behind."""

LONG_AGO = timedelta(hours=6)
"""With no device active, the newest sync may be this old without being late."""


@dataclass(frozen=True, slots=True)
class Change:
    """When preferences came to a version."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What counts as now, as active and as lately."""

    now: datetime
    last_hours: int
    active_minutes: int

    def lately(self, device: Device) -> bool:
        """Whether the device was seen within the last hours."""
        return self.now - device.last_seen_at <= timedelta(hours=self.last_hours)

    def active(self, device: Device) -> bool:
        """Whether the device was seen within the active minutes."""
        return self.now - device.last_seen_at <= timedelta(minutes=self.active_minutes)


def device_status(device: Device, horizon: Horizon, changes: Sequence[Change]) -> str:
    """`offline`, `stale`, `pending` or `up_to_date`.

    A device that never told which preferences it has is not behind with them.
    """
    if not horizon.lately(device):
        return "offline"
    waits = device.pending_since
    overdue = bool(device.pending_reported) and waits is not None and horizon.now - waits > PATIENCE
    if not horizon.active(device) or overdue or _missed(device, horizon.now, changes):
        return "stale"
    return "pending" if device.pending_reported > 0 else "up_to_date"


def _missed(device: Device, now: datetime, changes: Sequence[Change]) -> bool:
    """Whether it was seen since a change of long ago without picking that up."""
    has = device.prefs_version_seen
    return has is not None and any(
        change.version > has and now - change.at > PATIENCE and device.last_seen_at > change.at
        for change in changes
    )


def behind(device: Device, changes: Sequence[Change]) -> bool:
    """Whether it has older preferences than there are."""
    has = device.prefs_version_seen
    return has is not None and any(change.version > has for change in changes)


def overall(
    horizon: Horizon,
    judged: Sequence[tuple[Device, str]],
    *,
    conflicts: int,
    last_sync_at: datetime | None,
    failed: bool,
) -> str:
    """`conflicts`, `offline`, `delayed` or `healthy`, from every device with its status.

    `failed` tells that the newest upload failed.
    """
    if conflicts:
        return "conflicts"
    if not any(horizon.lately(device) for device, _ in judged):
        return "offline"
    active = [(device, status) for device, status in judged if horizon.active(device)]
    late = last_sync_at is None or horizon.now - last_sync_at > LONG_AGO
    waiting = any(
        device.pending_reported > 0 or status != "up_to_date" for device, status in active
    )
    return "delayed" if failed or waiting or (not active and late) else "healthy"
