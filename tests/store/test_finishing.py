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


ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) "
    "SELECT max(i) FROM n"
)
SOON_S = 5


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


@pytest.mark.parametrize("inside", [True, False], ids=["in a savepoint", "outside"])
@pytest.mark.parametrize("writes", [True, False], ids=["writing", "reading"])
async def test_a_long_statement_is_stopped_and_all_before_it_undone(
    sqlite_store: Store, connected: list[object], inside: bool, writes: bool
) -> None:
    async with sqlite_store.write() as conn:
        before = await conn.value(NAME, user_id=ME)
    statement = f"UPDATE auth_user SET name = ({ENDLESS})" if writes else ENDLESS

    async def long_write() -> None:
        async with sqlite_store.write() as conn:
            await append(conn, "a")
            async with conn.savepoint() if inside else contextlib.nullcontext():
                await append(conn, "b")
                await conn.execute(text(statement))

    async with asyncio.timeout(SOON_S):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(long_write(), 0.1)
        async with sqlite_store.write() as conn:
            after = await conn.value(NAME, user_id=ME)

    assert after == before
    assert len(connected) <= 1, "connections were thrown away"


async def test_who_goes_on_although_cancelled_writes_nothing(sqlite_store: Store) -> None:
    async with sqlite_store.write() as conn:
        before = await conn.value(NAME, user_id=ME)
    told = []

    async def stubborn(*, again: bool) -> None:
        async with sqlite_store.write() as conn:
            await append(conn, "a")
            with contextlib.suppress(asyncio.CancelledError):
                await conn.execute(text(ENDLESS))
            if again:
                with contextlib.suppress(asyncio.CancelledError):
                    await append(conn, "b")
        told.append("committed")

    for again in (False, True):
        writer = asyncio.create_task(stubborn(again=again))
        await asyncio.sleep(0.05)
        writer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writer

    assert told == []
    async with sqlite_store.write() as conn:
        assert await conn.value(NAME, user_id=ME) == before


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
