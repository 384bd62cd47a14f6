"""The store: one writer, readers apart, on SQLite or on PostgreSQL."""

import asyncio
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import asyncpg
from sqlalchemy import Executable, event
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.engine import URL, CursorResult, make_url
from sqlalchemy.exc import ArgumentError, ResourceClosedError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from rewind_gql.errors import BadSettings
from rewind_gql.store.finishing import unbroken, whole
from rewind_gql.store.read import Conn, Read, V
from rewind_gql.store.sqlite import DIALECT as SQLITE
from rewind_gql.store.sqlite import SqliteReads, only
from rewind_gql.store.versions import RAISE, Changes

POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
BUSY_MS = 5_000
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}

RAISES = "Version"
"""What watchers are shown of the statement that raises versions."""

CHANNEL = "rewind_changed"
"""Where PostgreSQL tells every process whose data a committed transaction has changed."""

FAILURES = (
    SQLAlchemyError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)
"""What asking or writing raises when the database is away, busy or broken; timeouts as well."""

P = ParamSpec("P")
A = TypeVar("A")
Query = Callable[Concatenate[Conn, int, P], Awaitable[A]]


class Reads(Protocol):
    """The read side of a database."""

    async def snapshot(self, query: Callable[[Any], Awaitable[A]]) -> A:
        """What `query` answers on one unchanging state of the database."""
        ...

    def version(self) -> int | None:
        """What `Store.version` says."""
        ...

    def renew(self) -> None:
        """Something was committed: what was said of the version holds no longer."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Writing:
    """The connection of one write transaction; it also answers reads, seeing its own writes.

    On SQLite a statement whose caller is cancelled is interrupted, and its end waited for: see
    `finishing`. All that was written is undone then, and nothing else is written.
    """

    def __init__(self, connection: AsyncConnection, watch: Callable[[str], None]) -> None:
        self._connection = connection
        self._watch = watch
        self.dialect = SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL
        self.announced: set[int] = set()
        self._changes = Changes()
        self._is_undone = False

    def announce(self, user_id: int) -> None:
        """Once this is committed, tell whoever watches that something of this user has changed."""
        self.announced.add(user_id)

    async def execute(
        self, statement: Executable, params: dict[str, Any] | list[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement, or the same one for a list of rows."""
        self._watch(str(type(statement).__name__))
        result: Any = await self._finished(self._connection.execute(statement, params))
        run = result.context
        self._changes.note(run.compiled.string, run.compiled_parameters, result.rowcount)
        return result  # type: ignore[no-any-return]  # a CursorResult for all we send

    async def rows(self, read: Read[V], /, **params: Any) -> list[V]:
        """Every row of `read`, within this transaction."""
        prepared = read.prepared(self.dialect)
        self._watch(prepared.sql)
        bound: Any = (
            prepared.bind(params) if self.dialect is SQLITE else prepared.positional(params)
        )
        raw = await self._finished(self._connection.exec_driver_sql(prepared.sql, bound))
        found = raw.fetchall()
        self._changes.note(prepared.sql, (params,), len(found))
        return prepared.build(found)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """What is written inside raises no version, for no answer that is kept is made of it.

        Whoever reads such columns calls `trace.fleeting`.
        """
        changes, self._changes = self._changes, Changes()
        try:
            yield
        finally:
            self._changes = changes

    async def raise_versions(self) -> None:
        """Raise the numbers of what was changed: the last statement before the commit."""
        self._check()
        rows = self._changes.rows()
        if rows:
            self._watch(RAISES)
            raising = self._connection.execute(RAISE[self.dialect.name], rows)
            await self._finished(raising)

    async def first(self, read: Read[V], /, **params: Any) -> V | None:
        """The first row of `read`, or None."""
        found = await self.rows(read, **params)
        return found[0] if found else None

    async def value(self, read: Read[V], /, **params: Any) -> V:
        """The only row of `read`."""
        return only(await self.rows(read, **params))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What is written inside is undone alone when it raises."""
        nested = self._connection.begin_nested()
        try:
            async with unbroken(nested) if self.dialect is SQLITE else nested:
                yield
        except SQLAlchemyError:
            self._check()  # the savepoint went with all the rest
            raise

    async def _finished(self, work: Coroutine[Any, Any, A]) -> A:
        if self.dialect is not SQLITE:
            return await work
        try:
            self._check()
        except asyncio.CancelledError:
            work.close()
            raise
        return await whole(work, self._interrupt)

    async def _interrupt(self) -> None:
        """Stop the statement that runs; SQLite undoes the transaction of one that writes."""
        self._is_undone = True
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        await driver.interrupt()

    def _check(self) -> None:
        """Raises `CancelledError` once all is undone; another statement would be its own commit."""
        if self._is_undone:
            raise asyncio.CancelledError


class PostgresReads:
    """The read side of PostgreSQL: an asyncpg pool."""

    def __init__(self, pool: Any, watch: Callable[[str], None]) -> None:
        self._pool = pool
        self._watch = watch

    async def snapshot(self, query: Callable[[Any], Awaitable[A]]) -> A:
        """What `query` answers inside one read-only, repeatable transaction."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await query(_PostgresConn(connection, self._watch))

    def version(self) -> int | None:
        """None: to learn of a commit would cost as much as to ask again."""
        return None

    def renew(self) -> None:
        """Nothing is remembered."""

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()


