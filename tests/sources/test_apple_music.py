"""Apple Music: what the catalogue says, and plays inferred from a list that tells no times."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.records import Listen
from rewind_gql.demo.upstreams import apple_music
from rewind_gql.demo.upstreams.effects import answer, too_many
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.domains.listening.tables import Album
from rewind_gql.errors import BadSettings
from rewind_gql.ports.developer_token import developer_token
from rewind_gql.settings import Settings
from rewind_gql.sources.apple_music import AppleMusic
from rewind_gql.sources.apple_music import parse_album as parse_facts
from rewind_gql.sources.apple_plays import (
    ABOUT,
    Song,
    new_in_front,
    parse_song,
    remembered,
    timed,
)
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.listening.plays import HOUR, NOON, play, store_plays, stored_plays
from tests.sources.describing import Desk, desk_on

SHOP = Shop(
    "test",
    [
        parse_album("Low|Double Negative|2018|Rock|L|Quorum; Dancing and Blood", "test"),
        parse_album("Can|Ege Bamyasi|1972|Rock|L|Spoon", "test"),
    ],
)
MINUTE = timedelta(minutes=1)
OLD = ["a", "b", "c", "d"]


def listen(track: str, *, minutes: int = 0) -> Listen:
    """A play of four minutes as the pretend listener has it."""
    at = NOON + minutes * MINUTE
    return Listen(at, "Low", "Hope", track, "", "", "", "", 240)


def song(name: str, minutes: int = 4) -> Song:
    """A row of the list."""
    length = minutes * MINUTE
    return Song(id=name, artist="Low", track=name, album=None, duration=length)


@pytest.fixture
def listener() -> apple_music.Listener:
    """A listener who has played five songs."""
    return apple_music.Listener(listen(f"old {n}", minutes=n) for n in range(5))


@pytest.fixture
async def desk(
    sqlite_store: Store, settings: Callable[..., Settings], listener: apple_music.Listener
) -> AsyncIterator[Desk]:
    """A library of three tracks, a catalogue and a listener."""
    await store_plays(
        sqlite_store,
        play("Low", "Quorum", album="Double Negative"),
        play("Can", "Spoon", album="Ege Bamyasi", at=NOON + HOUR),
        play("Can", "Never Sold", at=NOON + 2 * HOUR),
    )

    def app(faults: Any) -> Any:
        return apple_music.app(SHOP, faults, listener=listener)

    def given(url: str) -> Any:
        return {
            "apple_music_base_url": f"{url}/v1",
            "apple_music_developer_token": apple_music.TOKEN,
            "apple_music_user_token": apple_music.USER_TOKEN,
        }

    async with desk_on(sqlite_store, settings, "apple_music", app, given) as made:
        yield made


@pytest.mark.parametrize(
    ("lists", "ids", "count"),
    [
        ([OLD], ["a", "b", "c", "d"], 0),
        ([OLD], ["x", "a", "b", "c"], 1),
        ([OLD], ["x", "y", "z", "a"], 3),
        ([OLD], ["x", "a", "b", "c", "d"], 1),
        ([OLD], ["a", "a", "b", "c"], 1),
        ([OLD], ["c", "a", "b", "d"], None),
        ([OLD], ["w", "x", "y", "z"], None),
        ([["x", *OLD[:3]], OLD], OLD, 0),
        ([[]], ["x", "y"], 2),
        ([OLD], [], None),
    ],
)
def test_only_something_put_in_front_of_the_list_is_new(
    lists: list[list[str]], ids: list[str], count: int | None
) -> None:
    assert new_in_front(lists, ids) == count


def test_only_some_lists_are_remembered_and_each_once() -> None:
    lists: list[list[str]] = []
    for n in (1, 2, 3, 4, 5, 6, 7, 7):
        lists = remembered(lists, [str(n)])

    assert lists == [[str(n)] for n in (7, 6, 5, 4, 3, 2)]


def test_songs_are_timed_backwards_and_never_before_the_last_look() -> None:
    songs = [song("c", 3), song("b", 5), song("a", 60)]

    found = timed(songs, since=NOON, until=NOON + HOUR)

    assert [each.track for each in found] == ["a", "b", "c"]
    assert [each.played_at + ABOUT for each in found] == [
        NOON,
        NOON + 52 * MINUTE,
        NOON + 57 * MINUTE,
    ]
    assert not any(each.exact for each in found)


def test_a_song_is_read_without_what_tells_its_kind_of_album() -> None:
    facts = {"name": "Words", "artistName": "Low feat. Can", "albumName": "Hope - EP"}

    found = parse_song({"id": "i.1", "type": "library-songs", "attributes": facts})

    assert (found.artist, found.album, found.duration) == ("Low", "Hope", timedelta(minutes=4))


@pytest.mark.parametrize(
    ("facts", "read"),
    [
        ({"releaseDate": "2012-10-05", "trackCount": 12}, (2012, 12, False)),
        ({"releaseDate": "1973", "trackCount": 0}, (1973, None, False)),
        ({"releaseDate": "0001-01-01"}, (None, None, False)),
        ({"releaseDate": "2500"}, (None, None, False)),
        ({"artistName": "Various Artists"}, (None, None, True)),
        ({"artistName": "Multi-Interprètes"}, (None, None, True)),
        ({}, (None, None, False)),
    ],
)
def test_an_albums_year_may_stand_alone_or_be_none(facts: Any, read: Any) -> None:
    assert parse_facts({"id": "1", "attributes": facts}) == ("1", read)


async def test_the_first_list_shows_only_where_to_begin(desk: Desk) -> None:
    before = await stored_plays(desk.deps.store)

    await desk.sync("recent_plays")

    assert await stored_plays(desk.deps.store) == before


async def test_what_is_played_then_is_stored_about_when_it_was(
    desk: Desk, listener: apple_music.Listener
) -> None:
    await desk.sync("recent_plays")
    listener.play(listen("new 1"), listen("new 2"), listen("new 2"))

    done = await desk.sync("recent_plays")

    found = [row for row in await stored_plays(desk.deps.store) if row.track.startswith("new")]
    assert done.items_inserted >= 2
    assert {row.track for row in found} == {"new 1", "new 2"}
    assert all(clock.now() - row.at < 2 * ABOUT for row in found)
    assert not any(row.exact for row in found)


async def test_an_old_list_come_back_a_bump_and_no_change_tell_nothing(
    desk: Desk, listener: apple_music.Listener
) -> None:
    old = listener.state()
    await desk.sync("recent_plays")
    listener.play(listen("new"))
    await desk.sync("recent_plays")
    new = listener.state()
    stored = len(await stored_plays(desk.deps.store))

    listener.put_back(old)
    await desk.sync("recent_plays")
    listener.put_back(new)
    await desk.sync("recent_plays")
    listener.bump(3)
    await desk.sync("recent_plays")
    await desk.sync("recent_plays")

    assert len(await stored_plays(desk.deps.store)) == stored


async def test_an_exact_scrobble_of_it_is_the_same_play(
    desk: Desk, listener: apple_music.Listener
) -> None:
    await desk.sync("recent_plays")
    listener.play(listen("new"))
    await desk.sync("recent_plays")
    at = (clock.now() - 3 * MINUTE).replace(microsecond=0)

    await store_plays(desk.deps.store, play("Low", "new", at=at))

    found = [row for row in await stored_plays(desk.deps.store) if row.track == "new"]
    assert [(row.at, row.exact) for row in found] == [(at, True)]


async def test_one_that_was_scrobbled_already_is_not_added(
    desk: Desk, listener: apple_music.Listener
) -> None:
    await desk.sync("recent_plays")
    at = (clock.now() - 2 * MINUTE).replace(microsecond=0)
    await store_plays(desk.deps.store, play("Low", "new", at=at))
    listener.play(listen("new"))

    done = await desk.sync("recent_plays")

    assert done.items_inserted == 0


async def test_links_and_facts_come_from_the_catalogue(desk: Desk) -> None:
    tracks = await desk.sync("track_links")
    artists = await desk.sync("artist_links")
    facts = await desk.sync("album_facts")

    album = await desk.album("Double Negative")
    assert (tracks.items_updated, tracks.items_skipped) == (2, 1)
    assert (artists.items_updated, facts.items_updated) == (2, 2)
    assert (album.released_year, album.total_tracks) == (2018, 2)
    assert (await desk.track("Spoon")).preview_url
    assert (await desk.artist("Can")).apple_music_url.startswith("https://")


async def test_albums_it_does_not_have_are_put_off_and_keep_what_is_known(desk: Desk) -> None:
    known = {"apple_music_id": "1", "released_year": 1999}
    async with desk.deps.store.write() as conn:
        await conn.execute(update(Album).where(col(Album.user_id) == ME).values(**known))

    done = await desk.sync("album_facts")

    assert (done.status, done.items_skipped) == ("skipped", 2)
    assert (await desk.album("Double Negative")).released_year == 1999


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_not_taken_stops_it_and_erases_nothing(
    desk: Desk, status: int
) -> None:
    await desk.sync("track_links")
    await desk.sync("album_facts")
    async with desk.deps.store.write() as conn:
        await conn.execute(update(Album).where(col(Album.user_id) == ME).values(released_year=1))
    desk.faults.add(answer(status, body=b""), times=None)

    done = await desk.sync("artist_links")

    row = await desk.row("artist_links")
    assert (done.status, done.error_kind) == ("failed", "auth")
    assert (row.paused, row.pause_reason) == (True, "auth_required")
    assert (await desk.album("Double Negative")).released_year == 1


async def test_a_listener_whose_token_has_ended_is_told_so(desk: Desk) -> None:
    await desk.sync("recent_plays")
    body = {"errors": [{"status": "403", "code": "40300", "title": "Forbidden"}]}
    desk.faults.add(answer(403, body=body), match="recent/played", times=None)

    done = await desk.sync("recent_plays")

    assert (done.status, done.error_kind) == ("failed", "auth")
    assert "listener's token" in (done.error or "")


async def test_one_request_too_many_is_waited_for(desk: Desk) -> None:
    desk.faults.add(too_many(retry_after=3_600), match="recent/played", times=None)

    done = await desk.sync("recent_plays")

    assert done.error_kind == "rate_limit"


async def test_without_a_listeners_token_there_is_only_the_catalogue(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    def given(url: str) -> Any:
        return {"apple_music_base_url": url, "apple_music_developer_token": "t"}

    def app(faults: Any) -> Any:
        return apple_music.app(SHOP, faults)

    async with desk_on(sqlite_store, settings, "apple_music", app, given) as made:
        assert await made.types() == {"album_facts", "track_links", "artist_links"}


async def test_a_key_of_the_account_does_instead_of_a_token(
    sqlite_store: Store, settings: Callable[..., Settings]
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    names = {"team_id": "TEAM", "key_id": "KEY", "private_key": text}
    token = developer_token(**names)
    await store_plays(sqlite_store, play("Low", "Quorum"))

    def app(faults: Any) -> Any:
        return apple_music.app(SHOP, faults, token=token)

    def given(url: str) -> Any:
        return {"apple_music_base_url": f"{url}/v1"} | {
            f"apple_music_{name}": value for name, value in names.items()
        }

    async with desk_on(sqlite_store, settings, "apple_music", app, given) as made:
        done = await made.sync("track_links")

    assert (done.status, done.items_updated) == ("success", 1)


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAA==\n"])
def test_what_is_no_key_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadSettings, match="APPLE_MUSIC_PRIVATE_KEY"):
        developer_token(team_id="TEAM", key_id="KEY", private_key=text)


@pytest.mark.parametrize(
    ("sync_type", "settings"),
    [
        ("recent_plays", ("apple_music_user_token",)),
        ("album_facts", ("apple_music_developer_token",)),
    ],
)
def test_the_settings_that_let_a_sync_type_in_are_named(
    sync_type: str, settings: tuple[str, ...]
) -> None:
    assert AppleMusic.credentials(sync_type) == settings
