"""Reading SQLite: one connection that answers in place, and a few threads for what is slow."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.dialects import sqlite

from rewind_gql.store.finishing import AGAIN_S, whole
from rewind_gql.store.read import Read, V

DIALECT = sqlite.dialect(paramstyle="named")

# A thread hop costs more than most statements take, so they run on the event loop, for as many
# virtual-machine steps as take about five milliseconds. What needs more starts again on a thread.
STEPS_PER_CHECK = 5_000
CHECKS_IN_PLACE = 60
SLOW_READERS = 3

A = TypeVar("A")
Watch = Callable[[str], None]


class SqliteReads:
    """The read side of a SQLite file: snapshots, each on a read-only connection."""

    def __init__(self, path: Path, watch: Watch) -> None:
        self._path = path
        self._watch = watch
        self._place = _Place(_open(path), watch)
        self._threads = ThreadPoolExecutor(SLOW_READERS, thread_name_prefix="rewind-read")
        self._free: asyncio.LifoQueue[sqlite3.Connection | None] = asyncio.LifoQueue()
        for _ in range(SLOW_READERS):
            self._free.put_nowait(None)
        self._version = 0
        self._turn: asyncio.AbstractEventLoop | None = None
        """The event loop in whose present turn the version was asked for."""

    async def snapshot(self, query: Callable[[Any], Awaitable[A]]) -> A:
        """What `query` answers on one unchanging state of the database.

        It runs in place while its statements are quick; when one is not, the whole query starts
        again on a thread, which is safe because a query only reads.
        """
        try:
            return self._place.run(query)
        except _TooSlow:
            return await self._on_a_thread(query)

    async def _on_a_thread(self, query: Callable[[Any], Awaitable[A]]) -> A:
        kept = await self._free.get()
        loop = asyncio.get_running_loop()
        try:
            if kept is None:
                kept = await loop.run_in_executor(self._threads, _open, self._path)
            conn = _Threaded(kept, self._threads, self._watch)
            await conn.execute("BEGIN")
            try:
                return await query(conn)
            finally:
                # Nobody else gets the connection while this is under way.
                await whole(conn.execute("ROLLBACK"))
        finally:
            self._free.put_nowait(kept)

    def version(self) -> int | None:
        """A number that is another one after every commit, whoever made it.

        Requests that are answered in the same turn of the event loop had all come before it began.
        """
        loop = asyncio.get_running_loop()
        if self._turn is not loop:
            self._version = self._place.version()
            self._turn = loop
            loop.call_soon(self.renew)
        return self._version

    def renew(self) -> None:
        """Ask for the version anew, for its turn is over or something was committed in it."""
        self._turn = None

    async def close(self) -> None:
        """Close every connection; no query may be under way."""
        self._place.connection.close()
        while not self._free.empty():
            if connection := self._free.get_nowait():
                connection.close()
        self._threads.shutdown()


class _TooSlow(Exception):
    """A statement used up its steps."""


class _Place:
    """The connection that answers on the event loop. Its calls never wait, so none interleave."""

    def __init__(self, connection: sqlite3.Connection, watch: Watch) -> None:
        self.connection = connection
        self._watch = watch
        self._checks = 0
        connection.set_progress_handler(self._spent, STEPS_PER_CHECK)

    def run(self, query: Callable[[Any], Awaitable[A]]) -> A:
        """Drive `query` to its end within one read transaction."""
        execute = self.connection.execute
        self._checks = 0
        execute("BEGIN")
        running = query(self).__await__()
        try:
            next(running)
        except StopIteration as done:
            answer: A = done.value
            return answer
        else:
            raise RuntimeError("a query may wait for nothing but its connection")
        finally:
            # What stopped a slow statement must not stop this one, whose steps count as well.
            self._checks = 0
            execute("ROLLBACK")

    def version(self) -> int:
        """A number that is another one after every commit of others."""
        self._checks = 0  # or the steps of many such questions would stop one of them
        found: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return found

    def _spent(self) -> bool:
        self._checks += 1
        return self._checks > CHECKS_IN_PLACE

    async def rows(self, read: Read[V], /, **params: Any) -> list[V]:
        """Every row of `read`, in place."""
        prepared = read.prepared(DIALECT)
        self._watch(prepared.sql)
        self._checks = 0
        try:
            raw = self.connection.execute(prepared.sql, prepared.bind(params)).fetchall()
        except sqlite3.OperationalError as stopped:
            if stopped.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise _TooSlow from None
            raise
        return prepared.build(raw)

    async def first(self, read: Read[V], /, **params: Any) -> V | None:
        """The first row of `read`, or None."""
        found = await self.rows(read, **params)
        return found[0] if found else None

    async def value(self, read: Read[V], /, **params: Any) -> V:
        """The only row of `read`."""
        return only(await self.rows(read, **params))


class _Threaded:
    """A connection whose statements run on a thread, one query at a time."""

    def __init__(
        self, connection: sqlite3.Connection, threads: ThreadPoolExecutor, watch: Watch
    ) -> None:
        self._connection = connection
        self._threads = threads
        self._watch = watch

    async def execute(self, sql: str, params: Any = ()) -> list[Any]:
        """Run a statement on the thread; a caller who gives up stops it."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, _fetch, self._connection, sql, params)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                # Again and again, for a statement that has not begun yet is not stopped by it.
                self._connection.interrupt()
                await asyncio.wait([work], timeout=AGAIN_S)
            # Nobody else asks how it ended, which asyncio would report as an error unheard.
            work.exception()
            raise

    async def rows(self, read: Read[V], /, **params: Any) -> list[V]:
        """Every row of `read`."""
        prepared = read.prepared(DIALECT)
        self._watch(prepared.sql)
        return prepared.build(await self.execute(prepared.sql, prepared.bind(params)))

    async def first(self, read: Read[V], /, **params: Any) -> V | None:
        """The first row of `read`, or None."""
        found = await self.rows(read, **params)
        return found[0] if found else None

    async def value(self, read: Read[V], /, **params: Any) -> V:
        """The only row of `read`."""
        return only(await self.rows(read, **params))


def only(found: list[V]) -> V:
    """The first of `found`. Raises `LookupError` when it is empty."""
    if not found:
        raise LookupError("the statement gave no row")
    return found[0]


def _fetch(connection: sqlite3.Connection, sql: str, params: Any) -> list[Any]:
    return connection.execute(sql, params).fetchall()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    for pragma in (
        "query_only=1",
        "busy_timeout=5000",
        "mmap_size=268435456",
        "cache_size=-4000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection
