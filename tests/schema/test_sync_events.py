"""Events as GraphQL lists them: in order, resumed by cursor, chosen by filter."""

from typing import Any

import pytest

from rewind_gql.store.engine import Writing
from rewind_gql.sync import events, ledger
from rewind_gql.sync.ledger.rows import change, emit
from schema.ids import global_id, key_of
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking
from tests.schema.life import HOUR

EVENTS = 26  # of nine runs of sources, and of three uploads
LIST = """query ($filter: SyncEventFilter, $first: Int, $after: SyncCursor) {
  syncEvents(filter: $filter, first: $first, after: $after) {
    nodes { id cursor stage status run { id domain provider } }
    edges { cursor } pageInfo { hasNextPage endCursor }
  } }"""


async def listed(ask: Asking, **given: Any) -> dict[str, Any]:
    """The list, or a part of it."""
    data = await ask.data(LIST, **given)
    return dict(data["syncEvents"])


async def step(conn: Writing, run_id: str) -> None:
    """Begin a waiting run and do a step of its work."""
    await ledger.claim(conn, run_id, 1, worker="w", lease=HOUR)
    await change(conn, run_id, 1, stage="fetching")
    await emit(conn, ME, run_id)


async def test_events_of_all_runs_are_listed_in_the_order_they_happened(ask: Asking) -> None:
    found = await listed(ask)

    places = [events.seq_at(event["cursor"]) for event in found["nodes"]]
    assert places == sorted(set(places))
    assert len(places) == EVENTS
    assert {event["run"]["domain"] for event in found["nodes"]} == {
        "listening",
        "collecting",
        "reading",
        "focus",
    }


async def test_the_cursor_of_an_event_is_that_of_its_edge_and_of_its_page(ask: Asking) -> None:
    found = await listed(ask, first=3)

    cursors = [event["cursor"] for event in found["nodes"]]
    assert cursors == [edge["cursor"] for edge in found["edges"]]
    assert cursors[-1] == found["pageInfo"]["endCursor"]


async def test_an_events_cursor_goes_on_in_the_list_of_its_run(ask: Asking) -> None:
    first = (await listed(ask, first=1))["nodes"][0]
    query = """query ($id: ID!, $after: SyncCursor) {
      syncRun(id: $id) { events(after: $after) { nodes { stage } } } }"""

    data = await ask.data(query, id=first["run"]["id"], after=first["cursor"])

    stages = [event["stage"] for event in data["syncRun"]["events"]["nodes"]]
    assert stages == ["STARTED", "FAILED"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"domain": "listening"}, 7),
        ({"provider": "discogs"}, 7),
        ({"domain": "listening", "provider": "discogs"}, 0),
        ({"status": "FAILED"}, 3),
        ({"domain": "reading", "status": "SUCCESS"}, 1),
        ({"includeProgress": False}, EVENTS - 2),
        ({"domain": None}, EVENTS),
    ],
)
async def test_events_are_filtered_by_all_that_is_given(
    ask: Asking, chosen: dict[str, Any], expected: int
) -> None:
    found = await listed(ask, filter=chosen)

    assert len(found["nodes"]) == expected


async def test_events_of_one_run(ask: Asking) -> None:
    run = (await listed(ask, first=1))["nodes"][0]["run"]["id"]

    found = await listed(ask, filter={"runId": run})

    assert {event["run"]["id"] for event in found["nodes"]} == {run}
    assert [event["stage"] for event in found["nodes"]] == ["QUEUED", "STARTED", "FAILED"]


async def test_steps_of_work_are_left_out_on_demand(own_ask: Asking) -> None:
    run = (await listed(own_ask, filter={"domain": "reading"}))["nodes"][-1]["run"]["id"]
    async with own_ask.deps.store.write() as conn:
        await step(conn, key_of("SyncRun", run))

    everything = await listed(own_ask, filter={"runId": run})
    without = await listed(own_ask, filter={"runId": run, "includeProgress": False})

    assert [event["stage"] for event in everything["nodes"]] == ["QUEUED", "STARTED", "FETCHING"]
    assert [event["stage"] for event in without["nodes"]] == ["QUEUED", "STARTED"]


async def test_nobody_sees_the_events_of_somebody_else(ask: Asking) -> None:
    assert (await listed(ask, user_id=OTHER))["nodes"] == []


async def test_fifty_events_come_unless_told(ask: Asking) -> None:
    async def count(**given: Any) -> int:
        return len((await listed(ask, **given))["nodes"])

    assert await count(first=2) == 2
    assert await count() == EVENTS


async def test_runs_parts_and_devices_of_events_cost_a_statement_each(ask: Asking) -> None:
    data = await ask.data(
        "{ syncEvents { nodes { run { id device { id } parts { part } retryOf { id } } } } }"
    )

    assert len(data["syncEvents"]["nodes"]) == EVENTS
    assert len(ask.statements) == 4


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"first": 201}, "first"),
        ({"after": "nonsense"}, "after"),
        ({"after": ""}, "after"),
        ({"filter": {"runId": "x"}}, "filter.runId"),
        ({"filter": {"runId": global_id("Artist", 1)}}, "filter.runId"),
        ({"filter": {"domain": "a\0b"}}, "filter.domain"),
        ({"filter": {"provider": "x" * 101}}, "filter.provider"),
    ],
)
async def test_wrong_arguments_are_refused_by_name(
    quick_ask: Asking, given: dict[str, Any], argument: str
) -> None:
    assert await quick_ask.refused(LIST, **given) == ("BAD_INPUT", argument)


async def test_a_cursor_must_be_text(quick_ask: Asking) -> None:
    assert await quick_ask.refused(LIST, after=5) == ("BAD_USER_INPUT", None)
