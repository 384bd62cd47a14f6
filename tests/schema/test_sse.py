"""GraphQL over server-sent events, a stream for each operation: a real server's answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from rewind_gql.settings import Settings, SyncSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync import events
from schema.operations import MAX_BYTES
from tests.schema.streaming import (
    CUTS,
    EVENTS,
    PATIENCE_S,
    Events,
    Site,
    client,
    code,
    following,
    happen_slowly,
    quick_site,
    revoke,
    seqs,
    site,
    site_on,
    streaming,
)
from tests.serving import new_key
from tests.sync.told import begin, end, tell

__all__ = ["client", "quick_site", "site"]

SCOPE = "{ viewer { scope } }"
ACCEPT = {"Accept": "text/event-stream"}


@asynccontextmanager
async def answered(
    site: Site, client: httpx.AsyncClient, asked: Any, key: str = "read", **headers: str
) -> AsyncIterator[Events]:
    """The stream that answers one operation."""
    sent = {**ACCEPT, **site.headers(key), **headers}
    async with streaming(client, "POST", site.url, json=asked, headers=sent) as stream:
        yield stream


async def test_a_query_is_one_result_and_the_end(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with answered(quick_site, client, {"query": SCOPE}) as stream:
        said = [await stream.next() for _ in range(3)]

    assert said == [("next", {"data": {"viewer": {"scope": "READ"}}}), ("complete", None), None]
    headers = stream.response.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in headers
    assert int(headers["x-ratelimit-remaining"]) > 0


async def test_a_query_may_be_asked_by_get_but_a_mutation_may_not(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    headers = {**ACCEPT, **quick_site.headers("admin")}
    mutation = 'mutation { cancelSync(runId: "x") { errors { code } } }'

    async with streaming(
        client, "GET", quick_site.url, params={"query": SCOPE}, headers=headers
    ) as stream:
        told = await stream.next()
    refused = await client.get(quick_site.url, params={"query": mutation}, headers=headers)

    assert told == ("next", {"data": {"viewer": {"scope": "ADMIN"}}})
    assert code(refused) == (405, "BAD_REQUEST")


async def test_events_come_as_they_happen(site: Site, client: httpx.AsyncClient) -> None:
    await begin(site.store, "pull_a")
    await tell(site.store, "pull_a")

    async with answered(site, client, following(replay=1)) as stream:
        past = await stream.results(1)
        await tell(site.store, "pull_a", 2)
        await end(site.store, "pull_a")
        present = await stream.results(3)

    assert seqs([*past, *present]) == [1, 2, 3, 4]
    assert present[-1]["data"]["syncEvents"]["status"] == "SUCCESS"
    assert stream.comments > 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nobody }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { syncEvents { nobody } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a" * 200 + "}" * 200, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { syncEvents(replay: -1) { __typename } }", "BAD_INPUT"),
        ('subscription { syncEvents(runId: "x") { __typename } }', "BAD_INPUT"),
        ("query a { viewer { scope } } query b { viewer { scope } }", "BAD_USER_INPUT"),
    ],
)
async def test_what_is_wrong_with_a_document_is_told_on_the_stream(
    quick_site: Site, client: httpx.AsyncClient, query: str, code: str
) -> None:
    async with answered(quick_site, client, {"query": query}) as stream:
        told = await stream.next()
        rest = [await stream.next(), await stream.next()]

    assert stream.response.status_code == 200
    assert told is not None
    assert told[0] == "next"
    assert {error["extensions"]["code"] for error in told[1]["errors"]} == {code}
    assert rest == [("complete", None), None]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"query": 1}', 400),
        (b" " * (MAX_BYTES + 1), 413),
    ],
)
async def test_what_is_no_request_is_refused_before_any_stream(
    quick_site: Site, client: httpx.AsyncClient, content: bytes, status: int
) -> None:
    headers = {**ACCEPT, **quick_site.headers(), "Content-Type": "application/json"}

    response = await client.post(quick_site.url, content=content, headers=headers)

    assert code(response) == (status, "TOO_LARGE" if status == 413 else "BAD_REQUEST")


async def test_without_a_key_there_is_no_stream(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    response = await client.post(quick_site.url, json=following(), headers=ACCEPT)
    cookie = await client.post(
        quick_site.url, json=following(), headers={**ACCEPT, "Cookie": "session=x"}
    )

    assert code(response) == code(cookie) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json; charset=utf-8"),
        ("application/json, text/event-stream", "application/json; charset=utf-8"),
        (
            "application/graphql-response+json, application/json, text/event-stream",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("text/event-stream", "text/event-stream; charset=utf-8"),
        ("TEXT/Event-Stream;q=0.5", "text/event-stream; charset=utf-8"),
    ],
)
async def test_a_query_is_streamed_only_to_those_who_accept_nothing_else(
    quick_site: Site, client: httpx.AsyncClient, accept: str, kind: str
) -> None:
    async with answered(quick_site, client, {"query": SCOPE}, Accept=accept) as stream:
        pass

    assert stream.response.headers["content-type"] == kind


@pytest.mark.parametrize("accept", ["*/*", "application/json, text/event-stream;q=0.1", "text/*"])
async def test_a_subscription_is_streamed_to_all_who_accept_that(
    quick_site: Site, client: httpx.AsyncClient, accept: str
) -> None:
    async with answered(quick_site, client, following(), Accept=accept) as stream:
        pass

    assert stream.response.headers["content-type"].startswith("text/event-stream")


async def test_a_subscription_is_not_answered_as_json(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    headers = {**quick_site.headers(), "Accept": "application/json"}

    response = await client.post(quick_site.url, json=following(), headers=headers)

    assert code(response) == (406, "BAD_REQUEST")


async def test_a_key_that_is_revoked_ends_its_streams_with_a_word(
    site: Site, client: httpx.AsyncClient
) -> None:
    key = await new_key(site.api.desk, "read", name="doomed")

    async with answered(site, client, following(), key) as stream:
        await revoke(site)
        told = await stream.next()
        rest = [await stream.next(), await stream.next()]

    assert told is not None
    assert told[1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert rest == [("complete", None), None]


async def test_a_key_has_so_many_streams_open_reserved_ones_too(
    sqlite_store: Store, settings: Callable[..., Settings], client: httpx.AsyncClient
) -> None:
    chosen = settings(sync=SyncSettings(streams_per_key=2))

    async with site_on(sqlite_store, chosen) as site, answered(site, client, following()):
        reserved = await client.put(site.url, headers=site.headers())
        refused = [
            await client.post(site.url, json=following(), headers=site.headers()),
            await client.put(site.url, headers=site.headers()),
        ]
        others = await client.put(site.url, headers=site.headers("admin"))

    assert (reserved.status_code, others.status_code) == (201, 201)
    assert [code(response) for response in refused] == [(503, "TOO_MANY_STREAMS")] * 2
    assert [response.headers["retry-after"] for response in refused] == ["5"] * 2


async def test_a_client_that_hangs_up_frees_its_place(
    sqlite_store: Store, settings: Callable[..., Settings], client: httpx.AsyncClient
) -> None:
    chosen = settings(sync=SyncSettings(streams_per_key=1))

    async with site_on(sqlite_store, chosen) as site:
        for _ in range(3):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    async with answered(site, client, following()) as stream:
                        status = stream.response.status_code
                    if status == 200:
                        break

    assert status == 200


async def test_a_server_that_stops_ends_a_stream_without_completing_it(
    sqlite_store: Store, settings: Callable[..., Settings], client: httpx.AsyncClient
) -> None:
    async with AsyncExitStack() as stack:
        async with site_on(sqlite_store, settings()) as site:
            stream = await stack.enter_async_context(answered(site, client, following()))

        end = await stream.next()

    assert stream.response.status_code == 200
    assert end is None


async def test_a_failure_of_ours_is_masked(quick_site: Site, client: httpx.AsyncClient) -> None:
    async with quick_site.store.write() as conn:
        await conn.execute(text("DROP TABLE sync_reject"))

    async with answered(
        quick_site, client, {"query": "{ syncRejects { nodes { id } } }"}
    ) as stream:
        told = await stream.next()

    assert told is not None
    (error,) = told[1]["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("Internal error", "INTERNAL")


async def test_however_often_it_is_cut_off_a_client_of_one_operation_sees_every_event_once(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    seen: list[int] = []
    await begin(quick_site.store, "pull_a")

    async def follow(cut_after: int | None) -> None:
        after = events.place(seen[-1] if seen else 0)
        async with answered(quick_site, client, following(after=after)) as stream:
            while seen[-1:] != [EVENTS] and cut_after != 0:
                seen.extend(seqs(await stream.results(1)))
                cut_after = cut_after and cut_after - 1

    writing = asyncio.create_task(happen_slowly(quick_site.store, "pull_a", EVENTS))
    for cut in range(CUTS):
        await follow(cut % 30 + 1)
    await follow(None)
    await writing

    assert seen == list(range(1, EVENTS + 1))
