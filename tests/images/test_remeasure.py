"""Pictures measured anew: bit by bit, past those that cannot be, each person's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from rewind_gql.images import keeping
from rewind_gql.images.measured import ANALYSIS_VERSION
from rewind_gql.images.records import Key
from rewind_gql.images.remeasure import remeasure
from rewind_gql.images.tables import Blob
from rewind_gql.images.worker import Worker
from rewind_gql.ports.blobs import FolderBlobs
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.images.files import picture
from tests.images.gallery import KEY, SEA, WOOD, folder, hang, original, shown


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty store of bytes."""
    return folder(tmp_path)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    """An image process."""
    async with Worker() as made:
        yield made


async def age(store: Store) -> None:
    """Have everything be measured by older rules."""
    async with store.write() as conn:
        older = {"analysis_version": ANALYSIS_VERSION - 1, "thumbhash": None}
        await conn.execute(update(Blob).values(**older))


async def test_pictures_of_older_rules_are_measured_anew(
    store: Store, blobs: FolderBlobs, worker: Worker
) -> None:
    await hang(store, blobs, SEA)
    before = await shown(store)
    await age(store)

    done = await remeasure(store, blobs, worker, ME)

    assert (done.updated, done.failed, done.remaining, done.after) == (1, 0, 0, None)
    assert await shown(store) == before
    assert (await remeasure(store, blobs, worker, ME)).updated == 0


async def test_one_that_cannot_be_measured_does_not_stop_the_others(
    store: Store, blobs: FolderBlobs, worker: Worker
) -> None:
    bodies = [picture(width=64 + side) for side in range(5)]
    for number, body in enumerate(bodies):
        await hang(store, blobs, body, key=Key(*KEY[:2], str(number)))
    hashes = sorted(original(body).hash for body in bodies)
    await blobs.delete(keeping.address(hashes[0]))
    await blobs.put(keeping.address(hashes[1]), b"rot")
    await age(store)
    counts, after = [], ""

    for _ in range(3):
        done = await remeasure(store, blobs, worker, ME, limit=2, after=after)
        counts.append((done.updated, done.failed, done.remaining))
        after = done.after or ""

    assert counts == [(0, 2, 5), (2, 0, 3), (1, 0, 2)]
    assert after == ""


async def test_other_peoples_pictures_are_left_alone(
    store: Store, blobs: FolderBlobs, worker: Worker
) -> None:
    await hang(store, blobs, SEA)
    await hang(store, blobs, WOOD, user_id=OTHER)
    await age(store)

    done = await remeasure(store, blobs, worker, ME)

    assert (done.updated, done.remaining) == (1, 0)
    assert (await shown(store, user_id=OTHER)).thumbhash is None
