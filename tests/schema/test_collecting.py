"""Collecting as GraphQL tells it."""

from typing import Any

import pytest

from schema.ids import global_id
from tests.schema.conftest import Asking

pytestmark = pytest.mark.either


async def titles(ask: Asking, arguments: str) -> list[str]:
    """The titles of the cross-reference in its order."""
    data = await ask.data(
        f"{{ collecting {{ crossReference{arguments} {{ nodes {{ release {{ title }} }} }} }} }}"
    )
    return [node["release"]["title"] for node in data["collecting"]["crossReference"]["nodes"]]


async def test_a_release_is_told_in_full(ask: Asking) -> None:
    data = await ask.data(
        """{ collecting { items(last: 1) { nodes { rating folder addedAt addedOffsetMin release {
          discogsId title year artists formats labels { name catno } tracklist { title }
          country lowestPrice discogsUrl want { addedAt notes } copies { addedAt }
        } } } } }"""
    )

    assert data["collecting"]["items"]["nodes"] == [
        {
            "rating": 0,
            "folder": None,
            "addedAt": "2025-03-01T13:00:00Z",
            "addedOffsetMin": 60,
            "release": {
                "discogsId": 1001,
                "title": "Secret Name",
                "year": 1975,
                "artists": ["Low"],
                "formats": [],
                "labels": [{"name": "Warner", "catno": "W 1"}],
                "tracklist": [],
                "country": None,
                "lowestPrice": None,
                "discogsUrl": "https://www.discogs.com/release/1001",
                "want": {"addedAt": "2025-03-01T13:00:00Z", "notes": None},
                "copies": [{"addedAt": "2025-03-01T13:00:00Z"}],
            },
        }
    ]


async def test_a_copy_knows_what_of_it_was_heard(ask: Asking) -> None:
    data = await ask.data(
        """{ collecting { items { nodes {
          release { title listening { matchType } }
          listening { matchType confidence plays artistName album { name artist { name } } }
        } } } }"""
    )

    heard: dict[str, Any] = {
        item["release"]["title"]: item["listening"] for item in data["collecting"]["items"]["nodes"]
    }
    assert heard["Ege Bamyasi"] == {
        "matchType": "EXACT",
        "confidence": 1.0,
        "plays": 2,
        "artistName": "Can",
        "album": {"name": "Ege Bamyasi", "artist": {"name": "Can"}},
    }
    assert heard["Future Days"]["matchType"] == "NONE"
    assert heard["Future Days"]["album"] is None
    assert [
        match["matchType"]
        for item in data["collecting"]["items"]["nodes"]
        for match in item["release"]["listening"]
    ] == [item["listening"]["matchType"] for item in data["collecting"]["items"]["nodes"]]


async def test_the_cross_reference_is_sorted_and_filtered(ask: Asking) -> None:
    assert await titles(ask, "(sort: ADDED)") == ["IV", "Future Days", "Ege Bamyasi", "Secret Name"]
    assert await titles(ask, "") == ["Ege Bamyasi", "Secret Name", "IV", "Future Days"]
    assert await titles(ask, "(filter: UNLISTENED)") == ["Future Days"]
    assert await titles(ask, "(filter: LISTENED, first: 1)") == ["Ege Bamyasi"]


async def test_the_cross_reference_is_summed_up(ask: Asking) -> None:
    data = await ask.data(
        """{ collecting { crossReferenceSummary {
          items totalMatches albumMatches listenedCount unlistenedCount listenRate
        } } }"""
    )

    assert data["collecting"]["crossReferenceSummary"] == {
        "items": 4,
        "totalMatches": 3,
        "albumMatches": 3,
        "listenedCount": 3,
        "unlistenedCount": 1,
        "listenRate": 0.75,
    }


async def test_one_thing_is_found_by_its_id(ask: Asking) -> None:
    query = """query ($item: ID!, $release: ID!) { collecting {
      item(id: $item) { id } release(id: $release) { id }
    } }"""
    known = {"item": global_id("Item", 1), "release": global_id("Release", 1)}
    unknown = {"item": global_id("Item", 99), "release": global_id("Release", 99)}

    found = await ask.data(query, **known)
    missing = await ask.data(query, **unknown)

    assert found["collecting"] == {key: {"id": value} for key, value in known.items()}
    assert missing["collecting"] == {"item": None, "release": None}


async def test_before_anything_is_owned_all_is_empty(ask: Asking) -> None:
    data = await ask.data(
        """{ collecting {
          items { totalCount nodes { id } } wantlist { totalCount } crossReference { totalCount }
          crossReferenceSummary { items listenRate }
        } }""",
        user_id=2,
    )

    assert data["collecting"] == {
        "items": {"totalCount": 0, "nodes": []},
        "wantlist": {"totalCount": 0},
        "crossReference": {"totalCount": 0},
        "crossReferenceSummary": {"items": 0, "listenRate": 0.0},
    }


