"""Two processes at one database: they share a search, and one may be killed at any instant."""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images import queries, sweep
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.images.files import picture
from tests.images.gallery import KEY, SEA, Site, article, folder, pipeline, seen

START = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.images.gallery import article, folder, pipeline

async def main(database, place, home):
    store = await Store.open(database)
    lease = timedelta(seconds={lease_s})
    async with pipeline(store, folder(Path(place)), home, lease=lease) as pipe:
        print("ready", flush=True)
        sys.stdin.readline()
        {work}
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""
ASK = """
        found = await asyncio.gather(
            *(pipe.find(ME, article(f"{home}/sea.jpg")) for _ in range(100))
        )
        print({each.outcome for each in found}, {each.image.version for each in found})
"""
CHANGE = """
        for turn in range(1_000_000):
            await pipe.find(ME, article(f"{home}/{turn % 40}.jpg"), force=True)
            print(turn, flush=True)
"""
PICTURES = {f"{number}.jpg": picture(width=64 + number) for number in range(40)}


@pytest.fixture
def site() -> Site:
    """A site with many pictures."""
    return Site(**{"sea.jpg": SEA}, **PICTURES)


@pytest.fixture
def home(site: Site) -> Iterator[str]:
    """Where the site answers."""
    with serve(site.app) as address:
        yield address


@asynccontextmanager
async def process(work: str, *given: str, lease_s: int = 120) -> AsyncIterator[Process]:
    """A process that stands ready to do that work once it is told to.

    What it looks for is its own for so long: for long, unless it is to be killed.
    """
    program = START.replace("{work}", work.strip()).replace("{lease_s}", str(lease_s))
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *given, stdin=PIPE, stdout=PIPE
    )
    try:
        assert made.stdout is not None
        assert await made.stdout.readline() == b"ready\n"
        yield made
    finally:
        if made.returncode is None:
            made.kill()
            await made.communicate()


async def test_200_who_ask_two_processes_at_once_cost_one_fetch(
    url: str, site: Site, home: str, tmp_path: Path
) -> None:
    given = (url, str(tmp_path), home)
    site.gate.clear()
    async with process(ASK, *given) as one, process(ASK, *given) as other:
        asking = [asyncio.create_task(each.communicate(b"go\n")) for each in (one, other)]
        async with asyncio.timeout(60):
            while not site.faults.count():  # noqa: ASYNC110  # it counts in another thread
                await asyncio.sleep(0.01)
        site.gate.set()

        said = [await each for each in asking]

    assert [out for out, _ in said] == [b"{'found'} {1}\n"] * 2
    assert site.faults.count() == 1


async def test_a_process_killed_at_any_instant_leaves_nothing_half_written(
    url: str, store: Store, home: str, tmp_path: Path
) -> None:
    blobs = folder(tmp_path)
    for _ in range(4):
        async with process(CHANGE, url, str(tmp_path), home, lease_s=2) as changing:
            assert changing.stdin is not None
            assert changing.stdout is not None
            changing.stdin.write(b"go\n")
            await changing.stdout.readline()
            await asyncio.sleep(random.uniform(0, 0.3))
            changing.kill()
            await changing.communicate()

        checked = await sweep.check(store, blobs)

        found, formers = await seen(store), await store.ask(queries.formers, ME, KEY)
        assert found.image is not None
        assert checked.damages == ()
        assert checked.checked == 1 + len(formers)
        assert all(former.version < found.image.version for former in formers)


async def test_others_go_on_after_one_was_killed(
    url: str, store: Store, home: str, tmp_path: Path
) -> None:
    async with process(CHANGE, url, str(tmp_path), home, lease_s=2) as changing:
        assert changing.stdin is not None
        assert changing.stdout is not None
        changing.stdin.write(b"go\n")
        await changing.stdout.readline()
        changing.kill()
        await changing.communicate()

    blobs = folder(tmp_path)
    async with pipeline(store, blobs, home) as pipe:
        done = await pipe.find(ME, article(f"{home}/sea.jpg"), force=True)
    await sweep.sweep(store, blobs, grace=timedelta(0))

    formers = await store.ask(queries.formers, ME, KEY)
    assert done.image is not None
    assert done.image.size_bytes == len(SEA)
    assert len([each async for each in blobs.list()]) == 1 + len(formers)
