"""Plays, newest first, in pages that hold still while new ones arrive."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from rewind_gql.domains.listening import queries, views
from rewind_gql.domains.listening.tables import Artist
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice, cursor, slice_of
from tests.databases import ME, OTHER
from tests.domains.listening.plays import (
    DAY,
    FIRST,
    HOUR,
    NOON,
    everything,
    hide,
    play,
    store_plays,
    stored_plays,
)


async def fill(store: Store, count: int = 10) -> None:
    """Plays an hour apart, two at each instant, of three artists."""
    batch = [
        play(f"artist {n % 3}", f"track {n}", album=f"album {n % 3}", at=NOON + n // 2 * HOUR)
        for n in range(count)
    ]
    await store_plays(store, *batch)


async def test_recent_carries_the_names_of_each_play(store: Store) -> None:
    await store_plays(store, play("Low", "Words", album="Trust"), play("Can", at=NOON + HOUR))

    page = await store.ask(queries.recent, ME, part=FIRST)

    newest, oldest = page.items
    assert (oldest.track.name, oldest.artist.name, oldest.played_at, oldest.source) == (
        "Words",
        "Low",
        NOON,
        "lastfm",
    )
    assert oldest.album is not None
    assert (oldest.album.name, oldest.album.artist_id) == ("Trust", oldest.artist.id)
    assert newest.album is None


async def test_pages_forward_meet_every_play_once(store: Store) -> None:
    await fill(store)
    seen: list[int] = []
    after = None
    while True:
        part = slice_of(queries.RECENT, queries.RECENT_TYPES, first=3, after=after)
        page = await store.ask(queries.recent, ME, part=part)
        seen += [each.id for each in page.items]
        if not page.has_next:
            break
        after = page.cursors[-1]

    rows = sorted(await stored_plays(store), key=lambda row: (row.at, row.id), reverse=True)
    assert seen == [row.id for row in rows]


async def test_pages_backward_are_the_same_pages(store: Store) -> None:
    await fill(store)
    whole = await store.ask(queries.recent, ME, part=FIRST)

    part = slice_of(queries.RECENT, queries.RECENT_TYPES, last=4, before=whole.cursors[7])
    page = await store.ask(queries.recent, ME, part=part)

    assert [each.id for each in page.items] == [each.id for each in whole.items[3:7]]
    assert (page.has_previous, page.has_next) == (True, True)


async def test_a_page_holds_still_while_newer_plays_arrive(store: Store) -> None:
    await fill(store)
    first = await store.ask(queries.recent, ME, part=Slice(limit=4))
    expected = await store.ask(queries.recent, ME, part=FIRST)
    await store_plays(store, play(at=NOON + DAY))

    part = slice_of(queries.RECENT, queries.RECENT_TYPES, first=4, after=first.cursors[-1])
    second = await store.ask(queries.recent, ME, part=part)

    assert [each.id for each in second.items] == [each.id for each in expected.items[4:8]]


async def test_between_two_cursors_lies_what_is_between_them(store: Store) -> None:
    await fill(store)
    whole = await store.ask(queries.recent, ME, part=FIRST)

    part = slice_of(
        queries.RECENT,
        queries.RECENT_TYPES,
        first=9,
        after=whole.cursors[1],
        before=whole.cursors[5],
    )
    page = await store.ask(queries.recent, ME, part=part)

    assert [each.id for each in page.items] == [each.id for each in whole.items[2:5]]


def lines(plays: Sequence[views.Play | views.PlayLine]) -> list[tuple[datetime, str, str]]:
    """When, what and whom: what both forms of a list tell."""
    return [
        (each.played_at, each.track_name, each.artist_name)
        if isinstance(each, views.PlayLine)
        else (each.played_at, each.track.name, each.artist.name)
        for each in plays
    ]


async def test_a_window_takes_its_first_instant_and_leaves_its_last(store: Store) -> None:
    await fill(store)

    page = await store.ask(queries.recent, ME, part=FIRST, since=NOON + HOUR, until=NOON + 3 * HOUR)
    by_number = await store.ask(
        queries.recent_page, ME, limit=20, since=NOON + HOUR, until=NOON + 3 * HOUR
    )

    assert {each.played_at for each in page.items} == {NOON + HOUR, NOON + 2 * HOUR}
    assert lines(by_number) == lines(page.items)


async def test_pages_by_number_follow_each_other(store: Store) -> None:
    await fill(store)
    whole = await store.ask(queries.recent, ME, part=FIRST)

    pages = [await store.ask(queries.recent_page, ME, limit=4, page=n) for n in (1, 2, 3, 4)]

    assert [len(each) for each in pages] == [4, 4, 2, 0]
    assert lines([each for found in pages for each in found]) == lines(whole.items)


async def test_hidden_plays_are_left_out(store: Store) -> None:
    await fill(store)
    hidden = (await everything(store, Artist))[0]
    await hide(store, Artist, hidden.id)

    page = await store.ask(queries.recent, ME, part=FIRST)
    plays = await store.ask(queries.plays_by_artist, ME, [hidden.id], part=FIRST)

    assert hidden.id not in {each.artist.id for each in page.items}
    assert plays[hidden.id].items == []


async def test_another_user_sees_nothing_of_it(store: Store) -> None:
    await fill(store)
    [first, *_] = await stored_plays(store)

    assert (await store.ask(queries.recent, OTHER, part=FIRST)).items == []
    for query, parent in (
        (queries.plays_by_artist, first.artist_id),
        (queries.plays_by_album, first.album_id),
        (queries.plays_by_track, first.track_id),
    ):
        assert (await store.ask(query, OTHER, [parent], part=FIRST))[parent].items == []


@pytest.mark.parametrize("field", ["artist", "album", "track"])
async def test_each_parent_has_its_own_newest_plays(store: Store, field: str) -> None:
    await fill(store, 20)
    await store_plays(
        store,
        *[play("artist 0", "track 0", album="album 0", at=NOON + n * DAY) for n in range(1, 5)],
    )
    query = getattr(queries, f"plays_by_{field}")
    expected: dict[int, list[int]] = {}
    for row in sorted(await stored_plays(store), key=lambda row: (row.at, row.id), reverse=True):
        expected.setdefault(getattr(row, f"{field}_id"), []).append(row.id)

    found = await store.ask(query, ME, [*expected, 0], part=Slice(limit=2))

    assert found[0].items == []
    for parent, ids in expected.items():
        assert [each.id for each in found[parent].items] == ids[:2]
        assert found[parent].has_next == (len(ids) > 2)


@pytest.mark.parametrize("field", ["artist", "album", "track"])
async def test_a_parent_s_plays_can_be_paged_both_ways(store: Store, field: str) -> None:
    await store_plays(store, *[play(album="Trust", at=NOON + n // 2 * HOUR) for n in range(6)])
    [row, *_] = await stored_plays(store)
    query, parent = getattr(queries, f"plays_by_{field}"), getattr(row, f"{field}_id")
    name = getattr(queries, f"PLAYS_BY_{field.upper()}")
    whole = (await store.ask(query, ME, [parent], part=FIRST))[parent]

    after = slice_of(name, queries.PLAYS_TYPES, first=3, after=whole.cursors[0])
    before = slice_of(name, queries.PLAYS_TYPES, last=3, before=whole.cursors[4])
    forward = (await store.ask(query, ME, [parent], part=after))[parent]
    backward = (await store.ask(query, ME, [parent], part=before))[parent]

    ids = [each.id for each in whole.items]
    assert [each.id for each in forward.items] == ids[1:4]
    assert [each.id for each in backward.items] == ids[1:4]


@pytest.mark.parametrize("field", ["artist", "album", "track"])
async def test_any_number_of_parents_costs_one_statement(
    store: Store, statements: list[str], field: str
) -> None:
    await fill(store, 30)
    parents = list({getattr(row, f"{field}_id") for row in await stored_plays(store)})
    statements.clear()

    await store.ask(getattr(queries, f"plays_by_{field}"), ME, parents, part=FIRST)

    assert len(statements) == 1


async def test_a_page_of_any_length_costs_one_statement(
    store: Store, statements: list[str]
) -> None:
    await fill(store, 40)
    statements.clear()

    await store.ask(queries.recent, ME, part=FIRST)
    await store.ask(queries.recent_page, ME, limit=20)

    assert len(statements) == 2


async def test_a_cursor_far_outside_of_time_is_refused(store: Store) -> None:
    part = slice_of(
        queries.RECENT, queries.RECENT_TYPES, after=cursor(queries.RECENT, (1 << 62, 1))
    )

    with pytest.raises(BadInput, match="not one of ours"):
        await store.ask(queries.recent, ME, part=part)


async def test_instants_come_back_to_the_microsecond(store: Store) -> None:
    at: datetime = NOON.replace(microsecond=123_456)
    await store_plays(store, play(at=at))

    page = await store.ask(queries.recent, ME, part=FIRST)

    assert page.items[0].played_at == at
