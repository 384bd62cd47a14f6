"""Links to Apple Music without a key: found by names, and never another's."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.upstreams import itunes
from rewind_gql.demo.upstreams.effects import answer
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.domains.listening.enrichment.records import Wanted
from rewind_gql.domains.listening.tables import Enrichment
from rewind_gql.settings import Settings
from rewind_gql.sources.itunes import parse_artist, parse_track
from rewind_gql.store.engine import Store
from tests.domains.listening.plays import HOUR, NOON, everything, play, store_plays
from tests.sources.describing import Desk, desk_on

SHOP = Shop(
    "test",
    [
        parse_album("Low|Double Negative|2018|Rock|L|Quorum; Dancing and Blood", "test"),
        parse_album("Low|Hey What|2021|Rock|L|White Horses", "test"),
        parse_album("Lower|Seek Warmer Climes|2014|Rock|L|Quorum", "test"),
    ],
)
TRACK = {
    "wrapperType": "track",
    "artistId": 1,
    "artistName": "Low",
    "artistViewUrl": "https://music.apple.com/us/artist/1",
    "collectionId": 2,
    "collectionName": "Double Negative",
    "collectionViewUrl": "https://music.apple.com/us/album/2?i=3",
    "trackId": 3,
    "trackName": "Quorum",
    "trackViewUrl": "https://music.apple.com/us/album/2?i=3",
    "previewUrl": "https://audio.example/3.m4a",
    "trackTimeMillis": 200_000,
}


def wanted(track: str = "Quorum", artist: str = "Low", album: str | None = None) -> Wanted:
    """A track to be found."""
    return Wanted(id=7, artist=artist, name=track, album=album)


@pytest.fixture
async def desk(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Desk]:
    """A library of four tracks, and a store that sells most of them."""
    await store_plays(
        sqlite_store,
        play("Low", "Quorum", album="Double Negative"),
        play("Low", "White Horses (feat. Nobody)", album="Another Album", at=NOON + HOUR),
        play("Low", "Never Sold", at=NOON + 2 * HOUR),
        play("Somebody Else", "Quorum", at=NOON + 3 * HOUR),
    )

    def app(faults: Any) -> Any:
        return itunes.app(SHOP, faults)

    def given(url: str) -> Any:
        return {"itunes_base_url": url, "itunes_links": True}

    async with desk_on(sqlite_store, settings, "itunes", app, given) as made:
        yield made


def test_a_song_brings_its_artist_and_its_album() -> None:
    found = parse_track([TRACK], wanted(album="Double Negative (Deluxe Edition)"))

    assert found is not None
    assert (found.link and found.link.id, found.artist and found.artist.id) == ("3", "1")
    assert (found.album and found.album.id, found.duration_ms) == ("2", 200_000)
    assert found.preview_url == "https://audio.example/3.m4a"


def test_an_album_of_another_name_is_not_taken() -> None:
    found = parse_track([TRACK], wanted(album="The Best of Low"))

    assert found is not None
    assert found.album is None


@pytest.mark.parametrize(
    "change",
    [
        {"artistName": "Lower"},
        {"artistName": ""},
        {"trackName": "Quorum Two"},
        {"trackName": "Dancing and Blood"},
        {"trackViewUrl": "javascript:alert(1)"},
        {"trackViewUrl": None},
    ],
)
def test_another_song_is_not_taken(change: dict[str, Any]) -> None:
    assert parse_track([{**TRACK, **change}], wanted()) is None


def test_of_several_the_nearest_is_taken() -> None:
    rows = [
        {**TRACK, "trackName": "Quorum (Remastered)", "trackId": 9},
        {**TRACK, "trackId": 10, "artistName": "Low & Friends"},
        TRACK,
    ]

    found = parse_track(rows, wanted())

    assert found is not None
    assert found.link is not None
    assert found.link.id == "3"


def test_guests_are_not_the_artists_own_page() -> None:
    found = parse_track([{**TRACK, "artistName": "Low & Friends"}], wanted())

    assert found is not None
    assert found.artist is None


@pytest.mark.parametrize("page", ["artistLinkUrl", "artistViewUrl"])
def test_an_artists_page_goes_by_either_name(page: str) -> None:
    row = {"artistName": "The Low", "artistId": 5, page: "https://music.apple.com/us/artist/5"}

    found = parse_artist([row], wanted())

    assert found is not None
    assert found.link is not None
    assert found.link.id == "5"


def test_an_artist_called_alike_is_another() -> None:
    row = {"artistName": "Low Roar", "artistId": 5, "artistLinkUrl": "https://a.example/5"}

    assert parse_artist([row], wanted()) is None


async def test_tracks_are_linked_where_the_very_song_is_sold(desk: Desk) -> None:
    done = await desk.sync("track_links")

    quorum, album = await desk.track("Quorum"), await desk.album("Double Negative")
    horses = await desk.track("White Horses (feat. Nobody)")
    assert (done.items_updated, done.items_skipped) == (2, 2)
    assert (quorum.apple_music_url, horses.apple_music_url) != (None, None)
    assert album.apple_music_id
    assert (await desk.album("Another Album")).apple_music_id is None
    assert (await desk.track("Never Sold")).apple_music_url is None
    assert (await desk.artist("Low")).apple_music_url


async def test_asked_again_it_asks_nothing(desk: Desk) -> None:
    await desk.sync("track_links")
    asked = desk.faults.count("entity=song")

    again = await desk.sync("track_links")

    assert (again.status, desk.faults.count("entity=song")) == ("skipped", asked)


async def test_artists_are_linked_by_their_very_name(desk: Desk) -> None:
    done = await desk.sync("artist_links")

    assert (done.items_updated, done.items_skipped) == (1, 1)
    assert (await desk.artist("Low")).apple_music_url
    assert (await desk.artist("Somebody Else")).apple_music_url is None


async def test_so_many_are_looked_for_as_were_asked_for(desk: Desk) -> None:
    done = await desk.sync("track_links", limit=1)

    assert done.items_updated + done.items_skipped == 1


@pytest.mark.parametrize("status", [403, 429])
async def test_one_call_too_many_stops_it_for_a_while(desk: Desk, status: int) -> None:
    desk.faults.add(answer(status, body=b""), match="entity=song", nth=2, times=None)

    done = await desk.sync("track_links")

    row = await desk.row("track_links")
    assert (done.error_kind, done.items_updated + done.items_skipped) == ("rate_limit", 1)
    assert desk.faults.count("entity=song") == 2
    assert (row.paused, row.backoff_until is not None) == (False, True)


async def test_an_error_puts_one_off_and_the_rest_goes_on(desk: Desk) -> None:
    desk.faults.add(answer(400, body={"errorMessage": "no"}), match="entity=song", nth=1)

    done = await desk.sync("track_links")

    tried = await everything(desk.deps.store, Enrichment)
    assert (done.status, done.items_failed) == ("partial", 1)
    assert [row.attempts for row in tried if row.last_error] == [1]
    assert sum(row.last_error is None for row in tried) == 3


async def test_without_being_asked_to_it_looks_for_nothing(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    def app(faults: Any) -> Any:
        return itunes.app(SHOP, faults)

    async with desk_on(sqlite_store, settings, "itunes", app, lambda _: {}) as made:
        assert await made.types() == set()
