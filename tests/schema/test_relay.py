"""Connections and nodes: Relay's rules, kept on every list."""

from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType

from rewind_gql.auth import keys
from rewind_gql.clock import iso
from rewind_gql.store.page import cursor
from schema.ids import global_id
from schema.root import schema
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking
from tests.schema.life import HOUR, NOON, hear, live, play

pytestmark = pytest.mark.either

# Every list of the schema: where it is, and what tells its items apart.
LISTS = {
    "recent": ("listening { recent%s }", "id"),
    "topArtists": ("listening { topArtists%s }", "artist { id }"),
    "topAlbums": ("listening { topAlbums%s }", "album { id }"),
    "topTracks": ("listening { topTracks%s }", "track { id }"),
    "artists": ("listening { artists%s }", "id"),
    "albums": ("listening { albums%s }", "id"),
    "items": ("collecting { items%s }", "id"),
    "wantlist": ("collecting { wantlist%s }", "id"),
    "wantedAndPlayed": ("collecting { wantedAndPlayed%s }", "want { id }"),
    "films": ("collecting { films%s }", "id"),
    "crossReference": ("collecting { crossReference%s }", "item { id }"),
    "syncRuns": ("syncRuns%s", "id"),
    "syncRejects": ("syncRejects%s", "id"),
    "syncEvents": ("syncEvents%s", "id"),
    "focusSessions": ("focusSessions%s", "id"),
}
# Lists that have one item in this life; they are walked where they are asked.
SHORT = {"playedNotOwned", "ownedNeverPlayed"}
SORTED = {
    "itemsByTitle": ("collecting { items%s }", "id", "sort: TITLE, order: ASC, "),
    "itemsByArtist": ("collecting { items%s }", "id", "sort: ARTIST, "),
    "itemsByYear": ("collecting { items%s }", "id", "sort: YEAR, order: ASC, "),
    "itemsByRating": ("collecting { items%s }", "id", "sort: RATING, "),
    "itemsOfSome": ("collecting { items%s }", "id", 'filter: {text: "a", firstYear: 1970}, '),
    "wantsByTitle": ("collecting { wantlist%s }", "id", "sort: TITLE, "),
    "wantsByYear": ("collecting { wantlist%s }", "id", "sort: YEAR, order: ASC, "),
    "filmsByTitle": ("collecting { films%s }", "id", "sort: TITLE, order: ASC, "),
    "filmsByYear": ("collecting { films%s }", "id", "sort: YEAR, "),
    "filmsWatched": ("collecting { films%s }", "id", "filter: {watched: true}, "),
    "artistsByPlays": ("listening { artists%s }", "id", "sort: PLAYS, "),
    "albumsByPlays": ("listening { albums%s }", "id", "sort: PLAYS, "),
    "crossReferenceByDate": ("collecting { crossReference%s }", "item { id }", "sort: ADDED, "),
    "listened": ("collecting { crossReference%s }", "item { id }", "filter: LISTENED, "),
    "failedRuns": ("syncRuns%s", "id", "filter: {status: FAILED}, "),
    "eventsOfOne": ("syncEvents%s", "id", 'filter: {domain: "listening"}, '),
    "window": ("listening { recent%s }", "id", f'since: "{iso(NOON + HOUR)}", '),
}
ALL = {name: (*road, "") for name, road in LISTS.items()} | SORTED


async def part(ask: Asking, name: str, arguments: str) -> dict[str, Any]:
    """One part of a list."""
    road, key, always = ALL[name]
    info = "hasNextPage hasPreviousPage startCursor endCursor"
    fields = f"edges {{ cursor node {{ {key} }} }} pageInfo {{ {info} }}"
    data: Any = await ask.data(f"{{ {road % f'({always}{arguments}) {{ {fields} }}'} }}")
    while "edges" not in data:
        (data,) = data.values()
    return dict(data)


async def whole(ask: Asking, name: str) -> list[Any]:
    """The items of a list in its order."""
    return [edge["node"] for edge in (await part(ask, name, "first: 200"))["edges"]]


