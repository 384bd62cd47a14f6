"""The store: writes are never lost, reads see one state, slow reads leave the event loop free."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import (
    Integer,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ResourceClosedError
from sqlmodel import col

from rewind_gql.auth.tables import User
from rewind_gql.errors import BadSettings
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Conn, Store, Writing, parse_url
from rewind_gql.store.read import Read
from tests.databases import ME, OTHER

NAME = Read(select(col(User.name)).where(col(User.id) == bindparam("user_id")), str)
COUNT = Read(select(func.count()).select_from(User), int)
IDS = Read(select(col(User.id)).where(among(col(User.id), "ids")).order_by(col(User.id)), int)
SLOW = Read(
    select(
        literal_column(
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
            "SELECT count(*) FROM n)",
            Integer,
        ).label("counted")
    ),
    int,
)


async def name(conn: Conn, user_id: int) -> str:
    """The user's name."""
    return await conn.value(NAME, user_id=user_id)


async def append(conn: Writing, sign: str) -> None:
    """Read the user's name, think, write it back one sign longer."""
    before = await conn.value(NAME, user_id=ME)
    await asyncio.sleep(0)
    await conn.execute(update(User).where(col(User.id) == ME), {"name": before + sign})


async def test_concurrent_read_modify_writes_are_all_kept(sqlite_store: Store) -> None:
    async def writer() -> None:
        for _ in range(25):
            async with sqlite_store.write() as conn:
                await append(conn, "x")

    await asyncio.gather(*(writer() for _ in range(20)))

    assert (await sqlite_store.ask(name, ME)).count("x") == 500


async def test_two_processes_writing_at_once_lose_nothing(sqlite_store: Store) -> None:
    second = await Store.open(str(sqlite_store.url))

    async def writer(store: Store) -> None:
        for _ in range(100):
            async with store.write() as conn:
                await append(conn, "x")

    await asyncio.gather(writer(sqlite_store), writer(second))

    assert (await sqlite_store.ask(name, ME)).count("x") == 200
    await second.close()


async def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    before = await store.ask(name, ME)

    with pytest.raises(ZeroDivisionError):
        async with store.write() as conn:
            await append(conn, "x")
            raise ZeroDivisionError

    assert await store.ask(name, ME) == before


async def test_a_savepoint_undoes_only_itself(store: Store) -> None:
    async with store.write() as conn:
        await append(conn, "a")
        with pytest.raises(ZeroDivisionError):
            async with conn.savepoint():
                await append(conn, "b")
                raise ZeroDivisionError

    assert await store.ask(name, ME) == "user 1a"


async def test_a_list_parameter_takes_any_number_of_items(
    store: Store, statements: list[str]
) -> None:
    async def ids(conn: Conn, user_id: int, wanted: list[int]) -> list[int]:
        return await conn.rows(IDS, ids=wanted)

    found = [await store.ask(ids, ME, wanted) for wanted in ([], [OTHER], list(range(5000)))]

    assert found == [[], [OTHER], [ME, OTHER]]
    assert len(set(statements)) == 1


async def test_a_query_sees_one_state_even_when_it_is_slow(sqlite_store: Store) -> None:
    async def counts(conn: Conn, user_id: int, started: asyncio.Event) -> tuple[int, int]:
        before = await conn.value(COUNT)
        await conn.rows(SLOW)
        started.set()
        return before, await conn.value(COUNT)

    async def add() -> None:
        async with sqlite_store.write() as conn:
            row = {
                "uuid": uuid4(),
                "name": "new",
                "time_zone": "UTC",
                "disabled": False,
                "epoch": 0,
            }
            await conn.execute(
                insert(User), {**row, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
            )

    asked = asyncio.create_task(sqlite_store.ask(counts, ME, asyncio.Event()))
    await asyncio.sleep(0.02)
    await add()
    before, after = await asked

    assert before == after == 2


async def test_a_slow_statement_does_not_hold_up_others(sqlite_store: Store) -> None:
    async def slow(conn: Conn, user_id: int) -> Any:
        return await conn.rows(SLOW)

    asked = asyncio.create_task(sqlite_store.ask(slow, ME))
    ticks = 0
    while not asked.done():
        await asyncio.sleep(0.001)
        assert await sqlite_store.ask(name, ME) == "user 1"
        ticks += 1

    assert ticks > 10
    assert await asked == [3_000_000]


async def test_what_stops_a_slow_statement_lets_its_transaction_end(sqlite_store: Store) -> None:
    async def slow(conn: Conn, user_id: int) -> Any:
        return await conn.rows(SLOW)

    reads: Any = sqlite_store._reads
    reads._place.connection.set_progress_handler(reads._place._spent, 1)  # looks at every step

    assert await sqlite_store.ask(slow, ME) == [3_000_000]
    assert await sqlite_store.ask(name, ME) == "user 1"


async def test_a_caller_who_gives_up_stops_the_statement(sqlite_store: Store) -> None:
    async def endless(conn: Conn, user_id: int) -> Any:
        return await conn.rows(SLOW)

    asked = asyncio.create_task(sqlite_store.ask(endless, ME))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    assert await sqlite_store.ask(name, ME) == "user 1"


async def test_a_query_that_waits_for_something_else_is_refused(sqlite_store: Store) -> None:
    async def wrong(conn: Conn, user_id: int) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="nothing but its connection"):
        await sqlite_store.ask(wrong, ME)

    assert await sqlite_store.ask(name, ME) == "user 1"


async def test_readers_cannot_write(sqlite_store: Store) -> None:
    write = Read(delete(User).returning(col(User.id)), int)

    async def attempt(conn: Conn, user_id: int) -> Any:
        return await conn.rows(write)

    with pytest.raises(Exception, match="readonly"):
        await sqlite_store.ask(attempt, ME)


async def test_parameters_too_many_or_missing_are_an_error(store: Store) -> None:
    async def wrong(conn: Conn, user_id: int) -> str:
        return await conn.value(NAME, id=user_id)

    with pytest.raises(TypeError):
        await store.ask(wrong, ME)


def test_a_view_without_a_column_for_each_field_is_refused() -> None:
    incomplete = Read(select(literal(1).label("id")), User)

    with pytest.raises(TypeError):
        incomplete.prepared(sqlite.dialect(paramstyle="named")).build([(1,)])


@pytest.mark.parametrize("url", ["", "mysql://x/y", "nonsense", "sqlite://", "sqlite:///:memory:"])
async def test_an_unusable_address_is_refused_in_words(url: str) -> None:
    with pytest.raises(BadSettings):
        await Store.open(url)


def test_addresses_get_their_driver() -> None:
    addresses = ("sqlite:////d/r.db", "postgres://h/n", "postgresql://u:p@h/n")

    drivers = [parse_url(address).drivername for address in addresses]

    assert drivers == ["sqlite+aiosqlite", "postgresql+asyncpg", "postgresql+asyncpg"]


async def test_closing_waits_for_whoever_writes(sqlite_store: Store) -> None:
    inside, done = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with sqlite_store.write() as conn:
            inside.set()
            await done.wait()
            await conn.execute(select(literal(1)))

    writing = asyncio.create_task(write())
    await inside.wait()
    closing = asyncio.create_task(sqlite_store.close())
    late = asyncio.create_task(write())
    for _ in range(3):
        await asyncio.sleep(0)
    assert not closing.done()
    done.set()
    await asyncio.gather(writing, closing)

    with pytest.raises(ResourceClosedError):
        await late
    assert sqlite_store._engine.pool.checkedin() == 0  # type: ignore[attr-defined]  # this pool has it
