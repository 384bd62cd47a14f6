"""The sync status of all devices: the published examples, value for value, and every word of it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from rewind_gql.settings import Settings, SyncSettings
from rewind_gql.store.engine import Store
from tests.serving import Api, desk_of, serving
from tests.sync.devices import made
from tests.sync.devices.made import NOW

STATUS = "/api/sync/status"
CONTACT = "api-support@regardingwork.com"

HEALTHY = {
    "sync_status": "healthy",
    "last_sync": "2025-08-24T15:30:45Z",
    "sync_lag": "2 minutes",
    "total_devices": 3,
    "active_devices": 2,
    "pending_syncs": 0,
    "devices": [
        {
            "device_id": "mac-app-v1.2.3",
            "device_type": "mac_app",
            "last_seen": "2025-08-24T15:30:45Z",
            "sync_status": "up_to_date",
            "version": "1.2.3",
            "sessions_pending": 0,
        },
        {
            "device_id": "web-chrome-desktop",
            "device_type": "web_timer",
            "last_seen": "2025-08-24T15:25:30Z",
            "sync_status": "up_to_date",
            "version": "web-2.1.0",
            "sessions_pending": 0,
        },
        {
            "device_id": "windows-app-v1.1.0",
            "device_type": "windows_app",
            "last_seen": "2025-08-24T14:15:22Z",
            "sync_status": "stale",
            "version": "1.1.0",
            "sessions_pending": 2,
        },
    ],
    "data_summary": {
        "total_sessions": 89,
        "unsynced_sessions": 2,
        "last_session": "2025-08-24T15:30:00Z",
        "preferences_updated": "2025-08-23T10:15:30Z",
        "conflicts_detected": 0,
    },
    "recommendations": [
        "Windows app has 2 pending sessions - sync recommended",
        "All preferences are up to date across devices",
    ],
}


def at(clock: str) -> datetime:
    """That time of the example's day."""
    return datetime.fromisoformat(f"2025-08-24T{clock}").replace(tzinfo=UTC)


@pytest.fixture
async def api(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Api]:
    """The application, with somebody to ask for help."""
    sync = SyncSettings(support_contact=CONTACT)
    async with serving(desk_of(store, settings(sync=sync))) as made_:
        yield made_


async def life(store: Store) -> None:
    """The rows that the published example tells of."""
    await made.devices(
        store,
        {
            "device_id": "mac-app-v1.2.3",
            "device_type": "mac_app",
            "version": "1.2.3",
            "last_seen_at": at("15:30:45"),
            "last_sync_at": at("15:30:45"),
            "prefs_version_seen": 1,
        },
        {
            "device_id": "web-chrome-desktop",
            "device_type": "web_timer",
            "version": "web-2.1.0",
            "last_seen_at": at("15:25:30"),
            "last_sync_at": at("15:25:30"),
            "prefs_version_seen": 1,
        },
        {
            "device_id": "windows-app-v1.1.0",
            "device_type": "windows_app",
            "version": "1.1.0",
            "last_seen_at": at("14:15:22"),
            "pending_reported": 2,
            "pending_since": at("14:00:00"),
            "prefs_version_seen": 1,
        },
    )
    newest = at("15:05:00")
    await made.sessions(
        store,
        [
            {"client_session_id": made.uuid(n), "start_at": newest - n * timedelta(hours=1)}
            for n in range(89)
        ],
    )
    changed = datetime(2025, 8, 23, 10, 15, 30, tzinfo=UTC)
    await made.preference(store, at=changed, daily_goal=8)


async def overlap(store: Store) -> None:
    """Two sessions of two devices at one time, about different things."""
    rows = [
        {"device_id": "mac-app-v1.2.3", "start_at": at("10:31:00"), "project": "Thesis"},
        {"device_id": "web-chrome-desktop", "start_at": at("10:36:00"), "project": "Garden"},
    ]
    numbered = [{"client_session_id": made.uuid(900 + n), **row} for n, row in enumerate(rows)]
    await made.sessions(store, numbered)


async def status(api: Api, query: str = "") -> Any:
    """The answer at the example's time."""
    with time_machine.travel(NOW, tick=False):
        answered = await api.ask(STATUS + query)
    assert answered.status_code == 200, answered.text
    return answered.json()


async def test_the_published_example_comes_back_value_for_value(api: Api, store: Store) -> None:
    await life(store)

    answered = await status(api)

    assert answered == HEALTHY
    assert list(answered) == list(HEALTHY)
    assert list(answered["devices"][0]) == list(HEALTHY["devices"][0])  # type: ignore[index]


