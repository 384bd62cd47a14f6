"""Oddities of the providers of posters, and of fanart.tv's portraits."""

import time
from typing import Any

import pytest

from rewind_gql.demo.catalogue import mbid
from rewind_gql.demo.films import FILMS, MOVIE
from rewind_gql.demo.upstreams import cover_art_archive, effects, fanarttv, plex, tmdb
from rewind_gql.demo.upstreams.edits import put, transform
from rewind_gql.images.finders import FINDERS
from rewind_gql.images.finders.plex import Plex
from rewind_gql.images.records import Thing
from rewind_gql.ports.guarded import Forbidden
from rewind_gql.sources.discogs import Discogs
from tests.images.finders.meeting import (
    DISCOGS_ID,
    LONG_FERRY,
    LOW,
    SHOW,
    album,
    artist,
    film,
    meeting,
    release,
)

ARTIST = artist(artist="Low", mbid=mbid("artist", "Low"))
GROUP = cover_art_archive.group_mbid(*LOW)


def show(**facts: Any) -> Thing:
    return Thing(domain="watching", entity_type="shows", entity_id="1", **facts)


async def test_the_most_liked_portrait_comes_first_by_number_not_by_text() -> None:
    async with meeting("fanart-tv") as met:
        found = await met.finder.find(ARTIST)

    assert [each.url.rpartition("-")[2] for each in found.candidates] == [
        "4.jpg",
        "3.jpg",
        "2.jpg",
        "2.jpg",
        "1.jpg",
    ]
    assert found.candidates[0].width == 1000
    assert found.candidates[-1].width == 1920


@pytest.mark.parametrize("version", fanarttv.VERSIONS)
async def test_a_cover_is_read_from_either_form_of_albums(version: str) -> None:
    async with meeting("fanart-tv") as met:
        url = f"{met.url}/{version}"
        async with meeting("fanart-tv", fanarttv_base_url=url) as other:
            found = await other.finder.find(album(release_group_mbid=GROUP))

    assert [each.width for each in found.candidates] == [1000]


async def test_fanarts_not_found_may_come_in_a_good_answer() -> None:
    async with meeting("fanart-tv") as met:
        words = {"status": "error", "error message": "Not found"}
        met.faults.add(effects.answer(200, {}, words))
        found = await met.finder.find(ARTIST)

    assert found.outcome == "none"


async def test_fanarts_wrong_key_needs_a_person() -> None:
    async with meeting("fanart-tv", fanarttv_api_key="wrong") as met:
        found = await met.finder.find(ARTIST)

    assert (found.outcome, found.reason) == ("failed", "fanart-tv: the key is not valid")


async def test_names_in_two_scripts_do_not_make_another_artist() -> None:
    async with meeting("fanart-tv") as met:
        met.faults.add(put("name", value="Ryuichi Sakamoto"))
        found = await met.finder.find(artist(artist="坂本龍一", mbid=mbid("artist", "Low")))

    assert found.outcome == "found"


async def test_posters_come_english_first_then_without_words_then_backdrops() -> None:
    async with meeting("tmdb") as met:
        found = await met.finder.find(film(tmdb_id=str(LONG_FERRY.tmdb_id)))

    files = [each.url.rpartition("/")[2] for each in found.candidates]
    assert [name[0] + name[7:10] for name in files] == ["pen1", "pen3", "pxx2", "bxx2", "bxx3"]
    assert [(each.width, each.height) for each in found.candidates] == [(780, 1170)] * 3 + [
        (780, 439)
    ] * 2


async def test_a_film_with_posters_in_its_own_language_alone_gets_the_one_it_names() -> None:
    foreign = next(each for each in FILMS if each.tmdb_id % 10 == tmdb.FOREIGN)
    async with meeting("tmdb") as met:
        found = await met.finder.find(film(tmdb_id=str(foreign.tmdb_id)))

    assert f"/w780/p{foreign.tmdb_id}no1.jpg" in found.candidates[0].url


async def test_a_film_without_a_poster_still_has_its_backdrops() -> None:
    bare = next(each for each in FILMS if each.tmdb_id % 10 == tmdb.BARE and each.kind == MOVIE)
    async with meeting("tmdb") as met:
        found = await met.finder.find(film(tmdb_id=str(bare.tmdb_id)))

    assert [each.height for each in found.candidates] == [439, 439]


