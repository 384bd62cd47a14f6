"""Readers that do not keep up: what they miss, what they never miss, and what they hold on to."""

from contextlib import aclosing
from typing import Any

from rewind_gql.store.engine import Store
from rewind_gql.sync.live import Hub, Item, Live
from rewind_gql.sync.live.tail import KEPT
from tests.databases import ME
from tests.sync.streaming import begin, flood, hub_on, listening, say

EVERY = 10  # one event in so many is no mere progress


async def _rest(stream: Any, last: int) -> list[Item]:
    """Everything up to an event."""
    got: list[Item] = []
    async for batch in stream:
        got += batch
        if batch and batch[-1].seq >= last:
            break
    return got


async def test_a_reader_far_behind_misses_progress_and_nothing_else(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, aclosing(hub.follow(ME, after=0)) as stream:
        first = await anext(stream)
        await say(store, run_id)
        second = await anext(stream)  # it is up to date, and now looks away
        async with listening(hub, after=2) as healthy:
            matter = await flood(store, run_id, 2_000, every=EVERY)
            await healthy.has(2_002)

            rest = await _rest(stream, 2_002)

    seqs = [item.seq for item in (*first, *second, *rest) if isinstance(item, Live)]
    missed = set(range(1, 2_003)) - set(seqs)
    assert seqs == sorted(set(seqs))
    assert len(missed) > 1_000
    assert not missed & matter
    assert healthy.seqs == list(range(3, 2_003))


async def test_the_newest_are_kept_for_a_reader_that_comes_back(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, aclosing(hub.follow(ME, after=0)) as stream:
        await anext(stream)
        async with listening(hub, after=1) as healthy:
            await flood(store, run_id, KEPT, every=EVERY)
            await healthy.has(KEPT + 1)

            rest = await _rest(stream, KEPT + 1)

    assert [item.seq for item in rest if isinstance(item, Live)] == healthy.seqs


async def test_a_reader_that_comes_with_a_number_misses_no_progress_either(store: Store) -> None:
    run_id = await begin(store)
    await flood(store, run_id, 1_000, every=EVERY)
    async with hub_on(store) as hub, aclosing(hub.follow(ME, after=0)) as stream:
        first = await anext(stream)
        async with listening(hub, after=1_001) as healthy:
            await flood(store, run_id, 1_000, every=EVERY)
            await healthy.has(2_001)

            rest = await _rest(stream, 2_001)

    seqs = [item.seq for item in (*first, *rest) if isinstance(item, Live)]
    assert seqs == list(range(1, 2_002))


async def test_memory_is_bounded_whoever_does_not_read(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub:
        stuck = [hub.follow(ME, after=0) for _ in range(20)]
        for stream in stuck:
            await anext(stream)
        async with listening(hub, after=1) as healthy:
            await flood(store, run_id, 2_000, every=EVERY)
            await healthy.has(2_001)

            held = _held(hub)

        for stream in stuck:
            await stream.aclose()
    assert held < 4 * KEPT


def _held(hub: Hub) -> int:
    """Events in memory."""
    return sum(len(batch) for tail in hub._tails.values() for _, batch in tail._batches)
