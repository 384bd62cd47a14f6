"""A week of focus to ask about: three devices, sessions that agree, and some that do not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rewind_gql import clock
from rewind_gql.domains.focus.records import Device
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync.devices import preferences, presence, reading, submit, timers, views
from tests.databases import ME

DAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INSTALL = UUID(int=7, version=4)
SETTINGS = SyncSettings()


def uuid(number: int) -> UUID:
    """The UUID of that number."""
    return UUID(int=number, version=4)


def session(number: int, *, at: datetime = DAY, minutes: int = 25, **given: Any) -> dict[str, Any]:
    """A session as a device sends it."""
    return {
        "session_id": str(uuid(number)),
        "start_time": at.isoformat(),
        "end_time": (at + minutes * MINUTE).isoformat(),
        "duration": minutes,
        "category": "Work",
        "project": "Thesis",
        "note": "",
        "source": "mac_app",
        **given,
    }


async def send(
    store: Store, device_id: str, *sessions: dict[str, Any], user_id: int = ME
) -> views.Submitted:
    """Send sessions from a device."""
    device = Device(device_id=device_id)
    given = views.Submission(sessions=sessions, device=device)
    return await submit.submit(store, SETTINGS, user_id, given)


async def work(store: Store, *, user_id: int = ME) -> None:
    """Work and rest on three devices.

    A Mac in two versions and a browser. Two pairs of sessions overlap, one was told in two ways,
    one was sent by both devices and settled itself; two timers run.
    """
    for version in ("1", "2"):
        given = {"device_type": "mac_app", "version": version, "install_id": INSTALL}
        device = reading.device(given, f"mac-app-{version}", typed=True)
        await presence.register(store, user_id, device)
    for name in ("cli-old", "cli-new"):
        given = {"device_type": "cli", "install_id": uuid(8)}
        await presence.register(store, user_id, reading.device(given, name, typed=True))
    hour = 60 * MINUTE
    mine = [session(n, at=DAY + n * hour) for n in range(5)]
    await send(store, "mac-app-2", *mine, user_id=user_id)
    await send(
        store,
        "web-chrome",
        session(10, at=DAY + 15 * MINUTE, project="Else", source="web_timer"),
        session(11, at=DAY + hour + 15 * MINUTE, project="Else", source="web_timer"),
        session(12, at=DAY + 2 * hour, source="web_timer"),
        session(13, at=DAY + 3 * hour, source="web_timer"),
        user_id=user_id,
    )
    await send(store, "web-chrome", session(4, at=DAY + 6 * hour), user_id=user_id)
    today = clock.now()
    for number, device_id, at in (
        (20, "mac-app-2", today),
        (21, "web-chrome", today),
        (22, "web-chrome", DAY - 24 * hour),
    ):
        begun = {
            "session_id": uuid(number),
            "planned_duration": 25,
            "category": "Work",
            "source": "timer",
            "start_time": at,
        }
        timer = reading.timer(begun, now=clock.now(), device_id=device_id)
        await timers.start(store, user_id, timer)
    broken_off = {"session_id": uuid(22), "elapsed_minutes": 5, "reason": "distraction"}
    cancellation = reading.cancellation(broken_off, now=clock.now(), device_id="web-chrome")
    await timers.cancel(store, SETTINGS, user_id, cancellation)
    await preferences.change(store, user_id, {"daily_goal": 6}, device_id="web-chrome")
