"""The engine every test of this room runs."""

from collections.abc import AsyncIterator, Callable

import pytest

from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.sync.engine import QUICK, Engine, Script, engine_on


@pytest.fixture
async def engine(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Engine]:
    """A store with one scripted source, on both databases."""
    made = await engine_on(store, settings(sync=QUICK), Script())
    yield made
    await made.deps.clients.close()
