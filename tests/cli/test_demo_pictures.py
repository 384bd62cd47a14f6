"""The pictures of the demo: its pretend providers have them, and the pipeline finds them there."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import pytest

from rewind_gql.cli import demo_pictures, demo_providers, session
from rewind_gql.cli.progress import Bars
from rewind_gql.images.deps import Images, opened
from rewind_gql.images.records import Key, Thing
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.rest.life import hear, play

ALBUM = Thing(
    domain="listening", entity_type="albums", entity_id="7", artist="Portishead", title="Dummy"
)


@pytest.fixture(name="pretend")
def start_providers(settings: Callable[..., Settings]) -> Iterator[Settings]:
    """Settings that lead to the demo's providers, which are up."""
    with ExitStack() as stack:
        addresses = demo_providers.catalogues(stack)
        yield settings().model_copy(update={"unpaced": True, **addresses})


@pytest.fixture(name="images")
async def open_images(pretend: Settings, sqlite_store: Store) -> AsyncIterator[Images]:
    """What finds pictures there."""
    clients = Clients(patience=IMPATIENT)
    async with opened(pretend, sqlite_store, clients) as images:
        yield images
    await clients.close()


@pytest.mark.parametrize(
    "thing",
    [
        ALBUM,
        Thing(domain="listening", entity_type="artists", entity_id="8", artist="Portishead"),
        Thing(
            domain="collecting",
            entity_type="releases",
            entity_id="9",
            artist="Portishead",
            title="Dummy",
        ),
    ],
    ids=lambda thing: thing.entity_type,
)
async def test_everything_of_the_demo_may_have_a_picture(images: Images, thing: Thing) -> None:
    outcome = await images.pipeline.find(ME, thing)

    assert outcome.outcome == "found"
    assert outcome.image
    assert min(outcome.image.width, outcome.image.height) >= 500


async def test_every_alternative_can_be_chosen(images: Images) -> None:
    found = await images.pipeline.alternatives(ALBUM)

    chosen = [
        await images.pipeline.override_from(ME, ALBUM.key, each.url) for each in found.candidates
    ]

    assert {each.source for each in found.candidates} >= {"deezer", "itunes"}
    assert not found.failed
    assert all(each.is_override for each in chosen)
    assert Key(chosen[0].domain, chosen[0].entity_type, chosen[0].entity_id) == ALBUM.key


async def test_a_later_start_leaves_what_is_missing_to_the_server(pretend: Settings) -> None:
    async with session.opened(pretend) as (store, user_id):
        await hear(store, play("Roads", "Portishead", album="Dummy"))

        with Bars(quiet=True) as bars:
            first = await demo_pictures.find(pretend, user_id, bars)
            later = await demo_pictures.find(pretend, user_id, bars)

    assert [(run.domain, run.items_inserted) for run in first] == [
        ("listening", 2),
        ("collecting", 0),
        ("watching", 0),
    ]
    assert later == []


def test_the_providers_are_all_on_this_machine(pretend: Settings) -> None:
    changed = pretend.model_dump(exclude_defaults=True)
    addresses = [value for name, value in changed.items() if name.endswith("_base_url")]

    assert len(addresses) >= len(pretend.image_private_origins) == 6
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
