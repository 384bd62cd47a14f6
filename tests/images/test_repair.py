"""Damaged originals are had again where that is possible, and nothing is let go of lightly."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rewind_gql import clock
from rewind_gql.demo.upstreams.effects import broken, reset, too_many
from rewind_gql.demo.upstreams.exchange import Effect
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images import keeping, queries, repair, sweep
from rewind_gql.images.keeping import MANUAL, Provenance
from rewind_gql.images.repair import Lost
from rewind_gql.ports.blobs import FolderBlobs
from rewind_gql.ports.guarded import Guard
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.images.files import picture
from tests.images.gallery import CHOSEN, KEY, SEA, WOOD, Site, folder, hang, original, seen, shown

OTHER = KEY._replace(entity_id="10")
HASH = original(SEA).hash


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty store of bytes."""
    return folder(tmp_path)


@pytest.fixture
def site() -> Site:
    """A site with a picture."""
    return Site(**{"sea.jpg": SEA})


@pytest.fixture
def home(site: Site) -> Iterator[str]:
    """Where the site answers."""
    with serve(site.app) as address:
        yield address


@pytest.fixture
async def guard(home: str) -> AsyncIterator[Guard]:
    """One that may ask the site."""
    made = Guard(allow=frozenset((home,)))
    yield made
    await made.close()


def bytes_at(tmp_path: Path, body: bytes) -> Path:
    """The file of an original."""
    return tmp_path / "images" / keeping.address(original(body).hash)


def found_at(home: str) -> Provenance:
    """Found at the site."""
    return Provenance(source="open-graph", source_url=f"{home}/sea.jpg")


def chosen_at(home: str) -> Provenance:
    """Chosen by a person, at the site."""
    return Provenance(source=MANUAL, source_url=f"{home}/sea.jpg", override=True)


def lost(instead: int | None) -> Lost:
    """That the choice of the sea is lost."""
    return Lost(user_id=ME, **KEY._asdict(), content_hash=HASH, instead=instead)


async def test_a_damaged_picture_is_had_again_from_where_it_was_found(
    store: Store, blobs: FolderBlobs, guard: Guard, home: str, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA, origin=found_at(home))
    before = await shown(store)
    bytes_at(tmp_path, SEA).write_bytes(b"rot")

    done = await repair.repair(store, blobs, guard, HASH)

    assert (done.repaired, done.is_well) == ([HASH], True)
    assert await shown(store) == before
    assert (await sweep.check(store, blobs)).damages == ()


async def test_what_nobody_chose_is_looked_for_anew_when_others_are_there_now(
    store: Store, blobs: FolderBlobs, site: Site, guard: Guard, home: str, tmp_path: Path
) -> None:
    site.pictures["sea.jpg"] = WOOD
    await hang(store, blobs, WOOD)
    await hang(store, blobs, SEA, origin=found_at(home))
    bytes_at(tmp_path, SEA).unlink()

    done = await repair.repair(store, blobs, guard, HASH)

    found = await seen(store)
    assert (done.anew, done.is_well) == ([HASH], True)
    assert (found.image, found.outcome, found.retry_at) == (None, "failed", None)
    assert [former.version for former in await store.ask(queries.formers, ME, KEY)] == [1]


@pytest.mark.parametrize("gone", [404, 410])
async def test_an_address_without_a_picture_is_an_answer(
    store: Store, blobs: FolderBlobs, site: Site, guard: Guard, home: str, gone: int
) -> None:
    site.faults.add(broken(gone))
    await hang(store, blobs, SEA, origin=found_at(home))

    done = await repair.repair(store, blobs, guard, HASH)

    assert (done.anew, (await seen(store)).image) == ([HASH], None)


@pytest.mark.parametrize("fault", [broken(503), too_many(60), reset(), broken(403)])
@pytest.mark.parametrize("chosen", [True, False])
async def test_an_outage_leaves_everything_as_it_is(
    store: Store,
    blobs: FolderBlobs,
    site: Site,
    guard: Guard,
    home: str,
    fault: Effect,
    chosen: bool,
) -> None:
    site.faults.add(fault)
    await hang(store, blobs, WOOD)
    await hang(store, blobs, SEA, origin=chosen_at(home) if chosen else found_at(home))
    before = await shown(store)

    done = await repair.repair(store, blobs, guard, HASH)

    after = await seen(store)
    assert (done.later, done.lost, done.is_well) == ([HASH], [], False)
    assert (after.image, after.is_override) == (before, chosen)
    # The next search for what nobody chose may find it again, or another one.
    assert (after.retry_at is not None and after.retry_at <= clock.now()) is not chosen


