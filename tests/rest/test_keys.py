"""Keys over REST."""

from datetime import timedelta
from typing import Any

import pytest

from rewind_gql import clock
from rewind_gql.auth import keys, queries
from tests.databases import ME, OTHER
from tests.serving import Api

KEYS = "/v1/admin/keys"


async def test_a_key_is_made_and_shown_once(api: Api) -> None:
    made = await api.ask(KEYS, method="POST", key="admin", json={"name": " phone "})

    body = made.json()
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert list(body)[:7] == [
        "id", "key", "name", "scope", "key_prefix", "key_hint", "created_at",
    ]  # fmt: skip
    assert (body["name"], body["scope"], body["rate_limit_rpm"]) == ("phone", "read", 60)
    assert body["key"].startswith("rw_live_")
    assert (await api.ask("/v1/listening/recent", key=body["key"])).status_code == 200
    assert body["key"] not in (await api.ask(KEYS, key="admin")).text


async def test_a_key_can_be_given_an_end_and_a_limit(api: Api) -> None:
    until = clock.now() + timedelta(days=30)
    wanted = {"name": "x", "scope": "admin", "expires_at": clock.iso(until), "rate_limit_rpm": 5}

    made = (await api.ask(KEYS, method="POST", key="admin", json=wanted)).json()

    assert made["key"].startswith("rw_admin_")
    assert (made["expires_at"], made["rate_limit_rpm"]) == (clock.iso(until), 5)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Invalid JSON body"),
        (b"{", "Invalid JSON body"),
        (b"[]", "The body must be a JSON object"),
        (b"{}", 'Field "name" is required'),
        (b'{"name": "  "}', 'Field "name" is required'),
        (b'{"name": "\\u0000"}', 'Field "name" is required'),
        (b'{"name": "x", "scope": "owner"}', 'Field "scope" must be "read", "admin" or "scrobble"'),
        (b'{"name": "x", "rate_limit_rpm": 0}', 'Field "rate_limit_rpm" must be from 1 to 1000000'),
        (b'{"name": "x", "expires_at": "1999-01-01T00:00:00Z"}', None),
        (b'{"name": "x", "expires_at": "2999-01-01T00:00:00"}', None),
        (b'{"name": "x", "expires_at": 99999999999999999999}', None),
        (b'{"name": "x", "expires_at": "9999-12-31T23:59:59-14:00"}', None),
        (b'{"name": 5}', None),
        (b'{"name": "x", "rate_limit_rpm": 1000000000000000000000000000000}', None),
    ],
)
async def test_a_wrong_wish_is_400(quick_api: Api, body: bytes, message: str | None) -> None:
    headers = {"Content-Type": "application/json"}

    answered = await quick_api.ask(KEYS, method="POST", key="admin", content=body, headers=headers)

    assert answered.status_code == 400
    assert answered.json()["status"] == 400
    assert message is None or answered.json()["error"] == message


async def test_a_form_is_415(quick_api: Api) -> None:
    answered = await quick_api.ask(KEYS, method="POST", key="admin", data={"name": "x"})

    assert answered.status_code == 415
    assert answered.json() == {"error": "The body must be application/json", "status": 415}


async def test_a_body_without_end_is_413(quick_api: Api) -> None:
    async def endless() -> Any:
        while True:
            yield b"x" * 10_000

    answered = await quick_api.ask(KEYS, method="POST", key="admin", content=endless())

    assert answered.json() == {"error": "The body is too large", "status": 413}


async def test_keys_are_listed_without_what_opens_doors(api: Api) -> None:
    async with api.desk.store.write() as conn:
        await keys.create(conn, OTHER, name="o", scope="read", pepper=api.desk.gate.pepper)

    listed = (await api.ask(KEYS, key="admin")).json()["data"]

    assert [key["name"] for key in listed] == ["read", "admin"]
    assert list(listed[0]) == [
        "id", "name", "scope", "key_prefix", "key_hint", "rate_limit_rpm", "last_used_at",
        "request_count", "expires_at", "is_active", "created_at",
    ]  # fmt: skip
    assert listed[0]["key_prefix"] == api.read[:12]
    assert listed[0]["key_hint"] == api.read[-4:]


async def test_a_key_is_revoked_and_again(api: Api) -> None:
    [key, _] = await api.desk.store.ask(queries.keys, ME)

    answers = [await api.ask(f"{KEYS}/{key.id}", method="DELETE", key="admin") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == {"message": "API key revoked", "id": key.id}
    assert (await api.ask("/v1/listening/recent")).status_code == 401


@pytest.mark.parametrize(
    ("key_id", "status", "error"),
    [
        ("abc", 400, "Invalid key ID"),
        ("1e1", 400, "Invalid key ID"),
        ("0", 400, "Invalid key ID"),
        (str(10**30), 400, "Invalid key ID"),
        ("%00", 400, "Invalid key ID"),
        (str(2**63 - 1), 404, "API key not found"),
    ],
)
async def test_what_is_no_key_of_ours_is_refused(
    api: Api, key_id: str, status: int, error: str
) -> None:
    answered = await api.ask(f"{KEYS}/{key_id}", method="DELETE", key="admin")

    assert (answered.status_code, answered.json()["error"]) == (status, error)


async def test_the_last_admin_key_does_not_revoke_itself(api: Api) -> None:
    [_, key] = await api.desk.store.ask(queries.keys, ME)

    answered = await api.ask(f"{KEYS}/{key.id}", method="DELETE", key="admin")

    assert answered.status_code == 409
    assert (await api.ask(KEYS, key="admin")).status_code == 200


async def test_other_methods_are_405(quick_api: Api) -> None:
    answered = await quick_api.ask(f"{KEYS}/1", method="GET", key="admin")

    assert answered.status_code == 405
    assert answered.headers["allow"] == "DELETE, OPTIONS"