async def test_the_conflict_example_comes_back_value_for_value(api: Api, store: Store) -> None:
    await life(store)
    await overlap(store)

    answered = await status(api, "?check_conflicts=true")

    assert answered["sync_status"] == "conflicts"
    assert answered["conflicts"] == [
        {
            "type": "session_overlap",
            "description": "Overlapping sessions detected from different devices",
            "affected_sessions": [str(made.uuid(900)), str(made.uuid(901))],
            "resolution": "manual_review_required",
            "devices": ["mac_app", "web_timer"],
        }
    ]
    assert answered["conflict_resolution"] == {
        "auto_resolvable": False,
        "recommended_action": "Review overlapping sessions and delete duplicates",
        "support_contact": CONTACT,
    }
    assert answered["data_summary"]["conflicts_detected"] == 1
    assert answered["recommendations"][0] == "1 sync conflict needs review"


async def test_an_open_conflict_counts_without_being_looked_for(api: Api, store: Store) -> None:
    await life(store)
    await overlap(store)
    await status(api, "?check_conflicts=true")

    answered = await status(api)

    assert answered["sync_status"] == "conflicts"
    assert "conflicts" not in answered
    assert "conflict_resolution" not in answered


async def test_without_conflicts_neither_key_is_there(api: Api, store: Store) -> None:
    await life(store)

    answered = await status(api, "?check_conflicts=1")

    assert answered == HEALTHY


async def test_duplicates_are_settled_by_the_look_at_them(api: Api, store: Store) -> None:
    await made.devices(store, {"device_id": "one", "device_type": "mac_app", "last_seen_at": NOW})
    await made.sessions(
        store,
        [
            {"client_session_id": made.uuid(n), "start_at": at("10:00:00"), "device_id": str(n)}
            for n in (1, 2)
        ],
    )

    answered = await status(api, "?check_conflicts=true")

    assert answered["data_summary"]["conflicts_detected"] == 0
    assert answered["data_summary"]["total_sessions"] == 1


@pytest.mark.parametrize("value", ["false", "0", "FALSE", "False", "%20false%20"])
async def test_devices_can_be_left_out(quick_api: Api, value: str) -> None:
    answered = await status(quick_api, f"?include_devices={value}")

    assert "devices" not in answered
    assert answered["total_devices"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "?include_devices=",
        "?include_devices=%20&last_hours=",
        "?include_devices=true&include_devices=no",
        "?include_devices=1&unknown=x&check_conflicts=0",
        "?last_hours=1&last_hours=x",
        "?include_devices=TRUE&last_hours=8760",
        "?%FF=%FE&&=&=1",
    ],
)
async def test_blank_repeated_and_unknown_parameters_do_no_harm(quick_api: Api, query: str) -> None:
    answered = await status(quick_api, query)

    assert answered["devices"] == []


@pytest.mark.parametrize("name", ["include_devices", "check_conflicts"])
@pytest.mark.parametrize("value", ["yes", "2", "-1", "null", "%00", "wahr", "%FF", "t", "1.0"])
async def test_a_bad_boolean_is_named(quick_api: Api, name: str, value: str) -> None:
    answered = await quick_api.ask(f"{STATUS}?{name}={value}")

    assert answered.status_code == 400
    assert answered.json() == {"error": f"{name} must be true or false"}


@pytest.mark.parametrize(
    "value", ["0", "8761", "-1", "1.5", "x", "1e3", "9" * 50, "%D9%A3", "0x10", "%00", "NaN"]
)
async def test_bad_hours_are_named(quick_api: Api, value: str) -> None:
    answered = await quick_api.ask(f"{STATUS}?last_hours={value}")

    assert answered.status_code == 400
    assert answered.json() == {"error": "last_hours must be an integer between 1 and 8760"}


async def test_nobody_ever_signed_in_anywhere(api: Api) -> None:
    answered = await status(api)

    assert answered == {
        "sync_status": "offline",
        "last_sync": None,
        "sync_lag": "never",
        "total_devices": 0,
        "active_devices": 0,
        "pending_syncs": 0,
        "devices": [],
        "data_summary": {
            "total_sessions": 0,
            "unsynced_sessions": 0,
            "last_session": None,
            "preferences_updated": None,
            "conflicts_detected": 0,
        },
        "recommendations": ["No devices registered - sign in on a device to start syncing"],
    }


async def test_fewer_hours_put_more_devices_offline(api: Api, store: Store) -> None:
    await life(store)

    answered = await status(api, "?last_hours=1")

    assert answered["devices"][2]["sync_status"] == "offline"


async def test_without_a_contact_the_owner_is_named(quick_api: Api, sqlite_store: Store) -> None:
    await overlap(sqlite_store)

    answered = await status(quick_api, "?check_conflicts=true")

    assert answered["conflict_resolution"]["support_contact"] is None


async def test_it_is_asked_in_few_statements(api: Api, store: Store, statements: list[str]) -> None:
    await life(store)
    statements.clear()

    await status(api)

    assert len(statements) <= 10
