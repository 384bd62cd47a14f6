"""The endpoint: GraphQL over HTTP, with keys, and a page for browsers."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse

from rewind_gql import clock
from rewind_gql.auth.views import Caller
from rewind_gql.domains.listening import intake, records
from rewind_gql.errors import TooMany, Unauthenticated
from rewind_gql.ports.blobs import BlobsAway
from schema.accepting import GRAPHQL_JSON, JSON
from schema.asgi import Endpoint
from schema.operations import MAX_BYTES
from schema.root import schema
from tests.databases import ME
from tests.schema.conftest import Asking, caller

ZONE = "{ viewer { timeZone } }"
ANSWER = {"data": {"viewer": {"timeZone": "Europe/Oslo"}}}
LOOKING = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
METHODS = "GET, HEAD, POST, PUT, DELETE"


async def door(request: Request) -> Caller:
    """Lets in who says `read` or `admin`."""
    said = request.headers.get("authorization", "")
    if said == "busy":
        raise TooMany(retry_after=7)
    if said == "away":
        raise BlobsAway(retry_after=9)
    if said not in ("read", "admin"):
        raise Unauthenticated
    return caller(ME, said)


def page(request: Request) -> HTMLResponse:
    """A page."""
    return HTMLResponse(f"explore {request.url.path}")


@pytest.fixture
def endpoint(quick_ask: Asking) -> Endpoint:
    """The endpoint over a small life."""
    return Endpoint(schema, quick_ask.deps, authenticate=door, explorer=page)


@pytest.fixture
async def client(endpoint: Endpoint) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a read key."""
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://rewind", headers={"Authorization": "read"}
    ) as made:
        yield made


def code(response: httpx.Response) -> str:
    """The code of the one error."""
    body = response.json()
    assert set(body) == {"errors"}
    (error,) = body["errors"]
    return str(error["extensions"]["code"])


async def test_a_query_is_answered_by_post_and_by_get(client: httpx.AsyncClient) -> None:
    posted = await client.post("/", json={"query": ZONE})
    got = await client.get("/", params={"query": ZONE})

    assert posted.status_code == got.status_code == 200
    assert posted.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert got.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert posted.json() == got.json() == ANSWER


async def test_variables_and_the_operations_name_are_taken_either_way(
    client: httpx.AsyncClient,
) -> None:
    query = "query a { viewer { scope } } query b($n: Int) { syncRuns(first: $n) { totalCount } }"
    given = {"query": query, "operationName": "b"}

    posted = await client.post("/", json={**given, "variables": {"n": 1}})
    got = await client.get("/", params={**given, "variables": '{"n": 1}'})

    assert posted.json() == got.json() == {"data": {"syncRuns": {"totalCount": 12}}}


async def test_a_mutation_by_get_is_refused(client: httpx.AsyncClient) -> None:
    query = 'mutation { cancelSync(runId: "x") { clientMutationId } }'

    response = await client.get("/", params={"query": query}, headers={"Authorization": "admin"})

    assert response.status_code == 405
    assert response.headers["allow"] == METHODS
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize(
    "query", ["{ nobody }", "{", "{ viewer { } }", "fragment a on Viewer { scope }"]
)
async def test_the_newer_media_type_tells_by_its_status_that_nothing_ran(
    client: httpx.AsyncClient, query: str
) -> None:
    newer = await client.post("/", json={"query": query}, headers={"Accept": GRAPHQL_JSON})
    older = await client.post("/", json={"query": query}, headers={"Accept": JSON})

    assert (newer.status_code, older.status_code) == (400, 200)
    assert newer.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"
    assert "data" not in newer.json()
    assert code(newer) == code(older)


async def test_an_error_beside_data_leaves_the_status_alone(client: httpx.AsyncClient) -> None:
    query = '{ viewer { scope } node(id: "x") { id } }'

    response = await client.post("/", json={"query": query}, headers={"Accept": GRAPHQL_JSON})

    assert response.status_code == 200
    assert response.json()["data"] == {"viewer": {"scope": "READ"}, "node": None}
    assert response.json()["errors"][0]["path"] == ["node"]


