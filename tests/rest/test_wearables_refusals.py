"""What the sync status of Open Wearables refuses, whom, in which order and in which words."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import text, update

from rewind_gql import clock
from rewind_gql.auth.tables import ApiKey
from rewind_gql.auth.views import Standing
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER, UUIDS
from tests.serving import Api, desk_of, new_key, serving
from tests.sync.told import happen

pytestmark = pytest.mark.either

MINE = f"/api/v1/users/{UUIDS[ME]}/sync"
THEIRS = f"/api/v1/users/{UUIDS[OTHER]}/sync"
NOBODYS = "/api/v1/users/00000000-0000-4000-8000-00000000000f/sync"
RECENT = f"{MINE}/recent"
NOT_SIGNED_IN = {"detail": "Authentication required: provide JWT token or API key"}
UNKNOWN_KEY = {"detail": "Invalid or missing API key"}
NO_USER = {"detail": "User not found"}
NO_RUN = {"detail": "Sync run not found"}
INTEGER = "Input should be a valid integer, unable to parse string as an integer"


def token(api: Api, user_id: int = ME, *, epoch: int = 0) -> str:
    """A token somebody signed in for, on no device."""
    return api.desk.gate.tokens.issue(UUID(UUIDS[user_id]), Standing(user_epoch=epoch))


async def ask(api: Api, path: str = RECENT, **headers: str) -> tuple[int, Any]:
    """Status and body of a request with these headers and nothing else."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answered = await api.client.get(path, headers=sent)
    return answered.status_code, answered.json()


@pytest.mark.parametrize("name", ["X_Open_Wearables_API_Key", "X_API_Key", "x_api_key"])
async def test_a_key_opens_in_a_header_of_its_own(api: Api, name: str) -> None:
    assert await ask(api, **{name: api.read}) == (200, [])


async def test_a_key_or_a_token_opens_as_bearer(api: Api) -> None:
    assert await ask(api, Authorization=f"Bearer {api.read}") == (200, [])
    assert await ask(api, Authorization=f"Bearer {token(api)}") == (200, [])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer " + "rw_live_" + "x" * 45},
        {"X_API_Key": ""},
    ],
)
async def test_nothing_or_only_an_invalid_bearer_is_refused(
    api: Api, headers: dict[str, str]
) -> None:
    assert await ask(api, **headers) == (401, NOT_SIGNED_IN)


@pytest.mark.parametrize("key", ["sk-1234", "rw_live_" + "x" * 45, "rw_"])
async def test_an_unknown_key_is_refused(api: Api, key: str) -> None:
    assert await ask(api, X_API_Key=key) == (401, UNKNOWN_KEY)
    assert await ask(api, X_API_Key=key, Authorization="Bearer no") == (401, UNKNOWN_KEY)


async def test_a_revoked_key_is_refused(api: Api) -> None:
    async with api.desk.store.write() as conn:
        await conn.execute(update(ApiKey).values(is_active=False))

    assert await ask(api, X_API_Key=api.read) == (401, UNKNOWN_KEY)
    assert await ask(api, Authorization=f"Bearer {api.read}") == (401, NOT_SIGNED_IN)


async def test_an_expired_key_is_refused(api: Api) -> None:
    expiring = await new_key(api.desk, "read", expires_at=clock.now() + timedelta(hours=1))

    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert await ask(api, X_API_Key=expiring) == (401, UNKNOWN_KEY)


async def test_one_good_credential_is_enough(api: Api) -> None:
    good, bad = f"Bearer {api.read}", "Bearer no"

    assert await ask(api, Authorization=good, X_API_Key="sk-1234") == (200, [])
    assert await ask(api, Authorization=bad, X_API_Key=api.read) == (200, [])


