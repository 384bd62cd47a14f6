"""A worker that looks for pictures is killed in the middle; another one goes on."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rewind_gql.demo.upstreams.effects import stall
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import queries, run, schedule
from rewind_gql.sync.deps import Deps
from tests.databases import ME
from tests.sync.pictured import MANY, heard, itunes, local, looking, serve, sold

WORK = """
import asyncio, sys
from pathlib import Path
from rewind_gql.demo.upstreams.effects import stall
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import run
from tests.sync.pictured import local, looking

async def main(database, folder, home, run_id):
    settings = Settings(data_dir=Path(folder), secret="s" * 64, **local(home))
    store = await Store.open(database)
    async with looking(store, settings, Faults()) as made:
        await run.run(made.deps, run_id, 1)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.either
async def test_another_worker_goes_on_where_a_killed_one_was(
    store: Store, url: str, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    faults = Faults()
    with serve(itunes.app(sold(), faults)) as home:
        chosen = settings(data_dir=tmp_path / "data", **local(home))
        await heard(store)
        rule = faults.add(stall(60), match="Side+20", times=None)
        async with looking(store, chosen, faults) as there:
            run_id = await there.ask_for(kinds=("albums",))
            given = (url, str(chosen.data_dir), home, run_id)
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-c", WORK, *given, start_new_session=True
            )
            await _found(there.store, run_id, 10)

            os.killpg(worker.pid, signal.SIGKILL)
            await worker.wait()
            faults.remove(rule)
            await _lost(there.deps)
            ended = await run.run(there.deps, run_id, 2)

            assert (ended.status, ended.attempt) == ("success", 2)
            assert await there.found() == MANY
            messages = [each.message for each in await there.events(run_id)]
            assert "worker lost, attempt 2 of 3" in messages


async def _found(store: Store, run_id: str, count: int) -> None:
    """Wait until a run has written down so many."""
    async with asyncio.timeout(60):
        while True:
            found = await store.ask(queries.run, ME, id=run_id)
            if found is not None and found.items_processed >= count:
                return
            await asyncio.sleep(0.005)


async def _lost(deps: Deps) -> None:
    """Wait until the run is queued again."""
    async with asyncio.timeout(60):
        while not await schedule.reap(deps):  # noqa: ASYNC110  # a lease runs out by the clock
            await asyncio.sleep(0.05)
