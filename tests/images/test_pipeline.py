"""Finding pictures: once however many ask, told apart when in vain, never half-written."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.demo.upstreams.effects import broken, reset, stall, too_many, truncate
from rewind_gql.demo.upstreams.exchange import Effect
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images import keeping, leases
from rewind_gql.images.pipeline import Pipeline
from rewind_gql.images.records import Thing
from rewind_gql.images.tables import Making, Picture
from rewind_gql.ports.blobs import BlobsAway, FolderBlobs
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn, Read
from tests.databases import ME
from tests.images.files import blank_png, picture
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

LEASES = Read(select(col(Making.key)), str)


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


async def at_rest(store: Store) -> list[str]:
    """The keys of all leases there are."""

    async def query(conn: Conn) -> list[str]:
        return await conn.rows(LEASES)

    return await store.system(query)


async def asked(site: Site, times: int = 1) -> None:
    """Wait until the site was asked that often."""
    async with asyncio.timeout(60):
        while site.faults.count() < times:  # noqa: ASYNC110  # it counts in another thread
            await asyncio.sleep(0.01)


async def due(store: Store) -> None:
    """Let it be time to look again."""
    async with store.write() as conn:
        await conn.execute(update(Picture).values(retry_at=clock.EPOCH))


async def test_a_picture_is_found_kept_and_told_about(
    pipe: Pipeline, store: Store, home: str, blobs: FolderBlobs
) -> None:
    done = await pipe.find(ME, article(f"{home}/sea.jpg"))

    assert (done.outcome, done.image, done.size_bytes) == ("found", await shown(store), len(SEA))
    assert [(each.finder, each.outcome) for each in done.tried] == [("given", "found")]
    assert await blobs.get(keeping.address(original(SEA).hash)) == SEA
    assert (await seen(store)).facts == {"image_url": f"{home}/sea.jpg"}
    assert await at_rest(store) == []


async def test_200_who_ask_at_once_cost_one_fetch(pipe: Pipeline, site: Site, home: str) -> None:
    site.gate.clear()
    asking = [asyncio.create_task(pipe.find(ME, article(f"{home}/sea.jpg"))) for _ in range(200)]
    await asked(site)
    site.gate.set()

    done = await asyncio.gather(*asking)

    assert {each.outcome for each in done} == {"found"}
    assert site.faults.count() == 1


async def test_200_who_ask_two_servers_at_once_cost_one_fetch(
    pipe: Pipeline, url: str, blobs: FolderBlobs, site: Site, home: str
) -> None:
    other = await Store.open(url)
    async with pipeline(other, blobs, home) as second:
        site.gate.clear()
        thing = article(f"{home}/sea.jpg")
        asking = [
            asyncio.create_task(each.find(ME, thing)) for _ in range(100) for each in (pipe, second)
        ]
        await asked(site)
        site.gate.set()

        done = await asyncio.gather(*asking)
    await other.close()

    assert {each.outcome for each in done} == {"found"}
    assert {each.image.version for each in done if each.image} == {1}
    assert site.faults.count() == 1


async def test_two_servers_share_a_search_in_vain_too(
    pipe: Pipeline, url: str, blobs: FolderBlobs, site: Site, home: str
) -> None:
    other = await Store.open(url)
    async with pipeline(other, blobs, home) as second:
        thing = article(f"{home}/nothing.jpg")

        done = await asyncio.gather(*(each.find(ME, thing) for each in (pipe, second) * 10))
    await other.close()

    assert {each.outcome for each in done} == {"unfit"}
    assert site.faults.count() == 1


async def test_what_is_known_is_not_looked_for_again(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    thing = article(f"{home}/sea.jpg")
    await pipe.find(ME, thing)

    again = await pipe.find(ME, thing)

    assert (again.outcome, again.image, again.tried) == ("found", await shown(store), ())
    assert site.faults.count() == 1


async def test_a_miss_is_looked_for_again_in_time_and_when_more_is_known(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    thing = article(f"{home}/nothing.jpg")
    first, second = await pipe.find(ME, thing), await pipe.find(ME, thing)
    await due(store)
    third = await pipe.find(ME, thing)
    fourth = await pipe.find(ME, article(f"{home}/sea.jpg"))

    assert [each.outcome for each in (first, second, third, fourth)] == [*["unfit"] * 3, "found"]
    assert [len(each.tried) for each in (first, second, third)] == [2, 0, 2]
    assert second.retry_at == first.retry_at


@pytest.mark.parametrize(
    ("page", "outcome"),
    [("/page/nothing.jpg", "unfit"), ("/nothing", "none")],
)
async def test_not_there_and_not_fit_are_told_apart(
    pipe: Pipeline, home: str, page: str, outcome: str
) -> None:
    done = await pipe.find(ME, article(page=f"{home}{page}"))

    assert (done.outcome, done.image) == (outcome, None)


async def test_an_outage_is_no_answer_and_its_pause_is_kept(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    site.faults.add(too_many(7200))

    done = await pipe.find(ME, article(f"{home}/sea.jpg", page=f"{home}/nothing"))

    found = await seen(store)
    assert (done.outcome, found.attempts, found.failures) == ("failed", 0, 1)
    assert found.retry_at == found.updated_at + timedelta(hours=2)
    assert "429" in (done.reason or "")
    assert home not in (done.reason or "")


async def test_nobody_behind_the_first_good_answer_is_asked(
    pipe: Pipeline, site: Site, home: str
) -> None:
    await pipe.find(ME, article(f"{home}/sea.jpg", page=f"{home}/page/wood.png"))

    assert [each.path for each in site.faults.requests] == ["/sea.jpg"]


@pytest.mark.parametrize("body", [b"", b"<svg/>", b"%PDF-1.7", SEA[:900], blank_png(8, 8)])
async def test_what_is_no_picture_gives_way_to_the_next_finders(
    pipe: Pipeline, store: Store, site: Site, home: str, body: bytes
) -> None:
    site.pictures["bad.jpg"] = body

    done = await pipe.find(ME, article(f"{home}/bad.jpg", page=f"{home}/page/wood.png"))

    assert (done.outcome, (await shown(store)).media_type) == ("found", "image/png")
    assert [each.outcome for each in done.tried] == ["unfit", "found"]


async def test_things_of_a_kind_without_pictures_are_never_written_down(
    pipe: Pipeline, store: Store
) -> None:
    done = await pipe.find(ME, Thing(domain="running", entity_type="runs", entity_id="1"))

    assert (done.outcome, done.retry_at) == ("none", None)
    assert await at_rest(store) == []


async def test_a_caller_who_goes_away_does_not_end_the_search(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    site.gate.clear()
    thing = article(f"{home}/sea.jpg")
    impatient = asyncio.create_task(pipe.find(ME, thing))
    await asked(site)
    impatient.cancel()
    await asyncio.wait([impatient])
    site.gate.set()

    done = await pipe.find(ME, thing)

    assert done.image == await shown(store)
    assert site.faults.count() == 1


async def test_a_dead_process_is_waited_for_until_its_lease_runs_out(
    pipe: Pipeline, store: Store, home: str
) -> None:
    async with store.write() as conn:
        length = timedelta(seconds=0.4)
        await leases.take(conn, f"find:{ME}/{KEY}", "dead", now=clock.now(), length=length)
        ends_at = clock.now() + length

    done = await pipe.find(ME, article(f"{home}/sea.jpg"))

    assert done.outcome == "found"
    assert clock.now() > ends_at


async def test_who_lost_the_lease_writes_nothing(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    site.gate.clear()
    asking = asyncio.create_task(pipe.find(ME, article(f"{home}/sea.jpg")))
    await asked(site)
    async with store.write() as conn:
        await conn.execute(update(Making).values(owner="another", until=clock.EPOCH))
    site.gate.set()

    done = await asking

    # Its own search counted for nothing, so it made another when the other's lease had run out.
    assert (done.outcome, site.faults.count()) == ("found", 2)
    assert (await shown(store)).version == 1


async def test_a_long_search_keeps_its_lease(
    store: Store, blobs: FolderBlobs, site: Site, home: str
) -> None:
    length = timedelta(seconds=1)
    async with pipeline(store, blobs, home, lease=length, renew_s=0.05) as pipe:
        site.gate.clear()
        asking = asyncio.create_task(pipe.find(ME, article(f"{home}/sea.jpg")))
        await asked(site)
        await asyncio.sleep(1.5)
        async with store.write() as conn:
            taken = await leases.take(
                conn, f"find:{ME}/{KEY}", "another", now=clock.now(), length=length
            )
        site.gate.set()

        assert not taken
        assert (await asking).outcome == "found"
    assert site.faults.count() == 1


async def test_a_search_without_end_is_cut_short(
    store: Store, blobs: FolderBlobs, site: Site, home: str
) -> None:
    async with pipeline(store, blobs, home, search_s=0.2) as pipe:
        site.faults.add(stall(5))

        done = await pipe.find(ME, article(f"{home}/sea.jpg"))

    assert (done.outcome, done.reason) == ("failed", "The search took too long")
    assert await at_rest(store) == []


async def test_closing_gives_the_leases_back(
    store: Store, blobs: FolderBlobs, site: Site, home: str
) -> None:
    async with pipeline(store, blobs, home) as pipe:
        site.gate.clear()
        asking = asyncio.create_task(pipe.find(ME, article(f"{home}/sea.jpg")))
        await asked(site)

        await pipe.close()

        assert await at_rest(store) == []
        with pytest.raises(asyncio.CancelledError):
            await asking
        site.gate.set()


async def test_looking_again_raises_the_version_only_for_other_bytes(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    thing = article(f"{home}/sea.jpg")
    versions = []
    for body in (SEA, SEA, WOOD):
        site.pictures["sea.jpg"] = body
        await pipe.find(ME, thing, force=True)
        versions.append((await shown(store)).version)

    assert versions == [1, 1, 2]
    assert site.faults.count() == 3


async def test_a_smaller_picture_does_not_replace_a_small_one(
    pipe: Pipeline, store: Store, site: Site, home: str
) -> None:
    thing = article(f"{home}/sea.jpg")
    for side in (200, 100, 250):
        site.pictures["sea.jpg"] = picture(width=side, height=side)
        await pipe.find(ME, thing)
        await due(store)

    assert ((await shown(store)).width, (await shown(store)).version) == (250, 2)
    assert site.faults.count() == 3


async def test_secrets_in_an_address_are_not_written_down(
    pipe: Pipeline, store: Store, home: str
) -> None:
    await pipe.find(ME, article(f"{home}/sea.jpg?token=abcdefgh12345678"))

    assert "abcdefgh" not in str((await shown(store)).source_url)


async def test_what_cannot_be_kept_is_not_looked_for_again_at_once(
    pipe: Pipeline, store: Store, site: Site, home: str, tmp_path: Path
) -> None:
    thing = article(f"{home}/sea.jpg")
    shutil.rmtree(tmp_path / "images")

    with pytest.raises(BlobsAway) as first:
        await pipe.find(ME, thing)
    second = await pipe.find(ME, thing)

    standing, away = await seen(store), second.away()
    assert (site.faults.count(), standing.outcome, standing.failures) == (1, "failed", 1)
    assert standing.retry_at == second.retry_at
    assert away is not None
    assert all(290 <= (each.retry_after or 0) <= 360 for each in (first.value, away))
    assert await at_rest(store) == []


async def test_what_could_not_be_kept_is_looked_for_again_in_time(
    pipe: Pipeline, store: Store, home: str, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "images")
    with pytest.raises(BlobsAway):
        await pipe.find(ME, article(f"{home}/sea.jpg"))
    folder(tmp_path)
    await due(store)

    done = await pipe.find(ME, article(f"{home}/sea.jpg"))

    assert (done.outcome, done.away()) == ("found", None)


async def test_what_a_person_chose_is_not_looked_for(
    pipe: Pipeline, store: Store, blobs: FolderBlobs, site: Site, home: str
) -> None:
    await hang(store, blobs, WOOD, origin=CHOSEN)

    done = await pipe.find(ME, article(f"{home}/sea.jpg"), force=True)

    assert (done.image, site.faults.count()) == (await shown(store), 0)


@pytest.mark.parametrize("fault", [broken(503), reset(), truncate()])
async def test_an_answer_that_breaks_off_is_an_outage(
    pipe: Pipeline, site: Site, home: str, fault: Effect
) -> None:
    site.faults.add(fault)

    done = await pipe.find(ME, article(f"{home}/sea.jpg"))

    assert done.outcome == "failed"
