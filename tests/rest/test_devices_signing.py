"""Who may call, by which credential, on which device; signing in and out of devices."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from rewind_gql.auth import passwords, users
from rewind_gql.domains.focus.tables import Device, Session
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.serving import Api, new_key
from tests.sync.devices import made
from tests.sync.devices.made import NOW, body

pytestmark = pytest.mark.either

PASSWORD = "correct horse battery staple"
LOGIN = "/api/login"
STATUS = "/api/sync/status"
MAC = "mac-app-v1.2.3"
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def today() -> Iterator[time_machine.Traveller]:
    """The day of the examples, whose clock the test moves."""
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
async def jane(api: Api) -> Api:
    """The application, whose owner can sign in."""
    async with api.desk.store.write() as conn:
        hashed = await passwords.hashed(PASSWORD)
        await users.name_owner(conn, username="jane", password_hash=hashed, email="jane@x.org")
    return api


async def sign_in(api: Api, **given: Any) -> Any:
    """A sign-in as Jane."""
    sent = {"username": "jane", "password": PASSWORD, **given}
    sent = {name: value for name, value in sent.items() if value is not None}
    return await api.ask(LOGIN, method="POST", key=None, json=sent)


async def token_of(api: Api, **given: Any) -> str:
    answered = await sign_in(api, **given)
    assert answered.status_code == 200, answered.text
    return str(answered.json()["token"])


async def test_signing_in_gives_a_token_that_opens(jane: Api) -> None:
    answered = await sign_in(jane, device_id=MAC, device_type="mac_app", version="1.2.3")

    told = answered.json()
    assert answered.status_code == 200
    assert told["token"] == told["access_token"]
    assert (told["success"], told["token_type"], told["expires_in"]) == (True, "Bearer", 2592000)
    assert told["user"] == {
        "id": "00000000-0000-4000-8000-000000000001",
        "username": "jane",
        "email": "jane@x.org",
        "timezone": "Europe/Oslo",
    }
    status = await jane.ask(STATUS, key=told["token"])
    assert status.json()["devices"][0]["device_id"] == MAC
    assert status.json()["devices"][0]["version"] == "1.2.3"


async def test_the_e_mail_will_do(jane: Api) -> None:
    answered = await sign_in(jane, username=None, email="Jane@X.org")

    assert answered.status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({}, 400, "No data provided"),
        ({"username": "jane"}, 400, "Username/email and password are required"),
        ({"password": "x"}, 400, "Username/email and password are required"),
        ({"username": " ", "password": "x"}, 400, "Username/email and password are required"),
        ({"username": ["a"], "password": "x"}, 400, "Username/email and password are required"),
        ({"username": "jane", "password": 5}, 400, "Username/email and password are required"),
        ({"username": "jane", "password": "wrong"}, 401, "Invalid credentials"),
        ({"username": "nobody", "password": "wrong"}, 401, "Invalid credentials"),
        ({"username": "a\x00b", "password": "c\x00d"}, 401, "Invalid credentials"),
        ({"username": "x" * 5000, "password": "y" * 5000}, 401, "Invalid credentials"),
        (
            {"username": "jane", "password": "x", "device_id": "a b"},
            400,
            "device_id must be 1 to 128 letters, digits, dots, colons, dashes or underscores",
        ),
    ],
)
async def test_a_sign_in_that_fails(jane: Api, sent: Any, status: int, words: str) -> None:
    answered = await jane.ask(LOGIN, method="POST", key=None, json=sent)

    assert (answered.status_code, answered.json()) == (status, {"error": words})


async def test_a_disabled_account_is_told_so_for_the_right_password(jane: Api) -> None:
    async with jane.desk.store.write() as conn:
        await users.disable(conn, ME)

    answered = await sign_in(jane)

    assert (answered.status_code, answered.json()) == (401, {"error": "Account is disabled"})


async def test_the_sixth_guess_in_a_minute_is_too_many(jane: Api) -> None:
    guesses = [await sign_in(jane, password="wrong") for _ in range(6)]

    assert [each.status_code for each in guesses] == [401] * 5 + [429]
    assert guesses[5].json() == {"error": "Too many requests"}
    assert int(guesses[5].headers["retry-after"]) > 0


async def test_without_a_credential_a_token_is_required(quick_api: Api) -> None:
    answered = await quick_api.ask(STATUS, key=None)

    assert (answered.status_code, answered.json()) == (403, {"error": "Token required"})


@pytest.mark.parametrize("credential", ["", "x", "rw_x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_bad_credential_is_invalid(quick_api: Api, credential: str) -> None:
    answered = await quick_api.ask(STATUS, key=credential)

    assert (answered.status_code, answered.json()) == (401, {"error": "Invalid or expired token"})


async def test_a_token_of_thirty_days_ago_has_expired(
    jane: Api, today: time_machine.Traveller
) -> None:
    token = await token_of(jane)
    today.move_to(NOW + timedelta(days=30, seconds=1))

    answered = await jane.ask(STATUS, key=token)

    assert answered.json() == {"error": "Invalid or expired token"}


async def test_a_revoked_device_is_out_at_once_and_its_sessions_stay(jane: Api) -> None:
    mac, web = await token_of(jane, device_id=MAC), await token_of(jane, device_id="web")
    await jane.ask("/api/pomodoro/submit", method="POST", key=mac, json=body())

    revoked = await jane.ask(f"/api/devices/{MAC}", method="DELETE", key=web)

    out = await jane.ask(STATUS, key=mac)
    assert revoked.json()["device"]["state"] == "revoked"
    assert (out.status_code, out.json()) == (401, {"error": "Invalid or expired token"})
    assert (await jane.ask(STATUS, key=web)).json()["total_devices"] == 1
    assert await made.count(jane.desk.store, Session) == 1


async def test_a_key_does_not_let_a_revoked_device_in(api: Api) -> None:
    await api.ask(STATUS, key="admin", headers={"X-Device-Id": MAC})
    await api.ask(f"/api/devices/{MAC}", method="DELETE", key="admin")

    answered = await api.ask(STATUS, key="admin", headers={"X-Device-Id": MAC})

    assert (answered.status_code, answered.json()) == (401, {"error": "Invalid or expired token"})


async def test_signing_in_again_brings_a_revoked_device_back(jane: Api) -> None:
    old = await token_of(jane, device_id=MAC)
    await jane.ask(f"/api/devices/{MAC}", method="DELETE", key="admin")

    new = await token_of(jane, device_id=MAC)

    assert (await jane.ask(STATUS, key=new)).status_code == 200
    assert (await jane.ask(STATUS, key=old)).status_code == 401


async def test_revoking_twice_is_revoking_and_an_unknown_device_is_not_found(api: Api) -> None:
    await api.ask(STATUS, key="admin", headers={"X-Device-Id": MAC})
    answered = [
        await api.ask(f"/api/devices/{name}", method="DELETE", key="admin")
        for name in (MAC, MAC, "nobody", "%F0%9F%8E%B5", "a%00b")
    ]

    assert [each.status_code for each in answered][:3] == [200, 200, 404]
    assert all(each.status_code in (400, 404) for each in answered[3:])
    assert answered[2].json() == {"error": "There is no such device."}


async def test_a_device_is_registered_then_changed(api: Api) -> None:
    path = "/api/devices/mac-app-v1.2.3"
    first = {"device_type": "mac_app", "name": "Studio", "version": "1.2.3", "platform": "macOS"}

    made_, changed = [
        await api.ask(path, method="PUT", key="admin", json=given)
        for given in (first, {"device_type": "mac_app", "name": "Desk"})
    ]

    assert (made_.status_code, changed.status_code) == (201, 200)
    assert made_.json()["device"] == {
        "device_id": MAC,
        **first,
        "install_id": None,
        "state": "active",
        "superseded_by": None,
        "first_seen": "2025-08-24T15:32:45Z",
        "last_seen": "2025-08-24T15:32:45Z",
        "last_sync": None,
        "sessions_pending": 0,
    }
    assert changed.json()["device"]["name"] == "Desk"
    assert (await api.ask("/api/devices")).json()["devices"] == [changed.json()["device"]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "x"}, "Missing required fields: device_type"),
        ({"device_type": None}, "Missing required fields: device_type"),
        (
            {"device_type": "Mac App"},
            "device_type must be a word of at most 32 lower-case letters, such as mac_app",
        ),
        ({"device_type": "cli", "name": 5}, "name must be text"),
        ({"device_type": "cli", "name": "x" * 201}, "name must be at most 200 characters"),
        ({"device_type": "cli", "name": "a\x00"}, "name must not hold a NUL character"),
        ({"device_type": "cli", "install_id": "x"}, "install_id must be a UUID"),
    ],
)
async def test_a_device_says_what_it_is(quick_api: Api, given: Any, words: str) -> None:
    answered = await quick_api.ask("/api/devices/x", method="PUT", key="admin", json=given)

    assert (answered.status_code, answered.json()) == (400, {"error": words})


@pytest.mark.parametrize(
    ("headers", "device_id", "device_type"),
    [
        ({"X-Device-Id": "web-chrome"}, "web-chrome", "web_timer"),
        ({"X-App-Identifier": "RegardingWork-Mac-v1.0"}, "RegardingWork-Mac-v1.0", "mac_app"),
        ({"X-App-Identifier": "My Timer/2"}, "My-Timer-2", "unknown"),
        (
            {"X-Device-Id": "laptop", "X-App-Identifier": "RegardingWork-Windows-v2.0"},
            "laptop",
            "windows_app",
        ),
    ],
)
async def test_a_call_that_names_a_device_makes_it(
    quick_api: Api, headers: dict[str, str], device_id: str, device_type: str
) -> None:
    await quick_api.ask(STATUS, key="admin", headers=headers)

    found = await made.rows(quick_api.desk.store, Device, "device_id", "device_type")
    assert found == [(device_id, device_type)]


async def test_what_is_sent_makes_a_device_of_its_source(quick_api: Api) -> None:
    await quick_api.ask("/api/pomodoro/submit", method="POST", key="admin", json=body())

    found = await made.rows(quick_api.desk.store, Device, "device_id", "device_type")
    assert found == [("mac_app", "mac_app")]


async def test_a_token_speaks_for_its_own_device(jane: Api) -> None:
    token = await token_of(jane, device_id=MAC)

    await jane.ask(STATUS, key=token, headers={"X-Device-Id": "other"})

    assert await made.rows(jane.desk.store, Device, "device_id") == [MAC]


async def test_an_impossible_device_id_is_refused(quick_api: Api) -> None:
    answered = await quick_api.ask(STATUS, key="admin", headers={"X-Device-Id": "a b"})

    words = "device_id must be 1 to 128 letters, digits, dots, colons, dashes or underscores"
    assert (answered.status_code, answered.json()) == (400, {"error": words})


async def test_being_seen_is_written_every_half_minute(
    api: Api, today: time_machine.Traveller
) -> None:
    seen = []
    for _ in range(3):
        await api.ask(STATUS, key="admin", headers={"X-Device-Id": MAC})
        seen += await made.rows(api.desk.store, Device, "last_seen_at")
        today.shift(20)

    assert seen == [NOW, NOW, NOW + 40 * SECOND]


async def test_the_devices_of_others_are_not_seen(api: Api) -> None:
    theirs = {"device_id": MAC, "device_type": "cli", "last_seen_at": NOW}
    await made.devices(api.desk.store, theirs, user_id=2)

    answered = await api.ask("/api/devices")
    revoked = await api.ask(f"/api/devices/{MAC}", method="DELETE", key="admin")

    assert answered.json() == {"devices": []}
    assert revoked.status_code == 404


async def test_a_path_or_a_method_that_is_not_there(quick_api: Api) -> None:
    lost = await quick_api.ask("/api/nothing", key=None)
    wrong = await quick_api.ask(STATUS, method="POST", key="admin")

    assert (lost.status_code, lost.json()) == (404, {"error": "Not found"})
    assert (wrong.status_code, wrong.json()) == (405, {"error": "Method not allowed"})
    assert "GET" in wrong.headers["allow"]


async def test_too_many_requests_are_told(api: Api) -> None:
    key = await new_key(api.desk, "read", rate_limit_rpm=1)
    await api.ask(STATUS, key=key)

    answered = await api.ask(STATUS, key=key)

    assert (answered.status_code, answered.json()) == (429, {"error": "Too many requests"})
    assert int(answered.headers["retry-after"]) > 0


async def test_what_breaks_is_told_without_its_reason(api: Api, store: Store) -> None:
    async with store.write() as conn:
        await conn.execute(text("DROP TABLE focus_timer"))

    answered = await api.ask("/api/user/data")

    assert (answered.status_code, answered.json()) == (500, {"error": "Internal server error"})


async def test_a_key_that_reads_leaves_no_trace_of_a_device(quick_api: Api) -> None:
    answered = await quick_api.ask(STATUS, headers={"X-Device-Id": MAC})

    assert answered.status_code == 200
    assert await made.count(quick_api.desk.store, Device) == 0
