"""What belongs to nothing goes, what belongs to something stays, damage is found."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from rewind_gql import clock
from rewind_gql.images import keeping, leases, sweep
from rewind_gql.images.tables import Blob
from rewind_gql.ports.blobs import FolderBlobs
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.images.gallery import KEY, SEA, WOOD, folder, hang, original, shown

NOW = timedelta(0)


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty store of bytes."""
    return folder(tmp_path)


def bytes_at(tmp_path: Path, body: bytes) -> Path:
    """The file of an original."""
    return tmp_path / "images" / keeping.address(original(body).hash)


async def age(store: Store, *paths: Path) -> None:
    """Have everything be there for two days already."""
    then = clock.now() - timedelta(days=2)
    async with store.write() as conn:
        await conn.execute(update(Blob).values(stored_at=then))
    for path in paths:
        os.utime(path, (then.timestamp(), then.timestamp()))


async def kept(blobs: FolderBlobs) -> set[str]:
    """The hashes of all bytes there are."""
    return {stat.key.rpartition("/")[2] async for stat in blobs.list()}


async def test_originals_that_belong_to_nothing_go(store: Store, blobs: FolderBlobs) -> None:
    await keeping.stow(store, blobs, original(WOOD))
    await hang(store, blobs, SEA)
    await age(store)

    swept = await sweep.sweep(store, blobs)

    assert (swept.originals, swept.size_bytes) == (1, len(WOOD))
    assert await kept(blobs) == {original(SEA).hash}
    assert (await sweep.sweep(store, blobs)).originals == 0


async def test_originals_just_put_away_stay(store: Store, blobs: FolderBlobs) -> None:
    await keeping.stow(store, blobs, original(WOOD))

    swept = await sweep.sweep(store, blobs)

    assert swept.originals == 0
    assert await kept(blobs) == {original(WOOD).hash}


async def test_former_pictures_and_other_peoples_stay(store: Store, blobs: FolderBlobs) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD)
    await hang(store, blobs, picture("GIF"), user_id=OTHER)
    await age(store)

    assert (await sweep.sweep(store, blobs)).originals == 0
    assert len(await kept(blobs)) == 3


async def test_bytes_of_a_picture_two_have_stay_until_both_are_gone(
    store: Store, blobs: FolderBlobs
) -> None:
    for user_id in (ME, OTHER):
        await hang(store, blobs, SEA, user_id=user_id)
    await age(store)
    left = []

    for user_id in (ME, OTHER):
        async with store.write() as conn:
            await keeping.forget(conn, user_id, *KEY[:2], [KEY.entity_id])
        await sweep.sweep(store, blobs)
        left.append(len(await kept(blobs)))

    assert left == [1, 0]


async def test_bytes_without_a_row_go_once_they_are_old(
    store: Store, blobs: FolderBlobs, tmp_path: Path
) -> None:
    for body in (SEA, WOOD):
        await blobs.put(keeping.address(original(body).hash), body)
    await blobs.put("originals/ab/notes", b"not ours")
    await age(store, bytes_at(tmp_path, SEA), tmp_path / "images/originals/ab/notes")

    swept = await sweep.sweep(store, blobs)

    assert (swept.originals, swept.size_bytes) == (1, len(SEA))
    assert await kept(blobs) == {original(WOOD).hash, "notes"}


async def test_leases_run_out_are_cleared(store: Store, blobs: FolderBlobs) -> None:
    async with store.write() as conn:
        await leases.take(conn, "find:old", "dead", now=clock.EPOCH, length=clock.DAY)
        await leases.take(conn, "find:new", "alive", now=clock.now(), length=clock.DAY)

    assert (await sweep.sweep(store, blobs)).leases == 1


