"""Which picture a thing has: versions, former pictures, misses and when to look again."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from rewind_gql import clock
from rewind_gql.errors import NotFound
from rewind_gql.images import keeping, queries
from rewind_gql.images.keeping import Missed, Provenance
from rewind_gql.images.records import Key
from rewind_gql.ports.blobs import BlobsAway, FolderBlobs
from rewind_gql.store import versions
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.images.gallery import CHOSEN, FOUND, KEY, SEA, WOOD, folder, hang, original, seen, shown

FACTS = {"title": "The sea"}


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty store of bytes."""
    return folder(tmp_path)


async def missed(
    store: Store, outcome: Missed = "none", *, times: int = 1, retry_after: float | None = None
) -> timedelta:
    """How long to wait after so many searches of one outcome."""
    for _ in range(times):
        async with store.write() as conn:
            await keeping.miss(
                conn, ME, KEY, outcome, reason="why", facts=FACTS, retry_after=retry_after
            )
    found = await seen(store)
    assert found.retry_at is not None
    return found.retry_at - found.updated_at


async def test_the_first_picture_has_version_one_and_what_was_measured(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA, facts=FACTS)

    image, made = await shown(store), original(SEA)
    assert (image.version, image.width, image.height) == (1, 400, 300)
    assert (image.content_hash, image.size_bytes) == (made.hash, len(SEA))
    assert (image.thumbhash, image.accent_color) == (made.measured.thumbhash, made.measured.accent)
    assert await blobs.get(keeping.address(made.hash)) == SEA


async def test_the_same_bytes_again_keep_their_version(store: Store, blobs: FolderBlobs) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, SEA, origin=Provenance(source="deezer", source_url=None))

    image = await shown(store)
    assert (image.version, image.source) == (1, "deezer")
    assert await store.ask(queries.formers, ME, KEY) == []


async def test_other_bytes_raise_the_version_and_leave_a_former_picture(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, origin=CHOSEN)

    (former,) = await store.ask(queries.formers, ME, KEY)
    assert (await shown(store)).version == 2
    assert (former.version, former.content_hash) == (1, original(SEA).hash)
    assert (former.source, former.is_override) == ("open-graph", False)


async def test_of_one_thing_no_two_people_have_the_same_version(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, user_id=OTHER)
    await hang(store, blobs, picture("GIF"))

    mine, other = await shown(store), await shown(store, user_id=OTHER)
    assert (mine.version, other.version) == (3, 2)


async def test_what_a_person_chose_is_not_replaced_by_what_is_found(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA, origin=CHOSEN)

    kept = await hang(store, blobs, WOOD)

    image = await shown(store)
    assert not kept
    assert (image.content_hash, image.is_override, image.version) == (original(SEA).hash, True, 1)


async def test_searches_in_vain_are_made_again_after_7_30_and_90_days(store: Store) -> None:
    waits = [await missed(store, outcome) for outcome in ("none", "unfit", "none", "none")]

    assert [wait / clock.DAY for wait in waits] == [7, 30, 90, 90]


async def test_new_facts_begin_the_count_anew(store: Store) -> None:
    await missed(store, times=3)
    async with store.write() as conn:
        await keeping.miss(conn, ME, KEY, "none", reason=None, facts={"mbid": "new"})

    found = await seen(store)
    assert found.retry_at == found.updated_at + 7 * clock.DAY


async def test_an_outage_is_waited_out_for_minutes_then_hours(store: Store) -> None:
    waits = [await missed(store, "failed") for _ in range(7)]

    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert all(
        least <= wait <= least * 1.2
        for least, wait in zip((5, 15, 60, 240, 720, 720, 720), minutes, strict=True)
    )
    assert (await seen(store)).outcome == "failed"


async def test_an_outage_does_not_count_as_a_search_in_vain(store: Store) -> None:
    await missed(store)
    await missed(store, "failed", times=3)

    found = await seen(store)
    assert (found.attempts, found.failures) == (1, 3)
    assert await missed(store) == 30 * clock.DAY
    assert (await seen(store)).failures == 0


async def test_nobody_is_asked_sooner_than_they_asked_for(store: Store) -> None:
    assert await missed(store, "failed", retry_after=7200) == timedelta(hours=2)
    assert await missed(store, "failed", retry_after=1e9) == clock.DAY


async def test_a_search_in_vain_leaves_the_picture_that_is_there(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)

    await missed(store, "failed")

    found = await seen(store)
    assert (found.outcome, found.image) == ("found", await shown(store))
    assert found.last_error == "why"


@pytest.mark.parametrize(
    ("source", "body", "days"),
    [("deezer", SEA, None), ("deezer", picture(width=299, height=900), 30), ("tmdb", SEA, 150)],
)
async def test_some_pictures_are_looked_for_again_though_they_are_there(
    store: Store, blobs: FolderBlobs, source: str, body: bytes, days: int | None
) -> None:
    await hang(store, blobs, body, origin=Provenance(source=source, source_url=None))

    found = await seen(store)
    assert found.retry_at == (days and found.updated_at + days * clock.DAY)


