"""Every edge of every type: as many parents as one likes cost as many statements as one."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from strawberry.types.base import StrawberryObjectDefinition

from schema.root import schema
from tests.schema.conftest import Asking
from tests.schema.life import PINNED

pytestmark = pytest.mark.either

# How to come upon several rows of each type: `{}` takes what is asked of each.
ROADS = {
    "Image": "listening { albums { nodes { image { %s } } } }",
    "Artist": "listening { artists { nodes { %s } } }",
    "Album": "listening { albums { nodes { %s } } }",
    "Track": "listening { recent { nodes { track { %s } } } }",
    "Play": "listening { recent { nodes { %s } } }",
    "Visibility": "listening { artists { nodes { visibility { %s } } } }",
    "TopArtist": "listening { topArtists { nodes { %s } } }",
    "TopAlbum": "listening { topAlbums { nodes { %s } } }",
    "TopTrack": "listening { topTracks { nodes { %s } } }",
    "Item": "collecting { items { nodes { %s } } }",
    "Release": "collecting { items { nodes { release { %s } } } }",
    "Want": "collecting { wantlist { nodes { %s } } }",
    "MatchedItem": "collecting { crossReference { nodes { %s } } }",
    "Match": "collecting { crossReference { nodes { match { %s } } } }",
    "HeardWant": "collecting { wantedAndPlayed { nodes { %s } } }",
    "CollectedArtist": "collecting { artists { %s } }",
    "Media": "collecting { films { nodes { %s } } }",
    "Movie": "collecting { films { nodes { movie { %s } } } }",
    "Watch": "collecting { films { nodes { movie { watches { %s } } } } }",
    "Pin": "collecting { items { nodes { pin { %s } } } }",
    "SyncRun": "syncRuns { nodes { %s } }",
    "SyncEvent": "syncRuns { nodes { events { nodes { %s } } } }",
    "SyncSource": "syncSources { %s }",
    "SyncReject": "syncRejects { nodes { %s } }",
    "DomainSyncHealth": "syncHealth { %s }",
    "Device": "devices(all: true) { %s }",
    "FocusSession": "focusSessions { nodes { %s } }",
    "FocusTimer": "focus { timers { %s } }",
    "SyncConflict": "syncConflicts(state: null) { %s }",
    "SyncConflictMember": "syncConflicts { members { %s } }",
}
# Leads back to where the road came from, or to what the list brought along: it is loaded already.
BACK = {("Watch", "movie"), ("Media", "movie")}
# None of this life, or for admins: `test_grouping` and `test_cards` count them.
ELSEWHERE = {("Album", "partOf"), ("Album", "parts"), ("Card", "links")}
# Not rows: the roots, what stands once below them, and what a page or a payload is made of.
APART = {
    "Query",
    "Mutation",
    "Subscription",
    "Listening",
    "Collecting",
    "Focus",
    "DeviceSyncReport",
    "ImagePayload",
    "NowPlaying",
    "SubmittedSession",
}


def edges() -> list[tuple[str, str]]:
    """Every field below a row whose resolver waits for something."""
    found = []
    for name, kind in schema._schema.type_map.items():
        definition = schema.get_type_by_name(name)
        if not isinstance(definition, StrawberryObjectDefinition) or name in APART:
            continue
        if isinstance(kind, GraphQLObjectType) and not name.endswith("Connection"):
            names = {field.python_name for field in definition.fields if field.is_async}
            found += [
                (name, key)
                for key, field in kind.fields.items()
                if field.extensions["strawberry-definition"].python_name in names
                and (name, key) not in ELSEWHERE
            ]
    return found


def selection(name: str, key: str) -> str:
    """The field with as little below it as there can be, and a list's length where it has one."""
    parent = schema._schema.type_map[name]
    assert isinstance(parent, GraphQLObjectType)
    kind = get_named_type(parent.fields[key].type)
    if is_leaf_type(kind):
        return key
    if not isinstance(kind, GraphQLObjectType) or not kind.name.endswith("Connection"):
        return f"{key} {{ __typename }}"
    total = "totalCount" if "totalCount" in kind.fields else ""
    return f"{key} {{ {total} nodes {{ __typename }} pageInfo {{ hasNextPage }} }}"


def counted(data: Any) -> int:
    """How many leaves there are."""
    if isinstance(data, dict):
        return sum(map(counted, data.values()))
    return sum(map(counted, data)) if isinstance(data, list) else int(data is not None)


def test_there_is_a_road_to_every_type_with_edges() -> None:
    assert len(edges()) > 30
    assert {name for name, _ in edges()} <= set(ROADS)


@pytest.mark.parametrize(("name", "key"), edges())
async def test_an_edge_costs_the_same_for_one_parent_and_for_many(
    ask: Asking, name: str, key: str
) -> None:
    road = ROADS[name]
    one = road.replace("{ nodes", "(first: 1) { nodes", 1)

    few = await ask.data(f"{{ {road % '__typename'} }}")
    without = len(ask.statements)
    many = await ask.data(f"{{ {road % selection(name, key)} }}")
    cost = len(ask.statements) - without
    await ask.data(f"{{ {one % selection(name, key)} }}")
    cost_of_one = len(ask.statements) - without

    assert counted(few) >= 2
    assert counted(many) >= 1
    assert cost <= 2
    assert cost >= 1 or (name, key) in BACK
    assert cost_of_one <= cost


async def test_a_play_brings_its_track_artist_and_album_along(ask: Asking) -> None:
    joined = "playedAt track { name } artist { name } album { name }"
    data = await ask.data(f"{{ listening {{ recent {{ nodes {{ {joined} }} }} }} }}")

    assert len(ask.statements) == 1
    assert len(data["listening"]["recent"]["nodes"]) == 6


async def test_worlds_are_joined_from_both_sides(ask: Asking) -> None:
    data = await ask.data(
        """{
          collecting { items { nodes { release { title } listening { album { name } } } } }
          listening { albums { nodes { name copies { release { title } } } } }
        }"""
    )

    from_shelf = {
        (item["release"]["title"], item["listening"]["album"]["name"])
        for item in data["collecting"]["items"]["nodes"]
        if item["listening"]["album"]
    }
    from_ears = {
        (copy["release"]["title"], album["name"])
        for album in data["listening"]["albums"]["nodes"]
        for copy in album["copies"]
    }
    alike = {(title, title) for title in ("Secret Name", "Ege Bamyasi")}
    assert from_shelf == from_ears == alike | {("IV", PINNED)}


async def test_a_deep_question_costs_a_statement_a_level(ask: Asking) -> None:
    await ask.data(
        """{ listening { artists(first: 5) { nodes {
          albums { nodes { tracks { nodes { plays(first: 2) { nodes { playedAt } } } } } }
        } } } }"""
    )

    assert len(ask.statements) == 4