class Slow(FolderBlobs):
    """A folder whose deletions wait until they may go on."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.deleting, self.may = asyncio.Event(), asyncio.Event()

    async def delete(self, key: str) -> None:
        """Delete when it is allowed."""
        self.deleting.set()
        await self.may.wait()
        await super().delete(key)


async def test_bytes_put_away_while_they_are_swept_up_are_there_in_the_end(
    store: Store, url: str, tmp_path: Path
) -> None:
    folder(tmp_path)
    slow = Slow(tmp_path / "images")
    await keeping.stow(store, slow, original(SEA))
    await age(store)
    other = await Store.open(url)
    sweeping = asyncio.create_task(sweep.sweep(store, slow))
    await slow.deleting.wait()
    hanging = asyncio.create_task(hang(other, slow, SEA))
    await asyncio.wait([hanging], timeout=0.3)
    assert not hanging.done()

    slow.may.set()
    await asyncio.gather(sweeping, hanging)

    await other.close()
    assert (await shown(store)).version == 1
    assert (await sweep.check(store, slow)).damages == ()


async def test_bytes_put_away_again_since_the_sweep_began_stay(
    store: Store, tmp_path: Path
) -> None:
    folder(tmp_path)
    slow = Slow(tmp_path / "images")
    first, second = sorted((original(SEA), original(WOOD)), key=lambda each: each.hash)
    for each in (first, second):
        await keeping.stow(store, slow, each)
    await age(store)
    sweeping = asyncio.create_task(sweep.sweep(store, slow))
    await slow.deleting.wait()
    stowing = asyncio.create_task(keeping.stow(store, slow, second))
    await asyncio.wait([stowing], timeout=0.3)

    slow.may.set()
    await asyncio.gather(sweeping, stowing)

    assert await kept(slow) == {second.hash}


async def test_damage_is_found_and_told_in_words(
    store: Store, blobs: FolderBlobs, tmp_path: Path
) -> None:
    for body in (SEA, WOOD, picture("GIF")):
        await hang(store, blobs, body)
    bytes_at(tmp_path, SEA).unlink()
    bytes_at(tmp_path, WOOD).write_bytes(WOOD[:-1])

    checked = await sweep.check(store, blobs)

    assert {each.content_hash: each.reason for each in checked.damages} == {
        original(SEA).hash: "The bytes are gone",
        original(WOOD).hash: "The bytes are others",
    }
    assert (checked.checked, checked.after) == (3, None)


async def test_a_check_goes_on_where_it_stopped(store: Store, blobs: FolderBlobs) -> None:
    for side in range(5):
        await hang(store, blobs, picture(width=64 + side))
    counts, after = [], ""

    for _ in range(3):
        checked = await sweep.check(store, blobs, after=after, limit=2)
        counts.append(checked.checked)
        after = checked.after or ""

    assert (counts, after) == ([2, 2, 1], "")


async def test_everything_is_looked_at_a_part_at_a_time(
    store: Store, blobs: FolderBlobs, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, key=KEY._replace(entity_id="10"))
    bytes_at(tmp_path, WOOD).write_bytes(b"other")
    heard: list[int] = []

    found = await sweep.check_all(store, blobs, tell=heard.append, limit=1)

    assert (found.checked, heard) == (2, [1, 1, 0])
    assert [each.content_hash for each in found.damages] == [original(WOOD).hash]
    assert not found.suspicious
    assert await store.system(sweep.originals) == 2


def test_a_store_that_seems_empty_is_suspicious() -> None:
    def found(checked: int, damaged: int) -> sweep.Checked:
        damages = [sweep.Damage(content_hash=str(each), reason="") for each in range(damaged)]
        return sweep.Checked(checked=checked, damages=tuple(damages), after=None)

    assert not found(sweep.FEW, sweep.FEW).suspicious
    assert found(100, sweep.FEW + 1).suspicious
    assert not found(1_000, 50).suspicious


async def test_a_store_in_which_nothing_is_to_be_found_is_suspicious(
    store: Store, blobs: FolderBlobs, tmp_path: Path
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, key=KEY._replace(entity_id="10"))
    bytes_at(tmp_path, SEA).unlink()
    half = await sweep.check_all(store, blobs)
    bytes_at(tmp_path, WOOD).unlink()

    empty = await sweep.check_all(store, blobs)

    assert (half.suspicious, empty.suspicious) == (False, True)


async def test_a_check_of_nothing_is_not_suspicious(store: Store, blobs: FolderBlobs) -> None:
    assert not (await sweep.check_all(store, blobs)).suspicious
