"""What many readers of one person cost: statements, encodings, and how many are let in."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from uuid import UUID

import pytest

from rewind_gql.auth.views import Caller
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync.live import Batch, Hub, Item, Live, Reset, TooManyStreams
from rewind_gql.sync.live import hub as live_hub
from tests.databases import ME, OTHER, UUIDS
from tests.sync.streaming import begin, hub_on, listening, say, until


def _reads(statements: list[str]) -> list[str]:
    return [sql for sql in statements if sql.startswith("SELECT") and "sync_event" in sql]


async def test_an_event_is_read_once_for_all_who_follow(
    store: Store, statements: list[str]
) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(listening(hub)) for _ in range(30)]
        statements.clear()
        await say(store, run_id)
        for reader in readers:
            await reader.has(2)

    assert len(_reads(statements)) == 1
    assert all(reader.items[0] is readers[0].items[0] for reader in readers)


async def test_idle_streams_cost_a_statement_for_all_and_no_connection(
    store: Store, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "POLL_S", 0.05)
    mine, theirs = await begin(store), await begin(store, OTHER)
    async with hub_on(store) as hub, AsyncExitStack() as stack:
        for user_id in (ME, OTHER) * 20:
            await stack.enter_async_context(listening(hub, user_id))
        statements.clear()
        await until(lambda: len(statements) >= 10)
        seen = set(statements)

    assert {mine, theirs}
    assert len(seen) == 1
    assert "sync_counter" in seen.pop()


async def test_nobody_costs_nothing(
    store: Store, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "POLL_S", 0.01)
    run_id = await begin(store)
    async with hub_on(store):
        await say(store, run_id)
        statements.clear()
        await asyncio.sleep(0.2)

    assert statements == []


async def test_what_comes_together_goes_out_together(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, listening(hub) as reader:
        for _ in range(300):
            await say(store, run_id)
        await reader.has(301)

    assert reader.seqs == list(range(2, 302))
    assert reader.batches < 300


async def test_bytes_are_made_once_for_all_readers(store: Store) -> None:
    run_id = await begin(store)
    for _ in range(2):
        await say(store, run_id)
    encoded: list[Item] = []

    def encode(item: Item) -> bytes:
        encoded.append(item)
        return b"%d " % (item.seq if isinstance(item, Live) else 0)

    async def read(hub: Hub, after: int) -> bytes:
        got = b""
        async with aclosing(hub.follow(ME, after=after)) as batches:
            async for batch in batches:
                got += batch.encoded("plain", encode)
                if b"8" in got:
                    break
        return got

    async with hub_on(store) as hub, listening(hub):
        reading = [asyncio.create_task(read(hub, after)) for after in (3, 3, 3)]
        await until(lambda: hub.waiting == 4)
        for _ in range(5):
            await say(store, run_id)
        got = await asyncio.gather(*reading)

    assert got == [b"4 5 6 7 8 ", b"4 5 6 7 8 ", b"4 5 6 7 8 "]
    assert len(encoded) == 5


def test_a_form_is_made_once_and_another_form_apart() -> None:
    batch = Batch([Reset(4)])

    first = batch.encoded("one", lambda item: b"1")
    again = batch.encoded("one", lambda item: b"not asked for")
    other = batch.encoded("two", lambda item: b"2")

    assert (first, again, other) == (b"1", b"1", b"2")


def _caller(key_id: int | None, device_id: str | None = None) -> Caller:
    return Caller(
        key_id=key_id,
        user_id=ME,
        user_uuid=UUID(UUIDS[ME]),
        time_zone="UTC",
        scope="read",
        rate_limit_rpm=60,
        expires_at=None,
        device_id=device_id,
    )


async def test_a_key_has_so_many_streams_and_others_have_theirs(sqlite_store: Store) -> None:
    hub = Hub(sqlite_store, SyncSettings(streams_per_key=2))
    with hub.admit(_caller(1)), hub.admit(_caller(1)):
        with pytest.raises(TooManyStreams), hub.admit(_caller(1)):
            pass
        with hub.admit(_caller(2)), hub.admit(_caller(None, "mac")), hub.admit(_caller(None, "pc")):
            pass
    with hub.admit(_caller(1)):
        pass


async def test_there_are_so_many_streams_in_all(sqlite_store: Store) -> None:
    hub = Hub(sqlite_store, SyncSettings(streams_total=2))
    with (
        hub.admit(_caller(1)),
        hub.admit(_caller(2)),
        pytest.raises(TooManyStreams) as refused,
        hub.admit(_caller(3)),
    ):
        pass

    assert (refused.value.status, refused.value.message) == (503, "Too many open streams")
    assert refused.value.retry_after > 0


class Told:
    """Counts how often a person's changes were told of."""

    def __init__(self, hub: Hub, user_id: int) -> None:
        self.times = 0
        self.first = asyncio.Event()
        self.task = asyncio.create_task(self._listen(hub, user_id))

    async def _listen(self, hub: Hub, user_id: int) -> None:
        async with aclosing(hub.changes(user_id)) as changes:
            async for _ in changes:
                self.times += 1
                self.first.set()


async def test_changes_are_told_together_and_to_whom_they_concern(store: Store) -> None:
    async with hub_on(store) as hub:
        mine, others = Told(hub, ME), Told(hub, OTHER)
        await until(lambda: hub.waiting == 2)
        for _ in range(50):
            async with store.write() as conn:
                conn.announce(ME)
        await mine.first.wait()
        before = others.times
        async with store.write() as conn:
            conn.announce(OTHER)
        await others.first.wait()

    await asyncio.gather(mine.task, others.task)  # the hub has stopped, and so have they
    assert 0 < mine.times < 50
    assert (before, others.times) == (0, 1)
