"""Focus in GraphQL: sessions as data, and sessions sent, begun and broken off."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
import time_machine

from rewind_gql.clock import iso
from rewind_gql.domains.focus.fields import FIELDS
from rewind_gql.sync.devices.reading import REASONS
from rewind_gql.sync.devices.submit import MOST
from schema.focus import CancelReason
from schema.operations import MAX_BYTES
from schema.root import schema
from tests.databases import OTHER
from tests.schema.conftest import Asking
from tests.schema.sessions import DAY, MINUTE, uuid

ERRORS = "errors { code message path } clientMutationId"
SUBMIT = (
    "mutation ($input: SubmitSessionsInput!) { submitSessions(input: $input) { "
    "results { sessionId status error session { number project device { deviceId } } "
    "conflict { type } } accepted duplicates rejected preferencesVersion serverTime replayed "
    f"run {{ id domain status transport itemsFailed device {{ deviceId }} }} {ERRORS} }} }}"
)
START = (
    "mutation ($input: StartSessionInput!) { startSession(input: $input) { "
    "timer { clientSessionId startAt kind device { deviceId } } "
    f"activeElsewhere {{ clientSessionId }} {ERRORS} }} }}"
)
CANCEL = (
    "mutation ($input: CancelSessionInput!) { cancelSession(input: $input) { "
    f"session {{ clientSessionId state cancelReason durationMin }} {ERRORS} }} }}"
)
PREFER = (
    "mutation ($input: PreferencesInput!) { updatePreferences(input: $input) { "
    "preferences { dailyGoal timezone soundEnabled version } "
    f"conflicts {{ type state resolvedBy }} {ERRORS} }} }}"
)
LATER = DAY + timedelta(days=10)


def session(number: int, **given: Any) -> dict[str, Any]:
    """A session as a client of GraphQL sends it."""
    return {
        "sessionId": str(uuid(number)),
        "startTime": iso(LATER),
        "endTime": iso(LATER + 25 * MINUTE),
        "duration": 25,
        "category": "Work",
        "project": "Thesis",
        "note": "",
        "source": "mac_app",
        **given,
    }


async def test_sessions_are_told_with_the_device_and_the_run_they_came_from(ask: Asking) -> None:
    data = await ask.data(
        """{ focusSessions(from: "2025-03-03T12:00:00Z", to: "2025-03-03T12:00:01Z") { nodes {
          number state kind startAt endAt durationMin device { deviceType } mergedInto { number }
          run { domain transport device { deviceId } } } } }"""
    )
    merged, kept = data["focusSessions"]["nodes"]

    assert (merged["state"], kept["state"]) == ("MERGED", "COMPLETED")
    assert merged["mergedInto"] == {"number": kept["number"]}
    assert kept["mergedInto"] is None
    assert merged["run"] == {
        "domain": "focus",
        "transport": "SDK",
        "device": {"deviceId": "web-chrome"},
    }
    assert kept["device"] == {"deviceType": "mac_app"}
    assert (kept["startAt"], kept["durationMin"]) == ("2025-03-03T12:00:00Z", 25.0)


async def test_a_session_is_found_by_its_id(ask: Asking) -> None:
    data = await ask.data("{ focusSessions(first: 1) { nodes { id } } }")
    mine = data["focusSessions"]["nodes"][0]["id"]
    query = "query ($id: ID!) { focus { session(id: $id) { id } } node(id: $id) { id } }"

    assert await ask.data(query, id=mine) == {
        "focus": {"session": {"id": mine}},
        "node": {"id": mine},
    }
    assert (await ask.data(query, id=mine, user_id=OTHER))["node"] is None


async def test_focus_adds_up_by_day_project_and_category(ask: Asking) -> None:
    data = await ask.data(
        """{ focus { tracking(from: "2025-03-03", to: "2025-03-05") {
          minutes sessions cancelled breakMinutes days { name minutes } projects { name sessions }
          categories { name } streak { longest lastDay } }
          days(from: "2025-03-03", to: "2025-03-05") { day project minutes sessions } } }"""
    )
    tracking, days = data["focus"]["tracking"], data["focus"]["days"]

    assert tracking["days"] == [
        {"name": "2025-03-03", "minutes": 175.0},
        {"name": "2025-03-04", "minutes": 0.0},
    ]
    assert (tracking["minutes"], tracking["sessions"], tracking["cancelled"]) == (175.0, 7, 0)
    assert tracking["projects"] == [
        {"name": "Thesis", "sessions": 5},
        {"name": "Else", "sessions": 2},
    ]
    assert tracking["categories"] == [{"name": "Work"}]
    assert tracking["streak"] == {"longest": 1, "lastDay": "2025-03-03"}
    assert days == [
        {"day": "2025-03-03", "project": "Else", "minutes": 50.0, "sessions": 2},
        {"day": "2025-03-03", "project": "Thesis", "minutes": 125.0, "sessions": 5},
    ]


async def test_focus_is_of_the_last_seven_days_unless_told(ask: Asking) -> None:
    with time_machine.travel("2025-03-05T23:30:00Z", tick=False):
        data = await ask.data(
            """{ focus { tracking { since until minutes } days { day } streak { current } }
                 of: focus { tracking(to: "2025-03-04") { since } } }"""
        )

    # In Oslo it is the 6th already.
    assert data["focus"]["tracking"] == {
        "since": "2025-02-28",
        "until": "2025-03-07",
        "minutes": 175.0,
    }
    assert len(data["focus"]["days"]) == 2
    assert data["focus"]["streak"] == {"current": 0}
    assert data["of"]["tracking"] == {"since": "2025-02-25"}


async def test_a_window_that_is_none_is_refused(ask: Asking) -> None:
    for given in ('from: "2025-03-05", to: "2025-03-05"', 'from: "1969-01-01"', 'to: "0001-01-02"'):
        query = f"{{ focus {{ tracking({given}) {{ minutes }} }} }}"

        assert await ask.refused(query) == ("BAD_INPUT", "from")


async def test_timers_and_preferences_are_told(ask: Asking) -> None:
    data = await ask.data(
        """{ focus { timers { clientSessionId plannedMin device { deviceId } }
          preferences { dailyGoal defaultDuration timezone focusMode version updatedAt } } }"""
    )
    timers, preferences = data["focus"]["timers"], data["focus"]["preferences"]

    assert {timer["clientSessionId"]: timer["device"]["deviceId"] for timer in timers} == {
        str(uuid(20)): "mac-app-2",
        str(uuid(21)): "web-chrome",
    }
    assert preferences.pop("updatedAt") is not None
    assert preferences == {
        "dailyGoal": 6,
        "defaultDuration": 25,
        "timezone": "Europe/Oslo",
        "focusMode": "normal",
        "version": 1,
    }


def test_every_preference_there_is_can_be_asked_for_and_set() -> None:
    told = schema.get_type_by_name("Preferences")
    taken = schema.get_type_by_name("PreferencesInput")

    names = {field.python_name for field in told.fields}  # type: ignore[union-attr]  # it is an object
    given = {field.python_name for field in taken.fields}  # type: ignore[union-attr]  # it is an input
    assert names == {*FIELDS, "version", "updated_at"}
    assert given == {*FIELDS, "base_version", "device_id", "client_mutation_id"}


def test_every_reason_to_break_off_is_known() -> None:
    assert [reason.value for reason in CancelReason] == list(REASONS)


async def test_sessions_sent_are_judged_one_by_one(own_ask: Asking) -> None:
    given = [
        session(50),
        session(0, startTime=iso(DAY), endTime=iso(DAY + 25 * MINUTE)),
        session(51, duration=90),
        session(2),
    ]

    payload = await own_ask.done(
        SUBMIT, scope="device", device_id="mac-app-2", input={"sessions": given}
    )

    assert payload["errors"] == []
    created, duplicate, rejected, conflict = payload["results"]
    assert created["status"] == "CREATED"
    assert created["sessionId"] == str(uuid(50))
    assert created["session"]["device"] == {"deviceId": "mac-app-2"}
    assert (duplicate["status"], duplicate["session"]["number"]) == ("DUPLICATE", 1)
    assert (rejected["status"], rejected["session"]) == ("REJECTED", None)
    assert rejected["error"] == "duration does not match start_time and end_time"
    assert (conflict["status"], conflict["conflict"]) == (
        "CONFLICT",
        {"type": "SESSION_MISMATCH"},
    )
    assert (payload["accepted"], payload["duplicates"], payload["rejected"]) == (2, 1, 1)
    assert payload["run"] == {
        "id": payload["run"]["id"],
        "domain": "focus",
        "status": "PARTIAL",
        "transport": "SDK",
        "itemsFailed": 1,
        "device": {"deviceId": "mac-app-2"},
    }


async def test_the_same_upload_under_the_same_mark_gives_the_first_answer(own_ask: Asking) -> None:
    given = {"sessions": [session(50)], "deviceId": "cli-new", "clientMutationId": "ü 1"}

    first = await own_ask.done(SUBMIT, input=given)
    again = await own_ask.done(SUBMIT, input=given)
    other = await own_ask.done(SUBMIT, input={**given, "sessions": [session(51)]})
    unmarked = await own_ask.done(SUBMIT, input={**given, "clientMutationId": None})

    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again == {**first, "replayed": True}
    assert first["results"][0]["status"] == "CREATED"
    assert [error["code"] for error in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert unmarked["results"][0]["status"] == "DUPLICATE"


async def test_the_answer_to_many_sessions_costs_no_more_than_that_to_two(own_ask: Asking) -> None:
    known = [
        session(
            n,
            startTime=iso(DAY + n * 60 * MINUTE),
            endTime=iso(DAY + (n * 60 + 25) * MINUTE),
        )
        for n in range(4)
    ]

    await own_ask.done(SUBMIT, input={"deviceId": "mac-app-2", "sessions": known[:1]})
    few = await own_ask.done(SUBMIT, input={"deviceId": "mac-app-2", "sessions": known[:2]})
    cost = len(own_ask.statements)
    many = await own_ask.done(SUBMIT, input={"deviceId": "mac-app-2", "sessions": known})

    assert (few["duplicates"], many["duplicates"]) == (2, 4)
    assert len(own_ask.statements) == cost


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"sessions": []}, "sessions"),
        ({"sessions": [session(50)] * (MOST + 1)}, "sessions"),
        ({"sessions": [session(50)], "deviceId": "a b"}, "deviceId"),
        ({"sessions": [session(50)], "pendingAfter": -1}, "pendingAfter"),
        ({"sessions": [session(50)], "clientTime": "1820-01-01T00:00:00Z"}, "clientTime"),
    ],
)
async def test_an_upload_that_is_none_is_refused_by_name(
    own_ask: Asking, given: dict[str, Any], blamed: str
) -> None:
    payload = await own_ask.done(SUBMIT, input=given)

    assert payload["results"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", blamed])


def test_a_whole_outbox_with_short_notes_fits_into_a_request() -> None:
    upload = {"sessions": [session(n, note="x" * 20) for n in range(MOST)]}

    body = orjson.dumps({"query": SUBMIT, "variables": {"input": upload}})

    assert len(body) < MAX_BYTES


async def test_a_session_begun_tells_of_those_that_run_elsewhere(own_ask: Asking) -> None:
    given = {
        "sessionId": str(uuid(60)),
        "plannedDuration": 50,
        "category": "Work",
        "source": "cli",
    }

    payload = await own_ask.done(
        START, scope="device", device_id="cli-new", input={**given, "kind": "BREAK"}
    )

    assert payload["errors"] == []
    assert payload["timer"]["clientSessionId"] == str(uuid(60))
    assert payload["timer"]["kind"] == "BREAK"
    assert payload["timer"]["device"] == {"deviceId": "cli-new"}
    assert {each["clientSessionId"] for each in payload["activeElsewhere"]} == {
        str(uuid(20)),
        str(uuid(21)),
    }


async def test_a_session_is_broken_off_once(own_ask: Asking) -> None:
    given = {"sessionId": str(uuid(20)), "elapsedMinutes": 12, "reason": "EMERGENCY"}

    first = await own_ask.done(CANCEL, input={**given, "deviceId": "mac-app-2"})
    again = await own_ask.done(CANCEL, input={**given, "elapsedMinutes": 14})
    data = await own_ask.data("{ focus { timers { clientSessionId } } }")

    assert first["session"] == {
        "clientSessionId": str(uuid(20)),
        "state": "CANCELLED",
        "cancelReason": "EMERGENCY",
        "durationMin": 12.0,
    }
    assert again == first
    assert data["focus"]["timers"] == [{"clientSessionId": str(uuid(21))}]


@pytest.mark.parametrize(
    ("mutation", "given", "blamed"),
    [
        (START, {"plannedDuration": 0, "category": "", "source": "cli"}, "plannedDuration"),
        (START, {"plannedDuration": 25, "category": "", "source": " "}, "source"),
        (CANCEL, {"elapsedMinutes": -1}, "elapsedMinutes"),
    ],
)
async def test_what_cannot_begin_or_end_is_refused_by_name(
    own_ask: Asking, mutation: str, given: dict[str, Any], blamed: str
) -> None:
    payload = await own_ask.done(mutation, input={"sessionId": str(uuid(70)), **given})

    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", blamed])


async def test_preferences_are_set_field_by_field(own_ask: Asking) -> None:
    payload = await own_ask.done(
        PREFER, scope="device", device_id="cli-new", input={"soundEnabled": False}
    )

    assert payload["errors"] == []
    assert payload["preferences"] == {
        "dailyGoal": 6,
        "timezone": "Europe/Oslo",
        "soundEnabled": False,
        "version": 2,
    }
    assert payload["conflicts"] == []


async def test_a_preference_changed_meanwhile_is_told_of(own_ask: Asking) -> None:
    payload = await own_ask.done(
        PREFER, scope="device", device_id="cli-new", input={"dailyGoal": 9, "baseVersion": 0}
    )

    assert payload["preferences"]["dailyGoal"] == 9
    (conflict,) = payload["conflicts"]
    assert conflict["type"] == "PREFERENCE_CONFLICT"
    assert conflict["state"] == "RESOLVED"


async def test_a_preference_out_of_range_changes_nothing(own_ask: Asking) -> None:
    payload = await own_ask.done(PREFER, input={"dailyGoal": 21, "soundEnabled": False})
    data = await own_ask.data("{ focus { preferences { dailyGoal soundEnabled } } }")

    assert payload["errors"] == [
        {
            "code": "BAD_INPUT",
            "message": "daily_goal must be between 1 and 20",
            "path": ["input", "dailyGoal"],
        }
    ]
    assert data["focus"]["preferences"] == {"dailyGoal": 6, "soundEnabled": True}


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        (SUBMIT, {"sessions": []}),
        (START, {"sessionId": str(uuid(1)), "plannedDuration": 1, "category": "", "source": "x"}),
        (CANCEL, {"sessionId": str(uuid(1)), "elapsedMinutes": 1}),
        (PREFER, {"dailyGoal": 1}),
    ],
)
async def test_a_key_that_only_reads_sends_nothing(
    quick_ask: Asking, mutation: str, given: dict[str, Any]
) -> None:
    assert await quick_ask.refused(mutation, input=given) == ("FORBIDDEN", None)
    assert quick_ask.statements == []


async def test_nobody_sees_the_focus_of_somebody_else(ask: Asking) -> None:
    data = await ask.data(
        """{ focusSessions { totalCount nodes { id } } focus { timers { source } streak { longest }
          preferences { version } tracking(from: "2025-03-03", to: "2025-03-05") { sessions } }
          devices(all: true) { id } syncConflicts(state: null) { id } }""",
        user_id=OTHER,
    )

    assert data == {
        "focusSessions": {"totalCount": 0, "nodes": []},
        "focus": {
            "timers": [],
            "streak": {"longest": 0},
            "preferences": {"version": 0},
            "tracking": {"sessions": 0},
        },
        "devices": [],
        "syncConflicts": [],
    }


async def test_a_run_of_an_upload_names_its_device(ask: Asking) -> None:
    data = await ask.data(
        '{ syncRuns(filter: {domain: "focus"}) { nodes { provider device { deviceId } } } }'
    )

    assert {(run["provider"], run["device"]["deviceId"]) for run in data["syncRuns"]["nodes"]} == {
        ("mac_app", "mac-app-2"),
        ("web_timer", "web-chrome"),
    }
