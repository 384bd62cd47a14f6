"""GraphQL over WebSocket: whom a real server lets in, and how and why it closes sockets."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col
from websockets.exceptions import InvalidStatus

from rewind_gql import clock
from rewind_gql.auth import keys, queries
from rewind_gql.auth.tables import ApiKey
from rewind_gql.settings import Settings, SyncSettings
from rewind_gql.store.engine import Store
from schema.operations import MAX_BYTES
from schema.sockets import MAX_WAITING
from tests.databases import ME
from tests.schema.streaming import (
    Site,
    endpoint_of,
    following,
    introduced,
    quick_site,
    site,
    site_on,
    talking,
)
from tests.serving import new_key

__all__ = ["quick_site", "site"]

SCOPE = "{ viewer { scope } }"
INIT = {"type": "connection_init"}


def asked(query: Any = SCOPE, **given: Any) -> dict[str, Any]:
    """A message that starts an operation."""
    return {"id": "q", "type": "subscribe", "payload": {"query": query, **given}}


async def test_a_key_that_is_revoked_closes_its_sockets_and_no_others(site: Site) -> None:
    key = await new_key(site.api.desk, "read", name="doomed")

    async with introduced(site) as other, introduced(site, key) as talk:
        await talk.subscribe("s", following())
        [doomed] = [k for k in await site.store.ask(queries.keys, ME) if k.name == "doomed"]
        async with site.store.write() as conn:
            await keys.revoke(conn, ME, key_id=doomed.id)
        closed = await talk.closed()
        still = await other.ask(SCOPE)

    assert closed == (4403, "Forbidden: what let you in is not valid any more")
    assert still == {"data": {"viewer": {"scope": "READ"}}}


async def test_a_key_that_expires_closes_its_sockets(quick_site: Site) -> None:
    key = await new_key(quick_site.api.desk, "read", name="short")

    async with introduced(quick_site, key) as talk:
        past = clock.now() - timedelta(seconds=1)
        async with quick_site.store.write() as conn:
            expired = update(ApiKey).where(col(ApiKey.name) == "short")
            await conn.execute(expired.values(expires_at=past, is_active=False))
        code, _ = await talk.closed()

    assert code == 4403


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"Authorization": "Bearer rw_nonsense"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": 7},
        {"Authorization": "Bearer \u65e5\u672c"},
        {"token": "x"},
    ],
)
async def test_who_is_not_known_is_sent_away(quick_site: Site, payload: dict[str, Any]) -> None:
    async with talking(quick_site) as talk:
        await talk.send({**INIT, "payload": payload})

        assert await talk.closed() == (4403, "Forbidden")


async def test_a_cookie_opens_nothing(quick_site: Site) -> None:
    desk = quick_site.api.desk
    caller = await desk.gate.bearer(quick_site.headers("admin")["Authorization"].encode(), None)
    session = await desk.gate.open_session(caller)

    async with talking(quick_site, headers={"Cookie": f"session={session}"}) as talk:
        await talk.send(INIT)

        assert await talk.closed() == (4403, "Forbidden")


async def test_an_address_that_fails_too_often_is_told_to_wait(quick_site: Site) -> None:
    closed = []
    for _ in range(61):
        async with talking(quick_site) as talk:
            await talk.send(INIT)
            closed.append(await talk.closed())

    assert closed == [(4403, "Forbidden")] * 60 + [(1013, "Too Many Requests")]


@pytest.mark.parametrize("protocols", [("graphql-ws",), ("soap",), ()])
async def test_another_protocol_is_not_spoken(quick_site: Site, protocols: tuple[str, ...]) -> None:
    async with talking(quick_site, protocols=protocols) as talk:
        assert await talk.closed() == (4406, "Subprotocol not acceptable")


async def test_the_first_of_the_protocols_offered_that_is_known_is_spoken(
    quick_site: Site,
) -> None:
    async with talking(quick_site, protocols=("graphql-ws", "graphql-transport-ws")) as talk:
        assert talk.connection.subprotocol == "graphql-transport-ws"


async def test_an_operation_before_the_introduction_is_refused(quick_site: Site) -> None:
    async with talking(quick_site) as talk:
        await talk.send(asked())

        assert await talk.closed() == (4401, "Unauthorized")


async def test_who_says_nothing_is_sent_away(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    impatient = partial(endpoint_of, init_wait_s=0.2)

    async with site_on(sqlite_store, settings(), impatient) as site, talking(site) as talk:
        await talk.send({"type": "ping"})
        pong = await talk.receive()
        closed = await talk.closed()

    assert pong == {"type": "pong"}
    assert closed == (4408, "Connection initialisation timeout")


async def test_only_so_many_may_wait_before_they_say_who_they_are(quick_site: Site) -> None:
    async with AsyncExitStack() as stack:
        oldest = await stack.enter_async_context(talking(quick_site))
        second = await stack.enter_async_context(talking(quick_site))
        for _ in range(MAX_WAITING - 2):
            await stack.enter_async_context(talking(quick_site))
        async with introduced(quick_site, "admin") as later:
            answer = await later.ask(SCOPE)
        closed = await oldest.closed()
        greeted = await second.introduce(**quick_site.headers())

    assert answer == {"data": {"viewer": {"scope": "ADMIN"}}}
    assert closed == (4408, "Connection initialisation timeout")
    assert greeted == {"type": "connection_ack"}


async def test_an_id_in_use_is_refused(quick_site: Site) -> None:
    async with introduced(quick_site) as talk:
        await talk.subscribe("s", following())
        await talk.subscribe("s", following())

        assert await talk.closed() == (4409, "Subscriber for s already exists")


async def test_an_endless_id_is_shortened_to_what_a_close_frame_holds(quick_site: Site) -> None:
    async with introduced(quick_site) as talk:
        await talk.subscribe("é" * 500, following())
        await talk.subscribe("é" * 500, following())
        code, reason = await talk.closed()

    assert code == 4409
    assert reason.startswith("Subscriber for ééé")


async def test_a_second_introduction_is_refused(quick_site: Site) -> None:
    async with introduced(quick_site) as talk:
        await talk.send(INIT)

        assert await talk.closed() == (4429, "Too many initialisation requests")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "[" * 5_000,
        b"bytes",
        [],
        1,
        None,
        {},
        {"type": None},
        {"type": ["ping"]},
        {"type": "start"},
        {"type": "next", "id": "q", "payload": {}},
        {"type": "ping", "payload": []},
        {"type": "complete"},
        {"type": "complete", "id": 1},
        {"type": "subscribe", "payload": {"query": SCOPE}},
        {**asked(), "id": ""},
        {**asked(), "id": ["q"]},
        {**asked(), "id": 7},
        {"type": "subscribe", "id": "q"},
        {"type": "subscribe", "id": "q", "payload": None},
        {"type": "subscribe", "id": "q", "payload": [{"query": SCOPE}]},
        asked(None),
        asked(""),
        asked(7),
        asked(variables=[1]),
        asked(operationName=7),
        asked(extensions="x"),
    ],
)
async def test_what_is_not_of_the_protocol_closes_the_socket(
    quick_site: Site, message: Any
) -> None:
    async with introduced(quick_site) as talk:
        await talk.send(message)
        code, reason = await talk.closed()

    assert code == 4400
    assert reason


@pytest.mark.parametrize("payload", ["x", 1, [], True])
async def test_an_introduction_of_another_form_closes_the_socket(
    quick_site: Site, payload: Any
) -> None:
    async with talking(quick_site) as talk:
        await talk.send({**INIT, "payload": payload})

        assert (await talk.closed())[0] == 4400


async def test_an_introduction_may_say_that_it_says_nothing(quick_site: Site) -> None:
    async with talking(quick_site, headers=quick_site.headers()) as talk:
        await talk.send({**INIT, "payload": None})

        assert await talk.receive() == {"type": "connection_ack"}


async def test_a_message_that_is_too_long_closes_the_socket(quick_site: Site) -> None:
    async with introduced(quick_site) as talk:
        await talk.subscribe("s", following())
        await talk.send(asked("#" * MAX_BYTES))

        assert (await talk.closed())[0] == 1009


async def test_a_key_has_so_many_sockets_open(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    chosen = settings(sync=SyncSettings(streams_per_key=1))

    async with site_on(sqlite_store, chosen) as site:
        async with introduced(site):
            async with talking(site) as second:
                await second.send({**INIT, "payload": site.headers()})
                refused = await second.closed()
            async with introduced(site, "admin"):
                pass
        async with introduced(site) as later:
            answer = await later.ask(SCOPE)

    assert refused == (1013, "Too many open streams")
    assert answer == {"data": {"viewer": {"scope": "READ"}}}


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        (None, True),
        ("http://{address}", True),
        ("https://site.example", True),
        ("https://evil.example", False),
        ("null", False),
    ],
)
async def test_pages_of_other_sites_open_sockets_where_they_are_allowed_to(
    sqlite_store: Store, settings: Callable[..., Settings], origin: str | None, let_in: bool
) -> None:
    chosen = settings(allowed_origins=("https://site.example",))

    async with site_on(sqlite_store, chosen) as site:
        said = origin and origin.format(address=site.address)
        try:
            async with talking(site, origin=said) as talk:
                answer = await talk.introduce(**site.headers())
        except InvalidStatus as refused:
            answer = refused.response.status_code

    assert answer == ({"type": "connection_ack"} if let_in else 403)


async def test_other_paths_have_no_sockets(quick_site: Site) -> None:
    elsewhere = replace(quick_site, address=f"{quick_site.address}/v1/listening")

    with pytest.raises(InvalidStatus) as refused:
        async with talking(elsewhere):
            pass

    assert refused.value.response.status_code == 403


async def test_a_server_that_stops_says_so(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    async with AsyncExitStack() as stack:
        async with site_on(sqlite_store, settings()) as site:
            talk = await stack.enter_async_context(introduced(site))
            await talk.subscribe("s", following())
            await talk.ask(SCOPE)

        assert (await talk.closed())[0] == 1012
