"""How often finders ask: never faster than a provider allows."""

import time

from rewind_gql.demo.catalogue import mbid
from rewind_gql.images.finders import FINDERS
from tests.images.finders.meeting import LONG_FERRY, LOW, album, film, meeting


async def test_an_interface_is_asked_at_its_pace() -> None:
    async with meeting("tmdb", unpaced=False) as met:
        began = time.monotonic()
        for _ in range(5):
            await met.finder.find(film(tmdb_id=str(LONG_FERRY.tmdb_id)))
        took = time.monotonic() - began

    assert took >= 4 / (FINDERS["tmdb"].pace or 1) * 0.95


async def test_a_listing_reached_past_redirects_is_asked_at_its_pace() -> None:
    async with meeting("cover-art-archive", unpaced=False) as met:
        began = time.monotonic()
        for _ in range(2):
            await met.finder.find(album(mbid=mbid("album", *LOW)))
        took = time.monotonic() - began

    assert took >= 0.95


def test_the_paces_are_below_what_the_providers_publish() -> None:
    most = {"cover-art-archive": 1.0, "itunes": 20 / 60, "deezer": 10.0, "discogs": 1.0, "tmdb": 50}

    assert {
        name: FINDERS[name].pace for name in most if (FINDERS[name].pace or 99) > most[name]
    } == {}


async def test_unpaced_means_pretend_providers_alone() -> None:
    async with meeting("deezer", deezer_base_url="https://api.deezer.com") as met:
        assert met.finder._pace() == FINDERS["deezer"].pace
