"""The live stream of Open Wearables: from where it starts, how it goes on, and when it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import orjson
import pytest
from sqlalchemy import update
from sse_starlette.sse import AppStatus

from rewind_gql.auth.tables import ApiKey
from rewind_gql.rest.wearables import stream
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.tables import Counter, Event
from tests.databases import ME, OTHER, UUIDS
from tests.rest.streaming import Client, Frame, opened
from tests.serving import Api, desk_of, serving
from tests.sync.told import begin, end, tell

MINE = f"/api/v1/users/{UUIDS[ME]}/sync"
STREAM = f"{MINE}/stream"
HELLO = [Frame(comment="connected"), Frame(retry=3000)]


@asynccontextmanager
async def streaming(store: Store, settings: Settings) -> AsyncIterator[Api]:
    """The application with all that its streams need running."""
    desk = desk_of(store, settings)
    async with serving(desk) as api, desk.hub.running(), desk.watch.running(0.05):
        yield api


@pytest.fixture
async def live(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Api]:
    """The application on both databases, with all that its streams need running."""
    async with streaming(store, settings()) as api:
        await begin(store, "pull_a")
        yield api


def ids(frames: list[Frame]) -> list[int | None]:
    """The numbers of these frames."""
    return [frame.id for frame in frames]


async def hello(client: Client) -> list[Frame | None]:
    """The first two frames."""
    return [await client.frame(), await client.frame()]


async def test_a_stream_begins_at_once(live: Api) -> None:
    async with opened(live, STREAM, accept_encoding="gzip, br, zstd") as client:
        assert await hello(client) == HELLO

    assert client.status == 200
    assert client.headers[b"content-type"].startswith(b"text/event-stream")
    assert client.headers[b"cache-control"] == b"no-cache, no-transform"
    assert client.headers[b"x-accel-buffering"] == b"no"
    assert b"content-encoding" not in client.headers
    assert b"x-request-id" in client.headers


async def test_the_past_comes_oldest_first_and_then_what_happens(live: Api) -> None:
    await tell(live.desk.store, "pull_a", 30)

    async with opened(live, STREAM) as client:
        past = await client.events(20)
        await tell(live.desk.store, "pull_a")
        await tell(live.desk.store, "pull_a", 2)
        present = await client.events(3)

    assert ids(past) == list(range(11, 31))
    assert ids(present) == [31, 32, 33]


async def test_a_frame_is_an_event_on_one_line(live: Api) -> None:
    async with opened(live, f"{STREAM}?replay=0") as client:
        await hello(client)
        await tell(live.desk.store, "pull_a")
        await client.events(1)
    (listed,) = (await live.ask(f"{MINE}/recent")).json()

    last = client.raw.removeprefix(b": connected\n\nretry: 3000\n\n")
    data = orjson.dumps(listed)
    assert last == b"id: 1\nevent: sync.status\ndata: %b\n\n" % data


async def test_no_past_is_told_when_none_is_asked_for(live: Api) -> None:
    await tell(live.desk.store, "pull_a", 3)

    async with opened(live, f"{STREAM}?replay=0") as client:
        await hello(client)
        await tell(live.desk.store, "pull_a")

        assert ids(await client.events(1)) == [4]


async def test_the_events_of_others_are_not_told(live: Api) -> None:
    await begin(live.desk.store, "pull_b", user_id=OTHER)

    async with opened(live, STREAM) as client:
        await hello(client)
        await tell(live.desk.store, "pull_b", user_id=OTHER)
        await tell(live.desk.store, "pull_a")
        (first,) = await client.events(1)

    assert first.data["run_id"] == "pull_a"


@pytest.mark.parametrize(
    ("query", "header"),
    [
        ("", "5"),
        ("?last_event_id=5", None),
        ("?last_event_id=2&replay=1", "5"),
        ("?last_event_id=5", "nonsense"),
    ],
)
async def test_a_stream_goes_on_behind_the_last_event_a_client_has(
    live: Api, query: str, header: str | None
) -> None:
    await tell(live.desk.store, "pull_a", 40)
    headers = {} if header is None else {"last_event_id": header}

    async with opened(live, STREAM + query, **headers) as client:
        missed = await client.events(35)

    assert ids(missed) == list(range(6, 41))


async def test_a_header_that_is_no_number_counts_as_none(live: Api) -> None:
    await tell(live.desk.store, "pull_a", 3)

    async with opened(live, f"{STREAM}?replay=2", last_event_id="12x") as client:
        assert ids(await client.events(2)) == [2, 3]


async def test_a_client_is_told_when_events_it_missed_are_gone(live: Api) -> None:
    store = live.desk.store
    await tell(store, "pull_a", 9)
    async with store.write() as conn:
        await conn.execute(Event.__table__.delete().where(Event.__table__.c.seq <= 6))  # type: ignore[attr-defined]  # a table
        await conn.execute(update(Counter).values(pruned_seq=6))

    async with opened(live, STREAM, last_event_id="4") as client:
        reset, *rest = await client.events(4)
    async with opened(live, STREAM, last_event_id="6") as client:
        kept = await client.events(3)

    assert (reset.event, reset.data, reset.id) == ("sync.reset", {"oldest_id": 7}, None)
    assert ids(rest) == ids(kept) == [7, 8, 9]


async def test_a_stream_of_one_run_ends_with_it(live: Api) -> None:
    store = live.desk.store
    await begin(store, "pull_b")
    await tell(store, "pull_b")

    async with opened(live, f"{STREAM}?run_id=pull_b") as client:
        await client.events(1)
        await tell(store, "pull_a")
        await end(store, "pull_b")
        rest = await client.rest()

    assert [frame.data["stage"] for frame in rest if frame.event] == ["completed"]
    assert rest[-1] == Frame(comment="closing")


async def test_a_browser_that_has_seen_the_end_of_a_run_does_not_come_back(live: Api) -> None:
    await tell(live.desk.store, "pull_a")
    await end(live.desk.store, "pull_a")

    async with opened(live, f"{STREAM}?run_id=pull_a", last_event_id="2") as client:
        assert (client.status, await client.body()) == (204, b"")
    async with opened(live, f"{STREAM}?run_id=pull_a", last_event_id="1") as client:
        assert ids([frame for frame in await client.rest() if frame.event]) == [2]


async def test_silence_has_a_heartbeat(live: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "IDLE_S", 0.01)

    async with opened(live, STREAM) as client:
        await hello(client)

        assert await client.frame() == Frame(comment="heartbeat")


async def test_a_stream_ends_when_its_time_is_up(
    live: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LIFE_S", 0.01)

    async with opened(live, STREAM) as client:
        assert await client.rest() == [*HELLO, Frame(comment="closing")]


async def test_a_stream_ends_in_good_order_when_the_server_stops(
    live: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(live, STREAM) as client:
        await hello(client)
        monkeypatch.setattr(AppStatus, "should_exit", True)

        assert await client.rest() == [Frame(comment="closing")]


async def test_a_stream_ends_when_its_key_is_revoked(live: Api) -> None:
    async with opened(live, STREAM) as client:
        await hello(client)
        async with live.desk.store.write() as conn:
            await conn.execute(update(ApiKey).values(is_active=False))

        assert await client.rest() == [Frame(comment="closing")]


async def test_a_ticket_opens_one_stream(live: Api) -> None:
    made = await live.ask(f"{MINE}/stream-ticket", method="POST")
    ticket = made.json()["ticket"]

    async with opened(live, f"{STREAM}?ticket={ticket}", key="") as client:
        assert await hello(client) == HELLO
    async with opened(live, f"{STREAM}?ticket={ticket}", key="") as again:
        assert (again.status, await again.body()) == (
            401,
            b'{"detail":"Invalid or expired ticket"}',
        )

    assert made.json() == {"ticket": ticket, "expires_in": 60}


async def test_a_browser_that_was_cut_off_comes_back_by_the_cookie_it_was_given(live: Api) -> None:
    ticket = (await live.ask(f"{MINE}/stream-ticket", method="POST")).json()["ticket"]
    async with opened(live, f"{STREAM}?ticket={ticket}", key="") as client:
        given = client.headers[b"set-cookie"].decode()

    cookie = given.partition(";")[0]
    async with opened(live, f"{STREAM}?ticket={ticket}", key="", Cookie=cookie) as again:
        status = again.status

    assert status == 200
    assert f"Path={STREAM}; " in given
    assert all(part in given for part in ("HttpOnly", "SameSite=Strict"))


async def test_a_ticket_is_worth_what_its_key_is(live: Api) -> None:
    ticket = (await live.ask(f"{MINE}/stream-ticket", method="POST")).json()["ticket"]
    theirs = f"/api/v1/users/{UUIDS[OTHER]}/sync"

    refused = await live.ask(f"{theirs}/stream-ticket", method="POST")
    async with opened(live, f"{theirs}/stream?ticket={ticket}", key="") as client:
        assert client.status == 404

    assert refused.status_code == 404


async def test_a_ticket_opens_nothing_but_a_stream(live: Api) -> None:
    ticket = (await live.ask(f"{MINE}/stream-ticket", method="POST")).json()["ticket"]

    refused = await live.ask(f"{MINE}/recent?ticket={ticket}", key=None)

    assert refused.status_code == 401


@pytest.mark.parametrize("limit", ["streams_per_key", "streams_total"])
async def test_more_streams_than_allowed_are_refused_until_one_closes(
    sqlite_store: Store, settings: Callable[..., Settings], limit: str
) -> None:
    async with streaming(sqlite_store, settings(sync={limit: 1})) as api:
        async with opened(api, STREAM) as first:
            await hello(first)
            async with opened(api, STREAM) as second:
                assert second.status == 503
                assert await second.body() == b'{"detail":"Too many open streams"}'
                assert int(second.headers[b"retry-after"]) >= 1
        async with opened(api, STREAM) as third:
            assert third.status == 200


async def test_a_reader_that_takes_nothing_is_let_go(
    sqlite_store: Store, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_WITHIN_S", 0.01)
    monkeypatch.setattr(stream, "IDLE_S", 0.01)
    only_one = settings(sync={"streams_total": 1})
    async with streaming(sqlite_store, only_one) as api, opened(api, STREAM) as client:
        client.takes_nothing = True
        await client.left()

        async with opened(api, STREAM) as next_one:
            assert next_one.status == 200


async def test_head_is_answered_without_a_stream(live: Api) -> None:
    async with opened(live, STREAM, method="HEAD") as client:
        assert (client.status, await client.body()) == (200, b"")


async def test_fifty_cut_connections_miss_nothing_and_repeat_nothing(live: Api) -> None:
    store, total = live.desk.store, 1_000
    seen: list[int | None] = []

    async def happen() -> None:
        for _ in range(total // 10):
            await tell(store, "pull_a", 10)
            await asyncio.sleep(0)

    happening = asyncio.create_task(happen())
    connections = 0
    while len(seen) < total:
        after = {"last_event_id": str(seen[-1])} if seen else {"last_event_id": "0"}
        async with opened(live, STREAM, **after) as client:
            connections += 1
            seen += ids(await client.events(min(20, total - len(seen))))
    await happening

    assert seen == list(range(1, total + 1))
    assert connections == 50
