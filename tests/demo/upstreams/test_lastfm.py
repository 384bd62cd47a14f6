"""The pretend Last.fm: its listening history and its refusals, over a real socket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from rewind_gql.clock import from_seconds, seconds
from rewind_gql.demo.records import Life, Listen, Person
from rewind_gql.demo.upstreams import edits, lastfm
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.lastfm import KEY, Scrobbles
from rewind_gql.demo.upstreams.serving import serve

NOON = datetime(2026, 4, 12, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def listen(track: str, at: datetime = NOON, artist: str = "Sigur Rós", album: str = "") -> Listen:
    return Listen(at, artist, album, track, "artist-id", "album-id" if album else "", "")


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def scrobbles() -> Scrobbles:
    listens = tuple(listen(f"Song {n}", NOON + n * MINUTE) for n in range(120))
    return Scrobbles(Life(Person(registered_at=NOON), listens, (), (), None))


@pytest.fixture
def empty() -> Scrobbles:
    return Scrobbles(Life(Person(registered_at=NOON), (), (), (), None))


@pytest.fixture
def client(scrobbles: Scrobbles, faults: Faults) -> Iterator[httpx.Client]:
    with serve(lastfm.app(scrobbles, faults)) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def silent(empty: Scrobbles) -> Iterator[httpx.Client]:
    with serve(lastfm.app(empty)) as url, httpx.Client(base_url=url) as client:
        yield client


def ask(client: httpx.Client, **params: str | int) -> httpx.Response:
    usual: dict[str, str | int] = {
        "method": "user.getrecenttracks",
        "user": "marenok",
        "api_key": KEY,
        "format": "json",
    }
    return client.get("/2.0/", params=usual | params)


def recent(client: httpx.Client, **params: str | int) -> dict[str, Any]:
    answer: dict[str, Any] = ask(client, **params).json()["recenttracks"]
    return answer


def names(page: dict[str, Any]) -> list[str]:
    return [track["name"] for track in page["track"]]


def test_answers_fifty_plays_newest_first_unless_told(client: httpx.Client) -> None:
    page = recent(client)

    assert names(page) == [f"Song {n}" for n in range(119, 69, -1)]
    assert page["@attr"] == {
        "user": "marenok",
        "totalPages": "3",
        "page": "1",
        "perPage": "50",
        "total": "120",
    }


def test_the_last_page_holds_the_oldest_plays(client: httpx.Client) -> None:
    page = recent(client, page=3)

    assert names(page) == [f"Song {n}" for n in range(19, -1, -1)]


def test_walking_up_from_the_last_page_meets_every_play_in_order(client: httpx.Client) -> None:
    met: list[str] = []
    for number in range(int(recent(client, limit=33)["@attr"]["totalPages"]), 0, -1):
        met += reversed(names(recent(client, limit=33, page=number)))

    assert met == [f"Song {n}" for n in range(120)]


def test_a_page_holds_two_hundred_plays_at_most(client: httpx.Client) -> None:
    page = recent(client, limit=1000)

    assert page["@attr"]["perPage"] == "200"


def test_a_play_is_told_in_strings(silent: httpx.Client, empty: Scrobbles) -> None:
    empty.add(listen("Vaka/1", from_seconds(1_776_024_459), album="( )"))

    track = recent(silent)["track"]

    pictures = [image.pop("#text") for image in track["image"]]
    assert track == {
        "artist": {"mbid": "artist-id", "#text": "Sigur Rós"},
        "streamable": "0",
        "image": [{"size": size} for size in ("small", "medium", "large", "extralarge")],
        "mbid": "",
        "album": {"mbid": "album-id", "#text": "( )"},
        "name": "Vaka/1",
        "url": "https://www.last.fm/music/Sigur+R%C3%B3s/_/Vaka%2F1",
        "date": {"uts": "1776024459", "#text": "12 Apr 2026, 20:07"},
    }
    assert "/300x300/" in pictures[3]


def test_a_play_without_an_album_has_empty_names(client: httpx.Client) -> None:
    track = recent(client)["track"][0]

    assert track["album"] == {"mbid": "", "#text": ""}
    assert {image["#text"] for image in track["image"]} == {""}


def test_extended_changes_the_artist_and_adds_loved(client: httpx.Client) -> None:
    track = recent(client, extended=1)["track"][0]

    assert track["artist"].keys() == {"url", "mbid", "image", "name"}
    assert track["artist"]["name"] == "Sigur Rós"
    assert track["loved"] in ("0", "1")


def test_slashes_are_escaped(client: httpx.Client) -> None:
    assert r"https:\/\/www.last.fm\/music\/" in ask(client).text


def test_the_window_takes_from_and_leaves_to(client: httpx.Client) -> None:
    window = {"from": seconds(NOON + 3 * MINUTE), "to": seconds(NOON + 6 * MINUTE)}

    page = recent(client, **window)

    assert names(page) == ["Song 5", "Song 4", "Song 3"]
    assert page["@attr"]["total"] == "3"


def test_one_play_alone_is_no_list(client: httpx.Client) -> None:
    page = recent(client, to=seconds(NOON) + 1)

    assert page["track"]["name"] == "Song 0"


def test_no_plays_are_an_empty_list(client: httpx.Client) -> None:
    page = recent(client, to=seconds(NOON))

    assert page["track"] == []
    assert (page["@attr"]["total"], page["@attr"]["totalPages"]) == ("0", "0")


def test_what_plays_now_leads_every_page_beyond_its_limit(
    client: httpx.Client, scrobbles: Scrobbles
) -> None:
    scrobbles.playing(listen("Now"))

    pages = [recent(client, limit=2, page=number) for number in (1, 2)]

    assert [names(page) for page in pages] == [
        ["Now", "Song 119", "Song 118"],
        ["Now", "Song 117", "Song 116"],
    ]
    now = pages[0]["track"][0]
    assert now["@attr"] == {"nowplaying": "true"}
    assert "date" not in now
    assert pages[0]["@attr"]["total"] == "120"


def test_what_plays_now_is_alone_where_nothing_was_played(
    silent: httpx.Client, empty: Scrobbles
) -> None:
    empty.playing(listen("Now"))

    assert recent(silent)["track"]["@attr"] == {"nowplaying": "true"}


def test_silence_ends_what_plays_now(client: httpx.Client, scrobbles: Scrobbles) -> None:
    scrobbles.playing(listen("Now"))
    scrobbles.playing(None)

    assert names(recent(client, limit=2)) == ["Song 119", "Song 118"]


def test_plays_come_and_go_between_requests(client: httpx.Client, scrobbles: Scrobbles) -> None:
    scrobbles.add(listen("Late", NOON - MINUTE))
    scrobbles.remove(listen("Song 119", NOON + 119 * MINUTE))

    assert names(recent(client, page=3))[-1] == "Late"
    assert names(recent(client, limit=2)) == ["Song 118", "Song 117"]


def test_the_method_is_known_in_any_case(client: httpx.Client) -> None:
    assert ask(client, method="USER.getRecentTracks").status_code == 200


def test_the_user_is_known_in_any_case_and_told_in_its_own(client: httpx.Client) -> None:
    assert recent(client, user="MarenOK")["@attr"]["user"] == "marenok"


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"user": "nobody"}, 404, 6),
        ({"user": ""}, 400, 6),
        ({"page": 0}, 400, 6),
        ({"page": 1_000_001}, 400, 6),
        ({"page": "two"}, 400, 6),
        ({"limit": -1}, 400, 6),
        ({"from": "yesterday"}, 400, 6),
        ({"api_key": "0" * 32}, 403, 10),
        ({"method": "user.getEverything"}, 400, 3),
        ({"method": "user.getTopArtists", "period": "4day"}, 400, 6),
        ({"method": "artist.getTopTags"}, 400, 6),
    ],
)
def test_refuses_with_its_own_number(
    client: httpx.Client, params: dict[str, str | int], status: int, code: int
) -> None:
    reply = ask(client, **params)

    assert (reply.status_code, reply.json()["error"]) == (status, code)
    assert isinstance(reply.json()["message"], str)


def test_a_private_profile_hides_its_plays(client: httpx.Client, scrobbles: Scrobbles) -> None:
    scrobbles.private(True)
    hidden = ask(client)
    scrobbles.private(False)

    assert (hidden.status_code, hidden.json()["error"]) == (403, 17)
    assert ask(client).status_code == 200


def test_refuses_too_many_requests(scrobbles: Scrobbles) -> None:
    with serve(lastfm.app(scrobbles, rate_limit=2)) as url, httpx.Client(base_url=url) as client:
        replies = [ask(client, limit=1) for _ in range(6)]

    assert [reply.status_code for reply in replies[:4]] == [200] * 4
    assert (replies[5].status_code, replies[5].json()["error"]) == (429, 29)


def test_faults_reach_the_app(client: httpx.Client, faults: Faults) -> None:
    faults.add(edits.put("recenttracks", "@attr", "user", value="else"), match="page=2")

    assert recent(client, page=2)["@attr"]["user"] == "else"
    assert faults.count("getrecenttracks") == 1


def test_without_format_the_plays_are_xml(client: httpx.Client) -> None:
    reply = ask(client, format="", limit=1)

    root = ElementTree.fromstring(reply.text)  # noqa: S314 our own document
    plays = root.find("recenttracks")
    assert plays is not None
    assert reply.headers["content-type"].startswith("text/xml")
    assert root.attrib == {"status": "ok"}
    assert plays.attrib["total"] == "120"
    assert plays.findtext("track/name") == "Song 119"
    assert plays.findtext("track/artist") == "Sigur Rós"


def test_without_format_a_refusal_is_xml(client: httpx.Client) -> None:
    reply = ask(client, format="", user="nobody")

    root = ElementTree.fromstring(reply.text)  # noqa: S314 our own document
    error = root.find("error")
    assert error is not None
    assert (reply.status_code, root.attrib["status"]) == (404, "failed")
    assert (error.attrib["code"], error.text) == ("6", "User not found")
