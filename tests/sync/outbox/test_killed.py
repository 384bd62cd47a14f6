"""A worker killed between the provider's deed and its own: the next one finds what was done."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rewind_gql.demo.films import FILMS
from rewind_gql.demo.upstreams import discogs, tmdb, trakt
from rewind_gql.demo.upstreams.effects import stall
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.sync import outbox
from tests.databases import ME
from tests.sync.outbox.desk import QUICK, SECRET, Desk, posted
from tests.sync.outbox.test_media import owned
from tests.sync.outbox.test_releases import copies, stored

WORKER = """
import asyncio, sys
from rewind_gql.cli.options import NoJobs
from rewind_gql.settings import load
from rewind_gql.sync import outbox
from rewind_gql.sync.deps import opened

async def main():
    async with opened(load()[0], NoJobs()) as deps:
        await outbox.deliver(deps, int(sys.argv[1]), int(sys.argv[2]))

asyncio.run(main())
"""

Start = Callable[[int], subprocess.Popen[bytes]]


@pytest.fixture
def start(desk: Desk, url: str) -> Iterator[Start]:
    """Starts a process that does an order."""
    urls = desk.providers.urls
    environment = {
        "PYTHONPATH": str(Path.cwd()),
        "REWIND_DATA_DIR": str(desk.deps.settings.data_dir),
        "REWIND_DATABASE_URL": url,
        "REWIND_SECRET": SECRET,
        "REWIND_UNPACED": "true",
        "LASTFM_BASE_URL": "http://127.0.0.1:9",
        "DISCOGS_BASE_URL": urls["discogs"],
        "DISCOGS_TOKEN": discogs.TOKEN,
        "TRAKT_BASE_URL": urls["trakt"],
        "TRAKT_AUTH_BASE_URL": urls["trakt"],
        "TRAKT_CLIENT_ID": trakt.CLIENT_ID,
        "TRAKT_CLIENT_SECRET": trakt.CLIENT_SECRET,
        "TMDB_BASE_URL": f"{urls['tmdb']}/3",
        "TMDB_API_KEY": tmdb.TOKEN,
        "SYNC_LEASE_SECONDS": str(QUICK.lease_seconds),
        "SYNC_HEARTBEAT_SECONDS": str(QUICK.heartbeat_seconds),
    }
    running: list[subprocess.Popen[bytes]] = []

    def run(order_id: int) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", WORKER, str(ME), str(order_id)]
        running.append(subprocess.Popen(words, env=environment))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()


async def killed_once_told(worker: subprocess.Popen[bytes], provider: Faults) -> None:
    """Kill a worker that the provider has not answered yet, though it did what was asked."""
    for _ in range(1_500):
        if provider.count(posted):
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    worker.send_signal(signal.SIGKILL)
    worker.wait()


async def healed(desk: Desk, order_id: int) -> str | None:
    """The state of an order once its lease has run out and the next worker has had it."""
    for _ in range(200):
        waiting = await outbox.heal(desk.deps)
        if waiting:
            return await outbox.deliver(desk.deps, ME, order_id)
        await asyncio.sleep(0.1)
    return None


async def test_a_copy_added_by_a_killed_worker_is_stored_and_not_added_again(
    desk: Desk, start: Start
) -> None:
    wanted = desk.providers.shelf.wants()[0].sleeve.release_id
    before = copies(desk, wanted)
    desk.providers.discogs.add(stall(60, after=0), match=posted)
    order = await desk.order("add_release", discogs_id=wanted)
    await killed_once_told(start(order.id), desk.providers.discogs)

    state = await healed(desk, order.id)

    new = [each for each in copies(desk, wanted) if each not in before]
    assert state == "done"
    assert len(new) == 1
    assert await stored(desk) == [(wanted, new[0])]
    assert desk.providers.discogs.count(posted) == 1


async def test_a_film_added_by_a_killed_worker_is_here_and_there_once(
    desk: Desk, start: Start
) -> None:
    desk.providers.trakt.add(stall(60, after=0), match=posted)
    order = await desk.order("add_media", tmdb_id=FILMS[0].tmdb_id, media_type="dvd")
    await killed_once_told(start(order.id), desk.providers.trakt)

    state = await healed(desk, order.id)

    assert state == "done"
    assert len(desk.providers.account.owned()) == 1
    assert await owned(desk) == [(FILMS[0].tmdb_id, "dvd", None)]


async def test_an_order_under_way_is_left_to_its_worker(desk: Desk, start: Start) -> None:
    desk.providers.trakt.add(stall(60, after=0), match=posted)
    order = await desk.order("add_media", tmdb_id=FILMS[0].tmdb_id, media_type="dvd")
    await killed_once_told(start(order.id), desk.providers.trakt)

    state = await outbox.deliver(desk.deps, ME, order.id)

    assert state is None
