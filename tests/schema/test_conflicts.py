"""Conflicts in GraphQL: told with what is in them, settled, and unsettled."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from rewind_gql import clock
from rewind_gql.domains.focus import intake
from rewind_gql.sync.devices import reading
from schema.ids import global_id
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking
from tests.schema.sessions import DAY, MINUTE, send, session, uuid

pytestmark = pytest.mark.either

ERRORS = "errors { code message path } clientMutationId"
CONFLICT = (
    "conflict { id type state resolution resolvedBy canUndo sessions { id state durationMin } }"
)
RESOLVE = (
    "mutation ($input: ResolveConflictInput!) { resolveConflict(input: $input) "
    f"{{ {CONFLICT} {ERRORS} }} }}"
)
UNDO = f"mutation ($id: ID!) {{ undoResolution(id: $id) {{ {CONFLICT} {ERRORS} }} }}"
LIST = """query ($state: ConflictState) { syncConflicts(state: $state) {
  id type state autoResolvable suggestion resolution resolvedBy description canUndo
  sessions { id project startAt }
  members { id variant session { id } device { deviceId } }
} }"""


async def conflicts(ask: Asking, state: str | None = "OPEN", **given: Any) -> list[dict[str, Any]]:
    """Conflicts that stand so, oldest first."""
    found = (await ask.data(LIST, state=state, **given))["syncConflicts"]
    return list(reversed(found))


async def overlap(ask: Asking) -> dict[str, Any]:
    """The first of the two overlaps."""
    found = await conflicts(ask)
    return next(each for each in found if each["type"] == "SESSION_OVERLAP")


async def mismatch(ask: Asking) -> dict[str, Any]:
    """The session that was told in two ways."""
    found = await conflicts(ask)
    return next(each for each in found if each["type"] == "SESSION_MISMATCH")


async def test_open_conflicts_are_told_with_what_is_in_them(ask: Asking) -> None:
    found = await overlap(ask)

    assert found["description"] == "Overlapping sessions detected from different devices"
    assert found["suggestion"] == "TRIM_EARLIER"
    assert (found["resolution"], found["canUndo"], found["autoResolvable"]) == (None, False, False)
    assert [each["project"] for each in found["sessions"]] == ["Thesis", "Else"]
    assert [
        (each["session"]["id"], each["device"]["deviceId"], each["variant"])
        for each in found["members"]
    ] == [
        (found["sessions"][0]["id"], "mac-app-2", None),
        (found["sessions"][1]["id"], "web-chrome", None),
    ]


async def test_a_session_told_in_two_ways_is_shown_in_both(ask: Asking) -> None:
    found = await mismatch(ask)

    stored, told = found["members"]
    assert len(found["sessions"]) == 1
    assert stored["variant"] is None
    assert told["variant"]["start_at"].startswith("2025-03-03T15:00:00")


async def test_what_settled_itself_is_told_on_demand(ask: Asking) -> None:
    settled = await conflicts(ask, "RESOLVED")

    assert [(each["type"], each["resolvedBy"], each["canUndo"]) for each in settled] == [
        ("DUPLICATE_SESSION", "auto", True)
    ] * 2
    assert len(await conflicts(ask, None)) == 5
    assert len(await conflicts(ask)) == 3
    assert await conflicts(ask, "DISMISSED") == []


async def test_a_conflict_is_found_by_its_id(ask: Asking) -> None:
    mine = (await overlap(ask))["id"]
    query = "query ($id: ID!) { syncConflict(id: $id) { id } node(id: $id) { __typename } }"

    assert await ask.data(query, id=mine) == {
        "syncConflict": {"id": mine},
        "node": {"__typename": "SyncConflict"},
    }
    assert (await ask.data(query, id=mine, user_id=OTHER))["syncConflict"] is None


async def test_conflicts_with_all_that_is_in_them_cost_a_statement_each(ask: Asking) -> None:
    await conflicts(ask, None)

    assert len(ask.statements) == 4  # conflicts, members, sessions, devices


async def test_a_conflict_is_settled_and_unsettled(own_ask: Asking) -> None:
    found = await overlap(own_ask)
    earlier, later = found["sessions"]
    given = {
        "conflictId": found["id"],
        "resolution": "TRIM_EARLIER",
        "members": [earlier["id"], later["id"]],
        "clientMutationId": "m",
    }

    settled = await own_ask.done(RESOLVE, input=given)
    undone = await own_ask.done(UNDO, id=found["id"])

    assert (settled["errors"], settled["clientMutationId"]) == ([], "m")
    assert settled["conflict"] == {
        "id": found["id"],
        "type": "SESSION_OVERLAP",
        "state": "RESOLVED",
        "resolution": "TRIM_EARLIER",
        "resolvedBy": "owner",
        "canUndo": True,
        "sessions": [
            {"id": earlier["id"], "state": "COMPLETED", "durationMin": 15.0},
            {"id": later["id"], "state": "COMPLETED", "durationMin": 25.0},
        ],
    }
    assert undone["errors"] == []
    assert undone["conflict"]["state"] == "OPEN"
    assert [each["durationMin"] for each in undone["conflict"]["sessions"]] == [25.0, 25.0]


async def test_focus_is_counted_again_when_a_conflict_is_settled(own_ask: Asking) -> None:
    found = await overlap(own_ask)
    query = '{ focus { tracking(from: "2025-03-03", to: "2025-03-04") { minutes } } }'
    before = (await own_ask.data(query))["focus"]["tracking"]["minutes"]

    await own_ask.done(RESOLVE, input={"conflictId": found["id"], "resolution": "MERGE"})
    after = (await own_ask.data(query))["focus"]["tracking"]["minutes"]

    assert before - after == 10.0  # that both sessions had claimed


@pytest.mark.parametrize("resolution", ["KEEP_ALL", "MERGE", "TRIM_LATER", "KEEP_ONE", "DELETE"])
async def test_every_resolution_settles_a_conflict_once(own_ask: Asking, resolution: str) -> None:
    found = await overlap(own_ask)
    one = found["sessions"][0]["id"]
    given: dict[str, Any] = {"conflictId": found["id"], "resolution": resolution}
    given |= {"KEEP_ONE": {"keep": one}, "DELETE": {"delete": [one]}}.get(resolution, {})

    settled = await own_ask.done(RESOLVE, scope="device", device_id="web-chrome", input=given)
    again = await own_ask.done(
        RESOLVE, input={"conflictId": found["id"], "resolution": "TRIM_EARLIER"}
    )

    assert settled["errors"] == []
    assert settled["conflict"]["state"] == ("DISMISSED" if resolution == "KEEP_ALL" else "RESOLVED")
    assert settled["conflict"]["resolution"] == resolution
    assert settled["conflict"]["resolvedBy"] == "device"
    assert again == settled


async def test_of_a_session_told_in_two_ways_one_member_is_kept(own_ask: Asking) -> None:
    found = await mismatch(own_ask)
    given = {"conflictId": found["id"], "resolution": "KEEP_ONE"}

    wrong = await own_ask.done(RESOLVE, input={**given, "keep": found["sessions"][0]["id"]})
    settled = await own_ask.done(RESOLVE, input={**given, "keep": found["members"][1]["id"]})
    data = await own_ask.data(
        "query ($id: ID!) { focus { session(id: $id) { startAt } } }", id=found["sessions"][0]["id"]
    )

    (error,) = wrong["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", "keep"])
    assert "SyncConflictMember" in error["message"]
    assert settled["conflict"]["state"] == "RESOLVED"
    assert data["focus"]["session"] == {"startAt": "2025-03-03T15:00:00Z"}


async def test_the_same_mark_settles_nothing_twice(own_ask: Asking) -> None:
    found = await overlap(own_ask)
    given = {"conflictId": found["id"], "resolution": "MERGE", "clientMutationId": "m"}
    await own_ask.done(RESOLVE, input=given)
    await own_ask.done(UNDO, id=found["id"])

    again = await own_ask.done(RESOLVE, input=given)
    other = await own_ask.done(RESOLVE, input={**given, "resolution": "TRIM_LATER"})

    assert (again["errors"], again["conflict"]["state"]) == ([], "OPEN")
    assert [error["code"] for error in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_other_members_than_were_shown_refuse_with_the_conflict_as_it_is(
    own_ask: Asking,
) -> None:
    found = await overlap(own_ask)
    given = {"conflictId": found["id"], "resolution": "MERGE"}

    payload = await own_ask.done(RESOLVE, input={**given, "members": [found["sessions"][0]["id"]]})

    assert [error["code"] for error in payload["errors"]] == ["CONFLICT_CHANGED"]
    assert payload["conflict"]["id"] == found["id"]
    assert payload["conflict"]["state"] == "OPEN"


async def test_a_conflict_that_was_overtaken_names_the_one_that_took_over(own_ask: Asking) -> None:
    found = await overlap(own_ask)
    third = session(40, at=DAY + 20 * MINUTE, project="Third")
    await send(own_ask.deps.store, "cli-new", third)

    payload = await own_ask.done(RESOLVE, input={"conflictId": found["id"], "resolution": "MERGE"})

    assert [error["code"] for error in payload["errors"]] == ["CONFLICT_CHANGED"]
    assert payload["conflict"]["id"] != found["id"]
    assert len(payload["conflict"]["sessions"]) == 3


async def test_less_than_a_minute_is_not_left_of_a_session(own_ask: Asking) -> None:
    late = DAY + timedelta(days=1)
    one = session(41, at=late, project="One")
    other = session(42, at=late + timedelta(seconds=30), minutes=60, project="Other")
    await send(own_ask.deps.store, "cli-new", one, other)
    found = (await conflicts(own_ask))[-1]

    payload = await own_ask.done(
        RESOLVE, input={"conflictId": found["id"], "resolution": "TRIM_EARLIER"}
    )

    assert [error["code"] for error in payload["errors"]] == ["TRIM_TOO_SHORT"]
    assert payload["conflict"] is None


async def test_a_resolution_can_be_undone_for_30_days(own_ask: Asking) -> None:
    found = await overlap(own_ask)
    await own_ask.done(RESOLVE, input={"conflictId": found["id"], "resolution": "MERGE"})

    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        payload = await own_ask.done(UNDO, id=found["id"])

    assert [error["code"] for error in payload["errors"]] == ["UNDO_EXPIRED"]


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"conflictId": "x"}, "conflictId"),
        ({"conflictId": global_id("Device", 1)}, "conflictId"),
        ({"resolution": "KEEP_ONE"}, "keep"),
        ({"resolution": "KEEP_ONE", "keep": global_id("FocusSession", 9_999)}, "keep"),
        ({"resolution": "KEEP_ONE", "keep": "x"}, "keep"),
        ({"resolution": "DELETE", "delete": []}, "delete"),
        ({"resolution": "DELETE", "delete": ["x"]}, "delete"),
        ({"members": ["x"]}, "members"),
    ],
)
async def test_what_settles_nothing_is_refused_by_name(
    own_ask: Asking, given: dict[str, Any], blamed: str
) -> None:
    found = await overlap(own_ask)

    payload = await own_ask.done(
        RESOLVE, input={"conflictId": found["id"], "resolution": "MERGE", **given}
    )

    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", blamed])


async def test_only_ones_own_conflicts_are_settled(own_ask: Asking) -> None:
    found = await overlap(own_ask)
    given = {"conflictId": found["id"], "resolution": "MERGE"}

    theirs = await own_ask.done(RESOLVE, input=given, user_id=OTHER)
    undone = await own_ask.done(UNDO, id=found["id"], user_id=OTHER)

    assert [error["code"] for error in theirs["errors"]] == ["CONFLICT_NOT_FOUND"]
    assert [error["code"] for error in undone["errors"]] == ["CONFLICT_NOT_FOUND"]


@pytest.mark.parametrize(
    ("mutation", "variables"),
    [
        (RESOLVE, {"input": {"conflictId": "x", "resolution": "MERGE"}}),
        (UNDO, {"id": "x"}),
    ],
)
async def test_a_key_that_only_reads_settles_nothing(
    quick_ask: Asking, mutation: str, variables: dict[str, Any]
) -> None:
    assert await quick_ask.refused(mutation, **variables) == ("FORBIDDEN", None)
    assert quick_ask.statements == []


async def test_a_scan_finds_what_nobody_compared(own_ask: Asking) -> None:
    late = DAY + timedelta(days=1)
    told = [session(n, at=late + n * MINUTE, project=f"Project {n}") for n in (1, 2)]
    async with own_ask.deps.store.write() as conn:
        for n, raw in enumerate(told):
            read = reading.session({**raw, "session_id": uuid(90 + n)}, now=clock.now())
            await intake.sessions(conn, ME, read, received_at=clock.now(), run_id=None)
    query = "query ($s: Boolean!) { deviceSync(scan: $s) { conflicts { sessions { project } } } }"

    with time_machine.travel(late + timedelta(hours=3), tick=False):
        before = (await own_ask.data(query, s=False))["deviceSync"]["conflicts"]
        after = (await own_ask.data(query, s=True))["deviceSync"]["conflicts"]

    found = {"sessions": [{"project": "Project 1"}, {"project": "Project 2"}]}
    assert found not in before
    assert found in after
