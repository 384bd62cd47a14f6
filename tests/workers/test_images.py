"""The jobs that look after the pictures that are kept."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from rewind_gql import clock
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.images import keeping
from rewind_gql.images.keeping import Provenance
from rewind_gql.images.tables import Blob
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.images.gallery import SEA, WOOD, hang, original, seen
from tests.sync.pictured import Looking, local, looking
from workers.jobs import check
from workers.jobs import sweep as sweep_job

NOWHERE = "http://127.0.0.1:9"
FOUND_NOWHERE = Provenance(source="open-graph", source_url=f"{NOWHERE}/sea.jpg")


@pytest.fixture
async def there(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Looking]:
    """A worker that keeps pictures in a folder."""
    async with looking(sqlite_store, settings(**local(NOWHERE)), Faults()) as made:
        yield made


def place(there: Looking, body: bytes) -> Path:
    """The file of an original."""
    return there.deps.settings.data_dir / "images" / keeping.address(original(body).hash)


async def test_what_belongs_to_nothing_is_swept_up(there: Looking) -> None:
    blobs = there.deps.finding.blobs
    await keeping.stow(there.store, blobs, original(WOOD))
    await hang(there.store, blobs, SEA)
    async with there.store.write() as conn:
        await conn.execute(update(Blob).values(stored_at=clock.EPOCH))

    assert await sweep_job({"deps": there.deps}) == 1
    assert await blobs.get(keeping.address(original(SEA).hash)) == SEA


async def test_what_is_damaged_is_mended_or_looked_for_anew(there: Looking) -> None:
    await hang(there.store, there.deps.finding.blobs, SEA, origin=FOUND_NOWHERE)
    place(there, SEA).write_bytes(b"other")

    assert await check({"deps": there.deps}) == 1
    retry_at = (await seen(there.store)).retry_at
    assert retry_at is not None
    assert retry_at <= clock.now()


async def test_when_so_much_is_damaged_nothing_is_let_go(there: Looking) -> None:
    await hang(there.store, there.deps.finding.blobs, SEA)
    place(there, SEA).unlink()

    assert await check({"deps": there.deps}) == 1
    standing = await seen(there.store)
    assert (standing.image is not None, standing.retry_at) == (True, None)
