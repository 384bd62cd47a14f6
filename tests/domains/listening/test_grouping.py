"""Albums of many artists that are one: found, shown as one, parted again, and never guessed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import derive, grouping, queries
from rewind_gql.domains.listening.tables import Album, Grouping, Play
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from tests.databases import ME, OTHER
from tests.domains.listening.plays import DAY, MINUTE, NOON, play, rollups, store_plays

MBID = "63aa26c3-d59b-4da4-84ac-716b54f1ef4d"
ANOTHER = "0d2cb66c-3a32-4f81-b977-9231c461c34a"
BANDS = ("Low", "Can", "Nico", "Wire", "Neu!")
ALL = Slice(limit=100)


def compilation(
    *artists: str,
    name: str = "Drive",
    at: datetime = NOON,
    pause: timedelta = 4 * MINUTE,
    **more: Any,
) -> list[Any]:
    """One track of each artist, one after the other, on an album of that name."""
    return [
        play(artist, f"{artist}'s", at=at + number * pause, album=name, **more)
        for number, artist in enumerate(artists)
    ]


async def group(store: Store, artists: set[int] | None = None) -> Stored:
    """Look for albums that are one, and count again."""
    async with store.write() as conn:
        stored = await grouping.group(conn, ME, artists)
        await derive.derive(conn, ME, stored.touched)
    return stored


async def top(store: Store) -> list[tuple[str, str, int]]:
    """Albums with their artists and plays."""
    page = await store.ask(queries.top_albums, ME, part=ALL, since=None, until=None)
    return [(each.album.name, each.artist.name, each.plays) for each in page.items]


async def albums(store: Store) -> dict[str, int]:
    """The ids of all rows of albums by their artists and names."""
    async with store.write() as conn:
        rows = (
            await conn.execute(select(col(Album.id), col(Album.artist_id), col(Album.name)))
        ).all()
    artists = await store.ask(queries.artists_by_id, ME, [row[1] for row in rows])
    return {f"{artists[artist].name}, {name}": at for at, artist, name in rows}


async def test_a_compilation_heard_in_one_session_is_one_album(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS), play("Low", "Words", album="Hope"))

    done = await group(store)

    assert done.updated == 5
    assert await top(store) == [("Drive", "Various Artists", 5), ("Hope", "Low", 1)]
    assert await store.ask(derive.drift, ME) == []


async def test_grouping_twice_changes_nothing(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS))
    await group(store)
    before = await rollups(store)

    again = await group(store)

    assert (again.updated, again.touched.days) == (0, set())
    assert await rollups(store) == before


async def test_what_is_heard_later_is_on_the_one_album(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS))
    await group(store)

    await store_plays(store, play("Can", "Another", at=NOON + DAY, album="Drive"))

    assert await top(store) == [("Drive", "Various Artists", 6)]
    assert await store.ask(derive.drift, ME) == []


async def test_albums_of_one_id_are_those_of_who_has_most_of_it(store: Store) -> None:
    mine = [
        play("Low", f"{number}", at=NOON + number * DAY, album="Hope", album_mbid=MBID)
        for number in range(3)
    ]
    await store_plays(store, *mine, play("Low and Can", "4", album="Hope!", album_mbid=MBID))

    await group(store)

    assert await top(store) == [("Hope", "Low", 4)]


@pytest.mark.either
@pytest.mark.parametrize(
    "heard",
    [
        compilation(*BANDS[:3]),
        compilation(*BANDS, name="Greatest Hits"),
        compilation(*BANDS, pause=2 * DAY),
        [*compilation(*BANDS[:3]), *compilation("Wire", at=NOON + DAY)],
        [
            *compilation(*BANDS[:2], album_mbid=MBID)[:1],
            *compilation(*BANDS[1:], at=NOON + MINUTE, album_mbid=ANOTHER)[:1],
            *compilation(*BANDS[2:], at=NOON + 2 * MINUTE),
        ],
    ],
    ids=["few artists", "a usual name", "not together", "three and one", "other ids"],
)
async def test_what_may_be_others_is_left_alone(store: Store, heard: Any) -> None:
    await store_plays(store, *heard)

    assert (await group(store)).updated == 0


@pytest.mark.either
async def test_a_catalogue_may_say_that_it_is_one(store: Store) -> None:
    await store_plays(store, *compilation("Low", "Can", pause=9 * DAY))
    async with store.write() as conn:
        await conn.execute(update(Album).values(apple_music_id="7", compilation=True))

    await group(store)

    assert await top(store) == [("Drive", "Various Artists", 2)]


@pytest.mark.either
async def test_only_what_concerns_these_artists_is_looked_at(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS), play("Faust", album="So Far"))
    artists = await store.ask(queries.artists, ME, part=ALL)
    ids = {each.name: each.id for each in artists.items}

    others = await group(store, {ids["Faust"]})
    theirs = await group(store, {ids["Nico"]})

    assert (others.updated, theirs.updated) == (0, 5)


async def test_parted_albums_are_as_before_and_stay_so(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS))
    before = await top(store)
    counts = await rollups(store)
    await group(store)
    one = (await albums(store))["Various Artists, Drive"]

    async with store.write() as conn:
        parted = await grouping.part(conn, ME, album_id=one)
        await derive.derive(conn, ME, parted.touched)
    again = await group(store)

    assert (parted.updated, again.updated) == (5, 0)
    assert await top(store) == before
    assert await rollups(store) == counts
    assert await store.ask(derive.drift, ME) == []


@pytest.mark.either
async def test_each_grouping_is_written_down(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS))
    await group(store)

    async with store.write() as conn:
        rows = (await conn.execute(select(col(Grouping.reason), col(Grouping.undone_at)))).all()
        told = (await conn.execute(select(col(Play.told_album_id)).distinct())).all()

    assert [tuple(row) for row in rows] == [("session", None)] * 5
    assert len(told) == 5


@pytest.mark.either
async def test_the_page_of_a_part_is_that_of_the_whole(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS))
    await group(store)
    ids = await albums(store)

    page = await store.ask(queries.album_page, ME, album_id=ids["Can, Drive"])

    assert page is not None
    assert page.album.id == ids["Various Artists, Drive"]
    assert (page.heard.plays, len(page.tracks)) == (5, 5)


@pytest.mark.either
async def test_only_ones_own_albums_can_be_parted(store: Store) -> None:
    await store_plays(store, *compilation(*BANDS))
    await group(store)
    ids = await albums(store)

    async with store.write() as conn:
        for user_id, album_id in ((OTHER, ids["Various Artists, Drive"]), (ME, ids["Can, Drive"])):
            with pytest.raises(grouping.NotGrouped):
                await grouping.part(conn, user_id, album_id=album_id)
