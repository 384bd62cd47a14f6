"""What Last.fm says of artists: read, asked for, and gone without where it says nothing."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rewind_gql.clock import now
from rewind_gql.demo.records import Life, Listen
from rewind_gql.demo.upstreams.edits import transform
from rewind_gql.demo.upstreams.effects import answer, broken, too_many
from rewind_gql.domains.listening.enrichment.records import Alike, Tag, Wanted
from rewind_gql.domains.listening.enrichment.tasks import BIOS
from rewind_gql.domains.listening.tables import Artist, Enrichment, Similar
from rewind_gql.settings import Settings
from rewind_gql.sources.lastfm_artists import parse_bio, parse_similar, parse_tags, score, told
from rewind_gql.store.engine import Store
from tests.domains.listening.plays import everything
from tests.sources.pretend import Rig, rig_on

MINUTE = timedelta(minutes=1)
LOW = Wanted(id=1, artist="Low", name="Low")
MORE = '<a href="https://www.last.fm/music/Low">Read more on Last.fm</a>'
LICENCE = ". User-contributed text is available under a licence; additional terms may apply."


@pytest.fixture
async def rig(
    sqlite_store: Store, settings: Callable[..., Settings], life: Life
) -> AsyncIterator[Rig]:
    """A Last.fm whose listener's plays are stored."""
    async with rig_on(sqlite_store, settings, "lastfm", life) as made:
        await made.sync()
        yield made


async def artists(rig: Rig) -> list[Any]:
    """Every artist that is not Various Artists."""
    found = await everything(rig.store, Artist)
    return [row for row in found if row.match_key != "various artists"]


def test_tags_are_read_in_their_order() -> None:
    raw = {"toptags": {"tag": [{"count": 100, "name": "slowcore"}, {"count": 7, "name": "rock"}]}}

    assert parse_tags(raw, LOW).tags == (Tag("slowcore", 100), Tag("rock", 7))


@pytest.mark.parametrize("tag", [[], {}, None])
def test_an_unknown_artist_has_no_tags(tag: Any) -> None:
    assert parse_tags({"toptags": {"tag": tag}}, LOW).tags == ()


def test_a_single_tag_comes_bare() -> None:
    assert parse_tags({"toptags": {"tag": {"count": "9", "name": "x"}}}, LOW).tags == (Tag("x", 9),)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"Slow. {MORE}", "Slow."),
        (f"Slow. {MORE}.", "Slow."),
        (f"Slow.\n\nVery slow. {MORE}{LICENCE}", "Slow.\n\nVery slow."),
        (f"<![CDATA[Slow. {MORE}]]>", "Slow."),
        ('See <a href="x">there</a>, it is slow.', 'See <a href="x">there</a>, it is slow.'),
        (f" {MORE}", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_bio_is_read_without_the_link_it_ends_with(text: Any, left: str | None) -> None:
    assert told(text) == left


def test_an_artist_nobody_wrote_about_has_no_bio() -> None:
    found = parse_bio({"artist": {"name": "Low", "bio": {"summary": f" {MORE}"}}}, LOW)

    assert (found.summary, found.content) == (None, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("0.25", 0.25), ("", 0.0), ("x", 0.0), (None, 0.0), ("nan", 0.0)],
)
def test_how_much_alike_comes_as_text(text: Any, value: float) -> None:
    assert score(text) == value


def test_similar_artists_are_read_the_nearest_first() -> None:
    raw = {
        "similarartists": {
            "artist": [
                {"name": "Codeine", "match": "1", "mbid": "m", "url": "https://l.example/Codeine"},
                {"name": "Idaho", "match": "0.5", "mbid": "", "url": "javascript:1"},
            ]
        }
    }

    assert parse_similar(raw, LOW).artists == (
        Alike(name="Codeine", score=1.0, mbid="m", url="https://l.example/Codeine"),
        Alike(name="Idaho", score=0.5),
    )


async def test_tags_make_genres_of_all_who_were_heard(rig: Rig) -> None:
    done = await rig.sync("artist_tags")

    found = await artists(rig)
    assert done.status == "success"
    assert done.items_updated + done.items_skipped == len(found)
    assert all(row.tags is not None for row in found)
    assert sum(row.genre is not None for row in found) > len(found) / 2


