"""A changed rule put to the library by a run of the ledger, whatever happens to its worker."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import derive, filters, intake
from rewind_gql.domains.listening.tables import Play
from rewind_gql.sync import ledger, queries, refilter, schedule
from rewind_gql.sync.tables import Run
from tests.databases import ME
from tests.sync.engine import Engine, plays


@pytest.fixture
async def heard(engine: Engine) -> Engine:
    """An engine whose person has heard nine songs of one artist."""
    async with engine.store.write() as conn:
        stored = await intake.plays(conn, ME, plays(1, 9), source="songs")
        await derive.derive(conn, ME, stored.touched)
    return engine


async def rule(engine: Engine, pattern: str = "song 3") -> int:
    """A new rule, not yet put to the library."""
    async with engine.store.write() as conn:
        given: Any = {"filter_type": "custom", "scope": "track", "reason": None}
        return (await filters.add(conn, ME, pattern=pattern, **given)).id


async def hidden(engine: Engine) -> int:
    """How many plays are hidden; the counts agree with them."""
    assert await engine.store.ask(derive.drift, ME) == []
    return sum(await engine.column(Play, "hidden"))


async def test_a_rule_is_applied_and_written_down(heard: Engine) -> None:
    await rule(heard)

    status = await refilter.refilter(heard.deps, ME)

    runs = await heard.column(Run, "id")
    found = await heard.run(runs[0])
    assert (status, await hidden(heard), len(runs)) == ("success", 1, 1)
    assert (found.provider, found.sync_type, found.items_updated) == ("rewind", "filters", 1)
    assert (await heard.store.ask(filters.standing, ME)).applied == 1


async def test_without_a_change_there_is_no_run(heard: Engine) -> None:
    await rule(heard)
    await refilter.refilter(heard.deps, ME)

    assert await refilter.refilter(heard.deps, ME) is None
    assert len(await heard.column(Run, "id")) == 1


async def test_following_an_older_change_leaves_a_newer_one_to_do(heard: Engine) -> None:
    await rule(heard)
    await rule(heard, "song 4")
    async with heard.store.write() as conn:
        await filters.applied(conn, ME, up_to=1)

    assert await refilter.enqueue_behind(heard.deps) == 1
    await refilter.refilter(heard.deps, ME)
    assert await hidden(heard) == 2
    assert await refilter.enqueue_behind(heard.deps) == 0


async def test_a_library_that_is_behind_is_queued_once(heard: Engine) -> None:
    await rule(heard)

    assert await refilter.enqueue_behind(heard.deps) == 1
    assert heard.queue.waiting == [("refilter", {"user_id": ME})]


async def test_a_library_that_is_being_looked_at_is_not_queued(heard: Engine) -> None:
    await rule(heard)
    row = ledger.blank(
        ME, source="backfill", provider="rewind", domain="listening", sync_type="filters"
    )
    async with heard.store.write() as conn:
        await ledger.open_run(conn, row, worker="another", lease=heard.deps.lease)

    assert await refilter.enqueue_behind(heard.deps) == 0


async def test_a_worker_stopped_anywhere_leaves_the_rest_to_the_next(heard: Engine) -> None:
    await rule(heard)
    for steps in range(0, 60, 4):
        worker = asyncio.create_task(refilter.refilter(heard.deps, ME))
        for _ in range(steps):
            await asyncio.sleep(0)
        worker.cancel()
        await asyncio.wait({worker})

    await refilter.refilter(heard.deps, ME)

    assert await hidden(heard) == 1
    assert await refilter.enqueue_behind(heard.deps) == 0


async def test_a_lost_worker_leaves_it_to_the_next(heard: Engine) -> None:
    await rule(heard)
    await refilter.refilter(heard.deps, ME)
    made = await rule(heard, "song 5")
    lost = update(Run).where(col(Run.provider) == "rewind")
    await heard.change(
        lost.values(ended_at=None, stage="saving", status="in_progress", lease_until=clock.EPOCH)
    )

    await schedule.reap(heard.deps)

    assert await refilter.enqueue_behind(heard.deps) == 1
    assert await refilter.refilter(heard.deps, ME) == "success"
    assert (await hidden(heard), made > 0) == (2, True)


async def test_it_does_not_count_as_a_sync_of_the_domain(heard: Engine) -> None:
    await rule(heard)
    await refilter.refilter(heard.deps, ME)

    health = await heard.store.ask(queries.health, ME, now=clock.now())

    assert next(each for each in health if each.domain == "listening").latest is None
