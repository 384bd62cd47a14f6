"""The profile, charts and tags of the pretend Last.fm, counted from the plays it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from rewind_gql import clock
from rewind_gql.demo.records import Life, Listen, Person
from rewind_gql.demo.upstreams import lastfm
from rewind_gql.demo.upstreams.lastfm import KEY, Scrobbles
from rewind_gql.demo.upstreams.serving import serve

DAY = timedelta(days=1)


def listen(
    days_ago: float, artist: str, track: str, album: str = "", album_artist: str = ""
) -> Listen:
    at = clock.now().replace(microsecond=0) - days_ago * DAY
    mbid = f"{artist} id"
    return Listen(at, artist, album, track, mbid, "", "", album_artist, duration_s=200)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    listens = (
        listen(400, "Can", "Halleluhwah", "Tago Mago"),
        listen(300, "Can", "Halleluhwah", "Tago Mago"),
        listen(170, "Can", "Spoon", "Ege Bamyasi"),
        listen(80, "Low", "Disappearing", "Hey What"),
        listen(20, "Low", "White Horses", "Hey What"),
        listen(6, "Neu!", "Hero", "Krautrock", "Various Artists"),
        listen(5, "Faust", "Krautrock", "Krautrock", "Various Artists"),
        listen(4, "Low", "Loose"),
    )
    person = Person(registered_at=datetime(2010, 1, 6, tzinfo=UTC))
    known = Scrobbles(Life(person, listens, (), (), None))
    with serve(lastfm.app(known)) as url, httpx.Client(base_url=url) as client:
        yield client


def ask(client: httpx.Client, method: str, **params: str | int) -> Any:
    usual: dict[str, str | int] = {
        "method": method,
        "user": "marenok",
        "api_key": KEY,
        "format": "json",
    }
    return client.get("/2.0/", params=usual | params).json()


def counts(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["name"], row["playcount"]) for row in rows]


def test_the_profile_counts_all_plays(client: httpx.Client) -> None:
    user = ask(client, "user.getinfo")["user"]

    assert user["playcount"] == "8"
    assert [user[f"{kind}_count"] for kind in ("artist", "track", "album")] == ["4", "7", "4"]


def test_the_profile_tells_its_first_day_as_text_and_as_number(client: httpx.Client) -> None:
    user = ask(client, "user.getinfo")["user"]

    assert user["registered"] == {"unixtime": "1262736000", "#text": 1262736000}
    assert (user["realname"], user["country"]) == ("Maren", "Norway")


@pytest.mark.parametrize(
    ("period", "total"),
    [("overall", 8), ("12month", 7), ("6month", 6), ("3month", 5), ("1month", 4), ("7day", 3)],
)
def test_a_period_reaches_back_its_days(client: httpx.Client, period: str, total: int) -> None:
    rows = ask(client, "user.gettopartists", period=period)["topartists"]["artist"]

    assert sum(int(row["playcount"]) for row in rows) == total


def test_artists_rank_by_plays_then_name(client: httpx.Client) -> None:
    chart = ask(client, "user.getTopArtists")["topartists"]

    assert counts(chart["artist"]) == [("Can", "3"), ("Low", "3"), ("Faust", "1"), ("Neu!", "1")]
    assert [row["@attr"]["rank"] for row in chart["artist"]] == ["1", "2", "3", "4"]
    assert chart["artist"][0]["mbid"] == "Can id"


def test_albums_belong_to_their_album_artist(client: httpx.Client) -> None:
    rows = ask(client, "user.getTopAlbums", period="1month")["topalbums"]["album"]

    assert counts(rows) == [("Krautrock", "2"), ("Hey What", "1")]
    assert rows[0]["artist"]["name"] == "Various Artists"


def test_tracks_tell_their_seconds(client: httpx.Client) -> None:
    rows = ask(client, "user.getTopTracks")["toptracks"]["track"]

    assert counts(rows)[0] == ("Halleluhwah", "2")
    assert (rows[0]["artist"]["name"], rows[0]["duration"]) == ("Can", "200")


def test_charts_come_in_pages(client: httpx.Client) -> None:
    chart = ask(client, "user.getTopArtists", limit=3, page=2)["topartists"]

    assert chart["artist"]["name"] == "Neu!"
    assert chart["artist"]["@attr"] == {"rank": "4"}
    assert chart["@attr"] == {
        "user": "marenok",
        "totalPages": "2",
        "page": "2",
        "perPage": "3",
        "total": "4",
    }


def test_tags_count_from_a_hundred_down_in_numbers(client: httpx.Client) -> None:
    tags = ask(client, "artist.gettoptags", artist="RADIOHEAD")["toptags"]

    shares = [tag["count"] for tag in tags["tag"]]
    assert shares[0] == 100
    assert shares == sorted(shares, reverse=True)
    assert tags["@attr"] == {"artist": "RADIOHEAD"}


def test_an_unknown_artist_has_no_tags(client: httpx.Client) -> None:
    tags = ask(client, "artist.gettoptags", artist="Nobody At All")["toptags"]

    assert tags["tag"] == []
