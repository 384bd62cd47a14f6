"""Lists of what is heard and not owned, owned and not heard, wanted and heard, walked."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from rewind_gql.across import cross_reference, unowned, wantlist
from rewind_gql.domains.base import Touched
from rewind_gql.domains.collecting import derive, intake, queries
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Page, Slice, slice_of
from rewind_gql.sync import after
from tests.across.heard import Heard, artist_ids, hear
from tests.databases import ME, OTHER
from tests.domains.collecting.made import DAY, NOON, copy, credit, release, want

ARTISTS = [f"Artist {at}" for at in range(12)]


async def live(store: Store, user: int = ME) -> None:
    """Twelve albums heard, with ties; four of them owned, four wanted, three owned unheard."""
    albums = [
        Heard(artist=name, album=f"Album {at}", plays=1 + at // 3, last=NOON + at % 2 * DAY)
        for at, name in enumerate(ARTISTS)
    ]
    await hear(store, *albums, user=user)
    owned = [*_releases(0, range(4)), *_releases(50, range(20, 23))]
    async with store.write() as conn:
        copies = [copy(each.discogs_id, each) for each in owned]
        stored = await intake.copies(conn, user, copies, source="discogs")
        await derive.derive(conn, user, stored.touched)
        lines = [want(each) for each in _releases(100, range(2, 8))]
        await intake.wants(conn, user, lines, source="discogs")
        await cross_reference.refresh(conn, user)
        await wantlist.refresh(conn, user)


def _releases(start: int, numbers: range) -> list[Any]:
    return [
        release(start + at + 1, f"Album {at}", credits=(credit(f"Artist {at}", at + 1),))
        for at in numbers
    ]


Ask = Callable[..., Awaitable[Page[Any]]]
LISTS: dict[str, tuple[Ask, str, tuple[type, ...], Any, int]] = {
    "unowned": (
        unowned.albums,
        unowned.UNOWNED,
        unowned.UNOWNED_TYPES,
        lambda row: (row.plays, row.last_played_at, row.album.id),
        8,
    ),
    "heard wants": (
        queries.heard_wants,
        queries.HEARD_WANTS,
        queries.HEARD_WANTS_TYPES,
        lambda row: (row.plays, row.want.id),
        6,
    ),
    "unheard": (
        queries.unheard,
        queries.UNHEARD,
        queries.UNHEARD_TYPES,
        lambda row: (row.match.added_at, row.item.id),
        3,
    ),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("backward", [False, True])
async def test_a_list_walked_from_either_end_is_the_whole_list(
    store: Store, name: str, backward: bool
) -> None:
    query, list_name, types, key, length = LISTS[name]
    await live(store)
    whole = (await store.ask(query, ME, part=Slice(limit=50))).items

    found: list[Any] = []
    at: str | None = None
    more = True
    while more:
        given: dict[str, Any] = {"last": 2, "before": at} if backward else {"first": 2, "after": at}
        page = await store.ask(query, ME, part=slice_of(list_name, types, **given))
        found = [*page.items, *found] if backward else [*found, *page.items]
        more = page.has_previous if backward else page.has_next
        at = page.cursors[0 if backward else -1]

    assert found == whole == sorted(whole, key=key, reverse=True)
    assert len(whole) == length


async def test_nothing_of_another_person_is_in_them(store: Store) -> None:
    await live(store, OTHER)

    for query, *_ in LISTS.values():
        assert (await store.ask(query, ME, part=Slice(limit=50))).items == []


async def test_a_cursor_beyond_all_dates_is_bad_input(store: Store) -> None:
    with pytest.raises(BadInput):
        await store.ask(unowned.albums, ME, part=Slice(limit=2, after=(1, 2**62, 1)))


async def test_a_want_that_goes_takes_its_match_along(store: Store) -> None:
    await live(store)

    async with store.write() as conn:
        await intake.remove_wants_except(conn, ME, {103}, reported=1, confirmed=True)

    assert await store.ask(queries.heard_wants_count, ME) == 1


async def test_new_plays_and_new_wants_are_matched_after_a_run(store: Store) -> None:
    await live(store)
    await hear(store, Heard(artist="Artist 3", album="Album 3", plays=40))
    async with store.write() as conn:
        line = [want(_releases(200, range(9, 10))[0])]
        stored = await intake.wants(conn, ME, line, source="discogs")

    artists = {(await artist_ids(store))["Artist 3"]}
    for touched in (Touched(artists=artists), stored.touched):
        async with store.write() as conn:
            for task in after.due(touched):
                if task.name == "wanted":
                    await task.work(conn, ME, touched)

    found = (await store.ask(queries.heard_wants, ME, part=Slice(limit=50))).items
    assert found[0].plays == 40
    assert len(found) == 7
