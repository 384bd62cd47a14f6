"""Months packed as arrays: taken away with what they repeat, kept in memory, and counted right."""

from datetime import timedelta

import numpy as np
import pytest

from rewind_gql.domains.base import Touched
from rewind_gql.domains.listening import derive, packs, queries
from rewind_gql.domains.listening.periods import Span
from rewind_gql.domains.listening.queries import held, sums
from rewind_gql.domains.listening.queries.points import series
from rewind_gql.domains.listening.tables import Artist, Pack, Play
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from tests.databases import ME
from tests.domains.listening.plays import DAY, NOON, everything, hide, pack, play, store_plays

MONTHS = 12
WINDOW = {"since": NOON + timedelta(days=3, hours=1), "until": NOON + 200 * DAY}


async def heard(store: Store) -> None:
    """A play of everybody on every tenth day, of the first more often; some on no album."""
    plays = [
        play(f"a{n}", f"t{n}", album=f"b{n}" if n else None, at=NOON + (10 * at + n) * DAY)
        for n in range(6)
        for at in range(0, 3 * MONTHS, n + 1)
    ]
    await store_plays(store, *plays)


async def told(store: Store) -> list[object]:
    """What lists, totals and plays over time say of two windows.

    One cuts months and days; the other has no beginning, so that its first year lies inside.
    """
    part = Slice(limit=3, after=None)
    artists = [row.id for row in await everything(store, Artist)]
    asked = [Span(by, WINDOW["since"], WINDOW["until"]) for by in ("week", "year")]
    said: list[object] = [
        await store.ask(series, ME, kind="artist", ids=artists, span=span) for span in asked
    ]
    for window in (WINDOW, {"since": None, "until": NOON + 330 * DAY}):
        said += [
            await store.ask(queries.top_artists, ME, part=part, **window),
            await store.ask(queries.top_albums, ME, part=part, **window),
            await store.ask(queries.top_tracks, ME, part=part, **window),
            await store.ask(queries.totals, ME, **window),
        ]
    return said


async def test_only_the_months_that_changed_are_packed_again(store: Store) -> None:
    await heard(store)
    await pack(store)
    before = {(row.kind, row.month): row.stamp for row in await everything(store, Pack)}

    await store_plays(store, play("a9", "t9", album="b9", at=NOON))

    left = {(row.kind, row.month) for row in await everything(store, Pack)}
    month = NOON.date().replace(day=1)
    assert before.keys() - left == {(kind, month) for kind in packs.PACKED}
    await pack(store)
    after = {(row.kind, row.month): row.stamp for row in await everything(store, Pack)}
    assert {key for key in after if after[key] != before[key]} == before.keys() - left
    assert await store.ask(derive.drift, ME) == []


async def test_a_play_that_moves_within_its_day_is_packed_again(store: Store) -> None:
    hours = [NOON + timedelta(hours=at) for at in range(3)]
    await store_plays(store, *(play("a", "t", at=at) for at in hours))
    await pack(store)
    moved = hours[1] + timedelta(minutes=5)

    async with store.write() as conn:
        await conn.execute(
            Play.__table__.update()  # type: ignore[attr-defined]  # every table model has one
            .where(Play.__table__.c.played_at == hours[1])  # type: ignore[attr-defined]
            .values(played_at=moved)
        )
        await derive.derive(conn, ME, Touched(days={NOON.date()}))
    await pack(store)

    assert await store.ask(derive.drift, ME) == []
    early = await store.ask(queries.totals, ME, since=None, until=moved)
    assert early.plays == 1


async def test_a_pack_that_differs_from_its_plays_is_told(store: Store) -> None:
    await heard(store)
    await pack(store)

    async with store.write() as conn:
        await conn.execute(Pack.__table__.update().values(numbers=b"\0" * 8))  # type: ignore[attr-defined]

    lines = await store.ask(derive.drift, ME)
    assert lines
    assert all(line.endswith("what is packed differs from the plays") for line in lines)


async def test_lists_totals_and_series_are_the_same_with_packs_and_without(store: Store) -> None:
    await heard(store)
    without = await told(store)

    await pack(store)

    assert await told(store) == without
    assert await told(store) == without


async def test_a_month_that_is_not_packed_yet_is_read_beside_the_others(store: Store) -> None:
    await heard(store)
    await pack(store)
    before = await told(store)

    await store_plays(store, play("a1", "t1", album="b1", at=NOON + 70 * DAY))

    beside = await told(store)
    assert beside != before
    await pack(store)
    assert await told(store) == beside


async def test_what_changes_after_it_was_kept_is_told_at_once(store: Store) -> None:
    await heard(store)
    await pack(store)
    before = await told(store)

    artist = min(row.id for row in await everything(store, Artist))
    await hide(store, Artist, artist)

    unpacked = await told(store)
    assert unpacked != before
    await pack(store)
    assert await told(store) == unpacked
    await hide(store, Artist, artist, hidden=False)
    await pack(store)
    assert await told(store) == before


@pytest.mark.parametrize("far", [3, 4_000_000_000])
def test_numbers_far_apart_are_counted_too(far: int) -> None:
    entities = np.array([1, far, 0, 1, far, 1])

    found = sums.counted(entities, np.array([10, 15, 16, 20, 30, 40]))
    twice = sums.added([found, found])

    assert [each.tolist() for each in found] == [[1, far], [3, 2], [40, 30]]
    assert sums.first(twice, 5) == [(1, 6, 40), (far, 4, 30)]
    assert sums.different([found, found]) == 2
    assert sums.whose(entities, [far, 1]).tolist() == [1, 0, -1, 1, 0, 1]
    assert sums.plays_of(found, np.array([far, 2, 1])).tolist() == [2, 0, 3]


def test_what_was_not_asked_for_the_longest_makes_room() -> None:
    kept: held.Held[int, packs.Array] = held.Held(most_bytes=16)
    for stamp in (1, 2):
        kept.put(stamp, np.zeros(1, np.int64))
    kept.get(1)

    kept.put(3, np.zeros(1, np.int64))
    kept.put(4, np.zeros(3, np.int64))

    assert [stamp for stamp in range(5) if kept.get(stamp) is not None] == [1, 3]
    assert kept.size_bytes == 16
