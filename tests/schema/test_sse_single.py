"""GraphQL over server-sent events, one stream for all operations: reserved, opened, used."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from rewind_gql.settings import Settings, SyncSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync import events
from schema.operations import MAX_OPERATIONS
from tests.schema.streaming import (
    CUTS,
    EVENTS,
    PATIENCE_S,
    Events,
    Site,
    client,
    code,
    endpoint_of,
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
from tests.sync.told import begin, tell

__all__ = ["client", "quick_site", "site"]

SCOPE = "{ viewer { scope } }"
ACCEPT = {"Accept": "text/event-stream"}
TOKEN = "X-GraphQL-Event-Stream-Token"


@dataclass
class Single:
    """A client that has one stream for all its operations."""

    site: Site
    client: httpx.AsyncClient
    headers: dict[str, str]
    stream: Events

    async def perform(self, id_: Any, asked: Any, **headers: str) -> httpx.Response:
        """Ask for an operation."""
        extensions = {} if id_ is None else {"extensions": {"operationId": id_}}
        return await self.client.post(
            self.site.url, json={**asked, **extensions}, headers={**self.headers, **headers}
        )

    async def stop(self, id_: str | None, **headers: str) -> httpx.Response:
        """Ask to stop one."""
        params = {} if id_ is None else {"operationId": id_}
        return await self.client.delete(
            self.site.url, params=params, headers={**self.headers, **headers}
        )


async def reserved(site: Site, client: httpx.AsyncClient, key: str = "read") -> str:
    """The token of a new stream."""
    response = await client.put(site.url, headers=site.headers(key))
    assert response.status_code == 201
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    return response.text


@asynccontextmanager
async def opened(site: Site, client: httpx.AsyncClient, key: str = "read") -> AsyncIterator[Single]:
    """A client with an open stream."""
    token = await reserved(site, client, key)
    headers = {TOKEN: token, **site.headers(key)}
    async with streaming(client, "GET", site.url, headers={**headers, **ACCEPT}) as stream:
        assert stream.response.status_code == 200
        yield Single(site, client, headers, stream)


async def test_results_carry_the_id_of_their_operation(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with opened(quick_site, client) as single:
        response = await single.perform("a", {"query": SCOPE})
        said = [await single.stream.next() for _ in range(2)]

    assert (response.status_code, response.content) == (202, b"")
    assert said == [
        ("next", {"id": "a", "payload": {"data": {"viewer": {"scope": "READ"}}}}),
        ("complete", {"id": "a"}),
    ]


async def test_several_operations_share_the_stream_until_they_are_stopped(
    site: Site, client: httpx.AsyncClient
) -> None:
    await begin(site.store, "pull_a")
    await tell(site.store, "pull_a")

    async with opened(site, client) as single:
        for name in ("a", "b"):
            assert (await single.perform(name, following(replay=1))).status_code == 202
        past = {each["id"]: each["payload"] for each in await single.stream.results(2)}
        stopped = await single.stop("a")
        await tell(site.store, "pull_a")
        [present] = await single.stream.results(1)
        again = await single.perform("a", {"query": SCOPE})
        answer = await single.stream.next()

    assert seqs(list(past.values())) == [1, 1]
    assert (stopped.status_code, again.status_code) == (200, 202)
    assert (present["id"], seqs([present["payload"]])) == ("b", [2])
    assert answer is not None
    assert answer[1]["id"] == "a"


async def test_operations_may_be_asked_for_before_the_stream_is_open(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    token = await reserved(quick_site, client)
    asked = {"query": SCOPE, "extensions": {"operationId": "a"}}
    early = await client.post(
        quick_site.url, json=asked, headers={TOKEN: token, **quick_site.headers()}
    )

    async with streaming(
        client, "GET", quick_site.url, params={"token": token}, headers=ACCEPT
    ) as stream:
        told = await stream.next()

    assert early.status_code == 202
    assert told is not None
    assert told[1]["payload"] == {"data": {"viewer": {"scope": "READ"}}}


async def test_an_operation_may_come_by_get_with_its_extensions_in_the_address(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    params = {"query": SCOPE, "extensions": '{"operationId": "a"}'}

    async with opened(quick_site, client) as single:
        response = await client.get(quick_site.url, params=params, headers=single.headers)
        told = await single.stream.next()

    assert response.status_code == 202
    assert told is not None
    assert told[1]["id"] == "a"


async def test_only_one_stream_is_opened_with_a_token(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with opened(quick_site, client) as single:
        second = await client.get(quick_site.url, headers={**single.headers, **ACCEPT})
    async with asyncio.timeout(PATIENCE_S):
        while (
            third := await client.get(quick_site.url, headers=single.headers)
        ).status_code != 404:
            pass

    assert code(second) == (409, "CONFLICT")
    assert code(third) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nobody }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nobody }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_document_that_is_refused_is_refused_in_the_answer(
    quick_site: Site, client: httpx.AsyncClient, query: str, code: str
) -> None:
    async with opened(quick_site, client) as single:
        refused = await single.perform("a", {"query": query})
        accepted = await single.perform("a", {"query": SCOPE})
        told = await single.stream.next()

    assert refused.status_code == 400
    assert {each["extensions"]["code"] for each in refused.json()["errors"]} == {code}
    assert accepted.status_code == 202
    assert told is not None
    assert told[0] == "next"


async def test_what_is_wrong_with_arguments_is_told_on_the_stream(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with opened(quick_site, client) as single:
        accepted = await single.perform("a", following(replay=-1))
        said = [await single.stream.next() for _ in range(2)]

    assert accepted.status_code == 202
    assert said[0] is not None
    assert said[0][1]["payload"]["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert said[1] == ("complete", {"id": "a"})


async def test_an_id_is_needed_and_may_not_be_in_use(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with opened(quick_site, client) as single:
        missing = [await single.perform(id_, following()) for id_ in (None, "", 7, ["a"])]
        unnamed = [await single.stop(None), await single.stop("")]
        first = await single.perform("a", following())
        second = await single.perform("a", following())

    assert {code(response) for response in [*missing, *unnamed]} == {(400, "BAD_REQUEST")}
    assert first.status_code == 202
    assert code(second) == (409, "CONFLICT")


async def test_what_is_unknown_may_be_stopped(quick_site: Site, client: httpx.AsyncClient) -> None:
    async with opened(quick_site, client) as single:
        assert (await single.stop("nobody")).status_code == 200


async def test_a_stream_is_for_whom_it_was_reserved(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    other = {"Authorization": quick_site.headers("admin")["Authorization"]}

    async with opened(quick_site, client) as single:
        strangers = [
            await single.perform("a", {"query": SCOPE}, **other),
            await single.stop("a", **other),
            await single.perform("a", {"query": SCOPE}, **{TOKEN: "unknown"}),
            await client.get(quick_site.url, headers={TOKEN: "unknown", **ACCEPT}),
            await client.delete(quick_site.url, headers=quick_site.headers()),
        ]
        nobody = [
            await single.perform("a", {"query": SCOPE}, Authorization="x"),
            await single.stop("a", Authorization="x"),
            await client.put(quick_site.url),
        ]

    assert {code(response) for response in strangers} == {(404, "NOT_FOUND")}
    assert {code(response) for response in nobody} == {(401, "UNAUTHENTICATED")}


async def test_a_stream_runs_so_many_operations_at_a_time(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    async with opened(quick_site, client) as single:
        for number in range(MAX_OPERATIONS):
            assert (await single.perform(f"s{number}", following())).status_code == 202
        refused = await single.perform("more", following())
        await single.stop("s0")
        accepted = await single.perform("more", following())

    assert code(refused) == (503, "TOO_MANY_STREAMS")
    assert accepted.status_code == 202


async def test_operations_of_a_revoked_key_are_ended_one_by_one(
    site: Site, client: httpx.AsyncClient
) -> None:
    key = await new_key(site.api.desk, "read", name="doomed")

    async with opened(site, client, key) as single:
        await single.perform("a", following())
        await single.perform("b", following())
        await revoke(site)
        said = [await single.stream.next() for _ in range(5)]
        after = await single.perform("c", following())

    names = [(each[0], each[1]["id"]) for each in said if each]
    assert sorted(names) == [("complete", "a"), ("complete", "b"), ("next", "a"), ("next", "b")]
    assert said[4] is None
    assert after.status_code == 401


async def test_a_reservation_is_given_up_when_nobody_comes(
    sqlite_store: Store, settings: Callable[..., Settings], client: httpx.AsyncClient
) -> None:
    chosen = settings(sync=SyncSettings(streams_per_key=1))
    hasty = partial(endpoint_of, reserved_s=0.2)

    async with site_on(sqlite_store, chosen, hasty) as site:
        token = await reserved(site, client)
        asked = {**following(), "extensions": {"operationId": "a"}}
        headers = {TOKEN: token, **site.headers()}
        accepted = await client.post(site.url, json=asked, headers=headers)
        async with asyncio.timeout(PATIENCE_S):
            while (later := await client.put(site.url, headers=site.headers())).status_code != 201:
                pass
        gone = await client.get(site.url, headers={**headers, **ACCEPT})

    assert (accepted.status_code, later.status_code) == (202, 201)
    assert code(gone) == (404, "NOT_FOUND")


async def test_a_server_that_stops_ends_a_stream_without_completing_its_operations(
    sqlite_store: Store, settings: Callable[..., Settings], client: httpx.AsyncClient
) -> None:
    async with AsyncExitStack() as stack:
        async with site_on(sqlite_store, settings()) as site:
            single = await stack.enter_async_context(opened(site, client))
            accepted = await single.perform("s", following())
            await reserved(site, client)

        end = await single.stream.next()

    assert accepted.status_code == 202
    assert end is None


async def test_however_often_it_is_cut_off_a_client_of_one_stream_sees_every_event_once(
    quick_site: Site, client: httpx.AsyncClient
) -> None:
    seen: list[int] = []
    await begin(quick_site.store, "pull_a")

    async def follow(cut_after: int | None) -> None:
        after = events.place(seen[-1] if seen else 0)
        async with opened(quick_site, client) as single:
            await single.perform("a", following(after=after))
            while seen[-1:] != [EVENTS] and cut_after != 0:
                seen.extend(seqs([each["payload"] for each in await single.stream.results(1)]))
                cut_after = cut_after and cut_after - 1

    writing = asyncio.create_task(happen_slowly(quick_site.store, "pull_a", EVENTS))
    for cut in range(CUTS):
        await follow(cut % 30 + 1)
    await follow(None)
    await writing

    assert seen == list(range(1, EVENTS + 1))
