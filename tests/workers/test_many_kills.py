"""Kills at random instants of a sync: nothing lost, nothing doubled, the ledger in order."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select

from rewind_gql.demo.life import life
from rewind_gql.demo.records import Life
from rewind_gql.demo.upstreams import effects
from rewind_gql.domains.listening import drift
from rewind_gql.ports.jobs import RedisJobs
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries
from rewind_gql.sync.tables import Event, Run
from tests.databases import ME
from tests.workers.conftest import NOW, Redis, Upstream, Workers
from tests.workers.runs import ended, queued, stored

KILLS = 25


@pytest.fixture
async def jobs(redis: Redis) -> AsyncIterator[RedisJobs]:
    made = RedisJobs(redis.url)
    yield made
    await made.close()


@pytest.fixture(scope="module")
def small_life() -> Life:
    """A life of twenty-five pages, so that most kills meet one."""
    return life(NOW, plays=5_000, years=2)


async def _unfinished(store: Store, settings: Settings, jobs: RedisJobs, run_id: str) -> str:
    """The run, or another one when it has ended."""
    run = await store.ask(queries.run, ME, id=run_id)
    if run is not None and run.ended_at is None:
        return run_id
    try:
        return await queued(store, settings, jobs)
    except ledger.AlreadyRunning as other:
        return other.run_id


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_killed_at_random_again_and_again(
    store: Store, lastfm_settings: Settings, upstream: Upstream, workers: Workers, jobs: RedisJobs
) -> None:
    chance = random.Random(11)
    upstream.faults.add(effects.stall(0.3), match="getrecenttracks", times=None)
    workers.environment["SYNC_MAX_ATTEMPTS"] = "20"
    run_id = ""
    for _ in range(KILLS):
        run_id = await _unfinished(store, lastfm_settings, jobs, run_id)
        asked = upstream.faults.count()
        worker = workers.start()
        for _ in range(200):
            if upstream.faults.count() > asked:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(chance.random())
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    workers.start()
    run_id = await _unfinished(store, lastfm_settings, jobs, run_id)

    for _ in range(4):
        await ended(store, run_id)
        run_id = await _unfinished(store, lastfm_settings, jobs, run_id)
    last = await ended(store, run_id)

    assert last.stage == "completed"
    assert sum(await stored(store)) == upstream.plays
    assert await store.ask(drift.drift, ME) == []
    await _in_order(store)


async def _in_order(store: Store) -> None:
    """Numbers without a gap, one terminal event for every ended run and none for others."""
    async with store.write() as conn:
        events = (
            await conn.execute(select(col(Event.seq), col(Event.run_id), col(Event.ended_at)))
        ).all()
        runs = (await conn.execute(select(col(Run.id), col(Run.ended_at)))).all()
    endings = Counter(run_id for _, run_id, at in events if at is not None)
    assert sorted(seq for seq, _, _ in events) == list(range(1, len(events) + 1))
    assert endings == Counter(run_id for run_id, at in runs if at is not None)
