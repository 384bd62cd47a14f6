"""Floods over real connections: refused with a clear code, while others are answered."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from schema.operations import MAX_BYTES, MAX_OPERATIONS
from schema.posted import whole
from tests.schema.conftest import Asking
from tests.schema.streaming import Site, client, following, introduced, quick_site
from tests.schema.test_bad_input import arguments

__all__ = ["client", "quick_site"]
pytestmark = pytest.mark.either
JSON = {"Content-Type": "application/json"}
SCOPE = {"query": "{ viewer { scope } }"}


def code(answer: httpx.Response) -> tuple[int, str]:
    """The status, and the code of the one error."""
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]


async def pieces(size: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 10_000):
        yield b" " * 10_000


async def test_a_body_that_says_it_is_too_long_is_refused_at_once(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    host, _, port = quick_site.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        b"Content-Length: 10485760\r\n\r\n"
    )

    async with asyncio.timeout(5):
        first = await reader.readline()

    assert first.startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("size", [MAX_BYTES + 10_000, 10 * 1024 * 1024])
async def test_a_long_body_is_refused_however_it_comes(
    quick_site: Site, client: httpx.AsyncClient, size: int
) -> None:
    headers = {**quick_site.headers(), **JSON}

    told = await client.post(quick_site.url, content=b" " * size, headers=headers)
    untold = await client.post(quick_site.url, content=pieces(size), headers=headers)
    after = await client.post(quick_site.url, json=SCOPE, headers=headers)

    assert code(told) == code(untold) == (413, "TOO_LARGE")
    assert after.json() == {"data": {"viewer": {"scope": "READ"}}}


async def test_a_body_of_the_most_bytes_is_read(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    body = orjson.dumps(SCOPE).ljust(MAX_BYTES)

    answer = await client.post(
        quick_site.url, content=body, headers={**quick_site.headers(), **JSON}
    )

    assert answer.json() == {"data": {"viewer": {"scope": "READ"}}}


async def test_what_is_packed_is_not_unpacked(quick_site: Site, client: httpx.AsyncClient) -> None:
    headers = {**quick_site.headers(), **JSON, "Content-Encoding": "gzip"}

    answer = await client.post(quick_site.url, content=b"\x1f\x8b\x08bomb", headers=headers)

    assert code(answer) == (415, "BAD_REQUEST")


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"{", "more_body": True}

    with pytest.raises(HTTPException) as refused:
        await whole(receive, 0.1)

    assert (refused.value.status_code, refused.value.headers) == (408, {"Connection": "close"})


async def test_ten_thousand_operations_are_refused(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    text = " ".join(f"query q{n} {{a}}" for n in range(10_000))[: MAX_BYTES - 100]

    answer = await client.post(
        quick_site.url, json={"query": text, "operationName": "q1"}, headers=quick_site.headers()
    )

    assert code(answer) == (200, "GRAPHQL_PARSE_FAILED")


@pytest.mark.parametrize(
    "variables",
    [
        {"ids": ["x"] * 1_001},
        {"ids": [{"a": 1}] * 1_001},
        {"ids": ["x"], "more": [["x"] * 900] * 12},
        {"ids": ["x"], "more": {f"a{n}": n for n in range(10_001)}},
    ],
)
async def test_variables_in_great_numbers_are_refused_unseen(
    quick_ask: Asking, variables: dict[str, Any]
) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert await quick_ask.refused(query, **variables) == ("BAD_USER_INPUT", None)
    assert quick_ask.statements == []


async def test_a_thousand_subscriptions_on_one_socket(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with introduced(quick_site) as talk:
        for number in range(1_000):
            await talk.subscribe(f"s{number}", following())
        refused = [await talk.receive() for _ in range(1_000 - MAX_OPERATIONS)]
        beside = await client.post(quick_site.url, json=SCOPE, headers=quick_site.headers())
        await talk.send({"id": "s0", "type": "complete"})
        own = await talk.ask(SCOPE["query"])

    assert {each["payload"][0]["extensions"]["code"] for each in refused} == {"TOO_MANY_STREAMS"}
    assert beside.json() == own == {"data": {"viewer": {"scope": "READ"}}}


async def test_operations_over_sockets_take_from_the_minute_of_rest(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with introduced(quick_site) as talk:
        told = [await talk.ask("{ rateLimit { remaining } }") for _ in range(2)]
    rest = await client.get(
        quick_site.url.replace("/graphql", "/v1/listening/recent"), headers=quick_site.headers()
    )

    left = [each["data"]["rateLimit"]["remaining"] for each in told]
    assert left == [99_999, 99_998]
    assert rest.headers["x-ratelimit-remaining"] == "99997"


def test_every_argument_is_given_what_it_cannot_take() -> None:
    assert len(list(arguments())) > 100  # by `test_bad_input`