async def test_asked_twice_it_asks_nothing(rig: Rig) -> None:
    await rig.sync("artist_tags")
    asked = rig.faults.count("gettoptags")

    again = await rig.sync("artist_tags")

    assert (again.status, rig.faults.count("gettoptags")) == ("skipped", asked)


async def test_bios_are_kept_for_a_hundred_at_a_time(rig: Rig) -> None:
    done = await rig.sync("artist_bios")

    found = await artists(rig)
    told_of = [row for row in found if row.bio_summary]
    assert done.items_updated + done.items_skipped == min(BIOS.most, len(found))
    assert told_of
    assert not any("Read more" in row.bio_content for row in told_of)
    assert all(row.bio_at for row in told_of)


async def test_similar_artists_are_kept_in_their_order(rig: Rig) -> None:
    await rig.sync("artist_similar")

    rows = await everything(rig.store, Similar)
    first = [row for row in rows if row.artist_id == rows[0].artist_id]
    scores = [row.score for row in sorted(first, key=lambda row: row.rank)]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[0] <= 1


async def test_a_stale_id_is_asked_about_by_name(rig: Rig) -> None:
    missing = {"error": 6, "message": "The artist you supplied could not be found"}
    rig.faults.add(answer(400, body=missing), match="mbid=", times=None)

    done = await rig.sync("artist_tags")

    assert done.status == "success"
    assert any(row.genre for row in await artists(rig))


@pytest.mark.parametrize("status", [200, 400, 404])
async def test_an_unknown_artist_is_no_error(rig: Rig, status: int) -> None:
    missing = {"error": 6, "message": "The artist you supplied could not be found"}
    rig.faults.add(answer(status, body=missing), match="gettoptags", times=None)

    done = await rig.sync("artist_tags")

    assert done.status == "skipped"
    assert all(row.tags == [] for row in await artists(rig))


async def test_one_that_cannot_be_read_is_put_off_and_the_rest_goes_on(rig: Rig) -> None:
    rig.faults.add(transform(lambda _: {"toptags": {"tag": [{"name": 7}]}}), match="gettoptags")

    done = await rig.sync("artist_tags")

    errors = [row for row in await everything(rig.store, Enrichment) if row.last_error]
    assert (done.status, done.items_failed) == ("partial", 1)
    assert [(row.attempts, row.due_at is not None) for row in errors] == [(1, True)]
    assert len(await rig.rejects()) == 1


async def test_a_provider_that_is_broken_ends_it_and_is_asked_again(rig: Rig) -> None:
    rule = rig.faults.add(broken(), match="gettoptags", nth=12, times=None)
    failed = await rig.sync("artist_tags")
    rig.faults.remove(rule)

    done = await rig.sync("artist_tags")

    assert failed.status in ("failed", "partial")
    assert failed.items_updated + failed.items_skipped >= 10
    assert done.status in ("success", "skipped")


async def test_a_pause_it_asks_for_ends_it_with_all_found_so_far(rig: Rig) -> None:
    rig.faults.add(too_many(retry_after=3_600), match="gettoptags", nth=5, times=None)

    done = await rig.sync("artist_tags")

    assert (done.error_kind, done.items_updated + done.items_skipped) == ("rate_limit", 4)


async def test_so_many_are_asked_about_as_were_asked_for(rig: Rig) -> None:
    row = await rig.row("artist_bios")

    done = await rig.limited(row.id, 3)

    assert done.items_updated + done.items_skipped == 3


async def test_who_is_new_is_asked_about_soon(rig: Rig) -> None:
    await rig.sync("artist_tags")
    later = (await rig.row("artist_tags")).next_due_at
    rig.state.add(Listen(now() - MINUTE, "Somebody New", "", "Song", "", "", ""))

    await rig.sync()

    soon = (await rig.row("artist_tags")).next_due_at
    assert later is not None
    assert soon is not None
    assert soon <= now() < later


async def test_when_nobody_is_new_nobody_is_asked_about(rig: Rig, life: Life) -> None:
    await rig.sync("artist_tags")
    later = (await rig.row("artist_tags")).next_due_at
    rig.state.add(replace(life.listens[-1], at=now() - MINUTE))

    await rig.sync()

    assert (await rig.row("artist_tags")).next_due_at == later
