"""Migrations: both databases come to what the tables say, and nothing is lost on the way."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from rewind_gql.errors import BadSettings
from rewind_gql.store import migrate
from rewind_gql.store.engine import parse_url
from tests.databases import Databases


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'rewind.db'}"
    return await databases.postgresql(template="template0")


async def test_migrations_come_to_what_the_tables_say(empty: str) -> None:
    await migrate.upgrade(empty)

    # Not the store's own engine, which leaves JSON as text: whoever compares reads it.
    engine = create_async_engine(parse_url(empty))
    async with engine.begin() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True}), SQLModel.metadata
            )
        )
    await engine.dispose()
    assert differences == []


async def test_migrating_twice_and_at_once_does_it_once(empty: str) -> None:
    first, second = await asyncio.gather(migrate.upgrade(empty), migrate.upgrade(empty))

    again = await migrate.upgrade(empty)

    assert first.after == second.after == again.before == migrate.head()
    assert again.backup is None


async def test_a_database_from_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rewind.db"
    await migrate.upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()

    with pytest.raises(BadSettings, match="9999"):
        await migrate.upgrade(f"sqlite:///{path}")


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """The migrations of a version after this one, which adds a table."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "v9999_notes.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '9999', '{migrate.head()}'\n"
        "def upgrade():\n"
        "    op.create_table('note', sa.Column('id', sa.Integer, primary_key=True))\n"
    )
    return scripts


async def test_an_upgrade_copies_a_sqlite_file_first(tmp_path: Path, next_version: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rewind.db'}"
    await migrate.upgrade(url)

    done = await migrate.upgrade(url, scripts=next_version)

    assert (done.before, done.after) == (migrate.head(), "9999")
    assert done.backup is not None
    assert await migrate.revision(f"sqlite:///{done.backup}") == migrate.head()
    assert await migrate.revision(url) == "9999"


async def test_a_failed_upgrade_leaves_the_database_as_it_was(
    empty: str, next_version: Path
) -> None:
    await migrate.upgrade(empty)
    broken = next_version / "versions" / "v9999_notes.py"
    broken.write_text(broken.read_text() + "    raise RuntimeError('half way')\n")

    with pytest.raises(RuntimeError):
        await migrate.upgrade(empty, scripts=next_version)

    assert await migrate.revision(empty) == migrate.head()
    broken.write_text(broken.read_text().replace("    raise RuntimeError('half way')\n", ""))
    assert (await migrate.upgrade(empty, scripts=next_version)).after == "9999"


def test_a_backup_is_whole_while_others_write(tmp_path: Path) -> None:
    path = tmp_path / "rewind.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE t (n INTEGER)")
    writer.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(1000)])

    copy = migrate.back_up(path, "before")

    reader = sqlite3.connect(copy)
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (1000,)
    reader.close()
    writer.close()


@pytest.mark.parametrize("url", ["sqlite:////proc/nowhere/r.db", "postgresql://x@127.0.0.1:1/x"])
async def test_a_database_out_of_reach_is_refused_in_words(url: str) -> None:
    with pytest.raises(BadSettings, match="REWIND_DATABASE_URL"):
        await migrate.upgrade(url)
