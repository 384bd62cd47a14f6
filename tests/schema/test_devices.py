"""Devices in GraphQL: told, registered, revoked, alive, and all of them in one report."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from starlette.requests import Request

from rewind_gql import clock
from rewind_gql.auth.views import Caller
from rewind_gql.clock import iso
from schema.asgi import Endpoint
from schema.ids import global_id
from schema.root import schema
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking, caller
from tests.schema.sessions import INSTALL, uuid

pytestmark = pytest.mark.either

ERRORS = "errors { code message path } clientMutationId"
REGISTER = (
    "mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { created "
    f"device {{ id deviceId deviceType name version installId state }} {ERRORS} }} }}"
)
REVOKE = (
    f"mutation ($id: ID!) {{ revokeDevice(id: $id) {{ device {{ id deviceId state }} {ERRORS} }} }}"
)
BEAT = (
    "mutation ($input: HeartbeatInput!) { deviceHeartbeat(input: $input) { serverTime syncState "
    "device { deviceId pendingReported syncState } preferencesVersion preferences { dailyGoal } "
    f"acknowledged {ERRORS} }} }}"
)
REPORT = """query ($hours: Int!, $scan: Boolean!) { deviceSync(lastHours: $hours, scan: $scan) {
  overall lastSync lagSeconds pendingOnActive unsynced recommendations
  totalDevices activeDevices totalSessions
  devices { deviceId syncState } conflicts { type state description }
} }"""


async def devices(ask: Asking, **given: Any) -> dict[str, dict[str, Any]]:
    """Every device there ever was, by what it calls itself."""
    query = "{ devices(all: true) { id deviceId state syncState supersededBy { deviceId } } }"
    found = (await ask.data(query, **given))["devices"]
    return {device["deviceId"]: device for device in found}


async def test_devices_in_use_are_told_and_on_demand_all(ask: Asking) -> None:
    data = await ask.data("{ devices { deviceId } everything: devices(all: true) { deviceId } }")

    used = {device["deviceId"] for device in data["devices"]}
    assert used == {"web-chrome", "mac-app-2", "cli-new"}
    assert {device["deviceId"] for device in data["everything"]} == used | {"mac-app-1", "cli-old"}


async def test_a_newer_version_takes_the_place_of_an_older_one(ask: Asking) -> None:
    found = await devices(ask)

    assert found["mac-app-1"]["state"] == "SUPERSEDED"
    assert found["mac-app-1"]["supersededBy"] == {"deviceId": "mac-app-2"}
    assert found["mac-app-2"]["supersededBy"] is None


async def test_a_device_is_found_by_its_id(ask: Asking) -> None:
    mine = (await devices(ask))["web-chrome"]["id"]
    query = "query ($id: ID!) { device(id: $id) { deviceId } node(id: $id) { __typename id } }"

    data = await ask.data(query, id=mine)

    assert data == {
        "device": {"deviceId": "web-chrome"},
        "node": {"__typename": "Device", "id": mine},
    }
    assert (await ask.data(query, id=mine, user_id=OTHER))["device"] is None


async def test_a_device_makes_itself_known_and_tells_more_later(own_ask: Asking) -> None:
    given = {"deviceId": "phone", "deviceType": "ios_app", "installId": str(uuid(99))}

    made = await own_ask.done(REGISTER, scope="device", input={**given, "clientMutationId": "m"})
    told = await own_ask.done(REGISTER, input={**given, "name": "Pocket", "version": "3"})

    assert made["created"] is True
    assert made["clientMutationId"] == "m"
    assert made["device"] == {
        "id": made["device"]["id"],
        "deviceId": "phone",
        "deviceType": "ios_app",
        "name": None,
        "version": None,
        "installId": str(uuid(99)),
        "state": "ACTIVE",
    }
    assert told["created"] is False
    assert told["device"] == {**made["device"], "name": "Pocket", "version": "3"}


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"deviceId": "a b"}, "deviceId"),
        ({"deviceId": ""}, "deviceId"),
        ({"deviceType": "Mac App"}, "deviceType"),
        ({"name": "x" * 300}, "name"),
    ],
)
async def test_what_is_no_device_is_refused_by_name(
    own_ask: Asking, given: dict[str, Any], blamed: str
) -> None:
    usual = {"deviceId": "phone", "deviceType": "ios_app"}

    payload = await own_ask.done(REGISTER, input={**usual, **given})

    assert payload["device"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", blamed])


async def test_a_revoked_device_may_not_come_back(own_ask: Asking) -> None:
    mine = (await devices(own_ask))["web-chrome"]["id"]

    revoked = await own_ask.done(REVOKE, id=mine)
    again = await own_ask.done(REVOKE, id=mine)
    back = await own_ask.done(REGISTER, input={"deviceId": "web-chrome", "deviceType": "web_timer"})

    assert revoked["device"]["state"] == "REVOKED"
    assert again == revoked
    assert [error["code"] for error in back["errors"]] == ["DEVICE_REVOKED"]
    assert "web-chrome" not in {
        device["deviceId"] for device in (await own_ask.data("{ devices { deviceId } }"))["devices"]
    }


async def test_only_ones_own_devices_can_be_revoked(own_ask: Asking) -> None:
    mine = (await devices(own_ask))["web-chrome"]["id"]

    theirs = await own_ask.done(REVOKE, id=mine, user_id=OTHER)
    none = await own_ask.done(REVOKE, id=global_id("Device", 9_999))

    assert [error["code"] for error in theirs["errors"]] == ["DEVICE_NOT_FOUND"]
    assert [error["code"] for error in none["errors"]] == ["DEVICE_NOT_FOUND"]


async def test_a_sign_of_life_is_answered_with_what_the_device_does_not_have(
    own_ask: Asking,
) -> None:
    given = {"clientTime": iso(clock.now()), "sessionsPending": 2}

    behind = await own_ask.done(BEAT, scope="device", device_id="web-chrome", input=given)
    version = behind["preferencesVersion"]
    level = await own_ask.done(
        BEAT, input={**given, "deviceId": "web-chrome", "preferencesVersion": version}
    )

    assert behind["errors"] == []
    assert behind["device"] == {
        "deviceId": "web-chrome",
        "pendingReported": 2,
        "syncState": "PENDING",
    }
    assert behind["syncState"] == "PENDING"
    assert behind["preferences"] == {"dailyGoal": 6}
    assert str(uuid(10)) in behind["acknowledged"]
    assert (version, level["preferences"]) == (1, None)


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({}, "deviceId"),
        ({"deviceId": "a b"}, "deviceId"),
        ({"deviceId": "web-chrome", "sessionsPending": -1}, "sessionsPending"),
        ({"deviceId": "web-chrome", "clientTime": "1820-01-01T00:00:00Z"}, "clientTime"),
    ],
)
async def test_a_sign_of_life_that_is_none_is_refused_by_name(
    own_ask: Asking, given: dict[str, Any], blamed: str
) -> None:
    usual = {"clientTime": iso(clock.now()), "sessionsPending": 0}

    payload = await own_ask.done(BEAT, input={**usual, **given})

    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", ["input", blamed])


async def test_a_revoked_device_gives_no_sign_of_life(own_ask: Asking) -> None:
    mine = (await devices(own_ask))["web-chrome"]["id"]
    await own_ask.done(REVOKE, id=mine)
    given = {"deviceId": "web-chrome", "clientTime": iso(clock.now()), "sessionsPending": 0}

    payload = await own_ask.done(BEAT, input=given)

    assert [error["code"] for error in payload["errors"]] == ["DEVICE_REVOKED"]


async def test_the_report_tells_how_all_devices_stand(ask: Asking) -> None:
    found = (await ask.data(REPORT, hours=24, scan=False))["deviceSync"]

    assert found["overall"] == "CONFLICTS"
    assert {each["deviceId"]: each["syncState"] for each in found["devices"]} == {
        "web-chrome": "UP_TO_DATE",
        "mac-app-2": "UP_TO_DATE",
        "cli-new": "UP_TO_DATE",
    }
    assert (found["pendingOnActive"], found["unsynced"]) == (0, 0)
    assert (found["totalDevices"], found["activeDevices"]) == (3, 3)
    assert found["recommendations"][0] == "3 sync conflicts need review"
    assert found["conflicts"][0] == {
        "type": "SESSION_OVERLAP",
        "state": "OPEN",
        "description": "Overlapping sessions detected from different devices",
    }
    assert found["lagSeconds"] >= 0


async def test_a_device_in_a_report_is_judged_within_the_hours_of_the_report(ask: Asking) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=30), tick=False):
        near = (await ask.data(REPORT, hours=24, scan=False))["deviceSync"]
        far = (await ask.data(REPORT, hours=48, scan=False))["deviceSync"]

    assert {each["syncState"] for each in near["devices"]} == {"OFFLINE"}
    assert {each["syncState"] for each in far["devices"]} == {"STALE"}


async def test_a_report_for_nobody_says_so(ask: Asking) -> None:
    found = (await ask.data(REPORT, hours=24, scan=False, user_id=OTHER))["deviceSync"]

    assert found["overall"] == "OFFLINE"
    assert (found["devices"], found["lastSync"], found["lagSeconds"]) == ([], None, None)


async def test_other_conflicts_are_told_on_demand(ask: Asking) -> None:
    query = "query ($s: String!) { deviceSync { conflicts(state: $s) { state resolution } } }"

    found = (await ask.data(query, s="resolved"))["deviceSync"]["conflicts"]

    assert found == [{"state": "RESOLVED", "resolution": "KEEP_ONE"}] * 2
    assert await ask.refused(query, s="shut") == ("BAD_INPUT", "state")


@pytest.mark.parametrize("hours", [0, 8761, -1])
async def test_hours_out_of_range_are_refused(quick_ask: Asking, hours: int) -> None:
    refused = await quick_ask.refused(REPORT, hours=hours, scan=True)

    assert refused == ("BAD_INPUT", "lastHours")


async def test_a_report_costs_as_much_for_many_devices_as_for_few(ask: Asking) -> None:
    await ask.data(REPORT, hours=24, scan=False)
    mine = len(ask.statements)
    await ask.data("{ deviceSync { devices { id syncState } } }")

    assert mine - len(ask.statements) <= 2  # members and sessions of the conflicts told


@pytest.mark.parametrize(
    ("mutation", "variables"),
    [
        (REGISTER, {"input": {"deviceId": "x", "deviceType": "cli"}}),
        (REVOKE, {"id": "x"}),
        (BEAT, {"input": {"clientTime": "2025-03-01T12:00:00Z", "sessionsPending": 0}}),
    ],
)
async def test_a_key_that_only_reads_sends_nothing(
    quick_ask: Asking, mutation: str, variables: dict[str, Any]
) -> None:
    assert await quick_ask.refused(mutation, **variables) == ("FORBIDDEN", None)
    assert quick_ask.statements == []


async def test_a_device_reads_the_data_of_its_own_person(ask: Asking) -> None:
    data = await ask.data(
        "{ viewer { scope } devices { installId } listening { artists { totalCount } } }",
        scope="device",
        device_id="web-chrome",
    )

    assert data["viewer"] == {"scope": "DEVICE"}
    assert str(INSTALL) in {device["installId"] for device in data["devices"]}
    assert data["listening"]["artists"]["totalCount"] == 3


async def test_a_device_that_asks_by_its_token_counts_as_seen(own_ask: Asking) -> None:
    async def door(_request: Request) -> Caller:
        return caller(ME, "device", "phone")

    endpoint = Endpoint(schema, own_ask.deps, authenticate=door)
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://rewind") as client:
        first = await client.post("/", json={"query": "{ devices { deviceId } }"})
        mine = (await devices(own_ask))["phone"]["id"]
        await own_ask.done(REVOKE, id=mine)
        refused = await client.post("/", json={"query": "{ devices { deviceId } }"})

    assert first.json()["data"]["devices"][0] == {"deviceId": "phone"}
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["extensions"]["code"] == "DEVICE_REVOKED"


async def test_a_device_does_not_run_the_house(quick_ask: Asking) -> None:
    for document in (
        'mutation { triggerSync(input: {sourceId: "x"}) { coalesced } }',
        'mutation { cancelSync(runId: "x") { run { id } } }',
        'mutation { retrySync(runId: "x") { run { id } } }',
        'mutation { pauseSource(id: "x") { source { id } } }',
        'mutation { createApiKey(input: {name: "x"}) { key } }',
        "{ apiKeys { id } }",
    ):
        refused = await quick_ask.refused(document, scope="device", device_id="web-chrome")

        assert refused == ("FORBIDDEN", None), document
