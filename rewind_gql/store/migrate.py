"""Bringing a database to the newest form, forward only, with a verified backup of a SQLite file."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from rewind_gql import clock
from rewind_gql.errors import BadSettings
from rewind_gql.store.engine import parse_url, sqlite_path, writer_engine

# Any fixed number does; it keeps two starting processes from migrating at once.
ADVISORY_LOCK = 7_391_845_201


@dataclass(frozen=True, slots=True)
class Migrated:
    """What an upgrade did: revisions before and after, and the backup made of a SQLite file."""

    before: str | None
    after: str
    backup: Path | None


MIGRATIONS = Path(__file__).parent / "migrations"


def config(scripts: Path, connection: Any = None) -> Config:
    """Alembic's settings for the migrations in a folder."""
    made = Config()
    made.set_main_option("script_location", str(scripts))
    made.attributes["connection"] = connection
    return made


def head(scripts: Path = MIGRATIONS) -> str:
    """The newest revision."""
    found = ScriptDirectory.from_config(config(scripts)).get_current_head()
    if found is None:
        raise LookupError("there are no migrations")
    return found


async def revision(url: str) -> str | None:
    """The revision a database is at; None for an empty one. Does not create a SQLite file.

    Raises `BadSettings` when the database cannot be used.
    """
    parsed = parse_url(url)
    with _usable(parsed):
        if parsed.get_backend_name() == "sqlite":
            if not sqlite_path(parsed).exists():
                return None
            _open(sqlite_path(parsed))
            sqlite_path(parsed).chmod(0o600)  # a life is nobody else's business
        engine = writer_engine(parsed)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(_current)
        finally:
            await engine.dispose()


async def upgrade(url: str, *, scripts: Path = MIGRATIONS) -> Migrated:
    """Bring the database at `url` to the newest revision; safe to run twice and from two places.

    A SQLite file that will change is copied first to `backups/` beside it and the copy checked.
    Raises `BadSettings` when the database is newer than this program or cannot be reached.
    """
    parsed = parse_url(url)
    with _usable(parsed):
        before = await revision(url)
        newest = head(scripts)
        if before == newest:
            return Migrated(before, newest, None)
        if before and before not in _known(scripts):
            raise BadSettings(
                f"The database is at revision {before}, which this version does not know. "
                "Install the version that wrote it, or a newer one."
            )
        backup = None
        if parsed.get_backend_name() == "sqlite":
            sqlite_path(parsed).parent.mkdir(parents=True, exist_ok=True)
            _open(sqlite_path(parsed))
            if before:
                backup = await asyncio.to_thread(back_up, sqlite_path(parsed), before)
        await _run(parsed, scripts)
    return Migrated(before, newest, backup)


@contextmanager
def _usable(url: URL) -> Iterator[None]:
    """Raises `BadSettings`, saying what to look at, when the database refuses inside."""
    try:
        yield
    except (OSError, sqlite3.Error, DBAPIError) as wrong:
        shown = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
        raise BadSettings(
            f"The database {shown} cannot be used: "
            f"{str(getattr(wrong, 'orig', wrong)).splitlines()[0]}. Check REWIND_DATABASE_URL, "
            "that the server runs and that the folder can be written."
        ) from wrong


def _open(path: Path) -> None:
    """Open a SQLite file once on this thread, where a refusal leaves nothing behind.

    The asynchronous driver's thread outlives a refused opening and then complains by itself.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA schema_version")


def back_up(path: Path, label: str) -> Path:
    """A checked copy of a SQLite file in `backups/` beside it, complete while others write.

    Raises `BadSettings` when the copy does not pass SQLite's own integrity check.
    """
    folder = path.parent / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{path.stem}-{clock.now():%Y%m%dT%H%M%S}-{label}.db"
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
        found = target.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        source.close()
        target.close()
    if found != "ok":
        raise BadSettings(f"The backup {copy} is damaged ({found}); nothing was changed.")
    return copy


def integrity(path: Path) -> list[str]:
    """What SQLite finds wrong with a file; empty when it is whole."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as damaged:
        return [str(damaged)]
    finally:
        connection.close()
    dangling = [
        f"{table} row {row} points to a missing {parent}" for table, row, parent, _ in broken
    ]
    return [line for line in found if line != "ok"] + dangling[:20]


async def _run(url: URL, scripts: Path) -> None:
    engine = writer_engine(url)
    try:
        async with engine.begin() as connection:
            if url.get_backend_name() == "postgresql":
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK}
                )
            await connection.run_sync(lambda sync: command.upgrade(config(scripts, sync), "head"))
    finally:
        await engine.dispose()


def _current(connection: Any) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known(scripts: Path) -> set[str]:
    found = ScriptDirectory.from_config(config(scripts)).walk_revisions()
    return {script.revision for script in found}
