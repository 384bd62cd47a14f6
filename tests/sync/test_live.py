"""Live streams: what a reader is given, from where on, and what it does not get."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger
from rewind_gql.sync.tables import Counter, Event
from tests.databases import ME, OTHER
from tests.sync.streaming import Listener, begin, end, flood, hub_on, listening, say, until


async def test_a_reader_is_given_what_happens_from_now_on(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, listening(hub) as reader:
        for _ in range(20):
            await say(store, run_id)

        await reader.has(21)

    assert reader.seqs == list(range(2, 22))


async def test_a_reader_goes_on_behind_its_number_through_pages_and_into_live(
    store: Store,
) -> None:
    run_id = await begin(store)
    await flood(store, run_id, 1_200, together=600)
    async with hub_on(store) as hub, listening(hub, after=7) as reader:
        await say(store, run_id)

        await reader.has(1_202)

    assert reader.seqs == list(range(8, 1_203))


async def test_the_newest_are_replayed_oldest_first(store: Store) -> None:
    run_id = await begin(store)
    for _ in range(9):
        await say(store, run_id)
    async with hub_on(store) as hub, listening(hub, replay=4) as reader:
        await say(store, run_id)

        await reader.has(11)

    assert reader.seqs == [7, 8, 9, 10, 11]


async def test_a_replay_goes_back_by_hours_not_further(store: Store) -> None:
    run_id = await begin(store)
    async with store.write() as conn:
        old = clock.now() - timedelta(hours=25)
        await conn.execute(update(Event).values(ts=old))
    await say(store, run_id)
    async with hub_on(store) as hub, listening(hub, replay=20) as reader:
        await reader.has(2)

    assert reader.seqs == [2]


async def test_maintenance_is_not_told_of(store: Store) -> None:
    hidden = await begin(store, housekeeping=True)
    async with hub_on(store) as hub, listening(hub, after=0) as resumed, listening(hub) as live:
        await say(store, hidden)
        shown = await begin(store)
        await say(store, hidden)
        last = await say(store, shown)
        await resumed.has(last)
        await live.has(last)

    assert resumed.seqs == live.seqs == [3, 5]


async def test_other_peoples_events_are_not_given(store: Store) -> None:
    mine, theirs = await begin(store), await begin(store, OTHER)
    async with hub_on(store) as hub, listening(hub, after=0) as reader:
        for _ in range(5):
            await say(store, theirs, user_id=OTHER)
        await say(store, mine)

        await reader.has(2)

    assert {item.run_id for item in reader.items} == {mine}


async def test_one_run_is_followed_up_to_its_end(store: Store) -> None:
    other, run_id = await begin(store), await begin(store)
    async with hub_on(store) as hub, listening(hub, after=0, run_id=run_id) as reader:
        await say(store, other)
        await say(store, run_id)
        await end(store, run_id)
        await say(store, other)

        await reader.ended()

    assert reader.seqs == [2, 4, 5]
    assert reader.items[-1].stage == "completed"


@pytest.mark.parametrize("given", [{"after": 0}, {"replay": 20}], ids=["behind", "replayed"])
async def test_a_run_that_has_ended_is_told_and_no_more(
    store: Store, given: dict[str, int]
) -> None:
    run_id = await begin(store)
    await end(store, run_id)
    async with hub_on(store) as hub:
        reader = await Listener(hub, run_id=run_id, **given).ended()

    assert reader.seqs == [1, 2]


async def test_a_run_there_is_not_cannot_be_followed(store: Store) -> None:
    theirs = await begin(store, OTHER)
    async with hub_on(store) as hub:
        with pytest.raises(ledger.RunNotFound):
            await anext(hub.follow(ME, run_id=theirs))


async def test_one_domain_is_followed(store: Store) -> None:
    music, books = await begin(store), await begin(store, domain="reading")
    async with (
        hub_on(store) as hub,
        listening(hub, after=0, domain="reading") as all_,
        listening(hub, domain="reading") as live,
    ):
        await say(store, music)
        await say(store, books)
        await all_.has(4)
        await live.has(4)

    assert (all_.seqs, live.seqs) == ([2, 4], [4])


async def test_steps_of_work_can_be_left_out(store: Store) -> None:
    run_id = await begin(store)
    await say(store, run_id, stage="fetching")
    async with hub_on(store) as hub, listening(hub, after=0, include_progress=False) as reader:
        await say(store, run_id, passing=True)
        await end(store, run_id)

        await reader.has(4)

    assert reader.seqs == [1, 4]


async def _prune(store: Store, upto: int) -> None:
    """Have the events up to a number removed, as the pruner does."""
    async with store.write() as conn:
        await conn.execute(delete(Event).where(col(Event.seq) <= upto))
        await conn.execute(update(Counter).values(pruned_seq=upto))


async def test_a_reader_is_told_when_what_it_lacks_is_gone(store: Store) -> None:
    run_id = await begin(store)
    for _ in range(9):
        await say(store, run_id)
    await _prune(store, 6)
    async with hub_on(store) as hub, listening(hub, after=5) as late, listening(hub, after=6) as on:
        pass

    assert (late.resets, late.seqs) == ([7], [7, 8, 9, 10])
    assert (on.resets, on.seqs) == ([], [7, 8, 9, 10])


async def test_with_nothing_left_the_reset_names_the_next_to_come(store: Store) -> None:
    run_id = await begin(store)
    await say(store, run_id)
    await _prune(store, 2)
    async with hub_on(store) as hub, listening(hub, after=0) as reader:
        await say(store, run_id)

        await reader.has(3)

    assert (reader.resets, reader.seqs) == ([3], [3])


async def test_a_number_from_a_future_that_was_undone_is_reset_to_now(store: Store) -> None:
    run_id = await begin(store)
    async with hub_on(store) as hub, listening(hub, after=900) as reader:
        await say(store, run_id)

        await reader.has(2)

    assert (reader.resets, reader.seqs) == ([2], [2])


async def test_after_a_silence_an_empty_batch_is_given(store: Store) -> None:
    await begin(store)
    async with hub_on(store) as hub, listening(hub, idle_s=0.1) as reader:
        await reader.until(lambda one: one.silences >= 2)

    assert reader.items == []


async def test_a_stream_ends_when_it_is_over(store: Store) -> None:
    over = asyncio.Event()
    async with hub_on(store) as hub, listening(hub, over=over) as reader:
        over.set()

        await reader.ended()


async def test_streams_end_when_the_hub_stops(store: Store) -> None:
    async with hub_on(store) as hub:
        readers = [Listener(hub, after=0) for _ in range(3)]
        await until(lambda: hub.waiting == 3)

    for reader in readers:
        await reader.ended()


async def test_a_stream_needs_a_running_hub(store: Store) -> None:
    async with hub_on(store) as hub:
        pass

    with pytest.raises(RuntimeError, match="does not run"):
        await anext(hub.follow(ME))


async def test_nothing_is_kept_for_nobody(store: Store) -> None:
    async with hub_on(store) as hub:
        async with listening(hub), listening(hub):
            await say(store, await begin(store))

        assert hub._tails == {}
