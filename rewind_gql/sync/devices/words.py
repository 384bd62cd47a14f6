"""Sentences about devices and conflicts: how long ago, what to call one, what to do."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from rewind_gql.domains.focus.conflicts.words import action, description
from rewind_gql.domains.focus.views import Device
from rewind_gql.sync.devices.views import ReportDevice

__all__ = ["action", "describe", "labels", "lag", "recommend", "span"]

MOST = 10
FORGOTTEN = timedelta(days=30)

NO_DEVICES = "No devices registered - sign in on a device to start syncing"
ALL_UP_TO_DATE = "All preferences are up to date across devices"

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_OVERLAP = "session_overlap"


def span(seconds: float) -> str:
    """A length of time, rounded down: `less than a minute`, `1 minute`, `3 hours`, `2 days`."""
    for unit, size in _UNITS:
        if count := int(seconds // size):
            return f"1 {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


def lag(seconds: int | None) -> str:
    """How long ago the newest sync was; `never` without one."""
    return "never" if seconds is None else span(seconds)


def labels(devices: Sequence[Device]) -> list[str]:
    """What to call each device: its kind, with its name or id where two are of one kind."""
    plain = [_capital(device.device_type.replace("_", " ")) for device in devices]
    times = Counter(plain)
    return [
        f"{label} ({device.name or device.device_id})" if times[label] > 1 else label
        for label, device in zip(plain, devices, strict=True)
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def describe(kind: str, devices: int) -> str:
    """What is the matter with a conflict of this kind in which so many devices are."""
    if kind == _OVERLAP and devices == 1:
        return "Overlapping sessions detected from one device"
    return description(kind)


def recommend(
    devices: Sequence[ReportDevice],
    *,
    now: datetime,
    conflicts: int,
    skew_warn_s: int,
    behind: Sequence[str],
) -> list[str]:
    """What to do, most pressing first, preferences last; at most ten sentences.

    `behind` are the labels of devices without the newest preferences.
    """
    if not devices:
        return [NO_DEVICES]
    said = []
    if conflicts:
        said.append(
            "1 sync conflict needs review"
            if conflicts == 1
            else f"{conflicts} sync conflicts need review"
        )
    said += _waiting(devices)
    said += [_unseen(each, now) for each in devices if _is_unseen(each, now)]
    said += _skewed(devices, skew_warn_s)
    listed = ", ".join(behind)
    last = f"Preference changes not yet on: {listed}" if behind else ALL_UP_TO_DATE
    return [*said[: MOST - 1], last]


def _waiting(devices: Sequence[ReportDevice]) -> list[str]:
    waiting = sorted((d for d in devices if d.pending), key=lambda each: -each.pending)
    return [
        f"{each.label} has {each.pending} pending session{'s' if each.pending > 1 else ''}"
        " - sync recommended"
        for each in waiting
    ]


def _is_unseen(each: ReportDevice, now: datetime) -> bool:
    return (
        each.status == "offline"
        and not each.pending
        and now - each.device.last_seen_at <= FORGOTTEN
    )


def _unseen(each: ReportDevice, now: datetime) -> str:
    ago = span((now - each.device.last_seen_at).total_seconds())
    return f"{each.label} was last seen {ago} ago - open it to sync"


def _skewed(devices: Sequence[ReportDevice], warn_s: int) -> list[str]:
    return [
        f"{each.label} clock is off by {span(round(off_s / 60) * 60)} - check its time settings"
        for each in devices
        if (off_s := abs(each.device.clock_offset_ms or 0) / 1000) > warn_s
    ]
