"""MusicBrainz ids by name: taken where there is no doubt, and asked for politely."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.upstreams import musicbrainz
from rewind_gql.demo.upstreams.effects import answer
from rewind_gql.domains.listening.enrichment.records import Wanted
from rewind_gql.settings import Settings
from rewind_gql.sources.musicbrainz import escaped, the_album, the_artist
from rewind_gql.store.engine import Store
from tests.domains.listening.plays import HOUR, NOON, play, store_plays
from tests.sources.describing import Desk, desk_on

ALBUMS = (
    parse_album("Low|Double Negative|2018|Rock|L|Quorum", "test"),
    parse_album("Belle & Sebastian|Tigermilk|1996|Rock|L|Expectations", "test"),
)
ONE, TWO = (musicbrainz.identifier("test", str(at)) for at in (1, 2))


def row(mbid: str = ONE, name: str = "Low", score: int = 100) -> dict[str, Any]:
    """An artist found."""
    return {"id": mbid, "name": name, "score": score}


def release(title: str = "Hope", by: str = "Low", **more: Any) -> dict[str, Any]:
    """A release found."""
    credit = [{"name": by, "artist": {"id": ONE, "name": by}}]
    return {"id": ONE, "title": title, "score": 100, "artist-credit": credit, **more}


@pytest.fixture
async def desk(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Desk]:
    """A library of three artists, two of whom are known there."""
    await store_plays(
        sqlite_store,
        play("Low", "Quorum", album="Double Negative"),
        play("Belle and Sebastian", "Expectations", album="Tigermilk (Remastered)", at=NOON + HOUR),
        play("Nobody At All", "Nothing", at=NOON + 2 * HOUR),
    )

    def app(faults: Any) -> Any:
        return musicbrainz.app(ALBUMS, faults)

    def given(url: str) -> Any:
        return {"musicbrainz_base_url": f"{url}/ws/2", "musicbrainz_contact": "me@example.org"}

    async with desk_on(sqlite_store, settings, "musicbrainz", app, given) as made:
        yield made


def test_the_one_of_that_name_is_taken() -> None:
    assert the_artist([row(), row(TWO, "Low Roar", 95)], "low") == ONE


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(), row(TWO)],
        [row(score=89)],
        [row(name="Lower")],
        [row("no-id")],
    ],
)
def test_where_there_is_doubt_nobody_is(rows: list[dict[str, Any]]) -> None:
    assert the_artist(rows, "Low") is None


def test_the_very_title_comes_before_another_edition() -> None:
    wanted = Wanted(id=1, artist="Low", name="Hope")
    rows = [release("Hope (Deluxe Edition)", id=TWO), release("Hope")]

    assert the_album(rows, wanted) == ONE


@pytest.mark.parametrize(
    "found", [release(by="Lower"), release("Hope II"), release(score=50), {"title": "Hope"}]
)
def test_another_release_is_not_taken(found: dict[str, Any]) -> None:
    assert the_album([found], Wanted(id=1, artist="Low", name="Hope")) is None


def test_a_name_means_nothing_to_their_search() -> None:
    assert escaped('AC/DC: "Who?" (Live)') == r"AC\/DC\: \"Who\?\" \(Live\)"


async def test_artists_and_albums_get_their_ids(desk: Desk) -> None:
    done = await desk.sync("mbids")

    assert (done.status, done.items_updated, done.items_skipped) == ("success", 4, 1)
    assert (await desk.artist("Low")).mbid == musicbrainz.identifier("artist", "Low", "")
    assert (await desk.artist("Belle and Sebastian")).mbid
    assert (await desk.album("Tigermilk (Remastered)")).mbid
    assert (await desk.artist("Nobody At All")).mbid is None


async def test_asked_again_it_asks_nothing(desk: Desk) -> None:
    await desk.sync("mbids")
    asked = desk.faults.count("/ws/2/")

    await desk.sync("mbids")

    assert desk.faults.count("/ws/2/") == asked


async def test_one_question_too_many_stops_it_for_a_while(desk: Desk) -> None:
    said = {"error": "Your requests are exceeding the allowable rate limit. Please see there."}
    desk.faults.add(answer(503, body=said), match="/ws/2/artist", nth=2, times=None)

    done = await desk.sync("mbids")

    assert (done.error_kind, done.items_updated) == ("rate_limit", 1)


async def test_a_server_with_too_much_to_do_is_asked_again(desk: Desk) -> None:
    said = {"error": "The MusicBrainz web server is currently busy. Please try again later."}
    desk.faults.add(answer(503, body=said), match="/ws/2/artist", times=2)

    done = await desk.sync("mbids")

    assert (done.status, done.items_updated) == ("success", 4)


async def test_it_says_who_asks(desk: Desk) -> None:
    await desk.sync("mbids")

    assert desk.faults.count("/ws/2/artist") == 3
