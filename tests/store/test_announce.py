"""What a store tells after a commit: once, of whom, and never of what was undone."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlmodel import col, select

from rewind_gql.auth.tables import User
from rewind_gql.store.engine import CHANNEL, Store, Writing, plain_url
from rewind_gql.store.read import Conn, Read
from tests.databases import ME, OTHER, Databases

_NAME: Read[str] = Read(select(col(User.name).label("name")).where(col(User.id) == ME), str)


async def _name(conn: Conn) -> str:
    return await conn.value(_NAME)


@pytest.fixture
def told(store: Store) -> list[set[int]]:
    """What the store has announced."""
    heard: list[set[int]] = []
    store.announced.append(heard.append)
    return heard


async def _rename(conn: Writing, name: str) -> None:
    await conn.execute(text("UPDATE auth_user SET name = :name WHERE id = 1"), {"name": name})


async def test_users_are_announced_once_when_it_is_committed(
    store: Store, told: list[set[int]]
) -> None:
    async with store.write() as conn:
        for _ in range(3):
            conn.announce(ME)
        conn.announce(OTHER)
        before = list(told)

    assert (before, told) == ([], [{ME, OTHER}])


async def test_who_is_told_can_read_what_was_written(store: Store) -> None:
    seen: list[asyncio.Task[str]] = []
    store.announced.append(lambda _: seen.append(asyncio.ensure_future(store.system(_name))))

    async with store.write() as conn:
        await _rename(conn, "Ida")
        conn.announce(ME)

    assert await seen[0] == "Ida"


async def test_what_was_undone_is_not_announced(store: Store, told: list[set[int]]) -> None:
    with pytest.raises(KeyError):
        async with store.write() as conn:
            conn.announce(ME)
            raise KeyError

    assert told == []


async def test_a_write_that_announces_nobody_tells_nobody(
    store: Store, told: list[set[int]]
) -> None:
    async with store.write() as conn:
        await _rename(conn, "Ida")

    assert told == []


async def test_postgresql_tells_every_process_if_it_is_committed(databases: Databases) -> None:
    url = await databases.postgresql()
    store = await Store.open(url)
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener: Any = await asyncpg.connect(plain_url(store.url))
    await listener.add_listener(CHANNEL, lambda *said: heard.put_nowait(said[-1]))

    with pytest.raises(KeyError):
        async with store.write() as conn:
            conn.announce(OTHER)
            raise KeyError
    async with store.write() as conn:
        conn.announce(ME)
    words = await asyncio.wait_for(heard.get(), 60)
    await listener.close()
    await store.close()
    await databases.drop(url)

    assert words == f"{store.origin} {ME}"
    assert heard.empty()
