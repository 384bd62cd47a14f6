"""Collecting as GraphQL tells it."""

from typing import Any

from schema.ids import global_id
from tests.schema.conftest import Asking


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