def test_every_list_of_a_root_is_known_here() -> None:
    roots = ("Query", "Listening", "Collecting")
    kinds = [schema._schema.type_map[name] for name in roots]
    lists = {
        key
        for kind in kinds
        if isinstance(kind, GraphQLObjectType)
        for key, field in kind.fields.items()
        if str(field.type).endswith("Connection!")
    }

    assert lists == {*LISTS} | SHORT


@pytest.mark.parametrize("name", ALL)
async def test_forward_and_backward_walks_see_every_item_once(ask: Asking, name: str) -> None:
    expected = await whole(ask, name)

    onward, back, after, before = [], [], "", ""
    for _ in expected:
        page = await part(ask, name, f"first: 1{after}")
        onward += [edge["node"] for edge in page["edges"]]
        assert page["pageInfo"]["hasNextPage"] is (len(onward) < len(expected))
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
        page = await part(ask, name, f"last: 1{before}")
        back += [edge["node"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] is (len(back) < len(expected))
        before = f', before: "{page["pageInfo"]["startCursor"]}"'

    assert len(expected) >= 2
    assert onward == expected
    assert back[::-1] == expected


@pytest.mark.parametrize("name", ALL)
async def test_a_part_between_two_cursors_holds_what_lies_between(ask: Asking, name: str) -> None:
    edges = (await part(ask, name, "first: 200"))["edges"]
    between = edges[1:-1]
    bounds = f'after: "{edges[0]["cursor"]}", before: "{edges[-1]["cursor"]}"'

    onward = await part(ask, name, f"first: 200, {bounds}")
    back = await part(ask, name, f"last: 200, {bounds}")
    ahead = await part(ask, name, f'first: 200, before: "{edges[-1]["cursor"]}"')
    behind = await part(ask, name, f'last: 200, after: "{edges[0]["cursor"]}"')

    assert onward["edges"] == back["edges"] == between
    assert ahead["edges"] == edges[:-1]
    assert behind["edges"] == edges[1:]


@pytest.mark.parametrize("name", ALL)
async def test_nothing_lies_behind_the_end_or_ahead_of_the_front(ask: Asking, name: str) -> None:
    info = (await part(ask, name, "first: 200"))["pageInfo"]

    behind = await part(ask, name, f'first: 5, after: "{info["endCursor"]}"')
    ahead = await part(ask, name, f'last: 5, before: "{info["startCursor"]}"')

    assert not info["hasNextPage"]
    assert not info["hasPreviousPage"]
    assert behind["edges"] == ahead["edges"] == []


@pytest.mark.parametrize("name", ALL)
async def test_first_0_gives_no_items(ask: Asking, name: str) -> None:
    page = await part(ask, name, "first: 0")

    assert page["edges"] == []
    assert page["pageInfo"]["endCursor"] is None


@pytest.mark.parametrize("name", ALL)
async def test_wrong_arguments_are_refused_by_name(quick_ask: Asking, name: str) -> None:
    road, key, always = ALL[name]
    wrong = {
        "first: 201": "first",
        "first: -1": "first",
        "last: 201": "last",
        "first: 1, last: 1": "first",
        'after: "nonsense"': "after",
        'before: "é"': "before",
        'after: ""': "after",
        f'after: "{cursor("another", (1,))}"': "after",
    }

    blamed = {
        given: await quick_ask.refused(
            f"{{ {road % f'({always}{given}) {{ nodes {{ {key} }} }}'} }}"
        )
        for given in wrong
    }

    assert blamed == {given: ("BAD_INPUT", argument) for given, argument in wrong.items()}


async def test_a_cursor_of_one_list_is_refused_by_another(ask: Asking) -> None:
    taken = (await part(ask, "items", "first: 1"))["pageInfo"]["endCursor"]

    refused = await ask.refused(
        f'{{ collecting {{ wantlist(after: "{taken}") {{ nodes {{ id }} }} }} }}'
    )

    assert refused == ("BAD_INPUT", "after")


async def test_items_that_arrive_meanwhile_shift_nothing(own_ask: Asking) -> None:
    expected = await whole(own_ask, "recent")
    first = await part(own_ask, "recent", "first: 3")
    async with own_ask.deps.store.write() as conn:
        newer = [play("Low", "Secret Name", "Starfire", NOON + n * HOUR) for n in (50, 51)]
        await hear(conn, *newer)

    rest = await part(own_ask, "recent", f'first: 9, after: "{first["pageInfo"]["endCursor"]}"')

    assert [edge["node"] for edge in first["edges"] + rest["edges"]] == expected


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("listening { recent(first: 1) { totalCount } }", 6),
        (f'listening {{ recent(since: "{iso(NOON + HOUR)}") {{ totalCount }} }}', 5),
        ("listening { topArtists(first: 1) { totalCount } }", 3),
        ("listening { topAlbums(first: 1) { totalCount } }", 4),
        ("listening { topTracks(first: 1) { totalCount } }", 5),
        ("listening { artists(first: 1) { totalCount } }", 3),
        ("listening { albums(first: 1) { totalCount } }", 4),
        ("collecting { items(first: 1) { totalCount } }", 4),
        ("collecting { wantlist(first: 1) { totalCount } }", 2),
        ('collecting { items(filter: {artists: ["CAN"]}) { totalCount } }', 2),
        ("collecting { films(filter: {formats: [DVD, BLURAY]}) { totalCount } }", 2),
        ("collecting { films(filter: {watched: false}) { totalCount } }", 1),
        ("collecting { playedNotOwned { totalCount } }", 1),
        ("collecting { ownedNeverPlayed { totalCount } }", 1),
        ("collecting { wantedAndPlayed(first: 1) { totalCount } }", 2),
        ("collecting { crossReference(first: 1) { totalCount } }", 4),
        ("collecting { crossReference(filter: LISTENED) { totalCount } }", 3),
        ("syncRuns(first: 1) { totalCount }", 12),
        ("focusSessions(first: 1) { totalCount }", 10),
        ('focusSessions(from: "2025-03-03T13:00:00Z") { totalCount }', 1),
        ('focusSessions(to: "2025-03-03T10:00:00Z") { totalCount }', 3),
        ('syncRuns(filter: {provider: "lastfm", status: FAILED}) { totalCount }', 1),
    ],
)
async def test_the_total_is_of_the_whole_list(ask: Asking, query: str, total: int) -> None:
    data: Any = await ask.data(f"{{ {query} }}")

    while isinstance(data, dict):
        (data,) = data.values()
    assert data == total