async def test_a_show_is_asked_for_as_one_and_has_posters_alone() -> None:
    async with meeting("tmdb") as met:
        found = await met.finder.find(show(tmdb_id=str(SHOW.tmdb_id)))
        as_film = await met.finder.find(film(tmdb_id=str(SHOW.tmdb_id)))

    assert [each.height for each in found.candidates] == [1170] * 3
    assert as_film.outcome == "none"


async def test_a_path_that_leads_elsewhere_is_no_poster() -> None:
    async with meeting("tmdb") as met:
        evil = {"posters": [{"file_path": "/../../admin"}, {"file_path": "@evil.example/x.jpg"}]}
        met.faults.add(transform(lambda _: evil), match="/images", times=None)
        met.faults.add(transform(lambda _: {"poster_path": None}), nth=2)
        found = await met.finder.find(film(tmdb_id=str(LONG_FERRY.tmdb_id)))

    assert found.outcome == "none"


async def test_tmdb_asks_to_be_named() -> None:
    assert "not endorsed" in (FINDERS["tmdb"].attribution or "")


async def test_plex_shows_the_poster_an_item_has_now() -> None:
    old = plex.thumb(LONG_FERRY).rpartition("/")[0] + "/1"
    async with meeting("plex") as met:
        found = await met.finder.find(film(plex_thumb=old))

    assert str(plex.UPDATED) in found.candidates[0].url
    assert found.candidates[0].headers == {"X-Plex-Token": plex.TOKEN}


async def test_plex_serves_shows_too() -> None:
    async with meeting("plex") as met:
        found = await met.finder.find(show(title=SHOW.title, plex_thumb=plex.thumb(SHOW)))

    assert found.outcome == "found"


@pytest.mark.parametrize(
    "thumb",
    [
        "https://evil.example/library/metadata/1/thumb/1",
        "/library/metadata/1/thumb/1/../../../../:/prefs",
        "/library/metadata/1/thumb/1?X-Plex-Token=x",
        "/library/metadata/../thumb/1",
        "//127.0.0.1/library/metadata/1/thumb/1",
        "/library/metadata/1/thumb/1\n",
        "",
    ],
)
async def test_plex_is_never_asked_for_anything_but_a_poster(thumb: str) -> None:
    async with meeting("plex") as met:
        met.faults.add(put("MediaContainer", "Metadata", 0, "thumb", value=thumb))
        by_thing = await met.finder.find(film(plex_thumb=thumb))
        by_answer = await met.finder.find(film(plex_thumb=plex.thumb(LONG_FERRY)))

    assert by_thing.outcome == "skipped"
    assert by_answer.outcome == "none"


async def test_plexs_token_goes_to_nobody_else() -> None:
    async with meeting("plex") as met, meeting("tmdb") as other:
        away = effects.answer(302, {"location": f"{other.url}/t/p/w780/x.jpg"}, b"")
        met.faults.add(away, match="transcode")
        found = await met.finder.find(film(plex_thumb=plex.thumb(LONG_FERRY)))
        with pytest.raises(Forbidden, match="the web's own ports"):
            await met.finder.fetch(found.candidates[0])

        assert other.faults.requests == []
    assert Plex.secrets == ("plex_token",)


async def test_discogs_primary_picture_comes_first_and_the_placeholder_never() -> None:
    def with_more(body: dict[str, object]) -> object:
        first = {"type": "secondary", "uri": "https://i.discogs.com/back.jpeg"}
        blank = {"type": "primary", "uri": "https://s.discogs.com/images/spacer.gif"}
        images = body["images"]
        assert isinstance(images, list)
        return body | {"images": [first, blank, *images]}

    async with meeting("discogs") as met:
        met.faults.add(transform(with_more))
        found = await met.finder.find(release(discogs_id=str(DISCOGS_ID)))

    assert [each.url.rpartition("/")[2] for each in found.candidates] == [
        f"R-{DISCOGS_ID}-1.jpeg",
        "back.jpeg",
    ]


async def test_discogs_shares_the_quota_its_collection_is_synced_with() -> None:
    async with meeting("discogs", discogs_user="maren_ok") as met:
        syncing = met.clients.get(Discogs.name, "maren_ok", met.url, pace=4.0)
        began = time.monotonic()
        await syncing.get_json(f"releases/{DISCOGS_ID}", headers={})
        for _ in range(2):
            await met.finder.find(release(discogs_id=str(DISCOGS_ID)))
        took = time.monotonic() - began

    # The finder alone would not wait, for its provider is on this machine.
    assert took >= 0.45
