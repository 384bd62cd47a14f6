"""Between uploads: signs of life, timers, preferences, and what a program asks when it starts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine

from rewind_gql import __version__
from rewind_gql.domains.focus.tables import Session, Timer
from rewind_gql.store.engine import Store
from tests.rest.test_devices_submit import send
from tests.serving import Api
from tests.sync.devices import made
from tests.sync.devices.made import NOON, NOW, body

BEAT = "/api/devices/mac/heartbeat"
PREFERENCES = "/api/user/preferences"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """The day of the examples."""
    with time_machine.travel(NOW, tick=False):
        yield


async def post(api: Api, path: str, given: Any, *, device: str = "mac") -> httpx.Response:
    """One thing sent by a device."""
    return await api.ask(
        path, method="POST", key="admin", json=given, headers={"X-Device-Id": device}
    )


async def put(api: Api, given: Any, *, device: str = "mac") -> httpx.Response:
    """Preferences set by a device."""
    return await api.ask(
        PREFERENCES, method="PUT", key="admin", json=given, headers={"X-Device-Id": device}
    )


def pulse(**given: Any) -> Any:
    sent = {"client_time": NOW.isoformat(), "sessions_pending": 0, **given}
    return {name: value for name, value in sent.items() if value is not None}


async def test_a_sign_of_life_is_answered(api: Api) -> None:
    await send(api, body(1), **{"X-Device-Id": "mac"})
    await send(api, body(2, start=NOON + HOUR), **{"X-Device-Id": "mac"})

    answered = await post(api, BEAT, pulse(sessions_pending=3, preferences_version=0))

    told = answered.json()
    assert answered.status_code == 200
    assert sorted(told.pop("acknowledged")) == [str(made.uuid(1)), str(made.uuid(2))]
    assert told == {
        "server_time": "2025-08-24T15:32:45Z",
        "sync_status": "pending",
        "preferences_version": 0,
    }


async def test_newer_preferences_come_with_it(api: Api) -> None:
    await put(api, {"daily_goal": 5}, device="web")

    old, new = [
        (await post(api, BEAT, pulse(preferences_version=version))).json() for version in (0, 1)
    ]

    assert old["preferences"]["daily_goal"] == 5
    assert "preferences" not in new


async def test_a_clock_that_is_off_is_seen(api: Api) -> None:
    ahead = NOW + timedelta(minutes=7, seconds=3)

    await post(api, BEAT, pulse(client_time=ahead.isoformat(), preferences_version=0))

    status = (await api.ask("/api/sync/status")).json()
    words = "Mac app clock is off by 7 minutes - check its time settings"
    assert words in status["recommendations"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"client_time": None, "sessions_pending": None, "x": 1},
            "Missing required fields: client_time, sessions_pending",
        ),
        ({"client_time": "soon"}, "client_time must be ISO 8601 with a time zone"),
        ({"client_time": "9999-12-31T00:00:00Z"}, "client_time is off by more than a century"),
        ({"sessions_pending": -1}, "sessions_pending must be a whole number from 0 to 1000000000"),
        ({"sessions_pending": "2"}, "sessions_pending must be a whole number from 0 to 1000000000"),
        (
            {"sessions_pending": 10**17},
            "sessions_pending must be a whole number from 0 to 1000000000",
        ),
        ({"oldest_pending_at": 5}, "oldest_pending_at must be ISO 8601 with a time zone"),
        (
            {"preferences_version": 1.5},
            "preferences_version must be a whole number from 0 to 1000000000",
        ),
        ({"version": "a\x00"}, "version must not hold a NUL character"),
    ],
)
async def test_a_wrong_sign_of_life_is_named(quick_api: Api, given: Any, words: str) -> None:
    answered = await post(quick_api, BEAT, pulse(**given))

    assert (answered.status_code, answered.json()) == (400, {"error": words})


async def test_an_upload_lowers_what_is_pending(api: Api) -> None:
    await post(api, BEAT, pulse(sessions_pending=5, preferences_version=0))
    before = (await api.ask("/api/sync/status")).json()["pending_syncs"]

    await send(api, {"sessions": made.in_a_row(3)}, **{"X-Device-Id": "mac"})
    lower = (await api.ask("/api/sync/status")).json()["pending_syncs"]
    last = {"sessions": made.in_a_row(1, first=9), "pending_after": 7}
    await send(api, last, **{"X-Device-Id": "mac"})
    told = (await api.ask("/api/sync/status")).json()["pending_syncs"]

    assert (before, lower, told) == (5, 2, 7)


PLAN = {
    "session_id": str(made.uuid(5)),
    "planned_duration": 45,
    "category": "Work",
    "source": "mac_app",
}


async def test_a_session_begins_and_is_over_with_its_upload(api: Api, store: Store) -> None:
    answered = await post(api, "/api/session/start", {**PLAN, "planning_notes": "Try"})
    running = await made.count(store, Timer)
    await send(api, body(5), **{"X-Device-Id": "mac"})

    assert answered.status_code == 201
    assert answered.json() == {
        "success": True,
        "session_id": str(made.uuid(5)),
        "message": "Session started successfully",
        "pre_session": {
            "session_id": str(made.uuid(5)),
            "device_id": "mac",
            "source": "mac_app",
            "start_time": "2025-08-24T15:32:45Z",
            "planned_duration": 45,
            "kind": "focus",
            "category": "Work",
            "project": "",
            "note": "Try",
        },
    }
    assert (running, await made.count(store, Timer)) == (1, 0)


async def test_a_timer_elsewhere_is_told_and_runs_on(api: Api, store: Store) -> None:
    await post(api, "/api/session/start", PLAN)

    other = {**PLAN, "session_id": str(made.uuid(6)), "source": "web_timer"}
    answered = await post(api, "/api/session/start", other, device="web")

    elsewhere = answered.json()["active_elsewhere"]
    assert [each["session_id"] for each in elsewhere] == [str(made.uuid(5))]
    assert await made.count(store, Timer) == 2


async def test_a_session_is_broken_off_once(api: Api, store: Store) -> None:
    await post(api, "/api/session/start", {**PLAN, "start_time": NOON.isoformat()})
    given = {"session_id": PLAN["session_id"], "elapsed_minutes": 8.5, "reason": "interruption"}

    first, again = [await post(api, "/api/session/cancel", given) for _ in range(2)]

    told = first.json()
    assert (first.status_code, again.json()) == (201, told)
    assert told["cancellation_id"] == str(told["cancellation"]["id"])
    assert told["cancellation"]["elapsed_minutes"] == 8.5
    assert told["cancellation"]["reason"] == "interruption"
    assert told["cancellation"]["end_time"] == "2025-08-24T12:08:30Z"
    assert await made.rows(store, Session, "state") == ["cancelled"]
    assert await made.count(store, Timer) == 0


@pytest.mark.parametrize(
    ("path", "given", "words"),
    [
        (
            "start",
            {"session_id": "x"},
            "Missing required fields: planned_duration, category, source",
        ),
        ("start", {**PLAN, "session_id": "x"}, "session_id must be a UUID"),
        ("start", {**PLAN, "category": "\x00"}, "category must not hold a NUL character"),
        ("start", {**PLAN, "start_time": "2025-08-24T16:00:00Z"}, "session starts in the future"),
        (
            "start",
            {**PLAN, "planned_duration": 10**30},
            "planned_duration must be between 1 and 720 minutes",
        ),
        ("cancel", {"reason": "other"}, "Missing required fields: session_id, elapsed_minutes"),
        (
            "cancel",
            {"session_id": PLAN["session_id"], "elapsed_minutes": -1},
            "elapsed_minutes must be between 0 and 720",
        ),
        (
            "cancel",
            {"session_id": PLAN["session_id"], "elapsed_minutes": True},
            "elapsed_minutes must be a number of minutes",
        ),
        (
            "cancel",
            {"session_id": PLAN["session_id"], "elapsed_minutes": 1, "reason": "bored"},
            "reason must be user_cancelled, interruption, emergency, technical, distraction, "
            "completed_early or other",
        ),
    ],
)
async def test_a_wrong_timer_is_named(quick_api: Api, path: str, given: Any, words: str) -> None:
    answered = await post(quick_api, f"/api/session/{path}", given)

    assert (answered.status_code, answered.json()) == (400, {"error": words})


async def test_preferences_are_set(api: Api) -> None:
    answered = await put(api, {"daily_goal": 5, "theme_preference": "dark", "colour": 1})

    assert answered.status_code == 200
    assert answered.json() == {
        "success": True,
        "message": "Preferences updated successfully",
        "updated_preferences": {"daily_goal": 5, "theme_preference": "dark"},
        "version": 1,
        "ignored": ["colour"],
    }


RANGES: list[tuple[str, Any, str]] = [
    ("daily_goal", 0, "daily_goal must be between 1 and 20"),
    ("daily_goal", 21, "daily_goal must be between 1 and 20"),
    ("daily_goal", "8", "daily_goal must be between 1 and 20"),
    ("daily_goal", True, "daily_goal must be between 1 and 20"),
    ("daily_goal", None, "daily_goal must be between 1 and 20"),
    ("daily_goal", 1e308, "daily_goal must be between 1 and 20"),
    ("default_duration", 4, "default_duration must be between 5 and 120"),
    ("default_duration", 121, "default_duration must be between 5 and 120"),
    ("short_break_duration", 31, "short_break_duration must be between 1 and 30"),
    ("long_break_duration", 4, "long_break_duration must be between 5 and 60"),
    (
        "notification_sound",
        "gong",
        "notification_sound must be chime, bell, soft or none",
    ),
    ("theme_preference", "pink", "theme_preference must be light, dark or auto"),
    ("focus_mode", ["strict"], "focus_mode must be relaxed, normal or strict"),
    ("timezone", "Mars/Olympus", "timezone must be an IANA time zone, such as Europe/Oslo"),
    ("timezone", "../etc/passwd", "timezone must be an IANA time zone, such as Europe/Oslo"),
    ("timezone", "\x00", "timezone must be an IANA time zone, such as Europe/Oslo"),
    ("auto_start_breaks", 1, "auto_start_breaks must be true or false"),
    ("slack_notifications", "yes", "slack_notifications must be true or false"),
    ("base_version", "x", "base_version must be a whole number from 0 to 1000000000"),
]


@pytest.mark.parametrize(("name", "value", "words"), RANGES)
async def test_what_is_out_of_range_writes_nothing(
    quick_api: Api, name: str, value: Any, words: str
) -> None:
    answered = await put(quick_api, {"slack_notifications": True, name: value})

    assert (answered.status_code, answered.json()) == (400, {"error": words})
    data = (await quick_api.ask("/api/user/data")).json()
    assert data["preferences_version"] == 0


async def test_what_another_device_set_meanwhile_is_overwritten_and_noted(api: Api) -> None:
    await put(api, {"daily_goal": 5}, device="web")

    answered = await put(api, {"daily_goal": 7, "base_version": 0}, device="mac")

    assert answered.json()["updated_preferences"] == {"daily_goal": 7}
    assert len(answered.json()["conflict_ids"]) == 1
    assert (await api.ask("/api/sync/status")).json()["data_summary"]["conflicts_detected"] == 0


async def test_a_program_learns_everything_when_it_starts(api: Api) -> None:
    await put(api, {"timezone": "America/New_York"})
    await post(api, "/api/session/start", PLAN)
    await send(api, body(1), **{"X-Device-Id": "mac"})
    await send(api, body(2, start=NOON - 24 * HOUR, category="Study", minutes=50))

    told = (await api.ask("/api/user/data")).json()

    assert told["userId"] == "00000000-0000-4000-8000-000000000001"
    assert told["timezone"] == told["preferences"]["timezone"] == "America/New_York"
    assert told["streaks"] == {
        "current": 2,
        "longest": 2,
        "days_active_this_week": 2,
        "days_active_this_month": 2,
    }
    assert told["session_stats"] == {
        "total_sessions": 2,
        "total_minutes": 75,
        "average_session_length": 37.5,
        "favorite_category": "Study",
    }
    assert [each["session_id"] for each in told["active_timers"]] == [str(made.uuid(5))]
    assert [each["session_id"] for each in told["recent_sessions"]] == [
        str(made.uuid(1)),
        str(made.uuid(2)),
    ]
    assert told["server_time"] == "2025-08-24T15:32:45Z"


async def test_focus_is_summed_by_day_project_and_category(api: Api) -> None:
    await send(api, body(1))
    await send(api, body(2, start=NOON - 24 * HOUR, category="Study", minutes=50))
    await send(api, body(3, start=NOON + HOUR, kind="break", minutes=5))

    told = (await api.ask("/api/analytics/tracking?days=2")).json()

    assert told["period"] == {"from": "2025-08-23", "to": "2025-08-24", "days": 2}
    assert told["totals"] == {
        "sessions": 2,
        "minutes": 75,
        "average_session_length": 37.5,
        "cancelled_sessions": 0,
        "break_minutes": 5,
    }
    assert told["by_day"] == [
        {"date": "2025-08-23", "minutes": 50, "sessions": 1},
        {"date": "2025-08-24", "minutes": 25, "sessions": 1},
    ]
    assert told["by_category"] == [
        {"category": "Study", "minutes": 50, "sessions": 1},
        {"category": "Work", "minutes": 25, "sessions": 1},
    ]
    assert told["by_project"] == [{"project": "Thesis", "minutes": 75, "sessions": 2}]
    assert told["streaks"] == {"current": 2, "longest": 2, "last_day": "2025-08-24"}


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("", 30),
        ("?days=", 30),
        ("?days=7", 7),
        ("?from=2025-08-20", 5),
        ("?from=2025-08-20&to=2025-08-21", 2),
        ("?to=2025-08-21", 30),
        ("?to=2025-08-21&days=3", 3),
        ("?from=2025-08-24&to=2025-08-24&days=9", 1),
    ],
)
async def test_the_window_of_tracking(quick_api: Api, query: str, days: int) -> None:
    told = (await quick_api.ask(f"/api/analytics/tracking{query}")).json()

    assert told["period"]["days"] == days == len(told["by_day"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("days=0", "days must be an integer between 1 and 366"),
        ("days=x", "days must be an integer between 1 and 366"),
        ("days=" + "9" * 60, "days must be an integer between 1 and 366"),
        ("from=2025-02-30", "from must be a date of the form YYYY-MM-DD"),
        ("to=2025-8-1", "to must be a date of the form YYYY-MM-DD"),
        ("to=9999-12-31", "to must be a date of the form YYYY-MM-DD"),
        ("to=0001-01-05", "to must be a date of the form YYYY-MM-DD"),
        ("from=%00", "from must be a date of the form YYYY-MM-DD"),
        ("from=2025-08-24&to=2025-08-23", "from must not be after to"),
    ],
)
async def test_a_wrong_window_is_named(quick_api: Api, query: str, words: str) -> None:
    answered = await quick_api.ask(f"/api/analytics/tracking?{query}")

    assert (answered.status_code, answered.json()) == (400, {"error": words})


@pytest.mark.parametrize("query", ["from=1970-01-01", "to=1970-01-05", "from=8999-12-31"])
async def test_a_window_too_wide_or_too_early(quick_api: Api, query: str) -> None:
    answered = await quick_api.ask(f"/api/analytics/tracking?{query}")

    assert answered.status_code == 400
    assert list(answered.json()) == ["error"]


async def test_health_is_told_to_anybody(api: Api) -> None:
    answered = await api.ask("/api/health", key=None)

    assert answered.json() == {
        "status": "healthy",
        "timestamp": "2025-08-24T15:32:45Z",
        "version": __version__,
    }
