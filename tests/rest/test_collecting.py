"""The cross-reference over REST."""

import re
from typing import Any

import pytest

from tests.databases import OTHER
from tests.rest.life import copy, hear, own, play
from tests.serving import Api

XREF = "/v1/collecting/cross-reference"


@pytest.fixture
async def stocked(api: Api) -> Api:
    """Four copies: heard often, heard once by the artist only, never heard, and not known."""
    store = api.desk.store
    await hear(
        store,
        *(play(f"t{n}", "Nirvana", album="Nevermind", minutes=n) for n in range(3)),
        play("So What", "Miles Davis", album="Kind of Blue", minutes=9),
    )
    await own(
        store,
        copy(1, "Nevermind", "Nirvana"),
        copy(2, "Bitches Brew", "Miles Davis", hours=1),
        copy(3, "Spiderland", "Slint", hours=2),
    )
    return api


async def page(api: Api, query: str = "") -> Any:
    """A page of the cross-reference."""
    answered = await api.ask(f"{XREF}{query}")
    assert answered.status_code == 200, answered.text
    return answered.json()


def titles(body: Any) -> list[str]:
    """The titles on a page."""
    return [row["collection"]["title"] for row in body["data"]]


async def test_a_row_has_the_documented_form_in_the_documented_order(stocked: Api) -> None:
    body = await page(stocked)

    row = body["data"][0]
    assert list(body) == ["data", "summary", "pagination"]
    assert list(row) == ["collection", "listening"]
    assert list(row["collection"]) == [
        "id", "discogs_id", "title", "artists", "year", "format", "genres", "styles", "image",
        "date_added", "rating", "discogs_url",
    ]  # fmt: skip
    assert {**row["collection"], "id": None} == {
        "id": None,
        "discogs_id": 1,
        "title": "Nevermind",
        "artists": ["Nirvana"],
        "year": 1991,
        "format": "Vinyl",
        "genres": ["Rock"],
        "styles": ["Grunge"],
        "image": None,
        "date_added": "2026-03-18T15:05:00-07:00",
        "rating": 0,
        "discogs_url": "https://www.discogs.com/release/1",
    }
    assert row["listening"] == {
        "album_name": "Nevermind",
        "artist_name": "Nirvana",
        "play_count": 3,
        "last_played": "2026-03-18T22:07:00.000Z",
        "match_type": "exact",
        "match_confidence": 1,
    }


async def test_whole_numbers_are_printed_as_such(stocked: Api) -> None:
    text = (await stocked.ask(XREF)).text

    assert re.findall(r'"match_confidence":([^}]+)', text) == ["1", "0.5", "0"]


async def test_the_summary_is_of_the_whole_collection(stocked: Api) -> None:
    body = await page(stocked, "?filter=unlistened&limit=1")

    assert body["summary"] == {
        "total_matches": 2,
        "listen_rate": 2 / 3,
        "unlistened_count": 1,
        "album_matches": 1,
        "listened_count": 1,
    }
    assert body["pagination"] == {"page": 1, "limit": 1, "total": 1, "total_pages": 1}


async def test_it_is_sorted_and_filtered_leniently(stocked: Api) -> None:
    by_plays = ["Nevermind", "Bitches Brew", "Spiderland"]

    assert titles(await page(stocked)) == by_plays
    assert titles(await page(stocked, "?sort=nonsense&filter=")) == by_plays
    assert titles(await page(stocked, "?sort=added")) == by_plays[::-1]
    assert titles(await page(stocked, "?filter=listened")) == by_plays[:2]
    assert titles(await page(stocked, "?filter=unlistened")) == by_plays[2:]


async def test_pages_follow_each_other(stocked: Api) -> None:
    body = await page(stocked, "?limit=2&page=2")

    assert titles(body) == ["Spiderland"]
    assert body["pagination"] == {"page": 2, "limit": 2, "total": 3, "total_pages": 2}
    assert titles(await page(stocked, "?page=1000000000&limit=100")) == []


async def test_before_the_first_comparison_it_is_empty(api: Api) -> None:
    body = await page(api)

    assert body == {
        "data": [],
        "summary": {
            "total_matches": 0,
            "listen_rate": 0,
            "unlistened_count": 0,
            "album_matches": 0,
            "listened_count": 0,
        },
        "pagination": {"page": 1, "limit": 20, "total": 0, "total_pages": 0},
    }


async def test_other_peoples_copies_are_not_told(api: Api) -> None:
    await own(api.desk.store, copy(1, "Nevermind", "Nirvana"), user_id=OTHER)

    assert (await page(api))["data"] == []


async def test_it_is_fresh_after_a_play(stocked: Api) -> None:
    await hear(stocked.desk.store, play("Breadcrumb Trail", "Slint", album="Spiderland"))

    row = (await page(stocked, "?sort=added"))["data"][0]

    assert (row["listening"]["match_type"], row["listening"]["play_count"]) == ("exact", 1)


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "page=-1", "page=x", "limit=5&limit=6"])
async def test_a_wrong_number_is_400(quick_api: Api, query: str) -> None:
    assert (await quick_api.ask(f"{XREF}?{query}")).status_code == 400