async def test_the_total_is_counted_only_when_asked_for(ask: Asking) -> None:
    await ask.data("{ listening { recent { nodes { id } } } }")
    without = len(ask.statements)
    await ask.data("{ listening { recent { nodes { id } totalCount } } }")

    assert len(ask.statements) > without == 1


NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def test_nodes_come_in_the_order_asked_one_statement_a_type(ask: Asking) -> None:
    data = await ask.data(
        """{
          listening { recent(first: 3) { nodes { id track { id } } } artists { nodes { id } } }
          collecting { items { nodes { id release { id } } } wantlist { nodes { id } } }
          syncRuns { nodes { id } } syncSources { id } syncRejects { nodes { id } }
          focusSessions { nodes { id } } devices(all: true) { id }
          syncConflicts(state: null) { id members { id } }
          films: collecting { films { nodes { movie { watches { id } } } } }
        }"""
    )
    heard, owned = data["listening"], data["collecting"]
    ids = [
        node["id"]
        for nodes in (
            heard["recent"]["nodes"],
            [play["track"] for play in heard["recent"]["nodes"]],
            owned["items"]["nodes"],
            heard["artists"]["nodes"],
            [item["release"] for item in owned["items"]["nodes"]],
            owned["wantlist"]["nodes"],
            data["syncRuns"]["nodes"],
            data["syncSources"],
            data["syncRejects"]["nodes"],
            data["focusSessions"]["nodes"],
            data["devices"],
            data["syncConflicts"],
            [member for conflict in data["syncConflicts"] for member in conflict["members"]],
            [seen for film in data["films"]["films"]["nodes"] for seen in film["movie"]["watches"]],
        )
        for node in nodes
    ]
    mixed = ids[::2] + ids[1::2]

    found = (await ask.data(NODES, ids=mixed))["nodes"]

    assert [node["id"] for node in found] == mixed
    assert len({node["__typename"] for node in found}) == 14
    assert len(ask.statements) == 14


