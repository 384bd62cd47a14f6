"""Every error, whatever way it leaves: with a code of the enum, and the id of its request."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from rewind_gql.errors import Refused
from rewind_gql.server import build
from schema.errors import ErrorCode
from schema.sse import TOKEN_HEADER
from tests.schema.streaming import Site, client, introduced, quick_site, streaming
from tests.serving import new_key

__all__ = ["client", "quick_site"]
assert build  # with it, every room is there that refuses anything
pytestmark = pytest.mark.either
CODES = {code.value for code in ErrorCode}
HERE = "request-0001"

DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "not GraphQL": ("{", {}),
    "a flood": ("{ viewer { " + "scope " * 3_000 + "} }", {}),
    "too deep": ("{ a" * 400 + "}" * 400, {}),
    "unknown field": ("{ nobody }", {}),
    "too many fields": ("{ " + "viewer { scope } " * 30 + "}", {}),
    "too many items": (
        "{ listening { artists(first: 200) { nodes { plays(first: 200) { totalCount } } } } }",
        {},
    ),
    "wrong variable": ("query ($n: Int!) { syncRuns(first: $n) { totalCount } }", {"n": "x"}),
    "no operation named": ("query a { viewer { scope } } query b { viewer { scope } }", {}),
    "page of no size": ("{ syncRuns(first: -1) { totalCount } }", {}),
    "foreign id": ('{ node(id: "x") { id } }', {}),
    "not allowed": ("{ apiKeys { id } }", {}),
    "mutation": ('mutation { cancelSync(runId: "x") { run { id } } }', {}),
    "subscription": ("subscription { syncEvents(replay: 1000) { __typename } }", {}),
    "unknown subscription": ("subscription { nobody }", {}),
}
DEEP = b"[" * 300 + b"]" * 300
FOLLOW = b'{"query": "subscription { deviceSync { overall } }"}'
BODIES: tuple[dict[str, Any], ...] = (
    {"content": b""},
    {"content": b"{"},
    {"content": b"[]"},
    {"content": b'{"query": "{ viewer { scope } }", "variables": {"a": %b}}' % DEEP},
    {"content": b'{"query": "{ viewer { scope } }", "extensions": {"a": %b}}' % DEEP},
    {"content": b" " * 200_000},
    {"content": b'{"query": "{ viewer { scope } }", "variables": []}'},
    {"content": b'{"query": "{ viewer { scope } }", "operationName": "nobody"}'},
    {"content": b'{"documentId": "sha256:nobody"}'},
    {"content": b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}'},
    {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
    {"content": b"{}", "headers": {"Content-Encoding": "gzip"}},
    {"content": b'{"query": "{ viewer { scope } }"}', "headers": {"Accept": "text/csv"}},
    {"content": b'{"query": "{ viewer { scope } }"}', "headers": {"Authorization": "Bearer x"}},
    {"content": FOLLOW, "headers": {"Accept": "application/json"}},
    {"content": b'{"query": "{ viewer { scope } }"}', "headers": {TOKEN_HEADER: "nobody"}},
    {"method": "PATCH"},
    {"method": "DELETE"},
    {"method": "GET"},
    {"method": "GET", "params": {"query": "mutation { x }"}},
    {"method": "GET", "params": {"token": "nobody"}},
)  # fmt: skip


def bad(errors: list[dict[str, Any]], request_id: str | None = HERE) -> Iterator[Any]:
    """Those that lack something."""
    for error in errors:
        found = error.get("extensions", {})
        named = found.get("requestId")
        if found.get("code") not in CODES or not named or named != (request_id or named):
            yield error


def headers(site: Site, **given: str) -> dict[str, str]:
    """What shows the read key, and names the request."""
    return {**site.headers(), "X-Request-Id": HERE, "Content-Type": "application/json", **given}


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_over_http(quick_site: Site, client: httpx.AsyncClient, accept: str) -> None:
    wrong, seen = [], set()
    for name, (query, variables) in DOCUMENTS.items():
        answer = await client.post(
            quick_site.url,
            json={"query": query, "variables": variables},
            headers=headers(quick_site, Accept=accept),
        )
        errors = answer.json()["errors"]
        seen |= {error.get("extensions", {}).get("code") for error in errors}
        wrong += [(name, each) for each in bad(errors)]

    assert wrong == []
    assert len(seen) >= 6


async def test_of_requests_that_are_none(quick_site: Site, client: httpx.AsyncClient) -> None:
    wrong = []
    for given in BODIES:
        sent = dict(given)
        method = sent.pop("method", "POST")
        told = headers(quick_site, **sent.pop("headers", {}))
        answer = await client.request(method, quick_site.url, headers=told, **sent)
        assert answer.status_code >= 400 or "errors" in answer.json(), (given, answer.text)
        wrong += [(given, each) for each in bad(answer.json()["errors"])]

    assert wrong == []


async def test_of_a_key_that_has_asked_too_often(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    key = await new_key(quick_site.api.desk, "read", rate_limit_rpm=1)
    told = {**headers(quick_site), **quick_site.headers(key)}
    for _ in range(2):
        answer = await client.post(
            quick_site.url, json={"query": "{ viewer { scope } }"}, headers=told
        )

    (error,) = answer.json()["errors"]
    assert list(bad([error])) == []
    assert error["extensions"]["retryAfter"] == int(answer.headers["retry-after"])


async def test_over_sockets(quick_site: Site) -> None:
    wrong = []
    async with introduced(quick_site) as talk:
        for name, (query, variables) in DOCUMENTS.items():
            await talk.subscribe(name, {"query": query, "variables": variables})
            message = await talk.receive()
            payload = message["payload"]
            errors = payload if message["type"] == "error" else payload["errors"]
            wrong += [(name, each) for each in bad(errors, None)]
            if message["type"] == "next":
                assert (await talk.receive())["type"] == "complete"

    assert wrong == []


async def test_over_streams_of_events(quick_site: Site, client: httpx.AsyncClient) -> None:
    wrong = []
    for name, (query, variables) in DOCUMENTS.items():
        asked = {"query": query, "variables": variables}
        told = headers(quick_site, Accept="text/event-stream")
        async with streaming(client, "POST", quick_site.url, json=asked, headers=told) as events:
            found = await events.next() if events.response.status_code == 200 else None
            body = found[1] if found else orjson.loads(await events.response.aread())
        wrong += [(name, each) for each in bad(body["errors"])]

    assert wrong == []


def _refusals(kind: type[Refused]) -> Iterator[type[Refused]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _refusals(each)


def test_every_refusal_there_is_has_a_code_of_the_enum() -> None:
    ours = [each for each in _refusals(Refused) if each.__module__.partition(".")[0] != "tests"]

    assert len(ours) > 20
    assert {each.code for each in ours} <= CODES
