"""The jobs inside the process: due sources at the start, clean stops, one job for one id."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import structlog

from rewind_gql.demo.upstreams import effects
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from rewind_gql.sync import queries
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from tests.databases import ME
from tests.workers.conftest import Upstream
from tests.workers.runs import queued, stored, until
from workers.embedded import Embedded

Start = Callable[[], Any]


@pytest.fixture
async def start(store: Store, lastfm_settings: Settings) -> AsyncIterator[Start]:
    """Starts embedded workers over the test's store; stops what still runs at the end."""
    made: list[tuple[Embedded, Deps]] = []

    async def begin() -> Embedded:
        jobs = Embedded()
        deps = Deps(
            store=store,
            settings=lastfm_settings,
            jobs=jobs,
            vault=Vault(b"v" * 64),
            worker=f"embedded-{len(made)}",
        )
        made.append((jobs, deps))
        await jobs.start(deps)
        return jobs

    yield begin
    for jobs, deps in made:
        await jobs.stop()
        await deps.clients.close()


async def test_everything_due_is_synced_from_the_start(
    start: Start, store: Store, upstream: Upstream
) -> None:
    jobs = await start()
    await asyncio.wait_for(jobs.idle(), 30)

    runs = (await store.ask(queries.runs, ME, part=Slice(limit=10))).items
    artists = {"artist_tags", "artist_bios", "artist_similar"}
    kinds = {run.sync_type for run in runs}
    assert kinds == {"scrobbles", "top_lists", "user_stats"} | artists
    assert all(run.stage == "completed" for run in runs)
    assert sum(await stored(store)) == upstream.plays


async def test_stopping_gives_runs_back_and_the_next_start_goes_on(
    start: Start, store: Store, lastfm_settings: Settings, upstream: Upstream
) -> None:
    rule = upstream.faults.add(effects.stall(60), match="getrecenttracks", nth=3)
    run_id = await queued(store, lastfm_settings)
    jobs = await start()
    await until(store, run_id, lambda run: run.items_processed >= 400)

    await jobs.stop()

    waiting = await until(store, run_id, lambda run: run.stage == "queued")
    upstream.faults.remove(rule)
    again = await start()
    await asyncio.wait_for(again.idle(), 30)
    done = await until(store, run_id, lambda run: run.ended_at is not None)
    assert (waiting.attempt, done.attempt, done.stage) == (2, 2, "completed")
    assert sum(await stored(store)) == upstream.plays


async def test_an_id_waits_or_runs_once(start: Start) -> None:
    jobs = await start()

    queued_ = [await jobs.enqueue("prune", job_id="same", delay_s=0.05) for _ in range(2)]
    await asyncio.wait_for(jobs.idle(), 30)
    queued_.append(await jobs.enqueue("prune", job_id="same"))
    await jobs.stop()
    queued_.append(await jobs.enqueue("prune", job_id="same"))

    assert queued_ == [True, False, True, False]


async def test_a_job_that_breaks_is_logged_and_the_others_go_on(start: Start, store: Store) -> None:
    jobs = await start()
    with structlog.testing.capture_logs() as logs:
        await jobs.enqueue("sync", job_id="odd", run_id="pull_0000000000000000", attempt=1)
        await jobs.enqueue("tick", job_id="fine")
        await asyncio.wait_for(jobs.idle(), 30)

    broken = [line for line in logs if line["log_level"] == "error"]
    assert [(line["event"], line["job"]) for line in broken] == [("failed", "sync")]


async def test_no_more_syncs_run_at_once_than_allowed() -> None:
    running = most = 0

    async def work(_ctx: Any) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    jobs = Embedded(max_syncs=2, handlers={"sync": work})
    for number in range(6):
        await jobs.enqueue("sync", job_id=str(number))

    await jobs.idle()

    assert most == 2
