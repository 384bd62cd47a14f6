"""Questions about pictures: one statement for many, each person's own, what is still to find."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.images import keeping, queries
from rewind_gql.images.records import Key, Thing
from rewind_gql.images.tables import Picture
from rewind_gql.ports.blobs import FolderBlobs
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.images.gallery import CHOSEN, KEY, SEA, WOOD, folder, hang, original, shown

NOW = clock.now()


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty store of bytes."""
    return folder(tmp_path)


def album(number: int, **facts: Any) -> Thing:
    """An album that was heard."""
    return Thing(domain="listening", entity_type="albums", entity_id=str(number), **facts)


async def miss(store: Store, thing: Thing, outcome: keeping.Missed = "none") -> None:
    """Remember that nothing was found for a thing."""
    async with store.write() as conn:
        await keeping.miss(conn, ME, thing.key, outcome, reason="why", facts=thing.facts())


async def test_any_number_of_things_cost_one_statement(
    store: Store, blobs: FolderBlobs, statements: list[str]
) -> None:
    keys = [album(number).key for number in range(40)] + [KEY]
    for key in (keys[3], keys[7], KEY):
        await hang(store, blobs, SEA, key=key)
    statements.clear()

    found = await store.ask(queries.images_by_entity, ME, keys)

    assert len(statements) == 1
    assert set(found) == {keys[3], keys[7], KEY}
    assert found[KEY] == await shown(store)


async def test_only_the_things_asked_for_are_answered(store: Store, blobs: FolderBlobs) -> None:
    kinds = [Key("listening", kind, number) for kind in ("albums", "artists") for number in "12"]
    for key in kinds:
        await hang(store, blobs, SEA, key=key)

    found = await store.ask(queries.images_by_entity, ME, [kinds[0], kinds[3]])

    assert set(found) == {kinds[0], kinds[3]}


async def test_nothing_asked_for_is_nothing_found(store: Store) -> None:
    assert await store.ask(queries.images_by_entity, ME, []) == {}


async def test_pictures_are_each_persons_own(store: Store, blobs: FolderBlobs) -> None:
    await hang(store, blobs, SEA, user_id=OTHER)

    assert await store.ask(queries.images_by_entity, ME, [KEY]) == {}
    assert await store.ask(queries.standing, ME, KEY) is None
    assert await store.ask(queries.formers, ME, KEY) == []


async def test_a_miss_is_no_picture(store: Store) -> None:
    await miss(store, album(1))

    assert await store.ask(queries.images_by_entity, ME, [album(1).key]) == {}


async def test_what_is_missing_is_told_in_the_order_it_was_asked_in(
    store: Store, blobs: FolderBlobs
) -> None:
    new, known, vain, changed, cut = (album(number) for number in (9, 8, 7, 6, 5))
    await hang(store, blobs, SEA, key=known.key)
    await miss(store, vain)
    await miss(store, changed)
    await miss(store, cut, "failed")
    changed = album(6, mbid="new")

    things = [new, known, vain, changed, cut]
    now, later = clock.now(), clock.now() + timedelta(minutes=10)
    assert await store.ask(queries.missing, ME, things, now=now) == [new, changed]
    assert await store.ask(queries.missing, ME, things, now=later) == [new, changed, cut]
    assert await store.ask(queries.missing, ME, things, now=now, which="failed") == [cut]
    again = await store.ask(queries.missing, ME, things, now=now, which="again")
    assert again == [new, vain, changed, cut]


async def test_what_was_looked_for_since_then_is_left_alone(store: Store) -> None:
    before = clock.now()
    await miss(store, album(1))
    known = await store.ask(queries.seen, ME, {album(1).key, album(2).key})

    assert list(known) == [album(1).key]
    [since] = known.values()
    now = before + 90 * clock.DAY
    assert not queries.wants(album(1), since, now, which="again", before=before)
    assert queries.wants(album(1), since, now, which="again", before=clock.now())


