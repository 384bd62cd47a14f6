"""Tokens renewed by processes that share a database alone: several at once, and one killed."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rewind_gql import clock
from rewind_gql.demo.upstreams import trakt
from rewind_gql.demo.upstreams.effects import stall
from rewind_gql.errors import SourceDenied
from rewind_gql.images import leases
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import tokens
from tests.databases import ME
from tests.sync.test_tokens import (
    SECRET,
    Door,
    Make,
    account,
    asked,
    connected,
    door,
    worker,
    worn,
)

__all__ = ["door", "worker"]

PROCESS = """
import asyncio, sys
from rewind_gql.cli.options import NoJobs
from rewind_gql.settings import load
from rewind_gql.sources.trakt import Trakt
from rewind_gql.sync import sources, tokens
from rewind_gql.sync.deps import opened

async def main():
    async with opened(load()[0], NoJobs()) as deps:
        given, _ = sources.options(deps.settings, Trakt)
        print(await tokens.fresh(deps, tokens.account(deps, int(sys.argv[1]), Trakt, "", given)))

asyncio.run(main())
"""

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def start(settings: Callable[..., Settings], door: Door, url: str) -> Iterator[Start]:
    """Starts a process that prints a token good for a while."""
    environment = {
        "PYTHONPATH": str(Path.cwd()),
        "REWIND_DATA_DIR": str(settings().data_dir),
        "REWIND_DATABASE_URL": url,
        "REWIND_SECRET": SECRET.decode(),
        "TRAKT_BASE_URL": door.url,
        "TRAKT_AUTH_BASE_URL": door.url,
        "TRAKT_CLIENT_ID": trakt.CLIENT_ID,
        "TRAKT_CLIENT_SECRET": trakt.CLIENT_SECRET,
    }
    running: list[subprocess.Popen[str]] = []

    def run() -> subprocess.Popen[str]:
        words = [sys.executable, "-c", PROCESS, str(ME)]
        running.append(subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


async def test_processes_refreshing_at_once_lose_nothing(
    start: Start, worker: Make, door: Door
) -> None:
    deps = worker()
    await worn(deps, await connected(deps))
    door.faults.add(stall(1, after=0), match="/oauth/token")

    both = [start() for _ in range(2)]
    said = await asyncio.gather(*(asyncio.to_thread(each.communicate) for each in both))

    assert {out for out, _ in said} == {f"{await tokens.fresh(deps, account(deps))}\n"}
    assert (door.doorman.refreshed, door.doorman.refused) == (1, 0)


@pytest.mark.either
async def test_a_process_killed_before_it_stored_the_tokens_loses_them_and_says_so(
    start: Start, worker: Make, door: Door, store: Store
) -> None:
    deps = worker()
    await worn(deps, await connected(deps))
    door.faults.add(stall(60, after=0), match="/oauth/token")
    killed = start()
    await asked(door)
    killed.send_signal(signal.SIGKILL)
    await asyncio.to_thread(killed.wait)
    async with store.write() as conn:  # as if its lease had run out by now
        await leases.clear(conn, now=clock.now() + timedelta(hours=1))

    with pytest.raises(SourceDenied, match="cut short before its answer was stored") as lost:
        await tokens.fresh(deps, account(deps))

    assert (lost.value.code, door.doorman.refused) == ("disconnected", 1)
    assert await tokens.fresh(deps, await connected(deps))
