"""Runs that look for pictures: what they count and tell, how they resume, and when they come."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.across import wanted as across
from rewind_gql.demo.upstreams.effects import broken, stall, too_many
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.images import queries as known
from rewind_gql.images.records import Key
from rewind_gql.images.tables import Picture
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from rewind_gql.sync import ledger, pictures, queries, run, schedule
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.tables import Source
from tests.databases import ME
from tests.sync.engine import Engine, pages
from tests.sync.pictured import (
    MANY,
    Looking,
    copy,
    heard,
    itunes,
    local,
    looking,
    own,
    serve,
    sold,
)

SECOND = "Side+20"
"""An album of the second batch, whose search keeps that from ending."""


@pytest.fixture
def faults() -> Faults:
    """What goes wrong at the shop: nothing, until a test says so."""
    return Faults()


@pytest.fixture
def shop(faults: Faults) -> Iterator[str]:
    """Where the shop answers."""
    with serve(itunes.app(sold(), faults)) as url:
        yield url


@pytest.fixture
async def there(
    store: Store, settings: Callable[..., Settings], shop: str, faults: Faults
) -> AsyncIterator[Looking]:
    """A worker on both databases."""
    async with looking(store, settings(**local(shop)), faults) as made:
        yield made


@pytest.fixture
async def quick(
    sqlite_store: Store, settings: Callable[..., Settings], shop: str, faults: Faults
) -> AsyncIterator[Looking]:
    """A worker on SQLite alone."""
    async with looking(sqlite_store, settings(**local(shop)), faults) as made:
        yield made


def _first(count: int) -> Slice:
    return Slice(limit=count)


def _told(there: Looking, **changes: Any) -> Deps:
    """The worker with other settings."""
    return replace(there.deps, settings=there.deps.settings.model_copy(update=changes))


async def _processed(there: Looking, run_id: str, count: int) -> None:
    """Wait until a run has looked for so many."""
    async with asyncio.timeout(60):
        while True:
            found = await there.store.ask(queries.run, ME, id=run_id)
            assert found is not None
            if found.items_processed >= count:
                return
            await asyncio.sleep(0.005)


async def test_every_missing_picture_is_found_and_counted(there: Looking) -> None:
    await heard(there.store, 12)

    ended = await there.look()

    assert (ended.status, ended.items_inserted, ended.items_total) == ("success", 12, 13)
    assert ended.items_skipped == 1
    assert await there.found() == 12


async def test_the_history_of_a_run_tells_of_every_thing(quick: Looking) -> None:
    [album] = await heard(quick.store, 1)

    ended = await quick.look(kinds=("albums",))

    told = [each.meta for each in await quick.events(ended.id) if "pictures" in each.meta]
    [[thing]] = [each["pictures"] for each in told]
    assert (thing["id"], thing["outcome"], thing["source"]) == (album.entity_id, "found", "itunes")
    assert thing["bytes"] > 1_000
    assert thing["ms"] > 0
    assert told[0]["asked"]["itunes"]["found"] == 1


async def test_a_second_run_finds_nothing_to_do(quick: Looking) -> None:
    await heard(quick.store, 3)
    await quick.look(kinds=("albums",))

    again = await quick.look(kinds=("albums",))

    assert (again.status, again.items_processed, again.message) == ("skipped", 0, "nothing new")


async def test_the_most_played_come_first_and_no_more_than_asked_for(quick: Looking) -> None:
    first, *_ = await heard(quick.store, 5)

    ended = await quick.look(kinds=("albums",), limit=1)

    assert ended.items_inserted == 1
    assert await quick.store.ask(known.image, ME, first) is not None


async def test_an_artist_is_meant_by_a_part_of_the_name(quick: Looking) -> None:
    await heard(quick.store, 2)

    other = await quick.look(kinds=("albums",), artist="slin")
    meant = await quick.look(kinds=("albums",), artist="LO")

    assert (other.items_processed, meant.items_processed) == (0, 2)


async def test_what_could_not_be_asked_for_is_kept_as_a_reject(there: Looking) -> None:
    await heard(there.store, 2)
    there.faults.add(broken(), match="Side+2", times=None)

    ended = await there.look(kinds=("albums",))

    assert (ended.status, ended.items_inserted, ended.items_failed) == ("partial", 1, 1)
    rejects = await there.store.ask(queries.rejects, ME, part=_first(5))
    assert [each.place for each in rejects.items] == ["listening/albums/2"]
    assert "itunes" in rejects.items[0].reason


async def test_when_nobody_answers_the_rest_waits(there: Looking) -> None:
    await heard(there.store)
    there.faults.add(broken(503), times=None)

    ended = await there.look(kinds=("albums",))

    assert (ended.status, ended.items_failed) == ("partial", pictures.AT_ONCE * pictures.PATIENCE)
    [waiting] = [each for each in await there.events(ended.id) if "nobody" in (each.message or "")]
    assert waiting.items_processed == 0
    assert (await there.source()).consecutive_failures == 0


async def test_after_an_outage_the_failed_ones_are_found(there: Looking) -> None:
    await heard(there.store, 4)
    rule = there.faults.add(broken(503), times=None)
    await there.look(kinds=("albums",))
    there.faults.remove(rule)

    due = await there.look(kinds=("albums",))
    failed = await there.look(kinds=("albums",), which="failed")

    assert (due.items_processed, failed.items_inserted) == (0, 4)


async def test_what_nobody_has_is_looked_for_again_when_asked_to(quick: Looking) -> None:
    await heard(quick.store, 1)
    await quick.look()

    again = await quick.look(which="again")

    assert (again.items_total, again.items_skipped) == (1, 1)


async def test_who_asks_for_a_pause_is_left_alone(quick: Looking) -> None:
    await heard(quick.store, 20)
    quick.faults.add(too_many(retry_after=120), times=None)

    ended = await quick.look(kinds=("albums",))

    assert ended.items_failed == 20
    # Those under way together have asked before the first of them was told.
    assert quick.faults.count("/search") <= pictures.AT_ONCE


async def test_the_next_attempt_looks_for_what_is_left(there: Looking) -> None:
    await heard(there.store)
    rule = there.faults.add(stall(60), match=SECOND, times=None)
    run_id = await there.ask_for(kinds=("albums",), which="again")
    working = asyncio.create_task(run.run(there.deps, run_id, 1))
    await _processed(there, run_id, 10)

    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    there.faults.remove(rule)
    ended = await run.run(there.deps, run_id, 2)

    assert (ended.status, ended.attempt) == ("success", 2)
    assert ended.items_processed == ended.items_total
    assert await there.found() == MANY
    assert len({each.target for each in there.faults.requests if each.path == "/search"}) == MANY


async def test_a_run_that_is_asked_to_stop_stops(quick: Looking) -> None:
    await heard(quick.store)
    quick.faults.add(stall(60), match=SECOND, times=None)
    run_id = await quick.ask_for(kinds=("albums",))
    working = asyncio.create_task(run.run(quick.deps, run_id, 1))
    await _processed(quick, run_id, 10)

    async with quick.store.write() as conn:
        await ledger.cancel(conn, ME, run_id=run_id)
    ended = await working

    assert ended.status == "cancelled"
    assert ended.items_inserted == pictures.AT_ONCE


async def test_without_a_place_to_keep_them_the_run_fails_and_is_tried_later(
    quick: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "WAIT_INSIDE_S", 0.0)
    await heard(quick.store, 1)
    folder = quick.deps.settings.data_dir / "images"
    shutil.rmtree(folder)
    folder.write_text("not a folder")

    ended = await quick.look(kinds=("albums",))

    source = await quick.source()
    assert (ended.status, source.consecutive_failures) == ("failed", 1)
    assert source.backoff_until is not None
    async with quick.store.write() as conn:
        await pictures.due(conn, ME, "listening")
    assert (await quick.source()).next_due_at == source.next_due_at


async def test_a_release_has_the_picture_of_the_album_it_is(there: Looking) -> None:
    await heard(there.store, 2)
    await own(there.store, copy(31, "Side 1", "Low"), copy(32, "Side 7", "Low", hours=1))
    await there.look("listening", kinds=("albums",))

    ended = await there.look("collecting")

    assert (ended.items_total, ended.items_inserted) == (1, 1)
    assert await there.store.ask(known.image, ME, Key("collecting", "releases", "31")) is None


async def test_of_a_release_the_album_s_picture_is_looked_for_first(quick: Looking) -> None:
    [album] = await heard(quick.store, 1)
    await own(quick.store, copy(31, "Side 1", "Low"))

    ended = await quick.look("collecting")

    assert ended.items_inserted == 1
    assert await quick.store.ask(known.image, ME, album) is not None


async def test_a_better_picture_counts_as_changed(quick: Looking) -> None:
    [album] = await heard(quick.store, 1)
    await quick.look(kinds=("albums",))
    async with quick.store.write() as conn:
        await conn.execute(update(Picture).values(retry_at=clock.EPOCH))
    before = await quick.store.ask(known.image, ME, album)

    again = await quick.look(kinds=("albums",))

    after = await quick.store.ask(known.image, ME, album)
    assert before is not None
    assert after is not None
    assert (again.items_total, again.items_updated) == (1, after.version - before.version)


async def test_asking_again_joins_the_run_that_waits(there: Looking) -> None:
    first = await there.ask_for()

    assert await there.ask_for() == first


async def test_a_run_for_others_is_not_joined(quick: Looking) -> None:
    first = await quick.ask_for()

    with pytest.raises(ledger.AlreadyRunning, match=first):
        await quick.ask_for(which="failed")


async def test_what_came_during_a_run_is_due_when_it_ends(there: Looking) -> None:
    await heard(there.store, 1)
    run_id = await there.ask_for()
    working = asyncio.create_task(run.run(there.deps, run_id, 1))
    await _processed(there, run_id, 1)
    async with there.store.write() as conn:
        await pictures.due(conn, ME, "listening")

    await working

    due_at = (await there.source()).next_due_at
    assert due_at is not None
    assert due_at <= clock.now()


async def test_after_a_run_nothing_is_due_for_an_hour(quick: Looking) -> None:
    await quick.look()

    due_at = (await quick.source()).next_due_at

    assert due_at is not None
    assert timedelta(minutes=59) < due_at - clock.now() <= pictures.EVERY


async def test_more_than_one_run_looks_for_is_left_to_the_next(
    quick: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "AT_MOST", 2)
    await heard(quick.store, 3)

    first = await quick.look(kinds=("albums",))
    due_at = (await quick.source()).next_due_at
    second = await quick.look(kinds=("albums",))

    assert (first.items_inserted, second.items_inserted) == (2, 1)
    assert due_at is not None
    assert due_at <= clock.now()


@pytest.mark.parametrize("brings", [True, False])
async def test_pictures_of_what_a_sync_brought_are_due_when_it_has_ended(
    engine: Engine, brings: bool
) -> None:
    engine.script.steps["first"] = pages(0) if brings else []
    async with engine.store.write() as conn:
        ids = await pictures.register(conn, ME)
        later = update(Source).values(next_due_at=clock.now() + timedelta(days=1))
        await conn.execute(later.where(col(Source.id).in_(ids.values())))

    await engine.sync()

    due = {each.id for each in await engine.store.system(schedule.due)}
    assert (ids["listening"] in due) is brings
    assert ids["collecting"] not in due


async def test_paused_ones_are_not_looked_for(quick: Looking) -> None:
    async with quick.store.write() as conn:
        ids = await pictures.register(conn, ME)
        for source_id in ids.values():
            await ledger.pause(conn, ME, source_id=source_id)

    assert await schedule.enqueue_due(quick.deps) == 0


async def test_new_ones_are_due_at_once_and_once_for_each_domain(there: Looking) -> None:
    await schedule.begin(there.deps)
    await schedule.begin(there.deps)

    assert await schedule.enqueue_due(there.deps) == len(pictures.pictured())
    assert await schedule.enqueue_due(there.deps) == 0


async def test_an_owner_who_wants_none_has_none_looked_for(quick: Looking) -> None:
    deps = _told(quick, image_find=False)
    async with quick.store.write() as conn:
        await pictures.register(conn, ME)

    assert await schedule.enqueue_due(deps) == 0


async def test_runs_for_pictures_are_nobody_s_health(quick: Looking) -> None:
    await heard(quick.store, 1)
    ended = await quick.look()

    health = await quick.store.ask(queries.health, ME, now=clock.now())
    page = await quick.store.ask(queries.runs, ME, part=_first(5), provider="images")

    assert all(each.latest is None and each.error_rate == 0 for each in health)
    assert [each.id for each in page.items] == [ended.id]


@pytest.mark.parametrize("count", [1, 9])
async def test_what_is_missing_costs_as_many_statements_however_much_it_is(
    there: Looking, statements: list[str], count: int
) -> None:
    await heard(there.store, count)
    await own(
        there.store, *(copy(30 + each, f"Side {each}", "Low") for each in range(1, count + 1))
    )
    statements.clear()

    await there.store.ask(across.wanted, ME, "listening", "albums", now=clock.now())
    first = len(statements)
    await there.store.ask(across.wanted, ME, "collecting", "releases", now=clock.now())

    assert (first, len(statements) - first) == (3, 5)
