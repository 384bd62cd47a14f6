"""Whoever is cancelled in the middle of a write leaves the database as if it had never begun."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.pool import Pool

from rewind_gql.store.engine import Store
from rewind_gql.store.finishing import unbroken, whole
from tests.databases import ME
from tests.store.test_engine import NAME, append

LONG = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    "SELECT max(i) FROM n"
)


@pytest.fixture
def connected() -> Iterator[list[object]]:
    """Every connection that SQLAlchemy makes in this test."""
    made: list[object] = []

    def note(connection: object, _record: object) -> None:
        made.append(connection)

    event.listen(Pool, "connect", note)
    yield made
    event.remove(Pool, "connect", note)


async def test_cancelled_writes_are_undone_and_keep_their_connection(
    sqlite_store: Store, connected: list[object]
) -> None:
    async with sqlite_store.write() as conn:
        before = await conn.value(NAME, user_id=ME)

    async def long_write() -> None:
        async with sqlite_store.write() as conn, conn.savepoint():
            for sign in ("a", "b"):
                await append(conn, sign)
                await conn.execute(LONG)
            raise LookupError  # not even the last moment commits

    for delay in range(40):
        writer = asyncio.create_task(long_write())
        await asyncio.sleep(delay / 4_000)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError, LookupError):
            await writer
    async with sqlite_store.write() as conn:
        assert await conn.value(NAME, user_id=ME) == before

    assert len(connected) <= 1, "connections were thrown away"


async def test_work_is_whole_however_often_its_caller_is_cancelled() -> None:
    gate = asyncio.Event()
    done: list[str] = []

    async def work() -> None:
        await gate.wait()
        done.append("work")

    caller = asyncio.create_task(whole(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()

    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == ["work"]


async def test_work_gives_its_answer_or_its_error() -> None:
    async def answer() -> int:
        return 7

    async def fail() -> int:
        raise LookupError

    assert await whole(answer()) == 7
    with pytest.raises(LookupError):
        await whole(fail())


async def test_a_block_entered_although_cancelled_is_left() -> None:
    gate = asyncio.Event()
    told: list[str] = []

    @asynccontextmanager
    async def block() -> AsyncIterator[None]:
        await gate.wait()
        told.append("entered")
        try:
            yield
        except asyncio.CancelledError:
            told.append("undone")
            raise

    async def use() -> None:
        async with unbroken(block()):
            told.append("never")

    caller = asyncio.create_task(use())
    await asyncio.sleep(0)
    caller.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert told == ["entered", "undone"]
