"""The application as a whole: its paths, keys, limits, methods and lifespan."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import time_machine
from starlette.types import Receive, Scope, Send

from rewind_gql import clock
from rewind_gql.auth import keys, queries
from rewind_gql.server.app import create_app
from tests.databases import ME
from tests.serving import Api, new_key, serving

RECENT = "/v1/listening/recent"
UNAUTHORIZED = {"error": "Unauthorized", "status": 401}


class Graphql:
    """Stands where GraphQL is."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"graphql"})


async def test_health_needs_no_key_and_no_database(quick_api: Api) -> None:
    seen: list[str] = []
    quick_api.desk.store.watchers.append(seen.append)

    answered = await quick_api.ask("/v1/health", key=None)

    assert answered.status_code == 200
    assert answered.json().keys() == {"status", "timestamp"}
    assert answered.json()["status"] == "ok"
    assert answered.headers["cache-control"] == "public, max-age=30"
    assert "x-ratelimit-limit" not in answered.headers
    assert seen == []


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "bearer rw_" + "0f" * 32,
        "Bearer  rw_" + "0f" * 32,
        "Bearer RW_" + "0f" * 32,
        "Bearer rw_" + "0f" * 32,
        "Bearer rw_live_" + "0" * 49,
        "Basic cndfbGl2ZV8=",
        "Bearer rw_\xff",
    ],
)
async def test_without_a_key_of_ours_it_is_401(quick_api: Api, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}

    answered = await quick_api.client.get(RECENT, headers=headers)  # type: ignore[arg-type]  # bytes are fine

    assert (answered.status_code, answered.json()) == (401, UNAUTHORIZED)
    assert answered.headers["www-authenticate"] == "Bearer"
    assert answered.headers["cache-control"] == "no-store"
    assert "x-request-id" in answered.headers


async def test_a_read_key_reads(api: Api) -> None:
    answered = await api.ask(RECENT)

    assert (answered.status_code, answered.json()) == (200, {"data": []})
    assert answered.headers["cache-control"] == "private, max-age=30"
    assert answered.headers["vary"] == "Authorization, Origin"


async def test_a_mistyped_key_is_refused_without_a_look(quick_api: Api) -> None:
    seen: list[str] = []
    quick_api.desk.store.watchers.append(seen.append)
    swapped = quick_api.read[:-1] + ("A" if quick_api.read[-1] != "A" else "B")

    answered = await quick_api.ask(RECENT, key=swapped)

    assert answered.status_code == 401
    assert seen == []


async def test_an_older_key_is_still_looked_up(quick_api: Api) -> None:
    seen: list[str] = []
    quick_api.desk.store.watchers.append(seen.append)

    answered = await quick_api.ask(RECENT, key="rw_" + "0f" * 32)

    assert answered.status_code == 401
    assert len(seen) == 1


async def test_a_revoked_key_is_refused_at_the_next_request(api: Api) -> None:
    assert (await api.ask(RECENT)).status_code == 200
    [key, _] = await api.desk.store.ask(queries.keys, ME)

    async with api.desk.store.write() as conn:
        await keys.revoke(conn, ME, key_id=key.id)

    assert (await api.ask(RECENT)).json() == UNAUTHORIZED


async def test_an_expired_key_says_so(quick_api: Api) -> None:
    key = await new_key(quick_api.desk, "read", expires_at=clock.now() + timedelta(hours=1))
    assert (await quick_api.ask(RECENT, key=key)).status_code == 200

    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        answered = await quick_api.ask(RECENT, key=key)

    assert answered.json() == {"error": "Token expired", "status": 401}


async def test_a_read_key_is_forbidden_what_admins_do(quick_api: Api) -> None:
    listing = await quick_api.ask("/v1/admin/keys")
    unknown = await quick_api.ask("/v1/admin/nothing")

    assert listing.json() == unknown.json() == {"error": "Forbidden", "status": 403}


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", f"{RECENT}/", "/v1//health"])
async def test_an_unknown_path_is_401_without_a_key_and_404_with_one(
    quick_api: Api, path: str
) -> None:
    without = await quick_api.ask(path, key=None)
    with_key = await quick_api.ask(path)

    assert without.json() == UNAUTHORIZED
    assert with_key.json() == {"error": "Not found", "status": 404}


@pytest.mark.parametrize("path", ["/nothing", "/v10/health", "/v2", "/health", "/v1x"])
async def test_paths_elsewhere_are_404(quick_api: Api, path: str) -> None:
    answered = await quick_api.ask(path, key=None)

    assert (answered.status_code, answered.json()) == (404, {"error": "Not found", "status": 404})
    assert "x-request-id" in answered.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FROB"])
