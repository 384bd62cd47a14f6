"""Pictures of things wherever they come from, and what is known to find them by."""

from pathlib import Path

import pytest

from rewind_gql.across import pictures
from rewind_gql.domains import DOMAINS
from rewind_gql.domains.collecting import intake, records
from rewind_gql.images import queries
from rewind_gql.images.records import Key, Thing
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.images.gallery import CHOSEN, FOUND, folder, hang
from tests.rest.life import copy, hear, own, play

SEA, WOOD = picture("JPEG", 400, 300), picture("PNG", 320, 480)
RELEASE = Key("collecting", "releases", "21")


async def album_key(store: Store, user_id: int = ME) -> Key:
    """What the picture of the only album is known by."""
    [album_id] = await store.ask(DOMAINS["listening"].pictures["albums"].ids, user_id)
    return Key("listening", "albums", album_id)


@pytest.fixture
async def stocked(store: Store) -> Store:
    """An album heard and owned, and a release that is owned alone."""
    await hear(store, play("Fly", "Low", album="Double Negative"))
    await own(store, copy(21, "Double Negative", "Low"), copy(22, "Spiderland", "Slint", hours=1))
    return store


async def test_a_release_borrows_the_cover_of_the_album_it_is(
    stocked: Store, tmp_path: Path
) -> None:
    album = await album_key(stocked)
    await hang(stocked, folder(tmp_path), SEA, key=album)

    found = await stocked.ask(pictures.images_by_entity, ME, [RELEASE, album])

    assert {key: image.entity_id for key, image in found.items()} == {
        RELEASE: album.entity_id,
        album: album.entity_id,
    }


@pytest.mark.parametrize(("chosen", "domain"), [(True, "collecting"), (False, "listening")])
async def test_of_two_covers_the_chosen_one_wins_then_that_of_the_album(
    stocked: Store, tmp_path: Path, chosen: bool, domain: str
) -> None:
    blobs, album = folder(tmp_path), await album_key(stocked)
    await hang(stocked, blobs, SEA, key=album)
    await hang(stocked, blobs, WOOD, key=RELEASE, origin=CHOSEN if chosen else FOUND)

    image = await stocked.ask(pictures.image, ME, RELEASE)

    assert image is not None
    assert image.domain == domain


async def test_any_number_of_things_cost_one_statement(
    stocked: Store, tmp_path: Path, statements: list[str]
) -> None:
    album = await album_key(stocked)
    await hang(stocked, folder(tmp_path), SEA, key=album)
    statements.clear()

    await stocked.ask(pictures.images_by_entity, ME, [album])
    one = len(statements)
    many = [Key("collecting", "releases", str(n)) for n in range(300)]
    await stocked.ask(pictures.images_by_entity, ME, [album, *many])

    assert (one, len(statements) - one) == (1, 1)


async def test_a_release_is_looked_for_as_the_album_first(stocked: Store) -> None:
    album = await album_key(stocked)

    things = await stocked.ask(pictures.things, ME, RELEASE)

    assert [thing.key for thing in things] == [album, RELEASE]


async def test_what_is_known_of_an_album_and_an_artist(store: Store) -> None:
    await hear(store, play("Fly", "Low", album="Double Negative"))
    album = await album_key(store)
    [artist_id] = await store.ask(DOMAINS["listening"].pictures["artists"].ids, ME)
    artist = Key("listening", "artists", artist_id)

    found = await store.ask(pictures.things_by_key, ME, [album, artist])

    assert found == {
        album: Thing(**album._asdict(), artist="Low", title="Double Negative"),
        artist: Thing(**artist._asdict(), artist="Low"),
    }


async def test_what_is_known_of_a_release(stocked: Store) -> None:
    [thing] = await stocked.ask(pictures.things, ME, Key("collecting", "releases", "22"))

    assert thing.facts() == {
        "artist": "Slint",
        "title": "Spiderland",
        "year": 1991,
        "discogs_id": "22",
    }


@pytest.mark.parametrize(
    ("joins", "artist"),
    [((None,), "A & B"), (("&",), "A & B"), ((",",), "A, B"), ((None, None), "A, B & C")],
)
async def test_artists_of_a_sleeve_are_joined(
    store: Store, joins: tuple[str | None, ...], artist: str
) -> None:
    names = "ABC"[: len(joins) + 1]
    credits_ = tuple(
        records.Credit(discogs_id=None, name=name, join=join or "")
        for name, join in zip(names, [*joins, ""], strict=True)
    )
    sold = records.Release(discogs_id=5, title="T", credits=credits_)
    async with store.write() as conn:
        await intake.wants(conn, ME, [records.Want(release=sold, added_at=None)], source="discogs")

    [thing] = await store.ask(pictures.things, ME, Key("collecting", "releases", "5"))

    assert thing.artist == artist


@pytest.mark.parametrize("entity_id", ["999", "x", "0", "01", "-1", "9" * 30, "٣", ""])
async def test_what_is_not_there_is_nothing(stocked: Store, entity_id: str) -> None:
    for kind in ("albums", "artists"):
        assert await stocked.ask(pictures.things, ME, Key("listening", kind, entity_id)) == []


async def test_things_of_others_are_not_there(stocked: Store) -> None:
    album = await album_key(stocked)

    assert await stocked.ask(pictures.things, OTHER, album) == []
    assert await stocked.ask(pictures.things, OTHER, RELEASE) == []


@pytest.mark.parametrize("pair", [("watching", "movies"), ("focus", "albums"), ("x", "y")])
async def test_kinds_without_pictures_have_none(stocked: Store, pair: tuple[str, str]) -> None:
    assert await stocked.ask(pictures.things, ME, Key(*pair, "1")) == []


async def test_ids_come_most_wanted_first(store: Store) -> None:
    await hear(
        store,
        play("a", "Once", album="Once"),
        *(play(f"b{n}", "Often", album="Often", minutes=n) for n in range(1, 4)),
    )
    await own(store, copy(1, "Old", "X"), copy(2, "New", "X", hours=1))
    listening, collecting = DOMAINS["listening"].pictures, DOMAINS["collecting"].pictures

    albums = await store.ask(listening["albums"].ids, ME)
    things = await store.ask(listening["albums"].things, ME, albums)
    releases = await store.ask(collecting["releases"].ids, ME)

    assert [things[each].title for each in albums] == ["Often", "Once"]
    assert releases == ["2", "1"]
    assert await store.ask(listening["artists"].ids, OTHER) == []


async def test_a_release_that_is_gone_takes_its_picture_along(
    stocked: Store, tmp_path: Path
) -> None:
    await hang(stocked, folder(tmp_path), SEA, key=RELEASE)

    async with stocked.write() as conn:
        await intake.remove_copies_except(conn, ME, {220}, reported=1, confirmed=True)

    assert await stocked.ask(queries.images_by_entity, ME, [RELEASE]) == {}
    assert await stocked.ask(pictures.things, ME, RELEASE) == []
