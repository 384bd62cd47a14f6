"""Pictures people choose: their own, those at an address, former ones, and what is found again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from rewind_gql import clock
from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.upstreams import deezer, itunes
from rewind_gql.demo.upstreams.effects import broken
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.errors import BadInput, Conflicting, NotFound
from rewind_gql.images import queries
from rewind_gql.images.measured import Unfit
from rewind_gql.images.pipeline import NobodyAnswers, Pipeline
from rewind_gql.images.records import Key, Thing
from rewind_gql.images.tables import Picture
from rewind_gql.ports.blobs import FolderBlobs
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.images.files import picture
from tests.images.gallery import (
    CHOSEN,
    KEY,
    SEA,
    WOOD,
    Site,
    article,
    folder,
    hang,
    original,
    pipeline,
    seen,
    shown,
)


@pytest.fixture
def site() -> Site:
    """A site with two pictures."""
    return Site(**{"sea.jpg": SEA, "wood.png": WOOD})


@pytest.fixture
def home(site: Site) -> Iterator[str]:
    """Where the site answers."""
    with serve(site.app) as address:
        yield address


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty store of bytes."""
    return folder(tmp_path)


@pytest.fixture
async def pipe(store: Store, blobs: FolderBlobs, home: str) -> AsyncIterator[Pipeline]:
    """A pipeline that may look at the site."""
    async with pipeline(store, blobs, home) as made:
        yield made


async def test_a_file_of_ones_own_replaces_what_was_found(
    pipe: Pipeline, store: Store, home: str
) -> None:
    await pipe.find(ME, article(f"{home}/sea.jpg"))

    image = await pipe.override(ME, KEY, WOOD)

    assert image == await shown(store)
    assert (image.source, image.source_url, image.is_override) == ("manual", "upload", True)
    assert image.version == 2


async def test_the_file_at_an_address_can_be_chosen(pipe: Pipeline, home: str) -> None:
    image = await pipe.override_from(ME, KEY, f"{home}/wood.png?token=abcdefgh12345678")

    assert (image.content_hash, image.source) == (original(WOOD).hash, "manual")
    assert image.source_url == f"{home}/wood.png?token=[secret]"


@pytest.mark.parametrize("path", ["/nothing.png", "//169.254.169.254/latest/meta-data"])
async def test_a_file_that_cannot_be_had_changes_nothing(
    pipe: Pipeline, store: Store, home: str, path: str
) -> None:
    url = f"http:{path}" if path.startswith("//") else f"{home}{path}"

    with pytest.raises(BadInput) as refused:
        await pipe.override_from(ME, KEY, url)

    assert "169.254" not in str(refused.value)
    assert await store.ask(queries.standing, ME, KEY) is None


async def test_a_file_that_is_no_picture_changes_nothing(
    pipe: Pipeline, store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)

    with pytest.raises(Unfit, match="PDF"):
        await pipe.override(ME, KEY, b"%PDF-1.7")

    assert (await shown(store)).content_hash == original(SEA).hash


async def test_reverting_replaces_what_was_chosen_by_what_is_found(
    pipe: Pipeline, store: Store, home: str
) -> None:
    await pipe.override(ME, KEY, WOOD)

    image = await pipe.revert(ME, article(f"{home}/sea.jpg"))

    assert image == await shown(store)
    assert (image.version, image.is_override, image.source) == (2, False, "open-graph")


async def test_reverting_to_nothing_changes_nothing(
    pipe: Pipeline, store: Store, home: str
) -> None:
    chosen = await pipe.override(ME, KEY, WOOD)

    with pytest.raises(NotFound):
        await pipe.revert(ME, article(f"{home}/nothing.jpg"))

    assert await shown(store) == chosen


