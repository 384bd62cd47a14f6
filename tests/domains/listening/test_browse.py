"""The library: all of it, by id, and what belongs to whom."""

from typing import Any

import pytest

from rewind_gql.domains.listening import intake, queries, records
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice, slice_of
from tests.databases import ME, OTHER
from tests.domains.listening.plays import DAY, FIRST, NOON, everything, hide, play, store_plays

NAMES = ["Air", "björk", "Can", "Low", "Nico"]


async def fill(store: Store) -> None:
    """Five artists with an album and two tracks each; two more that were never heard."""
    batch = [
        play(name, f"{name} {song}", album=f"{name} album", at=NOON + (n * at) * DAY)
        for n, name in enumerate(NAMES, start=1)
        for song in ("b", "a")
        for at in range(n)
    ]
    await store_plays(store, *batch)
    for kind in ("artist", "album"):
        entries = tuple(
            records.ChartEntry(
                kind=kind,
                period="7day",
                rank=1,
                plays=1,
                name=f"Unheard {n}",
                artist=f"Unheard {n}",
            )
            for n in range(2)
        )
        async with store.write() as conn:
            chart = records.Chart(kind=kind, period="7day", entries=entries)
            await intake.charts(conn, ME, [chart], source="lastfm")


async def walk(store: Store, query: Any, names: Any, sort: Any, *, backward: bool) -> list[str]:
    """Every name of a list, read two at a time in one direction."""
    seen: list[str] = []
    at: str | None = None
    while True:
        ends = {"last": 2, "before": at} if backward else {"first": 2, "after": at}
        part = slice_of(names[sort], queries.BROWSE_TYPES[sort], **ends)
        page = await store.ask(query, ME, part=part, sort=sort)
        found = [each.name for each in page.items]
        seen = found + seen if backward else seen + found
        if not (page.has_previous if backward else page.has_next):
            return seen
        at = page.cursors[0] if backward else page.cursors[-1]


@pytest.mark.parametrize("backward", [False, True])
async def test_artists_by_name_are_met_once_in_order(store: Store, backward: bool) -> None:
    await fill(store)

    seen = await walk(store, queries.artists, queries.ARTISTS, "name", backward=backward)

    assert seen == [*NAMES, "Unheard 0", "Unheard 1"]


@pytest.mark.parametrize("backward", [False, True])
async def test_artists_by_plays_end_with_those_never_heard(store: Store, backward: bool) -> None:
    await fill(store)

    seen = await walk(store, queries.artists, queries.ARTISTS, "plays", backward=backward)

    assert seen == [*reversed(NAMES), "Unheard 0", "Unheard 1"]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("sort", ["name", "plays"])
async def test_albums_are_met_once_in_order(store: Store, sort: str, backward: bool) -> None:
    await fill(store)

    seen = await walk(store, queries.albums, queries.ALBUMS, sort, backward=backward)

    played = [f"{name} album" for name in NAMES]
    heard = played if sort == "name" else [*reversed(played)]
    assert seen == [*heard, "Unheard 0", "Unheard 1"]


async def test_what_is_hidden_is_not_listed_but_found_by_id(store: Store) -> None:
    await store_plays(store, play("Low", "Words", album="Trust"))
    for table in (Artist, Album, Track):
        [row] = await everything(store, table)
        await hide(store, table, row.id)

    for sort in ("name", "plays"):
        assert (await store.ask(queries.artists, ME, part=FIRST, sort=sort)).items == []
        assert (await store.ask(queries.albums, ME, part=FIRST, sort=sort)).items == []
    [artist], [album], [track] = [
        await everything(store, table) for table in (Artist, Album, Track)
    ]
    assert (await store.ask(queries.artists_by_id, ME, [artist.id]))[artist.id].name == "Low"
    assert (await store.ask(queries.albums_by_id, ME, [album.id]))[album.id].name == "Trust"
    assert (await store.ask(queries.tracks_by_id, ME, [track.id]))[track.id].name == "Words"
    assert (await store.ask(queries.albums_by_artist, ME, [artist.id], part=FIRST))[
        artist.id
    ].items == []
    assert (await store.ask(queries.tracks_by_album, ME, [album.id], part=FIRST))[
        album.id
    ].items == []


async def test_ids_of_another_user_are_unknown(store: Store) -> None:
    await store_plays(store, play("Low", "Words", album="Trust"))
    [artist], [album], [track] = [
        await everything(store, table) for table in (Artist, Album, Track)
    ]

    assert await store.ask(queries.artists_by_id, OTHER, [artist.id]) == {}
    assert await store.ask(queries.albums_by_id, OTHER, [album.id]) == {}
    assert await store.ask(queries.tracks_by_id, OTHER, [track.id]) == {}


@pytest.mark.parametrize(
    ("query", "name", "parents", "field"),
    [
        (queries.albums_by_artist, queries.ALBUMS_BY_ARTIST, Artist, "artist_id"),
        (queries.tracks_by_artist, queries.TRACKS_BY_ARTIST, Artist, "artist_id"),
        (queries.tracks_by_album, queries.TRACKS_BY_ALBUM, Album, "album_id"),
    ],
)
async def test_each_parent_has_its_own_by_name_for_one_statement(
    store: Store, statements: list[str], query: Any, name: str, parents: Any, field: str
) -> None:
    for artist in ("Low", "Can"):
        for n in (3, 1, 2, 0):
            await store_plays(store, play(artist, f"song {n}", album="one", at=NOON + n * DAY))
        await store_plays(store, play(artist, "song 9", album="two"))
    ids = [row.id for row in await everything(store, parents)]
    statements.clear()

    whole = await store.ask(query, ME, [*ids, 0], part=FIRST)

    assert len(statements) == 1
    assert whole[0].items == []
    for parent in ids:
        names = [each.name for each in whole[parent].items]
        assert names == sorted(names)
        assert {getattr(each, field) for each in whole[parent].items} == {parent}
        if len(names) > 2:
            after = slice_of(name, queries.NAME_TYPES, first=1, after=whole[parent].cursors[0])
            before = slice_of(name, queries.NAME_TYPES, last=1, before=whole[parent].cursors[2])
            for part in (after, before):
                page = (await store.ask(query, ME, [parent], part=part))[parent]
                assert [each.name for each in page.items] == names[1:2]
                assert page.has_next
                assert page.has_previous


async def test_a_small_part_of_each_parent_tells_that_there_is_more(store: Store) -> None:
    await store_plays(store, *[play("Low", f"song {n}") for n in range(5)])
    [artist] = await everything(store, Artist)

    page = (await store.ask(queries.tracks_by_artist, ME, [artist.id], part=Slice(limit=2)))[
        artist.id
    ]

    assert ([each.name for each in page.items], page.has_next) == (["song 0", "song 1"], True)