async def test_a_key_is_found_by_its_id_by_an_admin_alone(own_ask: Asking) -> None:
    pepper = own_ask.deps.gate.pepper
    async with own_ask.deps.store.write() as conn:
        key, _ = await keys.create(conn, ME, name="Mine", scope="read", pepper=pepper)
    query = "query ($id: ID!) { node(id: $id) { id ... on ApiKey { name } } }"
    mine = global_id("ApiKey", key.id)

    assert await own_ask.data(query, id=mine, scope="admin") == {
        "node": {"id": mine, "name": "Mine"}
    }
    assert await own_ask.data(query, id=mine, scope="admin", user_id=OTHER) == {"node": None}
    assert await own_ask.refused(query, id=mine) == ("FORBIDDEN", None)


async def test_unknown_nodes_are_null(ask: Asking) -> None:
    ids = [global_id("Artist", 999), global_id("Album", 1), global_id("SyncRun", "pull_0")]

    found = (await ask.data(NODES, ids=ids))["nodes"]

    assert [node and node["__typename"] for node in found] == [None, "Album", None]


async def test_what_is_somebody_elses_is_null(own_ask: Asking) -> None:
    await live(own_ask.deps.store, user_id=OTHER)
    query = """{
      listening { artists { nodes { id albums { nodes { id } } } } recent { nodes { id } } }
      collecting { items { nodes { id release { id } } } wantlist { nodes { id } } }
      syncRuns { nodes { id } } syncSources { id } syncRejects { nodes { id } }
      focusSessions { nodes { id } } devices(all: true) { id }
      syncConflicts(state: null) { id } }"""
    theirs = await own_ask.data(query, user_id=OTHER)
    ids = list(_ids(theirs))

    mine = (await own_ask.data(NODES, ids=ids))["nodes"]
    found = (await own_ask.data(NODES, ids=ids, user_id=OTHER))["nodes"]

    assert mine == [None] * len(ids)
    assert [node["id"] for node in found] == ids


def _ids(data: Any) -> Any:
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if key == "id":
            yield value
        elif isinstance(value, dict | list):
            yield from _ids(value)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "é",
        "12",
        global_id("Artist", ""),
        global_id("Artist", "x"),
        global_id("Artist", "-1"),
        global_id("Artist", "1.0"),
        global_id("Artist", "01"),
        global_id("Artist", 2**63),
        global_id("Artist", "9" * 5000),
        global_id("SyncRun", "a\0b"),
        global_id("Query", 1),
        global_id("Nobody", 1),
        global_id("Artist", 1) + "\n",
    ],
)
async def test_what_is_no_id_is_refused(quick_ask: Asking, wrong: str) -> None:
    query = "query ($id: ID!) { node(id: $id) { id } }"

    assert await quick_ask.refused(query, id=wrong) == ("BAD_INPUT", "id")


async def test_at_most_200_nodes_are_given_at_once(quick_ask: Asking) -> None:
    ids = [global_id("Artist", 1)] * 201

    assert await quick_ask.refused(NODES, ids=ids) == ("BAD_INPUT", "ids")


async def test_the_largest_id_is_merely_unknown(ask: Asking) -> None:
    ids = [global_id(name, 2**63 - 1) for name in ("Artist", "Play", "Item", "SyncSource")]

    assert (await ask.data(NODES, ids=ids))["nodes"] == [None] * 4


async def test_the_window_of_a_list_is_half_open(ask: Asking) -> None:
    since, until = iso(NOON + HOUR), iso(NOON + 3 * HOUR)

    window = f'since: "{since}", until: "{until}"'
    data = await ask.data(f"{{ listening {{ recent({window}) {{ nodes {{ playedAt }} }} }} }}")

    heard = [node["playedAt"] for node in data["listening"]["recent"]["nodes"]]
    expected = [NOON + 2 * HOUR, NOON + timedelta(hours=1)]
    assert heard == [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in expected]
