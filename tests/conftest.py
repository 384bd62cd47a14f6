"""What every test may ask for: real stores on both databases, statement counts, settings."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import Databases


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The session's database templates.

    In a folder of their own: pytest clears away its older sessions' folders, running or not. In
    memory where there is such a place, for every test makes a database and drops it.
    """
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(
        prefix="rewind-", dir=where, ignore_cleanup_errors=True
    ) as folder:
        made = Databases(Path(folder))
        yield made
        made.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[str]:
    """The address of a fresh database with two users, once on each kind."""
    address = (
        await databases.sqlite(tmp_path)
        if request.param == "sqlite"
        else await databases.postgresql()
    )
    yield address
    await databases.drop(address)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An open store on a fresh database with two users, once on each kind."""
    opened = await Store.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_store(databases: Databases, tmp_path: Path) -> AsyncIterator[Store]:
    """A store on SQLite only, for what only SQLite has."""
    address = await databases.sqlite(tmp_path)
    opened = await Store.open(address)
    yield opened
    await opened.close()


@pytest.fixture
def statements(store: Store) -> list[str]:
    """Every statement the store runs from now on."""
    seen: list[str] = []
    store.watchers.append(seen.append)
    return seen


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a data folder of the test's own; keywords override."""

    def make(**given: Any) -> Settings:
        return Settings(**{"data_dir": tmp_path / "data", "secret": "s" * 64, **given})

    return make
