"""Streams in any interleaving: writers on several connections, readers that come, go, resume."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress

import pytest

from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.live import Hub, Live, signals
from tests.databases import ME
from tests.sync.streaming import PATIENCE_S, begin, flood, hub_on, say

SEEDS = [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)]
WRITER = """
import asyncio, sys
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.sync.streaming import say

async def write(url, run_id, count):
    store = await Store.open(url)
    for _ in range(int(count)):
        await say(store, run_id)
    await store.close()

asyncio.run(write(*sys.argv[1:]))
"""


@asynccontextmanager
async def another(store: Store) -> AsyncIterator[Store]:
    """Another store on the same database, as another process has one."""
    opened = await Store.open(store.url.render_as_string(hide_password=False))
    yield opened
    await opened.close()


async def resuming(hub: Hub, rng: random.Random, *, last: int, cuts: int) -> list[int]:
    """Everything up to an event, by a stream that is cut so often, anywhere, and resumed.

    Between two cuts there are at most so few events that they cannot run out before the cuts do.
    """
    seqs: list[int] = []
    for _ in range(cuts):
        room = rng.randint(0, last // cuts - 1)
        with suppress(TimeoutError):
            async with asyncio.timeout(rng.uniform(0, 0.05)):
                await _read(hub, seqs, len(seqs) + room)
    async with asyncio.timeout(PATIENCE_S):
        await _read(hub, seqs, last)
    return seqs


async def _read(hub: Hub, seqs: list[int], upto: int) -> None:
    """Read on until there are so many; what a batch has too much never arrived."""
    after = seqs[-1] if seqs else 0
    async with aclosing(hub.follow(ME, after=after)) as stream:
        async for batch in stream:
            seqs += [item.seq for item in batch if isinstance(item, Live)][: upto - len(seqs)]
            if len(seqs) >= upto:
                return


async def _trickle(store: Store, run_id: str, count: int, rng: random.Random) -> None:
    """Events one by one, now at once and now with a pause."""
    for _ in range(count):
        await say(store, run_id)
        if rng.random() < 0.3:
            await asyncio.sleep(rng.uniform(0, 0.02))


@pytest.mark.parametrize("seed", SEEDS)
async def test_fifty_cuts_lose_nothing_and_repeat_nothing(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    run_id = await begin(store)
    async with hub_on(store) as hub, another(store) as other:
        readers = [
            asyncio.create_task(resuming(hub, random.Random(seed * 100 + n), last=1_000, cuts=50))
            for n in range(5)
        ]
        await asyncio.gather(_trickle(store, run_id, 500, rng), _trickle(other, run_id, 499, rng))
        seen = await asyncio.gather(*readers)

    assert all(each == list(range(1, 1_001)) for each in seen)


@pytest.mark.parametrize("seed", SEEDS)
async def test_readers_that_come_at_any_moment_get_all_that_follows(
    store: Store, seed: int
) -> None:
    rng = random.Random(seed)
    runs = [await begin(store) for _ in range(3)]
    last = 3 + 3 * 200
    got: dict[int, list[int]] = {}

    async def come_and_read(number: int) -> None:
        await asyncio.sleep(rng.uniform(0, 1))
        seqs = got[number] = list(range(1, rng.randint(1, 4)))
        await _read(hub, seqs, last)

    async with AsyncExitStack() as stack:
        stores = [store, *[await stack.enter_async_context(another(store)) for _ in range(2)]]
        hub = await stack.enter_async_context(hub_on(store))
        reading = [asyncio.create_task(come_and_read(number)) for number in range(30)]
        pairs = zip(stores, runs, strict=True)
        writing = (flood(each, run, 200, together=rng.randint(1, 5)) for each, run in pairs)
        await asyncio.gather(*writing)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*reading)

    assert len(got) == 30
    assert all(seqs == list(range(1, last + 1)) for seqs in got.values())


async def test_writers_in_other_processes_are_heard(
    url: str, store: Store, settings: Callable[..., Settings]
) -> None:
    run_id = await begin(store)
    async with hub_on(store, signals=signals(store, settings())) as hub:
        seen = asyncio.create_task(resuming(hub, random.Random(5), last=301, cuts=20))
        writers = [
            await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, run_id, "100")
            for _ in range(3)
        ]
        codes = [await writer.wait() for writer in writers]
        async with asyncio.timeout(PATIENCE_S):
            seqs = await seen

    assert codes == [0, 0, 0]
    assert seqs == list(range(1, 302))
