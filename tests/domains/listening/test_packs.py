"""Months packed as arrays: taken away with what they repeat, and added up right."""

from datetime import timedelta

import numpy as np
import pytest

from rewind_gql.domains.listening import derive, packs, queries
from rewind_gql.domains.listening.queries import packed
from rewind_gql.domains.listening.tables import Pack
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from tests.databases import ME
from tests.domains.listening.plays import DAY, NOON, everything, pack, play, store_plays

MONTHS = 8


async def heard(store: Store) -> None:
    """A play of everybody on every tenth day, of the first more often."""
    plays = [
        play(f"a{n}", f"t{n}", album=f"b{n}", at=NOON + (10 * at + n) * DAY)
        for n in range(5)
        for at in range(0, 3 * MONTHS, n + 1)
    ]
    await store_plays(store, *plays)


async def test_only_the_months_that_changed_are_packed_again(store: Store) -> None:
    await heard(store)
    await pack(store)
    before = {(row.kind, row.month) for row in await everything(store, Pack)}

    await store_plays(store, play("a9", "t9", album="b9", at=NOON))

    left = {(row.kind, row.month) for row in await everything(store, Pack)}
    assert before - left == {(kind, NOON.date().replace(day=1)) for kind in packs.KINDS}
    await pack(store)
    assert {(row.kind, row.month) for row in await everything(store, Pack)} == before
    assert await store.ask(derive.drift, ME) == []


async def test_a_pack_that_differs_from_its_counts_is_told(store: Store) -> None:
    await heard(store)
    await pack(store)

    async with store.write() as conn:
        await conn.execute(Pack.__table__.update().values(plays=b"\0" * 4, entities=b"\0" * 4))  # type: ignore[attr-defined]

    told = await store.ask(derive.drift, ME)
    assert told
    assert all(line.endswith("what is packed differs from the counts") for line in told)


async def test_lists_and_totals_are_the_same_with_packs_and_without(store: Store) -> None:
    await heard(store)
    window = {"since": NOON + timedelta(days=3, hours=1), "until": NOON + 200 * DAY}
    part = Slice(limit=3, after=None)

    async def told() -> tuple[object, ...]:
        top = await store.ask(queries.top_tracks, ME, part=part, **window)
        return top, await store.ask(queries.totals, ME, **window)

    without = await told()
    await pack(store)

    assert await told() == without


@pytest.mark.parametrize("far", [3, 4_000_000_000])
def test_numbers_far_apart_are_added_up_too(far: int) -> None:
    whole = packs.Counts(np.array([1, far, 1]), np.array([2, 3, 4]), np.array([10, 20, 30]))
    around = packs.Counts(np.array([far]), np.array([1]), np.array([15]))

    found = packed._summed(whole, around)

    assert [each.tolist() for each in found] == [[1, far], [6, 4], [30, 20]]
    assert packed._number(np.concatenate([whole.entities, around.entities])) == 2
