"""How processes tell each other that something of a person has changed: wake-ups, nothing more.

A signal may be lost, and then what it spoke of is seen a little later; rows are the truth.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeAlias

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from rewind_gql import log

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 10.0
LOOK_S = 15.0
"""How often a connection that says nothing is asked whether it is still there."""
PATIENCE_S = 5.0
REDIS_CHANNEL = "rewind:changed"

Heard: TypeAlias = Callable[[Collection[int] | None], None]
"""Told whose data changed in another process; None when it is not known, so perhaps everybody's."""

_AWAY = (RedisError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_log = log.get("signals")


class Signals(Protocol):
    """A way to the other processes on the same database."""

    def tell(self, users: Collection[int]) -> None:
        """Tell the others about these users, soon; never waits, never fails."""
        ...

    def running(self, heard: Heard | None = None) -> Any:
        """An async context in which `tell` works, and `heard` is told what others tell."""
        ...


class Quiet:
    """No way to other processes: there are none, or they look for themselves."""

    def tell(self, users: Collection[int]) -> None:
        """Nobody is told."""

    @asynccontextmanager
    async def running(self, heard: Heard | None = None) -> AsyncIterator[None]:
        """Nothing is heard."""
        yield


class PostgresSignals:
    """LISTEN on one connection of its own. Telling is part of the transaction, in the store."""

    def __init__(self, url: str, *, channel: str, own: str) -> None:
        self._url = url
        self._channel = channel
        self._own = own

    def tell(self, users: Collection[int]) -> None:
        """The transaction has told them already."""

    @asynccontextmanager
    async def running(self, heard: Heard | None = None) -> AsyncIterator[None]:
        """Listen while inside, for as often as the database goes away and comes back."""
        if heard is None:
            yield
            return
        async with _kept_up(lambda up: self._listen(heard, up), "postgresql"):
            yield

    async def _listen(self, heard: Heard, up: Callable[[], None]) -> None:
        connection = await asyncpg.connect(self._url, timeout=PATIENCE_S)
        gone = asyncio.Event()

        def told(_connection: Any, _pid: int, _channel: str, words: Any) -> None:
            _pass_on(str(words), self._own, heard)

        try:
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(self._channel, told)
            up()
            heard(None)
            while not await _within(LOOK_S, gone):
                await connection.execute("SELECT 1", timeout=PATIENCE_S)
            raise ConnectionError("the connection was closed")
        finally:
            connection.terminate()


class RedisSignals:
    """Publish and subscribe on one channel of Redis; users told of close together go as one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._own = secrets.token_hex(4)
        self._users: set[int] = set()
        self._some = asyncio.Event()

    def tell(self, users: Collection[int]) -> None:
        """Publish them, soon; lost while Redis is away."""
        self._users |= set(users)
        self._some.set()

    @asynccontextmanager
    async def running(self, heard: Heard | None = None) -> AsyncIterator[None]:
        """Publish and, with `heard`, listen while inside, however often Redis goes and comes."""
        async with _kept_up(self._publish, "redis"):
            if heard is None:
                yield
                return
            async with _kept_up(lambda up: self._listen(heard, up), "redis"):
                yield

    async def _publish(self, up: Callable[[], None]) -> None:
        async with self._connected() as redis:
            while True:
                await self._some.wait()
                self._some.clear()
                users, self._users = self._users, set()
                words = " ".join([self._own, *map(str, sorted(users))])
                await redis.publish(REDIS_CHANNEL, words)
                up()

    async def _listen(self, heard: Heard, up: Callable[[], None]) -> None:
        async with self._connected() as redis, redis.pubsub() as channel:
            await channel.subscribe(REDIS_CHANNEL)
            while True:
                said = await channel.get_message(timeout=LOOK_S)
                if said is None:
                    await channel.ping()
                elif said["type"] == "subscribe":
                    up()
                    heard(None)
                elif said["type"] == "message":
                    _pass_on(said["data"].decode("ascii", "replace"), self._own, heard)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        redis = Redis.from_url(
            self._url,
            socket_connect_timeout=PATIENCE_S,
            socket_timeout=PATIENCE_S,
        )
        try:
            yield redis
        finally:
            await redis.aclose()


def _pass_on(words: str, own: str, heard: Heard) -> None:
    """What another process said; what this one said itself it knows, and odd words are nothing."""
    origin, *users = words.split(" ")
    known = [int(user) for user in users if user.isascii() and user.isdigit()]
    if known and origin != own:
        heard(known)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Whether the event comes in that time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


@asynccontextmanager
async def _kept_up(
    work: Callable[[Callable[[], None]], Awaitable[None]], name: str
) -> AsyncIterator[None]:
    """Work in the background while inside; begun again, after a pause, whenever it fails."""
    task = asyncio.create_task(_again_and_again(work, name))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _again_and_again(
    work: Callable[[Callable[[], None]], Awaitable[None]], name: str
) -> None:
    wait = FIRST_WAIT_S

    def up() -> None:
        nonlocal wait
        if wait > FIRST_WAIT_S:
            _log.info("signals are back", by=name)
        wait = FIRST_WAIT_S

    while True:
        try:
            await work(up)
        except _AWAY as away:
            if wait == FIRST_WAIT_S:
                _log.warning(
                    "signals are away; rows are looked for instead", by=name, why=str(away)
                )
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT_S)
