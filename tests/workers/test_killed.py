"""Workers that die: killed in the middle of a page, stopped by a signal, left without Redis."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from rewind_gql.demo.upstreams import effects
from rewind_gql.ports.jobs import RedisJobs
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from rewind_gql.sync import queries
from tests.databases import ME
from tests.workers.conftest import Redis, Upstream, Workers
from tests.workers.runs import ended, queued, stored, until
from workers.supervisor import run_worker

PAGES = "getrecenttracks"


@pytest.fixture
async def jobs(redis: Redis) -> AsyncIterator[RedisJobs]:
    made = RedisJobs(redis.url)
    yield made
    await made.close()


async def test_another_worker_goes_on_where_a_killed_one_was(
    store: Store, lastfm_settings: Settings, upstream: Upstream, workers: Workers, jobs: RedisJobs
) -> None:
    upstream.faults.add(effects.stall(60), match=PAGES, nth=4)
    run_id = await queued(store, lastfm_settings, jobs)
    first = workers.start()
    await until(store, run_id, lambda run: run.items_processed >= 600)
    first.send_signal(signal.SIGKILL)
    first.wait()
    asked = upstream.faults.count(PAGES)
    workers.start("-m", "arq", "workers.settings.WorkerSettings")

    async with asyncio.timeout(60):
        done = await ended(store, run_id)

    plays, rejects = await stored(store)
    events = await store.ask(queries.events_by_run, ME, [run_id], part=Slice(limit=200))
    assert (done.status, done.attempt) == ("success" if not rejects else "partial", 2)
    assert plays + rejects == upstream.plays
    assert done.items_inserted == plays
    assert "worker lost, attempt 2 of 3" in [event.message for event in events[run_id].items]
    assert upstream.faults.count(PAGES) - asked <= 1 + upstream.plays // 200 - 2


async def test_a_signal_stops_a_worker_and_its_run_goes_on_in_the_next(
    store: Store, lastfm_settings: Settings, upstream: Upstream, workers: Workers, jobs: RedisJobs
) -> None:
    rule = upstream.faults.add(effects.stall(60), match=PAGES, nth=3)
    run_id = await queued(store, lastfm_settings, jobs)
    first = workers.start()
    await until(store, run_id, lambda run: run.items_processed >= 400)
    first.send_signal(signal.SIGTERM)
    left = await asyncio.to_thread(first.wait, 10)
    waiting = await until(store, run_id, lambda run: run.stage == "queued")
    upstream.faults.remove(rule)
    workers.start()

    done = await ended(store, run_id)

    assert left == 0
    assert (waiting.attempt, waiting.max_attempts) == (2, 4)
    assert (done.stage, done.attempt) == ("completed", 2)
    assert sum(await stored(store)) == upstream.plays


async def test_a_supervised_worker_outlives_its_redis(
    store: Store, lastfm_settings: Settings, upstream: Upstream, redis: Redis, jobs: RedisJobs
) -> None:
    settings = lastfm_settings.model_copy(update={"redis_url": redis.url})
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(settings, stop=stop))
    before = await ended(store, await queued(store, settings, jobs))
    redis.stop()
    await asyncio.sleep(1)
    run_id = await queued(store, settings, jobs)
    meanwhile = await until(store, run_id, lambda run: run.stage == "queued")
    redis.start()

    after = await ended(store, run_id)

    stop.set()
    await asyncio.wait_for(working, 10)
    assert [before.stage, meanwhile.stage, after.stage] == ["completed", "queued", "completed"]


async def test_a_queue_without_redis_says_so_and_raises_nothing(redis: Redis) -> None:
    jobs = RedisJobs(redis.url)
    there = await jobs.alive(), await jobs.enqueue("tick", job_id="one")
    again = await jobs.enqueue("tick", job_id="one")
    redis.stop()

    away = await jobs.alive(), await jobs.enqueue("tick", job_id="two")

    assert (there, again, away) == ((True, True), False, (False, False))
    await jobs.close()
