"""Who works on a run: claims that race, fencing, lost workers, giving back."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening.tables import Play
from rewind_gql.errors import LostRun
from rewind_gql.sync import ledger, run, schedule
from rewind_gql.sync.tables import Run
from tests.databases import ME
from tests.sync.engine import QUICK, Engine, pages

LEASE = timedelta(seconds=90)
LONG_AGO = clock.EPOCH


async def _claim(engine: Engine, run_id: str, attempt: int, worker: str) -> ledger.Claimed | None:
    async with engine.store.write() as conn:
        return await ledger.claim(conn, run_id, attempt, worker=worker, lease=LEASE)


async def _claimed(engine: Engine) -> ledger.Claimed:
    claimed = await _claim(engine, await engine.trigger(), 1, "one")
    assert claimed is not None
    return claimed


async def _expire(engine: Engine, run_id: str) -> None:
    await engine.change(update(Run).where(col(Run.id) == run_id).values(lease_until=LONG_AGO))


async def test_of_many_workers_one_gets_the_run(engine: Engine) -> None:
    run_id = await engine.trigger()

    got = await asyncio.gather(*(_claim(engine, run_id, 1, f"w{n}") for n in range(8)))

    assert sum(claimed is not None for claimed in got) == 1
    assert [event.stage for event in await engine.events(run_id)] == ["queued", "started"]


async def test_an_attempt_that_is_not_the_present_one_gets_nothing(engine: Engine) -> None:
    run_id = await engine.trigger()

    assert await _claim(engine, run_id, 2, "one") is None


async def test_a_heartbeat_renews_the_lease_and_brings_the_wish_to_cancel(engine: Engine) -> None:
    claimed = await _claimed(engine)
    await _expire(engine, claimed.run_id)
    beat = {"worker": "one", "lease": LEASE}
    async with engine.store.write() as conn:
        before = await ledger.heartbeat(conn, claimed.run_id, 1, **beat)  # type: ignore[arg-type]
        await ledger.cancel(conn, ME, run_id=claimed.run_id)
        after = await ledger.heartbeat(conn, claimed.run_id, 1, **beat)  # type: ignore[arg-type]

    reaped = await schedule.reap(engine.deps)

    assert (before, after, reaped) == (False, True, 0)


async def test_a_heartbeat_of_another_worker_is_refused(engine: Engine) -> None:
    claimed = await _claimed(engine)

    async with engine.store.write() as conn:
        with pytest.raises(LostRun):
            await ledger.heartbeat(conn, claimed.run_id, 1, worker="two", lease=LEASE)


async def test_a_lost_run_is_queued_again_as_its_next_attempt(engine: Engine) -> None:
    claimed = await _claimed(engine)
    await _expire(engine, claimed.run_id)

    reaped = await schedule.reap(engine.deps)

    again = await engine.run(claimed.run_id)
    assert reaped == 1
    assert (again.stage, again.attempt, again.message) == (
        "queued",
        2,
        "worker lost, attempt 2 of 3",
    )
    assert engine.queue.runs() == [(claimed.run_id, 2)]
    assert (await engine.events(claimed.run_id))[-1].stage == "queued"


async def test_the_last_lost_attempt_ends_the_run(engine: Engine) -> None:
    run_id = await engine.trigger(max_attempts=1)
    await _claim(engine, run_id, 1, "one")
    await _expire(engine, run_id)

    await schedule.reap(engine.deps)

    ended = await engine.run(run_id)
    assert (ended.status, ended.error_kind, ended.attempt) == ("failed", "lost", 1)
    assert engine.queue.runs() == []


async def test_a_worker_that_does_not_stop_when_asked_loses_the_run(engine: Engine) -> None:
    claimed = await _claimed(engine)
    async with engine.store.write() as conn:
        await ledger.cancel(conn, ME, run_id=claimed.run_id)
    at_once = await schedule.reap(engine.deps)
    asked = clock.now() - timedelta(seconds=2.1 * QUICK.heartbeat_seconds)
    await engine.change(update(Run).values(cancel_requested_at=asked))

    later = await schedule.reap(engine.deps)

    assert (at_once, later) == (0, 1)
    assert (await engine.run(claimed.run_id)).status == "cancelled"


async def test_a_run_queued_for_long_is_queued_again(engine: Engine) -> None:
    run_id = await engine.trigger()
    await schedule.reap(engine.deps)
    fresh = engine.queue.runs()
    await engine.change(update(Run).values(queued_at=LONG_AGO))

    await schedule.reap(engine.deps)

    assert fresh == []
    assert engine.queue.runs() == [(run_id, 1)]


async def test_a_starting_worker_takes_up_everything_that_waits(engine: Engine) -> None:
    run_id = await engine.trigger()

    await schedule.reap(engine.deps, starting=True)

    assert engine.queue.runs() == [(run_id, 1)]


async def test_a_run_given_back_keeps_its_attempts(engine: Engine) -> None:
    claimed = await _claimed(engine)

    async with engine.store.write() as conn:
        waiting = await ledger.give_back(conn, claimed)

    again = await engine.run(claimed.run_id)
    assert waiting == ledger.Waiting(claimed.run_id, 2)
    assert (again.stage, again.attempt, again.max_attempts) == ("queued", 2, 4)


async def test_a_lost_worker_writes_nothing_when_it_comes_back(engine: Engine) -> None:
    stalled = asyncio.Event()
    engine.script.steps = {"first": [*pages(0, 3)[:1], stalled, *pages(3)]}
    run_id = await engine.trigger()
    # Stalled as it is, it must not give a sign of life between the next two lines either.
    silent = QUICK.model_copy(update={"heartbeat_seconds": 30.0, "lease_seconds": 60.0})
    deps = engine.on_worker("slow")
    deps = replace(deps, settings=deps.settings.model_copy(update={"sync": silent}))
    slow = asyncio.create_task(run.run(deps, run_id, 1))
    await engine.until_stored(3)
    await _expire(engine, run_id)
    await schedule.reap(engine.deps)
    engine.script.steps = {"first": pages(0, 6)}

    done = await run.run(engine.on_worker("quick"), run_id, 2)
    before = await engine.events(run_id)
    stalled.set()
    await slow

    assert (done.status, done.attempt, done.items_inserted) == ("success", 2, 6)
    assert await engine.run(run_id) == done
    assert await engine.events(run_id) == before
    assert await engine.count(Play) == 6


async def test_a_late_page_is_undone_as_a_whole(engine: Engine) -> None:
    engine.script.steps = {"first": pages(0)}
    run_id = await engine.trigger()
    claimed = await _claim(engine, run_id, 1, "one")
    assert claimed is not None
    await _expire(engine, run_id)
    await schedule.reap(engine.deps)

    await run.work(engine.deps, claimed, lambda: run.plan(engine.deps, claimed))

    assert await engine.count(Play) == 0
    assert [event.stage for event in await engine.events(run_id)] == [
        "queued",
        "started",
        "queued",
    ]