async def test_a_lost_choice_gives_way_to_the_newest_picture_that_is_whole(
    store: Store, blobs: FolderBlobs, guard: Guard, tmp_path: Path
) -> None:
    await hang(store, blobs, WOOD)
    await hang(store, blobs, picture("GIF"))
    await hang(store, blobs, SEA, origin=CHOSEN)
    for body in (SEA, picture("GIF")):
        bytes_at(tmp_path, body).unlink()

    done = await repair.repair(store, blobs, guard, HASH)

    now = await shown(store)
    assert (done.lost, done.is_well) == ([lost(1)], False)
    assert (now.content_hash, now.version, now.is_override) == (original(WOOD).hash, 4, False)
    formers = await store.ask(queries.formers, ME, KEY)
    assert [each.content_hash for each in formers] == [original(picture("GIF")).hash]


async def test_a_lost_choice_with_nothing_before_it_stays(
    store: Store, blobs: FolderBlobs, guard: Guard, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA, origin=CHOSEN)
    before = await shown(store)
    bytes_at(tmp_path, SEA).unlink()

    done = await repair.repair(store, blobs, guard, HASH)

    assert (done.lost, done.is_well) == ([lost(None)], False)
    assert await shown(store) == before


async def test_a_choice_whose_address_has_another_picture_is_lost(
    store: Store, blobs: FolderBlobs, site: Site, guard: Guard, home: str
) -> None:
    site.pictures["sea.jpg"] = WOOD
    await hang(store, blobs, SEA, origin=chosen_at(home))

    done = await repair.repair(store, blobs, guard, HASH)

    assert (done.lost, (await seen(store)).is_override) == ([lost(None)], True)


async def test_an_address_that_held_a_secret_is_not_asked(
    store: Store, blobs: FolderBlobs, site: Site, guard: Guard, home: str
) -> None:
    hidden = Provenance(source="open-graph", source_url=f"{home}/sea.jpg?token=[secret]")
    await hang(store, blobs, SEA, origin=hidden)

    done = await repair.repair(store, blobs, guard, HASH)

    assert (done.anew, site.faults.count()) == ([HASH], 0)
    assert (await seen(store)).image is not None


async def test_former_pictures_are_let_go_of_and_told(
    store: Store, blobs: FolderBlobs, guard: Guard, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA, origin=CHOSEN)
    await hang(store, blobs, WOOD, origin=CHOSEN)
    bytes_at(tmp_path, SEA).unlink()

    done = await repair.repair(store, blobs, guard, HASH)

    assert (done.formers, await store.ask(queries.formers, ME, KEY)) == (1, [])


async def test_what_was_let_go_of_is_not_swept_up_at_once(
    store: Store, blobs: FolderBlobs, site: Site, guard: Guard, home: str, tmp_path: Path
) -> None:
    site.pictures.clear()
    await hang(store, blobs, SEA, origin=found_at(home))
    away = bytes_at(tmp_path, SEA).rename(tmp_path / "away")
    await repair.repair(store, blobs, guard, HASH)
    away.rename(bytes_at(tmp_path, SEA))

    swept = await sweep.sweep(store, blobs)

    assert (swept.originals, await blobs.get(keeping.address(HASH))) == (0, SEA)


async def test_nothing_is_touched_while_the_store_seems_to_be_away(
    store: Store, blobs: FolderBlobs, site: Site, guard: Guard, home: str, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA, origin=found_at(home))
    await hang(store, blobs, WOOD, key=OTHER, origin=CHOSEN)
    before = await seen(store), await seen(store, OTHER)
    for body in (SEA, WOOD):
        bytes_at(tmp_path, body).unlink()
    found = await sweep.check_all(store, blobs)

    done = await repair.repair_all(store, blobs, guard, found)

    assert (done.withheld, done.is_well, site.faults.count()) == (True, False, 0)
    assert (await seen(store), await seen(store, OTHER)) == before


async def test_by_force_it_is_gone_on_with(
    store: Store, blobs: FolderBlobs, guard: Guard, home: str, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA, origin=found_at(home))
    bytes_at(tmp_path, SEA).unlink()
    found = await sweep.check_all(store, blobs)

    done = await repair.repair_all(store, blobs, guard, found, force=True)

    assert (done.repaired, await blobs.get(keeping.address(HASH))) == ([HASH], SEA)