async def test_a_small_picture_is_missing_once_it_is_time_for_a_better_one(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, picture(width=200, height=200), key=album(1).key)
    await hang(store, blobs, picture(width=201, height=200), key=album(2).key, origin=CHOSEN)

    later = clock.now() + 31 * clock.DAY
    things = [album(1), album(2)]
    assert await store.ask(queries.missing, ME, things, now=clock.now()) == []
    assert await store.ask(queries.missing, ME, things, now=later) == [album(1)]


async def test_a_forgotten_thing_is_missing(store: Store, blobs: FolderBlobs) -> None:
    await hang(store, blobs, SEA, key=album(1).key)
    async with store.write() as conn:
        await keeping.forget(conn, ME, "listening", "albums", ["1"])

    assert await store.ask(queries.missing, ME, [album(1)], now=clock.now()) == [album(1)]


async def test_former_pictures_come_newest_first(store: Store, blobs: FolderBlobs) -> None:
    for body in (SEA, WOOD, picture("GIF")):
        await hang(store, blobs, body)

    formers = await store.ask(queries.formers, ME, KEY)

    assert [(former.version, former.media_type) for former in formers] == [
        (2, "image/png"),
        (1, "image/jpeg"),
    ]


async def test_a_public_address_names_the_picture_with_that_version(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, user_id=OTHER)

    found = [
        await store.system(queries.by_key, **KEY._asdict(), version=version, owner=ME)
        for version in (1, 2, 3, None)
    ]

    sea, wood = original(SEA).hash, original(WOOD).hash
    assert [image and image.content_hash for image in found] == [sea, wood, None, sea]


async def test_an_outdated_version_never_leads_to_another_persons_picture(
    store: Store, blobs: FolderBlobs
) -> None:
    newer = picture("GIF")
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, user_id=OTHER)
    await hang(store, blobs, newer, user_id=OTHER)

    found = [
        await store.system(queries.by_key, **KEY._asdict(), version=version, owner=ME)
        for version in (1, 2, 3)
    ]
    async with store.write() as conn:
        await keeping.forget(conn, OTHER, KEY.domain, KEY.entity_type, [KEY.entity_id])
    gone = await store.system(queries.by_key, **KEY._asdict(), version=2, owner=ME)

    hashes = [image and image.content_hash for image in found]
    assert hashes == [original(SEA).hash, original(newer).hash, original(newer).hash]
    assert gone is None


async def test_without_a_version_an_address_is_the_owners(store: Store, blobs: FolderBlobs) -> None:
    await hang(store, blobs, WOOD, user_id=OTHER)

    nobodys = await store.system(queries.by_key, **KEY._asdict(), owner=ME)
    theirs = await store.system(queries.by_key, **KEY._asdict(), owner=OTHER)

    assert nobodys is None
    assert theirs is not None


async def test_nothing_lies_at_the_address_of_a_miss(store: Store) -> None:
    await miss(store, album(1))

    assert await store.system(queries.by_key, **album(1).key._asdict(), owner=ME) is None


async def test_pictures_are_told_apart_by_what_became_of_them(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, SEA, user_id=OTHER)
    for number, outcome in enumerate(("none", "failed", "none")):
        await miss(store, album(number), outcome)  # type: ignore[arg-type]  # words of the type

    found = await store.ask(queries.tally, ME)

    assert [(each.domain, each.outcome, each.count) for each in found] == [
        ("listening", "failed", 1),
        ("listening", "none", 2),
        ("reading", "found", 1),
    ]


async def test_a_miss_without_a_time_to_look_again_is_missing(store: Store) -> None:
    await miss(store, album(1))
    async with store.write() as conn:
        await conn.execute(update(Picture).where(col(Picture.user_id) == ME).values(retry_at=None))

    assert await store.ask(queries.missing, ME, [album(1)], now=NOW) == [album(1)]