async def test_without_a_key_nothing_is_told(client: httpx.AsyncClient) -> None:
    response = await client.post("/", json={"query": ZONE}, headers={"Authorization": "nobody"})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert code(response) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("said", "status", "wait", "kind"),
    [("busy", 429, "7", "RATE_LIMITED"), ("away", 503, "9", "UNAVAILABLE")],
)
async def test_who_comes_at_a_bad_time_is_told_when_to_come_back(
    client: httpx.AsyncClient, said: str, status: int, wait: str, kind: str
) -> None:
    response = await client.post("/", json={"query": ZONE}, headers={"Authorization": said})

    assert response.status_code == status
    assert response.headers["retry-after"] == wait
    assert code(response) == kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b"null",
        b"5",
        b'"x"',
        b"[]",
        b'[{"query": "{ viewer { scope } }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 5}',
        b'{"query": ["{"]}',
        b'{"query": "{ viewer { scope } }", "variables": []}',
        b'{"query": "{ viewer { scope } }", "variables": "x"}',
        b'{"query": "{ viewer { scope } }", "variables": 1}',
        b'{"query": "{ viewer { scope } }", "operationName": 1}',
        b'{"query": "{ viewer { scope } }", "extensions": 1}',
        b'{"query": "{ viewer { scope } }", "variables": {"n": NaN}}',
        b'{"query": "\\ud800"}',
        b"[" * 60_000,
    ],
)
async def test_a_body_that_is_not_a_request_is_a_clean_400(
    client: httpx.AsyncClient, body: bytes
) -> None:
    response = await client.post("/", content=body, headers={"Content-Type": JSON})

    assert response.status_code == 400
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"query": ""},
        {"query": ZONE, "variables": "{"},
        {"query": ZONE, "variables": "[]"},
        {"query": ZONE, "variables": "5"},
        {"query": ZONE, "extensions": "x"},
        {"query": ZONE, "documentId": "x"},
        {"documentId": "no such id"},
        {"query": ZONE, **{f"x{number}": "" for number in range(30)}},
    ],
)
async def test_an_address_that_is_not_a_request_is_a_clean_400(
    client: httpx.AsyncClient, params: dict[str, str]
) -> None:
    response = await client.get("/", params=params)

    assert response.status_code == 400
    assert code(response) == "BAD_REQUEST"


async def test_empty_variables_in_an_address_are_none(client: httpx.AsyncClient) -> None:
    response = await client.get(
        "/", params={"query": ZONE, "variables": "", "operationName": "", "extensions": ""}
    )

    assert response.json() == ANSWER


@pytest.mark.parametrize("raw", [b"query=%7Bx%7D&query=%7By%7D", b"query=%FF"])
async def test_an_address_that_is_broken_or_ambiguous_is_a_clean_400(
    client: httpx.AsyncClient, raw: bytes
) -> None:
    response = await client.get(httpx.URL("http://rewind/", query=raw))

    assert response.status_code == 400
    assert code(response) == "BAD_REQUEST"


async def test_an_operation_that_is_not_there_is_told_as_any_other_fault_of_a_document(
    client: httpx.AsyncClient,
) -> None:
    asked = {"query": ZONE, "operationName": "nobody"}

    older = await client.post("/", json=asked, headers={"Accept": JSON})
    newer = await client.post("/", json=asked, headers={"Accept": GRAPHQL_JSON})

    assert (older.status_code, newer.status_code) == (200, 400)
    assert code(older) == code(newer) == "BAD_REQUEST"


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        "x",
        "",
    ],
)
async def test_another_media_type_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post("/", content=b'{"query": "{x}"}', headers={"Content-Type": kind})

    assert response.status_code == 415
    assert code(response) == "BAD_REQUEST"


async def test_the_charset_may_be_named(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/",
        content=orjson.dumps({"query": ZONE}),
        headers={"Content-Type": 'Application/JSON; Charset="UTF-8"'},
    )

    assert response.json() == ANSWER


async def test_another_method_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.request("PATCH", "/")

    assert response.status_code == 405
    assert response.headers["allow"] == METHODS
    assert code(response) == "BAD_REQUEST"