async def test_a_token_of_before_its_person_was_shut_out_is_refused(api: Api) -> None:
    stale = token(api, epoch=7)

    assert await ask(api, Authorization=f"Bearer {stale}") == (401, NOT_SIGNED_IN)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (
            "/api/v1/users/nope/sync/recent",
            {
                "type": "uuid_parsing",
                "loc": ["path", "user_id"],
                "msg": "Input should be a valid UUID, invalid character: found `n` at 0",
                "input": "nope",
                "ctx": {"error": "invalid character: found `n` at 0"},
            },
        ),
        (
            f"{MINE}/recent?limit=many",
            {"type": "int_parsing", "loc": ["query", "limit"], "msg": INTEGER, "input": "many"},
        ),
        (
            f"{MINE}/recent?limit=",
            {"type": "int_parsing", "loc": ["query", "limit"], "msg": INTEGER, "input": ""},
        ),
        (
            f"{MINE}/runs?limit=0",
            {
                "type": "greater_than_equal",
                "loc": ["query", "limit"],
                "msg": "Input should be greater than or equal to 1",
                "input": "0",
                "ctx": {"ge": 1},
            },
        ),
        (
            f"{MINE}/history?limit=201",
            {
                "type": "less_than_equal",
                "loc": ["query", "limit"],
                "msg": "Input should be less than or equal to 200",
                "input": "201",
                "ctx": {"le": 200},
            },
        ),
        (
            f"{MINE}/stream?replay=201",
            {
                "type": "less_than_equal",
                "loc": ["query", "replay"],
                "msg": "Input should be less than or equal to 200",
                "input": "201",
                "ctx": {"le": 200},
            },
        ),
        (
            f"{MINE}/stream?last_event_id=abc",
            {
                "type": "int_parsing",
                "loc": ["query", "last_event_id"],
                "msg": INTEGER,
                "input": "abc",
            },
        ),
        (
            "/api/v1/sync/runs?limit=10001",
            {
                "type": "less_than_equal",
                "loc": ["query", "limit"],
                "msg": "Input should be less than or equal to 10000",
                "input": "10001",
                "ctx": {"le": 10_000},
            },
        ),
        (
            "/api/v1/sync/runs?status=skipped",
            {
                "type": "enum",
                "loc": ["query", "status"],
                "msg": "Input should be 'in_progress', 'success', 'partial', 'failed' "
                "or 'cancelled'",
                "input": "skipped",
                "ctx": {"expected": "'in_progress', 'success', 'partial', 'failed' or 'cancelled'"},
            },
        ),
        (
            "/api/v1/sync/runs?source=linked_account",
            {
                "type": "enum",
                "loc": ["query", "source"],
                "msg": "Input should be 'pull', 'webhook', 'sdk', 'backfill' or 'xml_import'",
                "input": "linked_account",
                "ctx": {"expected": "'pull', 'webhook', 'sdk', 'backfill' or 'xml_import'"},
            },
        ),
        (
            f"{MINE}/history?since=0001-01-01T00:00:00%2B05:00",
            {
                "type": "datetime_range",
                "loc": ["query", "since"],
                "msg": "Datetime should lie within the years 1 to 9999 in UTC",
                "input": "0001-01-01T00:00:00+05:00",
            },
        ),
    ],
)
async def test_a_wrong_parameter_is_told_as_published(
    quick_api: Api, path: str, error: dict[str, Any]
) -> None:
    answered = await quick_api.ask(path, key="admin")

    assert answered.status_code == 422
    assert answered.json() == {"detail": [error]}
    assert list(answered.json()["detail"][0]) == list(error)


async def test_every_wrong_parameter_is_told(quick_api: Api) -> None:
    answered = await quick_api.ask("/api/v1/users/nope/sync/history?limit=x&scope=all")

    told = answered.json()["detail"]
    assert [each["loc"] for each in told] == [
        ["path", "user_id"],
        ["query", "limit"],
        ["query", "scope"],
    ]


async def test_of_a_repeated_parameter_the_last_value_counts(quick_api: Api) -> None:
    good = await quick_api.ask(f"{RECENT}?limit=x&limit=5&unknown=1")
    bad = await quick_api.ask(f"{RECENT}?limit=5&limit=x")

    assert (good.status_code, bad.status_code) == (200, 422)


async def test_the_credential_comes_before_parameters_and_those_before_the_user(
    quick_api: Api,
) -> None:
    assert await ask(quick_api, f"{NOBODYS}/recent?limit=0") == (401, NOT_SIGNED_IN)
    status, _ = await ask(quick_api, f"{NOBODYS}/recent?limit=0", X_API_Key=quick_api.read)
    assert status == 422
    assert await ask(quick_api, f"{NOBODYS}/recent", X_API_Key=quick_api.read) == (404, NO_USER)


@pytest.mark.parametrize("path", ["recent", "runs", "history", "stream"])
async def test_the_unknown_and_the_unreadable_are_refused_alike(api: Api, path: str) -> None:
    as_read = {"X_API_Key": api.read}

    assert await ask(api, f"{THEIRS}/{path}", **as_read) == (404, NO_USER)
    assert await ask(api, f"{NOBODYS}/{path}", **as_read) == (404, NO_USER)
    assert await ask(api, f"{NOBODYS}/{path}", X_API_Key=api.admin) == (404, NO_USER)


async def test_an_admin_key_of_another_person_is_no_key_to_everybody(api: Api) -> None:
    theirs = await new_key(api.desk, "admin", user_id=OTHER)

    assert await ask(api, RECENT, X_API_Key=theirs) == (404, NO_USER)
    assert (await ask(api, f"{THEIRS}/recent", X_API_Key=theirs))[0] == 200
    assert await ask(api, "/api/v1/sync/runs", X_API_Key=theirs) == (
        403,
        {"detail": "Admin key required"},
    )