async def test_a_picture_taken_away_can_be_had_back_under_a_new_version(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA, origin=CHOSEN)
    chosen_at = (await seen(store)).override_at
    async with store.write() as conn:
        assert await keeping.drop(conn, ME, KEY, facts=FACTS, instead_of=chosen_at)
    assert (await seen(store)).image is None

    async with store.write() as conn:
        await keeping.restore(conn, ME, KEY, version=1)

    image = await shown(store)
    assert (image.version, image.content_hash, image.is_override) == (2, original(SEA).hash, True)
    assert await store.ask(queries.formers, ME, KEY) == []


async def test_a_picture_chosen_meanwhile_is_not_taken_away(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA, origin=CHOSEN)
    chosen_at = (await seen(store)).override_at
    await hang(store, blobs, WOOD, origin=CHOSEN)

    async with store.write() as conn:
        gone = await keeping.drop(conn, ME, KEY, facts=FACTS, instead_of=chosen_at)

    assert not gone
    assert (await shown(store)).content_hash == original(WOOD).hash


async def images_version(store: Store) -> int:
    """How far the data of pictures has come."""
    return (await store.ask(versions.numbers, ME))["images"]


@pytest.mark.parametrize("outcome", ["none", "unfit", "failed"])
async def test_who_reads_pictures_sees_nothing_of_searches_in_vain(
    store: Store, outcome: Missed
) -> None:
    before = await images_version(store)

    await missed(store, outcome, times=3)

    assert await images_version(store) == before


async def test_a_picture_that_is_there_changes_or_goes_is_seen(
    store: Store, blobs: FolderBlobs
) -> None:
    await missed(store)
    told = [await images_version(store)]

    for body in (SEA, WOOD):
        await hang(store, blobs, body)
        told.append(await images_version(store))
    await missed(store)  # when it was last looked for is told with it
    told.append(await images_version(store))
    async with store.write() as conn:
        await keeping.lose(conn, ME, KEY, original(WOOD).hash)
    told.append(await images_version(store))

    assert told == sorted(set(told))


async def test_a_version_there_never_was_cannot_be_restored(
    store: Store, blobs: FolderBlobs
) -> None:
    await hang(store, blobs, SEA)

    with pytest.raises(NotFound, match="7"):
        async with store.write() as conn:
            await keeping.restore(conn, ME, KEY, version=7)

    assert (await shown(store)).version == 1


async def test_a_former_picture_is_there_once_however_often_it_was_shown(
    store: Store, blobs: FolderBlobs
) -> None:
    for body in (SEA, WOOD, SEA, WOOD, SEA):
        await hang(store, blobs, body)

    formers = await store.ask(queries.formers, ME, KEY)
    assert [(former.version, former.content_hash) for former in formers] == [
        (4, original(WOOD).hash)
    ]


async def test_versions_of_a_forgotten_thing_stay_spent(store: Store, blobs: FolderBlobs) -> None:
    never = Key(*KEY[:2], "never found")
    await hang(store, blobs, SEA)
    async with store.write() as conn:
        await keeping.miss(conn, ME, never, "none", reason=None, facts={})

    async with store.write() as conn:
        await keeping.forget(conn, ME, *KEY[:2], [KEY.entity_id, never.entity_id])
    await hang(store, blobs, WOOD)

    assert await store.ask(queries.standing, ME, never) is None
    assert (await shown(store)).version == 2
    assert await store.ask(queries.formers, ME, KEY) == []


async def test_nothing_is_forgotten_of_other_people(store: Store, blobs: FolderBlobs) -> None:
    await hang(store, blobs, SEA, user_id=OTHER)

    async with store.write() as conn:
        await keeping.forget(conn, ME, *KEY[:2], [KEY.entity_id])

    assert (await shown(store, user_id=OTHER)).version == 1


async def test_without_room_for_its_bytes_a_picture_is_not_kept(
    store: Store, blobs: FolderBlobs, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA)
    shutil.rmtree(tmp_path / "images")

    with pytest.raises(BlobsAway):
        await hang(store, blobs, WOOD, origin=CHOSEN)

    assert (await shown(store)).content_hash == original(SEA).hash


async def test_pictures_chosen_at_once_get_one_version_each(
    store: Store, blobs: FolderBlobs
) -> None:
    bodies = [picture(width=64 + side) for side in range(6)]

    await asyncio.gather(*(hang(store, blobs, body, origin=CHOSEN) for body in bodies))

    formers = await store.ask(queries.formers, ME, KEY)
    assert [former.version for former in formers] == [5, 4, 3, 2, 1]
    assert (await shown(store)).version == 6


async def test_the_source_of_a_found_picture_is_told(store: Store, blobs: FolderBlobs) -> None:
    await hang(store, blobs, SEA, facts=FACTS)

    image = await shown(store)
    assert (image.source, image.source_url) == (FOUND.source, FOUND.source_url)
    assert (await seen(store)).facts == FACTS