async def test_head_tells_what_get_would_be_answered_with(client: httpx.AsyncClient) -> None:
    got = await client.get("/", params={"query": ZONE})
    head = await client.head("/", params={"query": ZONE})

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_of_what_is_no_question_has_no_body_either(client: httpx.AsyncClient) -> None:
    subscription = {"query": "subscription { syncEvents { seq } }"}

    answers = [await client.head("/"), await client.head("/", params=subscription)]

    assert [(each.status_code, each.content) for each in answers] == [(400, b""), (405, b"")]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{GRAPHQL_JSON}, */*", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0.5", JSON),
        (f"{JSON};q=0.9, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (LOOKING, JSON),
    ],
)
async def test_the_form_of_the_answer_is_the_one_that_is_liked_best(
    client: httpx.AsyncClient, accept: str | None, media_type: str
) -> None:
    del client.headers["accept"]
    headers = {} if accept is None else {"Accept": accept}

    posted = await client.post("/", json={"query": ZONE}, headers=headers)
    got = await client.get("/", params={"query": ZONE}, headers=headers)

    assert [each.headers["content-type"].split(";")[0] for each in (posted, got)] == [
        media_type
    ] * 2


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", f"{JSON};q=0", f"{JSON}; charset=utf-16", "nonsense"]
)
async def test_who_accepts_nothing_that_can_be_had_is_told_so(
    client: httpx.AsyncClient, accept: str
) -> None:
    posted = await client.post("/", json={"query": ZONE}, headers={"Accept": accept})
    got = await client.get("/", params={"query": ZONE}, headers={"Accept": accept})

    assert (posted.status_code, got.status_code) == (406, 406)
    assert code(posted) == code(got) == "BAD_REQUEST"


async def test_a_refusal_comes_in_the_form_that_is_accepted(client: httpx.AsyncClient) -> None:
    response = await client.post("/", content=b"{", headers={"Accept": GRAPHQL_JSON})

    assert response.status_code == 415
    assert response.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity", "deflate"])
async def test_a_packed_body_is_refused(client: httpx.AsyncClient, coding: str) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": coding}

    response = await client.post("/", content=b"\x1f\x8b", headers=headers)

    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"
    assert code(response) == "BAD_REQUEST"


async def test_a_body_may_say_that_it_is_not_packed(client: httpx.AsyncClient) -> None:
    headers = {"Content-Encoding": "identity"}

    response = await client.post("/", json={"query": ZONE}, headers=headers)

    assert response.json() == ANSWER


async def test_a_body_that_is_too_long_is_not_read_to_its_end(client: httpx.AsyncClient) -> None:
    sent = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64 * MAX_BYTES:
            sent += 10_000
            yield b" " * 10_000

    response = await client.post("/", content=flood(), headers={"Content-Type": JSON})

    assert response.status_code == 413
    assert code(response) == "TOO_LARGE"


async def test_a_browser_gets_the_page_without_a_key(client: httpx.AsyncClient) -> None:
    headers = {"Accept": "text/html,*/*", "Authorization": "nobody"}

    response = await client.get("/", headers=headers)

    assert response.status_code == 200
    assert response.text == "explore /"


async def test_a_browser_that_asks_something_gets_an_answer(client: httpx.AsyncClient) -> None:
    response = await client.get("/", params={"query": ZONE}, headers={"Accept": LOOKING})

    assert response.json() == ANSWER


async def test_the_caller_is_left_where_the_frame_looks_for_it(quick_ask: Asking) -> None:
    seen: dict[str, Any] = {}

    async def noting(request: Request) -> Caller:
        seen["state"] = request.state
        return await door(request)

    transport = httpx.ASGITransport(app=Endpoint(schema, quick_ask.deps, authenticate=noting))
    async with httpx.AsyncClient(transport=transport, base_url="http://rewind") as client:
        headers = {"Authorization": "read", "Accept": LOOKING}
        response = await client.get("/", params={"query": ZONE}, headers=headers)

    assert response.json() == ANSWER
    assert seen["state"].caller.scope == "read"


async def test_lists_within_lists_are_fetched_up_to_a_bound(own_ask: Asking) -> None:
    heard = [
        records.Play(artist="Low", track="Dinosaur Act", played_at=clock.from_seconds(10**9 + n))
        for n in range(40)
    ]
    async with own_ask.deps.store.write() as conn:
        await intake.plays(conn, ME, heard, source="lastfm")
    inner = "artist { plays(first: 200) { nodes { %s } } }"
    query = "{ listening { recent(first: 200) { nodes { %s } } } }" % (
        inner % (inner % (inner % "id"))
    )

    endpoint = Endpoint(schema, own_ask.deps, authenticate=door)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=endpoint), base_url="http://rewind"
    ) as client:
        answer = await client.post(
            "/graphql", json={"query": query}, headers={"Authorization": "read"}
        )

    body = answer.json()
    (error,) = body["errors"]
    assert "data" not in body
    assert error["extensions"]["code"] == "TOO_COMPLEX"
    assert "10,000" in error["message"]