async def test_reverting_in_an_outage_changes_nothing(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    chosen = await pipe.override(ME, KEY, WOOD)
    site.faults.add(broken(503), times=None)

    with pytest.raises(NobodyAnswers):
        await pipe.revert(ME, article(f"{home}/sea.jpg"))

    assert await shown(store) == chosen


async def test_reverting_by_force_leaves_a_miss_and_the_way_back(
    pipe: Pipeline, store: Store, home: str
) -> None:
    chosen = await pipe.override(ME, KEY, WOOD)

    gone = await pipe.revert(ME, article(f"{home}/nothing.jpg"), force=True)

    assert gone is None
    found = await seen(store)
    assert (found.image, found.outcome, found.is_override) == (None, "none", False)
    back = await pipe.restore(ME, KEY, chosen.version)
    assert (back.content_hash, back.version) == (chosen.content_hash, 2)


async def test_what_is_chosen_while_another_is_looked_for_stays(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    await pipe.override(ME, KEY, WOOD)
    site.gate.clear()
    reverting = asyncio.create_task(pipe.revert(ME, article(f"{home}/sea.jpg")))
    async with asyncio.timeout(60):
        while not site.faults.requests:  # noqa: ASYNC110  # it counts in another thread
            await asyncio.sleep(0.01)
    chosen = await pipe.override(ME, KEY, picture("GIF"))
    site.gate.set()

    with pytest.raises(Conflicting):
        await reverting

    assert await shown(store) == chosen


async def test_only_what_was_chosen_can_be_reverted(
    pipe: Pipeline, store: Store, blobs: FolderBlobs
) -> None:
    with pytest.raises(NotFound):
        await pipe.revert(ME, article())
    await hang(store, blobs, SEA)
    with pytest.raises(BadInput):
        await pipe.revert(ME, article())


async def test_a_former_picture_is_had_back_with_its_source(
    pipe: Pipeline, store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, origin=CHOSEN)

    image = await pipe.restore(ME, KEY, 1)

    assert (image.source, image.is_override, image.version) == ("open-graph", True, 3)
    assert image.content_hash == original(SEA).hash


BLUE_TRAIN, BLUE = (
    parse_album(f"Joni Mitchell|{title}|1971|Folk|Label|", "test")
    for title in ("Blue Train", "Blue")
)
ALBUM = Thing(
    domain="listening", entity_type="albums", entity_id="7", artist="Joni Mitchell", title="Blue"
)


@pytest.fixture
def shops() -> Iterator[tuple[dict[str, str], Faults]]:
    """Two services: at the first the name only begins alike, at the second it is the very name."""
    faults = Faults()
    first = deezer.app(Shop("deezer", [BLUE_TRAIN]), faults)
    second = itunes.app(Shop("itunes", [BLUE]))
    with serve(first) as one, serve(second) as other:
        order = "listening/albums=deezer,itunes"
        yield (
            {"deezer_base_url": one, "itunes_base_url": other, "image_order": order},
            faults,
        )


async def test_the_very_name_comes_before_one_that_begins_alike(
    sqlite_store: Store, blobs: FolderBlobs, home: str, shops: tuple[dict[str, str], Faults]
) -> None:
    async with pipeline(sqlite_store, blobs, home, given=shops[0]) as pipe:
        done = await pipe.find(ME, ALBUM)

    assert done.image is not None
    assert done.image.source == "itunes"


async def test_alternatives_come_from_all_and_outages_are_named(
    sqlite_store: Store, blobs: FolderBlobs, home: str, shops: tuple[dict[str, str], Faults]
) -> None:
    async with pipeline(sqlite_store, blobs, home, given=shops[0]) as pipe:
        both = await pipe.alternatives(ALBUM)
        shops[1].add(broken(503), times=None)
        one = await pipe.alternatives(ALBUM)

    assert {each.source for each in both.candidates} == {"deezer", "itunes"}
    assert both.failed == ()
    assert {each.source for each in one.candidates} == {"itunes"}
    assert [each.finder for each in one.failed] == ["deezer"]


POSTER_OF = Key("watching", "movies", "3")
NOTICE = "This product uses the TMDB API but is not endorsed or certified by TMDB."
FILM = Thing(**POSTER_OF._asdict(), title="The Long Ferry")


@pytest.fixture
async def films(sqlite_store: Store, blobs: FolderBlobs, home: str) -> AsyncIterator[Pipeline]:
    """A pipeline that takes the site for the film database's own."""
    given = {"tmdb_image_base_url": home}
    async with pipeline(sqlite_store, blobs, home, given=given) as made:
        yield made


async def test_a_choice_keeps_its_providers_words_and_terms(
    films: Pipeline, sqlite_store: Store, home: str
) -> None:
    image = await films.override_from(ME, POSTER_OF, f"{home}/sea.jpg")

    standing = await seen(sqlite_store, POSTER_OF)
    assert (image.source, image.attribution, image.is_override) == ("manual", NOTICE, True)
    assert standing.retry_at == standing.updated_at + timedelta(days=150)


async def test_a_choice_from_elsewhere_has_neither(pipe: Pipeline, store: Store, home: str) -> None:
    image = await pipe.override(ME, KEY, SEA)

    assert (image.attribution, (await seen(store)).retry_at) == (None, None)


async def test_a_former_picture_had_back_is_under_its_terms_again(
    films: Pipeline, sqlite_store: Store, home: str
) -> None:
    await films.override_from(ME, POSTER_OF, f"{home}/sea.jpg")
    await films.override(ME, POSTER_OF, WOOD)

    image = await films.restore(ME, POSTER_OF, 1)

    standing = await seen(sqlite_store, POSTER_OF)
    assert (image.attribution, standing.retry_at is not None) == (NOTICE, True)


async def due(store: Store) -> None:
    """Let it be time to look again."""
    async with store.write() as conn:
        await conn.execute(update(Picture).values(retry_at=clock.EPOCH))


async def test_when_its_terms_say_so_a_choice_is_fetched_again_where_it_lies(
    films: Pipeline, sqlite_store: Store, site: Site, home: str
) -> None:
    await films.override_from(ME, POSTER_OF, f"{home}/sea.jpg")
    before = await seen(sqlite_store, POSTER_OF)
    site.pictures["sea.jpg"] = WOOD
    await due(sqlite_store)

    done = await films.find(ME, FILM)

    after = await seen(sqlite_store, POSTER_OF)
    assert done.image is not None
    assert (done.image.content_hash, done.image.version) == (original(WOOD).hash, 2)
    assert (done.image.source, done.image.attribution) == ("manual", NOTICE)
    assert (after.is_override, after.override_at) == (True, before.override_at)
    assert after.retry_at == after.updated_at + timedelta(days=150)


async def test_a_choice_that_is_no_longer_there_stays_and_is_tried_again(
    films: Pipeline, sqlite_store: Store, site: Site, home: str
) -> None:
    chosen = await films.override_from(ME, POSTER_OF, f"{home}/sea.jpg")
    site.pictures.clear()
    await due(sqlite_store)

    await films.find(ME, FILM)

    standing = await seen(sqlite_store, POSTER_OF)
    assert standing.image is not None
    assert (standing.image.content_hash, standing.is_override) == (chosen.content_hash, True)
    assert standing.retry_at == standing.updated_at + timedelta(days=7)


async def test_what_is_chosen_while_the_old_choice_is_fetched_again_stays(
    films: Pipeline, sqlite_store: Store, site: Site, home: str
) -> None:
    await films.override_from(ME, POSTER_OF, f"{home}/sea.jpg")
    await due(sqlite_store)
    asked = site.faults.count()
    site.gate.clear()
    again = asyncio.create_task(films.find(ME, FILM))
    async with asyncio.timeout(60):
        while site.faults.count() == asked:  # noqa: ASYNC110  # it counts in another thread
            await asyncio.sleep(0.01)
    chosen = await films.override(ME, POSTER_OF, picture("GIF"))
    site.gate.set()

    await again

    assert await shown(sqlite_store, POSTER_OF) == chosen
