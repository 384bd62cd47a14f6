"""Pretend providers for the session, and a folder synced once that each test gets a copy of."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.world import World, pretending, rewind, small_life


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    """Providers that all tests of this process share."""
    with pretending(small_life()) as made:
        yield made


@pytest.fixture
def world(shared_world: World, template: Path) -> Iterator[World]:
    """The providers, with nothing wrong with them and nothing asked yet."""
    for faults in (shared_world.lastfm, shared_world.discogs):
        faults.clear()
    yield shared_world
    for faults in (shared_world.lastfm, shared_world.discogs):
        faults.clear()


@pytest.fixture(scope="session")
def template(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything was synced."""
    folder = tmp_path_factory.mktemp("synced")
    done = rewind("sync", folder=folder, **shared_world.settings)
    assert done.code == 0, done.said
    return folder


@pytest.fixture
def synced(template: Path, tmp_path: Path) -> Path:
    """A synced folder of the test's own."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path