async def test_another_method_is_405_with_allow(quick_api: Api, method: str) -> None:
    answered = await quick_api.ask(RECENT, method=method)

    assert answered.json() == {"error": "Method not allowed", "status": 405}
    assert answered.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_a_wrong_method_without_a_key_is_401(quick_api: Api) -> None:
    assert (await quick_api.ask(RECENT, method="POST", key=None)).status_code == 401
    assert (await quick_api.ask("/v1/health", method="POST", key=None)).status_code == 405


async def test_head_is_get_without_a_body(quick_api: Api) -> None:
    got = await quick_api.ask(RECENT)
    head = await quick_api.ask(RECENT, method="HEAD")

    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == got.headers[name]


async def test_a_client_that_has_the_bytes_gets_304(quick_api: Api) -> None:
    tag = (await quick_api.ask(RECENT)).headers["etag"]

    answered = await quick_api.ask(RECENT, headers={"If-None-Match": f'"x", W/{tag}'})

    assert (answered.status_code, answered.content) == (304, b"")
    assert answered.headers["etag"] == tag
    assert "x-ratelimit-remaining" in answered.headers


async def test_the_limit_is_told_and_held(quick_api: Api) -> None:
    key = await new_key(quick_api.desk, "read", rate_limit_rpm=3)

    answers = [await quick_api.ask(path, key=key) for path in (RECENT, "/v1/no", RECENT, RECENT)]

    assert [answer.status_code for answer in answers] == [200, 404, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
    assert answers[-1].json() == {"error": "Too Many Requests", "status": 429}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert 0 < int(answers[-1].headers["x-ratelimit-reset"]) - time.time() <= 61


async def test_each_key_has_a_limit_of_its_own(quick_api: Api) -> None:
    key = await new_key(quick_api.desk, "read", rate_limit_rpm=1)
    await quick_api.ask(RECENT, key=key)

    assert (await quick_api.ask(RECENT, key=key)).status_code == 429
    assert (await quick_api.ask(RECENT)).status_code == 200


async def test_an_address_that_keeps_failing_is_slowed_down(quick_api: Api) -> None:
    answers = await asyncio.gather(*(quick_api.ask(RECENT, key=None) for _ in range(61)))

    assert [answer.status_code for answer in answers].count(401) == 60
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1
    assert (await quick_api.ask(RECENT)).status_code == 200
    assert (await quick_api.ask("/v1/health", key=None)).status_code == 200


async def test_requests_are_counted_exactly(api: Api) -> None:
    await asyncio.gather(*(api.ask(RECENT) for _ in range(20)))
    limited = await new_key(api.desk, "read", rate_limit_rpm=1)
    await api.ask(RECENT, key=limited)
    await api.ask(RECENT, key=limited)
    await api.ask("/v1/admin/keys")

    listed = (await api.ask("/v1/admin/keys", key="admin")).json()["data"]

    assert [key["request_count"] for key in listed] == [20, 1, 1]
    assert all(key["last_used_at"] for key in listed)


async def test_the_older_address_of_the_document_leads_on(quick_api: Api) -> None:
    answered = await quick_api.ask("/openapi.json", key=None)

    assert (answered.status_code, answered.headers["location"]) == (301, "/v1/openapi.json")


async def test_graphql_and_its_schema_have_their_paths(quick_api: Api) -> None:
    async with serving(quick_api.desk, graphql=Graphql(), sdl="type Query") as api:
        queried = await api.ask("/graphql", method="POST", key=None)
        schema = await api.ask("/schema.graphql")
        stranger = await api.ask("/schema.graphql", key=None)
        page = await api.ask("/", key=None, headers={"Accept": "text/html"})
        listed = await api.ask("/", key=None)

    assert queried.content == b"graphql"
    assert (schema.text, stranger.status_code) == ("type Query", 401)
    assert (page.status_code, page.headers["location"]) == (307, "/graphql")
    assert listed.json()["graphql"] == "/graphql"


async def test_without_graphql_there_is_only_the_list(quick_api: Api) -> None:
    assert (await quick_api.ask("/graphql", key=None)).status_code == 404
    assert "graphql" not in (await quick_api.ask("/", key=None)).json()


async def test_what_runs_beside_it_starts_in_order_and_stops_in_reverse(quick_api: Api) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def part(name: str) -> AsyncIterator[None]:
        seen.append(f"{name} starts")
        yield
        seen.append(f"{name} stops")

    app = create_app(quick_api.desk, running=[part("a"), part("b")])
    async with app.router.lifespan_context(app):
        seen.append("serves")

    assert seen == ["a starts", "b starts", "serves", "b stops", "a stops"]
