"""Usage: every request counts once, whatever happens to the writes."""

import asyncio
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from rewind_gql import clock
from rewind_gql.auth import queries, views
from rewind_gql.auth.usage import Usage
from rewind_gql.store.engine import Store
from tests.auth.test_keys import make
from tests.databases import ME

NOON = clock.midnight(clock.EPOCH.date()) + timedelta(hours=12)


async def seen(store: Store, key_id: int) -> views.ApiKey:
    """The key as stored now."""
    return await store.ask(queries.key, ME, key_id=key_id)


async def test_a_flush_adds_what_was_counted(store: Store) -> None:
    stored, _ = await make(store)
    other, _ = await make(store)
    usage = Usage(store)
    for second in range(3):
        usage.count(stored.id, NOON + timedelta(seconds=second))

    await usage.flush()
    await usage.flush()

    key = await seen(store, stored.id)
    assert (key.request_count, key.last_used_at) == (3, NOON + timedelta(seconds=2))
    assert (await seen(store, other.id)).request_count == 0


async def test_two_processes_add_up(store: Store) -> None:
    stored, _ = await make(store)
    early, late = Usage(store), Usage(store)
    early.count(stored.id, NOON)
    late.count(stored.id, NOON + timedelta(seconds=1))

    await late.flush()
    await early.flush()

    key = await seen(store, stored.id)
    assert (key.request_count, key.last_used_at) == (2, NOON + timedelta(seconds=1))


async def test_flushes_at_the_same_time_count_once(store: Store) -> None:
    stored, _ = await make(store)
    usage = Usage(store)
    for _ in range(100):
        usage.count(stored.id, NOON)

    await asyncio.gather(*(usage.flush() for _ in range(5)))

    assert (await seen(store, stored.id)).request_count == 100


async def test_leaving_writes_the_rest(store: Store) -> None:
    stored, _ = await make(store)
    usage = Usage(store)

    async with usage.running():
        usage.count(stored.id, NOON)

    assert (await seen(store, stored.id)).request_count == 1


async def test_it_is_written_in_the_background(store: Store) -> None:
    stored, _ = await make(store)
    written = asyncio.Event()
    usage = Usage(store)
    store.watchers.append(lambda sql: written.set() if sql == "Update" else None)

    async with usage.running(every_s=0.01):
        usage.count(stored.id, NOON)
        await asyncio.wait_for(written.wait(), 5)


async def test_a_failed_write_forgets_nothing(sqlite_store: Store) -> None:
    stored, _ = await make(sqlite_store)
    usage = Usage(sqlite_store)
    usage.count(stored.id, NOON)
    with sqlite3.connect(str(sqlite_store.url.database)) as database:
        database.execute("ALTER TABLE auth_key RENAME TO elsewhere")
    with pytest.raises(SQLAlchemyError):
        await usage.flush()
    with sqlite3.connect(str(sqlite_store.url.database)) as database:
        database.execute("ALTER TABLE elsewhere RENAME TO auth_key")
    usage.count(stored.id, NOON)

    await usage.flush()

    assert (await seen(sqlite_store, stored.id)).request_count == 2