async def test_the_shelf_is_told_in_numbers(ask: Asking) -> None:
    data = await ask.data(
        """{ collecting {
          stats { totalItems wantlistCount uniqueArtists estimatedValue currency topGenre
            formats { name copies } mostCollectedArtist { name copies }
            oldestReleaseYear newestReleaseYear addedThisYear }
          window: stats(since: "2025-03-01T14:00:00Z") { totalItems wantlistCount }
          artists(first: 2) { name copies discogsId artist { name } }
          counts(kind: LABEL) { name copies }
          decades { name copies }
          calendar(year: 2025) { year total days { day count } busiest { day count } }
          folders { name copies } noteFields { name } valueHistory { month }
        } }"""
    )

    told = data["collecting"]
    assert told["stats"] == {
        "totalItems": 4,
        "wantlistCount": 2,
        "uniqueArtists": 3,
        "estimatedValue": None,
        "currency": None,
        "topGenre": None,
        "formats": [{"name": "Unknown", "copies": 4}],
        "mostCollectedArtist": {"name": "Can", "copies": 2},
        "oldestReleaseYear": 1975,
        "newestReleaseYear": 1975,
        "addedThisYear": 0,
    }
    assert told["window"] == {"totalItems": 3, "wantlistCount": 0}
    assert told["artists"] == [
        {"name": "Can", "copies": 2, "discogsId": 3, "artist": {"name": "Can"}},
        {"name": "Faust", "copies": 1, "discogsId": 4, "artist": None},
    ]
    assert told["counts"] == [{"name": "Warner", "copies": 4}]
    assert told["decades"] == [{"name": "1970s", "copies": 4}]
    assert told["calendar"] == {
        "year": 2025,
        "total": 7,
        "days": [
            {"day": "2025-03-01", "count": 5},
            {"day": "2025-03-02", "count": 1},
            {"day": "2025-03-03", "count": 1},
        ],
        "busiest": {"day": "2025-03-01", "count": 5},
    }
    assert (told["folders"], told["noteFields"], told["valueHistory"]) == ([], [], [])


async def test_owned_and_heard_are_told_apart(ask: Asking) -> None:
    data = await ask.data(
        """{ collecting {
          playedNotOwned { nodes { plays album { name } artist { name } } }
          ownedNeverPlayed { nodes { release { title } } }
          wantedAndPlayed { nodes { plays matchType album { name } want { release { title } } } }
        } }"""
    )

    assert data["collecting"] == {
        "playedNotOwned": {
            "nodes": [
                {
                    "plays": 1,
                    "album": {"name": "Things We Lost in the Fire"},
                    "artist": {"name": "Low"},
                }
            ]
        },
        "ownedNeverPlayed": {"nodes": [{"release": {"title": "Future Days"}}]},
        "wantedAndPlayed": {
            "nodes": [
                {
                    "plays": plays,
                    "matchType": "EXACT",
                    "album": {"name": title},
                    "want": {"release": {"title": title}},
                }
                for plays, title in ((2, "Secret Name"), (1, "Neu! 75"))
            ]
        },
    }


async def test_films_are_told_in_numbers(ask: Asking) -> None:
    data = await ask.data(
        """{ collecting {
          filmStats { totalItems totalMovies formats { name copies } genres { name copies }
            decades { name copies } addedThisYear }
          filmsWatched { totalOwned totalMovies totalWatched totalUnwatched watchRate }
        } }"""
    )

    assert data["collecting"] == {
        "filmStats": {
            "totalItems": 3,
            "totalMovies": 2,
            "formats": [
                {"name": "bluray", "copies": 1},
                {"name": "dvd", "copies": 1},
                {"name": "uhd_bluray", "copies": 1},
            ],
            "genres": [{"name": "Drama", "copies": 3}],
            "decades": [{"name": "1960s", "copies": 1}, {"name": "1970s", "copies": 2}],
            "addedThisYear": 0,
        },
        "filmsWatched": {
            "totalOwned": 3,
            "totalMovies": 2,
            "totalWatched": 1,
            "totalUnwatched": 1,
            "watchRate": 0.5,
        },
    }


async def test_notes_are_told_by_the_owners_names(ask: Asking) -> None:
    data = await ask.data("{ collecting { items(first: 1) { nodes { notes { name value } } } } }")

    assert data["collecting"]["items"]["nodes"] == [
        {"notes": [{"name": "Media Condition", "value": "Mint (M)"}]}
    ]


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ("artists(first: 1001) { name }", "first"),
        ("counts(kind: GENRE, first: -1) { name }", "first"),
        ("calendar(year: 1999) { year }", "year"),
        ("calendar(year: 2147483647) { year }", "year"),
        ('stats(since: "2025-01-01T00:00:00Z", period: OVERALL) { totalItems }', "period"),
    ],
)
async def test_wrong_arguments_are_blamed(quick_ask: Asking, field: str, argument: str) -> None:
    assert await quick_ask.refused(f"{{ collecting {{ {field} }} }}") == ("BAD_INPUT", argument)


@pytest.mark.parametrize(
    "only",
    [
        '{text: "\\u0000"}',
        '{text: "%"}',
        "{formats: []}",
        '{genres: [""], folders: ["\\u0000"]}',
        "{firstYear: 2147483647, lastYear: -2147483648, minRating: -1}",
        '{since: "0001-01-01T00:00:00Z", until: "9999-12-31T23:59:59Z"}',
        '{since: "2030-01-01T00:00:00Z", until: "2020-01-01T00:00:00Z"}',
    ],
)
async def test_odd_filters_are_answered(ask: Asking, only: str) -> None:
    query = f"{{ collecting {{ items(filter: {only}) {{ totalCount nodes {{ id }} }} }} }}"

    data = await ask.data(query)

    items = data["collecting"]["items"]
    assert items["totalCount"] == len(items["nodes"])
