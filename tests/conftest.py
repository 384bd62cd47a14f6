"""What every test may ask for: real stores on both databases, statement counts, settings."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from shutil import disk_usage
from typing import Any

import pytest

from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import Databases

MEMORY = "/dev/shm"  # noqa: S108  # a folder of our own is made there
ENOUGH = 4 * 1024**3


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the long run what is to be seen on either database, on PostgreSQL."""
    for item in items:
        known = getattr(item, "callspec", None)
        if known and item.get_closest_marker("either") and "postgresql" in known.params.values():
            item.add_marker("long")


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The session's database templates.

    In a folder of their own: pytest clears away its older sessions' folders, running or not. In
    memory where there is such a place, for every test makes a database and drops it.
    """
    where = MEMORY if os.access(MEMORY, os.W_OK) and disk_usage(MEMORY).free > ENOUGH else None
    with tempfile.TemporaryDirectory(
        prefix="rewind-", dir=where, ignore_cleanup_errors=True
    ) as folder:
        made = Databases(Path(folder))
        yield made
        made.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[str]:
    """The address of a fresh database with two users, once on each kind."""
    address = (
        await databases.sqlite(databases.folder)
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
async def sqlite_store(databases: Databases) -> AsyncIterator[Store]:
    """A store on SQLite only, for what only SQLite has."""
    address = await databases.sqlite(databases.folder)
    opened = await Store.open(address)
    yield opened
    await opened.close()
    await databases.drop(address)


@pytest.fixture
def statements(store: Store) -> list[str]:
    """Every statement the store runs from now on, but those that only ask for the versions."""
    seen: list[str] = []
    store.watchers.append(lambda sql: None if "FROM data_version" in sql else seen.append(sql))
    return seen


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a data folder of the test's own; keywords override.

    Pictures are looked for where a test wants that, for nobody on this machine has any.
    """

    def make(**given: Any) -> Settings:
        own = {"data_dir": tmp_path / "data", "secret": "s" * 64, "image_find": False}
        return Settings(**{**own, **given})

    return make