class _PostgresConn:
    def __init__(self, connection: Any, watch: Callable[[str], None]) -> None:
        self._connection = connection
        self._watch = watch

    async def rows(self, read: Read[V], /, **params: Any) -> list[V]:
        prepared = read.prepared(POSTGRESQL)
        self._watch(prepared.sql)
        found = await self._connection.fetch(prepared.sql, *prepared.positional(params))
        return prepared.build(found)

    async def first(self, read: Read[V], /, **params: Any) -> V | None:
        found = await self.rows(read, **params)
        return found[0] if found else None

    async def value(self, read: Read[V], /, **params: Any) -> V:
        return only(await self.rows(read, **params))


class Watchers(list[Callable[[str], None]]):
    """Functions that are shown every statement; tests count them."""

    def __call__(self, sql: str) -> None:
        """Show one statement to all."""
        for watcher in self:
            watcher(sql)


class Store:
    """A migrated database. `ask` reads, `write` writes; both speak SQLite and PostgreSQL."""

    def __init__(self, url: URL, engine: AsyncEngine, reads: Reads, watch: Watchers) -> None:
        self.url = url
        self.watchers = watch
        self.announced: list[Callable[[set[int]], None]] = []
        """Told, right after a commit, the users it announced; must not wait or raise."""
        self.origin = secrets.token_hex(4)
        """What this store's own words on `CHANNEL` begin with."""
        self._engine = engine
        self._reads = reads
        # SQLite has one writer; waiting here is fair and cheap, waiting in the driver is neither.
        self._turn = asyncio.Lock() if url.get_backend_name() == "sqlite" else None
        self._is_closed = False

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.get_backend_name()

    @classmethod
    async def open(cls, url: str) -> "Store":
        """Open a database that is migrated already. Raises `BadSettings` for an unusable URL."""
        parsed = parse_url(url)
        watch = Watchers()
        if parsed.get_backend_name() == "sqlite":
            reads: Reads = SqliteReads(sqlite_path(parsed), watch)
        else:
            pool = await asyncpg.create_pool(plain_url(parsed), min_size=1, max_size=10)
            reads = PostgresReads(pool, watch)
        return cls(parsed, writer_engine(parsed), reads, watch)

    async def close(self) -> None:
        """Close every connection, once whoever writes on SQLite is done; nobody writes after that.

        A connection that is out when its pool is emptied would come back to be nobody's.
        """
        await self._reads.close()
        async with self._turn or nullcontext():
            self._is_closed = True
            await self._engine.dispose()

    async def ask(
        self, query: Query[P, A], user_id: int, /, *args: P.args, **kwargs: P.kwargs
    ) -> A:
        """What `query` answers for this user, on one unchanging state of the database."""
        return await self._reads.snapshot(lambda conn: query(conn, user_id, *args, **kwargs))

    async def system(
        self, query: Callable[Concatenate[Conn, P], Awaitable[A]], /, *args: P.args, **kw: P.kwargs
    ) -> A:
        """What a question about the installation answers: users, keys, leases; no one's data."""
        return await self._reads.snapshot(lambda conn: query(conn, *args, **kw))

    def version(self) -> int | None:
        """A number that is another one after every commit, in whichever process it was made.

        None where it is not to be had at once, as on PostgreSQL.
        """
        return self._reads.version()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Writing]:
        """A write transaction: BEGIN IMMEDIATE on SQLite; committed at the end, undone on error."""
        if self._turn is None:
            async with self._begun() as connection:
                conn = Writing(connection, self.watchers)
                yield conn
                await conn.raise_versions()
                await self._notify(connection, conn.announced)
        else:
            async with self._turn, unbroken(self._begun()) as connection:
                conn = Writing(connection, self.watchers)
                yield conn
                await conn.raise_versions()
            self._reads.renew()
        if conn.announced:
            for tell in self.announced:
                tell(conn.announced)

    def _begun(self) -> AbstractAsyncContextManager[AsyncConnection]:
        if self._is_closed:
            raise ResourceClosedError("The store is closed")
        return self._engine.begin()

    async def _notify(self, connection: AsyncConnection, users: set[int]) -> None:
        """Have PostgreSQL tell all processes of these users, when and if this is committed."""
        if users:
            words = " ".join([self.origin, *map(str, sorted(users))])
            await connection.exec_driver_sql("SELECT pg_notify($1, $2)", (CHANNEL, words))


def parse_url(url: str) -> URL:
    """A database address of ours with its driver. Raises `BadSettings` saying what is accepted."""
    try:
        parsed = make_url(url)
        driver = DRIVERS[parsed.get_backend_name()]
    except (ArgumentError, KeyError, ValueError) as wrong:
        raise BadSettings(
            "REWIND_DATABASE_URL is not usable. Write sqlite:////folder/rewind.db or "
            "postgresql://user:password@host/name."
        ) from wrong
    return parsed.set(drivername=driver)


def plain_url(url: URL) -> str:
    """The address of a PostgreSQL database as its own drivers want it, password and all."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def sqlite_path(url: URL) -> Path:
    """The file behind a SQLite address. Raises `BadSettings` for a database in memory."""
    if not url.database or url.database == ":memory:":
        raise BadSettings("A database in memory would be lost at every stop; name a file.")
    return Path(url.database)


def writer_engine(url: URL) -> AsyncEngine:
    """The engine for writes and administration."""
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            pool_size=5,
            max_overflow=5,
            pool_pre_ping=True,
            # As the pool of the readers gives it: the column type reads the text, once.
            json_deserializer=str,
        )
    engine = create_async_engine(url, pool_size=1, max_overflow=0)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-4000",
        "temp_store=MEMORY",
        "wal_autocheckpoint=2000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
