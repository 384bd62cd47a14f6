"""Albums of many artists as one, in GraphQL: what is part of what, and parted again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rewind_gql.domains import listening
from rewind_gql.domains.listening import derive, grouping, intake, records
from schema.ids import global_id
from tests.databases import ME
from tests.schema.conftest import Asking

AT = datetime(2026, 1, 5, 20, tzinfo=UTC)
BANDS = ("The Sonics", "The Kinks", "The Zombies", "The Monks")
ALBUMS = """{ listening { albums(first: 200) { nodes {
    id name artist { name } heard { plays } partOf { id }
    parts { id name artist { name } } } } } }"""
PART = """mutation ($id: ID!) { partAlbum(id: $id) {
    album { heard { plays } parts { id } } errors { code path } } }"""


async def heard(ask: Asking) -> None:
    """A compilation that was heard once and is one album."""
    plays = [
        records.Play(artist=band, track="Song", album="Nuggets", played_at=AT + timedelta(0, at))
        for at, band in enumerate(BANDS)
    ]
    async with ask.deps.store.write() as conn:
        stored = await intake.plays(conn, ME, plays, source="test")
        stored.touched.add((await grouping.group(conn, ME)).touched)
        await listening.DOMAIN.derive(conn, ME, stored.touched)


async def albums(ask: Asking) -> list[Any]:
    """The albums that are listed under the name."""
    found = await ask.data(ALBUMS)
    return [each for each in found["listening"]["albums"]["nodes"] if each["name"] == "Nuggets"]


async def test_a_compilation_is_listed_once_with_its_parts(own_ask: Asking) -> None:
    await heard(own_ask)

    [one] = await albums(own_ask)

    assert (one["artist"]["name"], one["heard"]["plays"], one["partOf"]) == (
        "Various Artists",
        4,
        None,
    )
    assert [part["artist"]["name"] for part in one["parts"]] == list(BANDS)


async def test_what_is_part_of_what_costs_a_statement_a_level(own_ask: Asking) -> None:
    await heard(own_ask)
    asked = "{ listening { albums { nodes { parts { partOf { parts { id } } } } } } }"
    own_ask.statements.clear()

    await own_ask.data(asked)

    assert len(own_ask.statements) == 3  # the last asks again what the first was asked


async def test_a_part_tells_what_it_is_part_of(own_ask: Asking) -> None:
    await heard(own_ask)
    [one] = await albums(own_ask)
    asked = "query ($id: ID!) { node(id: $id) { ... on Album { partOf { id } parts { id } } } }"

    part = one["parts"][0]["id"]
    told = (await own_ask.data(asked, id=part))["node"]

    assert told == {"partOf": {"id": one["id"]}, "parts": []}


async def test_parted_they_are_listed_by_themselves(own_ask: Asking) -> None:
    await heard(own_ask)
    [one] = await albums(own_ask)

    done = await own_ask.done(PART, id=one["id"])

    assert done == {"album": {"heard": {"plays": 0}, "parts": []}, "errors": []}
    own = [each for each in await albums(own_ask) if each["id"] != one["id"]]
    assert sorted(each["artist"]["name"] for each in own) == sorted(BANDS)
    assert await own_ask.deps.store.ask(derive.drift, ME) == []


async def test_what_has_no_parts_cannot_be_parted(own_ask: Asking) -> None:
    await heard(own_ask)
    [one] = await albums(own_ask)

    wrong = [one["parts"][0]["id"], global_id("Album", 10**9), global_id("Track", 1), "x"]
    done = [await own_ask.done(PART, id=each) for each in wrong]

    assert [each["errors"][0]["code"] for each in done] == [
        "NOT_FOUND",
        "NOT_FOUND",
        "BAD_INPUT",
        "BAD_INPUT",
    ]
