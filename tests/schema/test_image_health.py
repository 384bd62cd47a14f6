"""The health of images in GraphQL: what is missing, who answered, what was served."""

from collections.abc import AsyncIterator, Callable

import pytest

from rewind_gql.images.records import Key
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.rest.gallery import Gallery, gallery
from tests.schema.conftest import Asking, asking_over

HEALTH = """{ imageHealth {
  kinds { domain entityType things pictures none unseen due missingShare isLow }
  sources { source asked }
  serving { hits misses workerDeaths hitRate }
} }"""


@pytest.fixture
async def stocked(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> AsyncIterator[tuple[Gallery, Asking]]:
    """An application with two albums and two records, and somebody who asks it."""
    async with gallery(sqlite_store, settings) as made:
        await made.stock()
        yield made, asking_over(made.api.desk)


async def test_every_kind_tells_what_it_lacks(stocked: tuple[Gallery, Asking]) -> None:
    made, ask = stocked
    await made.hang(await made.album("Double Negative"))

    kinds = (await ask.data(HEALTH))["imageHealth"]["kinds"]

    [albums] = [each for each in kinds if each["entityType"] == "albums"]
    assert albums == {
        "domain": "listening",
        "entityType": "albums",
        "things": 2,
        "pictures": 1,
        "none": 0,
        "unseen": 1,
        "due": 1,
        "missingShare": 0.5,
        "isLow": True,
    }


async def test_what_was_served_is_counted(stocked: tuple[Gallery, Asking]) -> None:
    made, ask = stocked
    key = Key("listening", "albums", "1")
    await made.hang(key)
    before = (await ask.data(HEALTH))["imageHealth"]["serving"]
    for _ in range(4):
        await made.api.ask(f"/cdn-cgi/image/width=60/{key}/original.jpg", key=None)

    after = (await ask.data(HEALTH))["imageHealth"]["serving"]

    assert before == {"hits": 0, "misses": 0, "workerDeaths": 0, "hitRate": None}
    assert after == {"hits": 3, "misses": 1, "workerDeaths": 0, "hitRate": 0.75}


async def test_it_costs_no_more_statements_for_more_things(
    stocked: tuple[Gallery, Asking],
) -> None:
    made, ask = stocked
    await ask.data(HEALTH)
    few = len(ask.statements)
    for number in (1, 2):
        await made.hang(Key("listening", "albums", str(number)))

    await ask.data(HEALTH)

    assert len(ask.statements) == few