async def test_the_list_of_everybody_wants_the_owners_admin_key(api: Api) -> None:
    refused = (403, {"detail": "Admin key required"})

    assert await ask(api, "/api/v1/sync/runs", X_API_Key=api.read) == refused
    assert await ask(api, "/api/v1/sync/runs", Authorization=f"Bearer {token(api)}") == refused
    assert await ask(api, "/api/v1/sync/runs?limit=0", X_API_Key=api.read) == refused
    assert await ask(api, "/api/v1/sync/runs", X_API_Key=api.admin) == (200, [])


async def test_a_run_unknown_or_somebody_elses_is_not_found(api: Api) -> None:
    await happen(api.desk.store, 1, user_id=OTHER)

    for path in ("run_1", "run_2", "a%20b"):
        asked = await ask(api, f"/api/v1/sync/history/{path}", X_API_Key=api.read)
        assert asked == (404, NO_RUN)


async def test_text_no_database_holds_is_refused(api: Api) -> None:
    for path in ("history/a%00", "runs?provider=%00"):
        status, body = await ask(api, f"/api/v1/sync/{path}", X_API_Key=api.admin)
        assert (status, body["detail"][0]["type"]) == (422, "string_nul")


async def test_a_stream_of_an_unknown_run_is_not_found(api: Api) -> None:
    assert await ask(api, f"{MINE}/stream?run_id=pull_x", X_API_Key=api.read) == (404, NO_RUN)


async def test_an_unknown_ticket_is_refused(api: Api) -> None:
    status, body = await ask(api, f"{MINE}/stream?ticket={'x' * 43}", X_API_Key=api.read)

    assert (status, body) == (401, {"detail": "Invalid or expired ticket"})


async def test_what_is_not_there_is_told_to_anybody(quick_api: Api) -> None:
    for path in ("/api/v1", "/api/v1/", "/api/v1/users", f"{MINE}/recent/"):
        assert await ask(quick_api, path) == (404, {"detail": "Not Found"})


async def test_a_method_that_is_not_there_is_told_with_those_that_are(quick_api: Api) -> None:
    answered = await quick_api.client.post(RECENT)
    ticket = await quick_api.client.get(f"{MINE}/stream-ticket")

    assert (answered.status_code, answered.json()) == (405, {"detail": "Method Not Allowed"})
    assert answered.headers["allow"] == "GET, HEAD, OPTIONS"
    assert ticket.headers["allow"] == "OPTIONS, POST"


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(quick_api: Api) -> None:
    slow = await new_key(quick_api.desk, "read", rate_limit_rpm=1)
    await ask(quick_api, X_API_Key=slow)

    answered = await quick_api.client.get(RECENT, headers={"X-API-Key": slow})

    assert (answered.status_code, answered.json()) == (429, {"detail": "Too many requests"})
    assert 1 <= int(answered.headers["retry-after"]) <= 60
    assert answered.headers["x-ratelimit-limit"] == "1"


async def test_what_broke_is_told_without_its_reason(quick_api: Api) -> None:
    async with quick_api.desk.store.write() as conn:
        await conn.execute(text("DROP TABLE sync_event"))

    status, body = await ask(quick_api, X_API_Key=quick_api.read)

    assert (status, body) == (500, {"detail": "Internal server error"})


async def test_a_refusal_is_not_kept(quick_api: Api) -> None:
    answered = await quick_api.client.get(RECENT)

    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{MINE}/recent?limit=0", "Input should be greater than or equal to 1"),
        (f"{MINE}/recent?limit=x", INTEGER),
        ("/api/v1/users/nope/sync/runs?limit=0", None),
    ],
)
async def test_upstream_tells_the_first_wrong_parameter_alone(
    sqlite_store: Store, settings: Callable[..., Settings], path: str, message: str | None
) -> None:
    async with serving(desk_of(sqlite_store, settings(sync={"ow_compat": "upstream"}))) as api:
        answered = await api.ask(path)

    assert answered.status_code == 400
    assert list(answered.json()) == ["detail"]
    assert answered.json()["detail"].startswith(message or "Input should be a valid UUID")


async def test_upstream_refuses_everything_else_alike(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    async with serving(desk_of(sqlite_store, settings(sync={"ow_compat": "upstream"}))) as api:
        assert await ask(api) == (401, NOT_SIGNED_IN)
        assert await ask(api, f"{NOBODYS}/runs", X_API_Key=api.admin) == (404, NO_USER)
        assert await ask(api, "/api/v1/nothing") == (404, {"detail": "Not Found"})
