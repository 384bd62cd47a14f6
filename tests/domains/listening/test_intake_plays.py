"""Plays become rows once, however often and through whichever door they come."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql.domains.listening import derive, intake
from rewind_gql.domains.listening.library import VARIOUS_ARTISTS_MBID
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.listening.plays import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    everything,
    hide,
    play,
    rollups,
    store_plays,
    stored_plays,
)


async def test_a_play_is_stored_with_the_names_it_carries(store: Store) -> None:
    await store_plays(store, play("Low", "Words", album="I Could Live in Hope"))

    [row] = await stored_plays(store)

    assert (row.artist, row.album, row.track, row.at, row.exact) == (
        "Low",
        "I Could Live in Hope",
        "Words",
        NOON,
        True,
    )


async def test_storing_says_what_became_of_each_record(store: Store) -> None:
    await store_plays(store, play(at=NOON))

    stored = await store_plays(store, play(at=NOON), play(at=NOON + HOUR), play(at=NOON + DAY))

    artists = await everything(store, Artist)
    assert (stored.inserted, stored.updated, stored.skipped) == (2, 0, 1)
    assert stored.touched.days == {date(2024, 2, 28), date(2024, 2, 29)}
    assert stored.touched.artists == {artists[0].id}


async def test_an_empty_batch_stores_nothing(store: Store) -> None:
    stored = await store_plays(store)

    assert (stored.inserted, stored.updated, stored.skipped) == (0, 0, 0)
    assert not stored.touched.days


async def test_two_plays_of_a_track_at_one_instant_are_two_plays(store: Store) -> None:
    await store_plays(store, play(), play())

    assert [row.ordinal for row in await stored_plays(store)] == [0, 1]


async def test_reading_plays_again_adds_none(store: Store) -> None:
    page = [play(), play(), play("Can"), play(at=NOON + SECOND)]
    await store_plays(store, *page)
    before = await rollups(store)

    again = await store_plays(store, *page)

    assert (again.inserted, again.skipped) == (0, 4)
    assert len(await stored_plays(store)) == 4
    assert await rollups(store) == before


async def test_a_third_play_at_the_instant_is_added_when_it_turns_up(store: Store) -> None:
    await store_plays(store, play(), play())

    stored = await store_plays(store, play(), play(), play())

    assert stored.inserted == 1
    assert [row.ordinal for row in await stored_plays(store)] == [0, 1, 2]


async def test_plays_of_two_users_do_not_meet(store: Store) -> None:
    await store_plays(store, play("Low"))

    stored = await store_plays(store, play("LOW"), user_id=OTHER)

    assert stored.inserted == 1
    assert [row.name for row in await everything(store, Artist)] == ["Low"]
    assert [row.name for row in await everything(store, Artist, OTHER)] == ["LOW"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Belle & Sebastian", "belle and sebastian"),
        ("Massive Attack", "Massive Attack feat. Mos Def"),
        ("Crosby, Stills & Nash", "Crosby Stills and Nash"),
        ("Ｌｏｗ", "Low"),
        ("Sigur  Rós", "Sigur Rós"),
    ],
)
async def test_spellings_of_one_artist_meet_and_the_first_is_shown(
    store: Store, first: str, second: str
) -> None:
    await store_plays(store, play(first, at=NOON), play(second, at=NOON + HOUR))

    [artist] = await everything(store, Artist)

    assert artist.name == " ".join(first.split())


async def test_an_artist_carries_the_key_of_other_worlds(store: Store) -> None:
    await store_plays(store, play("The Beatles"))

    [artist] = await everything(store, Artist)

    assert (artist.match_key, artist.cross_key) == ("the beatles", "beatles")


async def test_a_newer_identifier_overwrites_and_an_empty_one_does_not(store: Store) -> None:
    await store_plays(store, play(at=NOON, artist_mbid="old", track_mbid="one"))
    await store_plays(store, play(at=NOON + HOUR, artist_mbid="new"))
    await store_plays(store, play(at=NOON + DAY))

    [artist] = await everything(store, Artist)
    [track] = await everything(store, Track)

    assert (artist.mbid, track.mbid) == ("new", "one")


async def test_addresses_and_lengths_are_filled_once(store: Store) -> None:
    await store_plays(store, play(at=NOON))
    await store_plays(store, play(at=NOON + HOUR, url="https://first", duration_ms=100))
    await store_plays(store, play(at=NOON + DAY, url="https://second", duration_ms=200))

    [track] = await everything(store, Track)

    assert (track.url, track.duration_ms) == ("https://first", 100)


async def test_an_album_belongs_to_its_album_artist(store: Store) -> None:
    await store_plays(
        store,
        play("Low", album="Trust"),
        play("Nick Cave", album="Shrek 2", album_artist="Various Artists"),
    )

    owners = {row.id: row.name for row in await everything(store, Artist)}
    albums = {row.name: owners[row.artist_id] for row in await everything(store, Album)}

    assert albums == {"Trust": "Low", "Shrek 2": "Various Artists"}


@pytest.mark.parametrize(
    ("name", "mbid"),
    [("Various Artists", None), ("Various", None), ("Diverse Interpreten", VARIOUS_ARTISTS_MBID)],
)
async def test_various_artists_are_one_artist(store: Store, name: str, mbid: str | None) -> None:
    await store_plays(store, play(name, artist_mbid=mbid))

    [artist] = await everything(store, Artist)

    assert (artist.name, artist.mbid) == ("Various Artists", VARIOUS_ARTISTS_MBID)


async def test_two_albums_of_one_name_by_two_artists_are_two(store: Store) -> None:
    await store_plays(store, play("Low", album="Hits"), play("Can", album="Hits"))

    assert len(await everything(store, Album)) == 2


async def test_a_track_points_to_the_album_of_its_newest_play(store: Store) -> None:
    await store_plays(store, play(at=NOON, album="Single"), play(at=NOON + DAY, album="Album"))
    await store_plays(store, play(at=NOON - DAY, album="Demo"))
    await store_plays(store, play(at=NOON + DAY + HOUR))

    albums = {row.id: row.name for row in await everything(store, Album)}
    [track] = await everything(store, Track)

    assert albums[track.album_id] == "Album"
    assert [row.album for row in await stored_plays(store)] == ["Demo", "Single", "Album", None]


async def test_a_play_stored_without_album_gets_one_when_a_source_tells(store: Store) -> None:
    await store_plays(store, play())

    stored = await store_plays(store, play(album="Trust"))

    [row] = await stored_plays(store)
    assert (stored.inserted, stored.updated, row.album) == (0, 1, "Trust")
    assert ("album", "all", date(1970, 1, 1), row.album_id) in await rollups(store)


async def test_a_play_keeps_the_album_it_was_stored_with(store: Store) -> None:
    await store_plays(store, play(album="Trust"))

    stored = await store_plays(store, play(album="Hits"))

    [row] = await stored_plays(store)
    assert (stored.updated, row.album) == (0, "Trust")


async def test_a_play_known_to_the_minute_is_any_play_of_that_minute(store: Store) -> None:
    await store_plays(store, play(at=NOON + 42 * SECOND))

    stored = await store_plays(store, play(at=NOON, exact=False), source="file")

    assert (stored.inserted, stored.skipped) == (0, 1)
    assert [row.at for row in await stored_plays(store)] == [NOON + 42 * SECOND]


async def test_each_stored_play_answers_for_one_known_to_the_minute(store: Store) -> None:
    await store_plays(store, play(at=NOON + 5 * SECOND))

    stored = await store_plays(store, play(exact=False), play(exact=False))
    again = await store_plays(store, play(exact=False), play(exact=False))

    assert (stored.inserted, again.inserted) == (1, 0)


async def test_a_play_of_the_next_minute_is_another(store: Store) -> None:
    await store_plays(store, play(at=NOON + MINUTE))

    stored = await store_plays(store, play(at=NOON, exact=False))

    assert stored.inserted == 1


async def test_an_exact_play_takes_over_the_one_known_to_the_minute(store: Store) -> None:
    await store_plays(store, play(at=NOON, exact=False), source="file")
    [before] = await stored_plays(store)

    stored = await store_plays(store, play(at=NOON + 42 * SECOND, album="Trust"))

    [row] = await stored_plays(store)
    assert (stored.inserted, stored.updated) == (0, 1)
    assert (row.id, row.at, row.exact, row.album) == (
        before.id,
        NOON + 42 * SECOND,
        True,
        "Trust",
    )
    assert stored.touched.days == {NOON.date()}


async def test_file_and_interface_agree_whichever_comes_first(store: Store) -> None:
    exact = [play(at=NOON + after * SECOND) for after in (0, 20, 20, 59)]
    loose = [play(at=NOON, exact=False) for _ in exact]

    await store_plays(store, *loose)
    await store_plays(store, *exact)
    await store_plays(store, *loose)
    await store_plays(store, *exact)

    rows = await stored_plays(store)
    assert [(row.at - NOON, row.exact) for row in rows] == [
        (after * SECOND, True) for after in (0, 20, 20, 59)
    ]


@pytest.mark.parametrize("spread_s", [3_600, 12 * 3_600])
async def test_a_play_known_to_hours_waits_for_the_exact_one(store: Store, spread_s: int) -> None:
    await store_plays(store, play(at=NOON, exact=False, spread_s=spread_s), source="file")

    at = NOON + spread_s * SECOND - SECOND
    stored = await store_plays(store, play(at=at))
    again = await store_plays(store, play(at=NOON, exact=False, spread_s=spread_s), source="file")

    [row] = await stored_plays(store)
    assert (stored.inserted, stored.updated, again.inserted) == (0, 1, 0)
    assert (row.at, row.exact) == (at, True)
    assert stored.touched.days == {NOON.date()}
    assert await store.ask(derive.drift, ME) == []


async def test_two_sources_that_differ_by_a_minute_tell_of_one_play(store: Store) -> None:
    await store_plays(store, play(at=NOON), source="lastfm")

    stored = await store_plays(store, play(at=NOON + MINUTE), source="spotify")
    later = await store_plays(store, play(at=NOON + 5 * MINUTE), source="spotify")

    assert (stored.inserted, later.inserted) == (0, 1)


async def test_a_batch_may_end_between_any_two_instants(store: Store) -> None:
    page = [play(at=NOON), play(at=NOON), play(at=NOON + SECOND), play(at=NOON + 2 * SECOND)]
    for end in (2, 3):
        await store_plays(store, *page[:end])
        await store_plays(store, *page[end:])

    assert len(await stored_plays(store)) == 4


@pytest.mark.parametrize("table", [Artist, Album, Track])
async def test_plays_of_what_is_hidden_are_stored_hidden(store: Store, table: type) -> None:
    await store_plays(store, play(album="Trust"))
    [entity] = await everything(store, table)
    await hide(store, table, entity.id)

    await store_plays(store, play(at=NOON + DAY, album="Trust"))

    assert [row.hidden for row in await stored_plays(store)] == [True, True]
    assert await rollups(store) == {}


async def test_a_page_stored_by_two_writers_at_once_is_stored_once(url: str) -> None:
    stores = [await Store.open(url) for _ in range(2)]
    page = [play(f"artist {n % 7}", f"track {n % 13}", at=NOON + n * MINUTE) for n in range(60)]

    results = await asyncio.gather(*(store_plays(store, *page) for store in stores))

    drift = await stores[0].ask(derive.drift, ME)
    assert sorted(result.inserted for result in results) == [0, 60]
    assert len(await stored_plays(stores[0])) == 60
    assert drift == []
    for store in stores:
        await store.close()


async def test_two_writers_of_one_day_leave_exact_counts(url: str) -> None:
    stores = [await Store.open(url) for _ in range(2)]
    pages = [
        [play("Low", f"track {n}", at=NOON + (2 * n + side) * MINUTE) for n in range(40)]
        for side in (0, 1)
    ]

    await asyncio.gather(
        *(store_plays(store, *page) for store, page in zip(stores, pages, strict=True))
    )

    assert await stores[0].ask(derive.drift, ME) == []
    for store in stores:
        await store.close()


async def test_statements_do_not_grow_with_the_page(store: Store, statements: list[str]) -> None:
    def page(size: int, day: int) -> list[object]:
        return [
            play(f"a{n}", f"t{n}", album=f"b{n}", at=NOON + day * DAY + n * MINUTE)
            for n in range(size)
        ]

    await store_plays(store, play("somebody", "else"))  # the first play brings the first rules
    counts = []
    for day, size in enumerate((5, 200), 1):
        statements.clear()
        await store_plays(store, *page(size, 10 * day))
        counts.append(len(statements))

    # PostgreSQL has one writer wait for the other, before storing and before counting.
    most = {"sqlite": 19, "postgresql": 21}[store.dialect]
    assert counts[0] == counts[1] <= most


async def test_storing_leaves_the_display_name_alone(store: Store) -> None:
    await store_plays(store, play("Low"))
    async with store.write() as conn:
        await conn.execute(update(Artist).where(col(Artist.user_id) == ME).values(name="LOW!"))

    await store_plays(store, play("low", at=NOON + HOUR))

    assert [row.name for row in await everything(store, Artist)] == ["LOW!"]


async def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError, match="stop"):
        async with store.write() as conn:
            stored = await intake.plays(conn, ME, [play()], source="lastfm")
            await derive.derive(conn, ME, stored.touched)
            raise RuntimeError("stop")

    assert await stored_plays(store) == []
    assert await rollups(store) == {}
