"""What counts as synced: the rules for one device and for all of them, and the words for it."""

from datetime import timedelta
from typing import Any

import pytest

from rewind_gql.domains.focus.views import Device
from rewind_gql.sync.devices import words
from rewind_gql.sync.devices.state import Change, Horizon, behind, device_status, overall
from rewind_gql.sync.devices.views import ReportDevice
from tests.sync.devices.made import NOW

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HORIZON = Horizon(now=NOW, last_hours=24, active_minutes=60)


def device(seen: timedelta = timedelta(), **given: Any) -> Device:
    """A device that was seen so long ago."""
    usual: dict[str, Any] = {
        "id": 1,
        "device_id": "mac",
        "device_type": "mac_app",
        "name": None,
        "version": None,
        "platform": None,
        "install_id": None,
        "state": "active",
        "superseded_by": None,
        "first_seen_at": NOW - 90 * 24 * HOUR,
        "last_seen_at": NOW - seen,
        "last_sync_at": NOW - seen,
        "pending_reported": 0,
        "pending_since": None,
        "prefs_version_seen": 2,
        "clock_offset_ms": None,
    }
    return Device(**{**usual, **given})


OLD = Change(3, NOW - 25 * HOUR)


@pytest.mark.parametrize(
    ("known", "changes", "status"),
    [
        (device(), [], "up_to_date"),
        (device(60 * MINUTE), [], "up_to_date"),
        (device(60 * MINUTE + SECOND), [], "stale"),
        (device(24 * HOUR), [], "stale"),
        (device(24 * HOUR + SECOND), [], "offline"),
        (device(pending_reported=1), [], "pending"),
        (device(pending_reported=1, pending_since=NOW - 24 * HOUR), [], "pending"),
        (device(pending_reported=1, pending_since=NOW - 25 * HOUR), [], "stale"),
        (device(pending_reported=0, pending_since=NOW - 25 * HOUR), [], "up_to_date"),
        (device(61 * MINUTE, pending_reported=1), [], "stale"),
        (device(), [OLD], "stale"),
        (device(prefs_version_seen=3), [OLD], "up_to_date"),
        (device(prefs_version_seen=None), [OLD], "up_to_date"),
        (device(), [Change(3, NOW - 23 * HOUR)], "up_to_date"),
        (device(), [Change(1, NOW - 99 * HOUR), Change(9, NOW)], "up_to_date"),
        (device(), [OLD, Change(9, NOW)], "stale"),
    ],
)
def test_a_device_has_the_first_status_that_fits(
    known: Device, changes: list[Change], status: str
) -> None:
    assert device_status(known, HORIZON, changes) == status


def test_a_device_not_seen_since_a_change_is_not_behind_for_it() -> None:
    long = Horizon(now=NOW, last_hours=99, active_minutes=99 * 60)

    assert device_status(device(26 * HOUR), long, [OLD]) == "up_to_date"


def judged(*known: Device) -> list[tuple[Device, str]]:
    return [(each, device_status(each, HORIZON, [])) for each in known]


@pytest.mark.parametrize(
    ("known", "given", "state"),
    [
        ([], {"conflicts": 1}, "conflicts"),
        ([], {}, "offline"),
        ([device(25 * HOUR)], {}, "offline"),
        ([device(25 * HOUR, pending_reported=3)], {}, "offline"),
        ([device(pending_reported=1)], {}, "delayed"),
        ([device(), device(2 * HOUR, pending_reported=1)], {}, "healthy"),
        ([device(2 * HOUR)], {}, "healthy"),
        ([device(2 * HOUR)], {"last_sync_at": NOW - 6 * HOUR}, "healthy"),
        ([device(2 * HOUR)], {"last_sync_at": NOW - 7 * HOUR}, "delayed"),
        ([device(2 * HOUR)], {"last_sync_at": None}, "delayed"),
        ([device()], {"last_sync_at": NOW - 7 * HOUR}, "healthy"),
        ([device()], {"failed": True}, "delayed"),
    ],
)
def test_all_devices_have_the_first_state_that_fits(
    known: list[Device], given: dict[str, Any], state: str
) -> None:
    usual: dict[str, Any] = {"conflicts": 0, "last_sync_at": NOW, "failed": False}

    assert overall(HORIZON, judged(*known), **{**usual, **given}) == state


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "never"),
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (119, "1 minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (7200, "2 hours"),
        (86_399, "23 hours"),
        (86_400, "1 day"),
        (10 * 86_400, "10 days"),
    ],
)
def test_the_lag_is_rounded_down(seconds: int | None, text: str) -> None:
    assert words.lag(seconds) == text


def test_two_devices_of_one_kind_are_told_apart() -> None:
    known = [device(name="Studio"), device(device_id="mac-2"), device(device_type="web_timer")]

    assert words.labels(known) == ["Mac app (Studio)", "Mac app (mac-2)", "Web timer"]


def reported(label: str, known: Device) -> ReportDevice:
    status = device_status(known, HORIZON, [])
    return ReportDevice(device=known, label=label, status=status, pending=known.pending_reported)


def test_recommendations_come_in_their_order() -> None:
    devices = [
        reported("One", device(pending_reported=1)),
        reported("Two", device(30 * HOUR, pending_reported=2)),
        reported("Three", device(72 * HOUR)),
        reported("Four", device(clock_offset_ms=-420_000)),
        reported("Five", device(31 * 24 * HOUR)),
    ]

    said = words.recommend(devices, now=NOW, conflicts=2, skew_warn_s=120, behind=["One", "Two"])

    assert said == [
        "2 sync conflicts need review",
        "Two has 2 pending sessions - sync recommended",
        "One has 1 pending session - sync recommended",
        "Three was last seen 3 days ago - open it to sync",
        "Four clock is off by 7 minutes - check its time settings",
        "Preference changes not yet on: One, Two",
    ]


def test_there_are_ten_at_most_and_preferences_stay_last() -> None:
    devices = [reported(f"Device {n}", device(pending_reported=n)) for n in range(1, 15)]

    said = words.recommend(devices, now=NOW, conflicts=1, skew_warn_s=120, behind=[])

    assert len(said) == 10
    assert said[0] == "1 sync conflict needs review"
    assert said[-1] == "All preferences are up to date across devices"


def test_a_device_is_behind_until_it_has_the_newest() -> None:
    changes = [Change(1, NOW), Change(3, NOW)]

    told = [behind(device(prefs_version_seen=seen), changes) for seen in (2, 3, None)]
    assert told == [True, False, False]
