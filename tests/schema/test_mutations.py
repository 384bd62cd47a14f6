"""Changes: who may make them, what they answer, and what the next question sees."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rewind_gql.auth import keys, queries
from schema.ids import global_id, key_of
from schema.root import schema
from tests.databases import OTHER
from tests.schema.conftest import Asking
from tests.schema.life import live

ERRORS = "errors { code message path } clientMutationId"
TRIGGER = (
    "mutation ($input: TriggerSyncInput!) { triggerSync(input: $input) "
    f"{{ coalesced run {{ id stage trigger source {{ id provider }} }} {ERRORS} }} }}"
)
CANCEL = (
    "mutation ($run: ID!, $mark: String) { cancelSync(runId: $run, clientMutationId: $mark) "
    f"{{ run {{ id status stage canCancel }} {ERRORS} }} }}"
)
RETRY = (
    "mutation ($run: ID!, $mark: String) { retrySync(runId: $run, clientMutationId: $mark) "
    f"{{ coalesced run {{ id trigger retryOf {{ id }} }} {ERRORS} }} }}"
)
CREATE = (
    "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) "
    f"{{ key apiKey {{ id name scope prefix hint isActive rateLimitRpm expiresAt }} {ERRORS} }} }}"
)
REVOKE = f"mutation ($id: ID!) {{ revokeApiKey(id: $id) {{ apiKey {{ id isActive }} {ERRORS} }} }}"
PIN = (
    "mutation ($input: PinCrossReferenceInput!) { pinCrossReference(input: $input) { item { id "
    f"pin {{ album {{ name }} }} listening {{ matchType plays album {{ name }} }} }} {ERRORS} }} }}"
)
UNPIN = (
    "mutation ($item: ID!) { unpinCrossReference(itemId: $item) { item { id "
    f"pin {{ createdAt }} listening {{ matchType plays }} }} {ERRORS} }} }}"
)


async def do(ask: Asking, mutation: str, **variables: Any) -> dict[str, Any]:
    """The one payload of a mutation made with an admin key."""
    data = await ask.data(mutation, scope="admin", **variables)
    (payload,) = data.values()
    return dict(payload)


async def sources(ask: Asking) -> dict[str, str]:
    """The ids of the sources by provider."""
    data = await ask.data("{ syncSources { id provider } }")
    return {source["provider"]: source["id"] for source in data["syncSources"]}


async def runs(ask: Asking, status: str) -> list[str]:
    """The ids of the runs of that status."""
    query = "query ($status: SyncStatus!) { syncRuns(filter: {status: $status}) { nodes { id } } }"
    data = await ask.data(query, status=status)
    return [run["id"] for run in data["syncRuns"]["nodes"]]


async def items(ask: Asking) -> dict[str, str]:
    """The ids of the owned copies by title."""
    data = await ask.data("{ collecting { items { nodes { id release { title } } } } }")
    return {item["release"]["title"]: item["id"] for item in data["collecting"]["items"]["nodes"]}


def test_every_mutation_takes_and_gives_back_the_clients_mark() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None

    for name, field in mutation.fields.items():
        payload = field.type.of_type
        assert "clientMutationId" in payload.fields, name
        assert str(payload.fields["errors"].type) == "[UserError!]!", name
        given = field.args["input"].type.of_type.fields if "input" in field.args else field.args
        assert "clientMutationId" in given, name


@pytest.mark.parametrize(
    ("mutation", "variables"),
    [
        (TRIGGER, {"input": {"sourceId": "x"}}),
        (CANCEL, {"run": "x"}),
        (RETRY, {"run": "x"}),
        (CREATE, {"input": {"name": "x"}}),
        (REVOKE, {"id": "x"}),
        (PIN, {"input": {"itemId": "x"}}),
        (UNPIN, {"item": "x"}),
        ("mutation ($id: ID!) { pauseSource(id: $id) { errors { code } } }", {"id": "x"}),
        ("mutation ($id: ID!) { resumeSource(id: $id) { errors { code } } }", {"id": "x"}),
    ],
)
async def test_a_read_key_changes_nothing(
    quick_ask: Asking, mutation: str, variables: dict[str, Any]
) -> None:
    assert await quick_ask.refused(mutation, **variables) == ("FORBIDDEN", None)
    assert quick_ask.statements == []


async def test_a_sync_is_triggered_and_handed_over(own_ask: Asking) -> None:
    source = (await sources(own_ask))["lastfm"]
    for run in await runs(own_ask, "IN_PROGRESS"):
        await do(own_ask, CANCEL, run=run)

    payload = await do(own_ask, TRIGGER, input={"sourceId": source, "clientMutationId": "m1"})

    assert payload["errors"] == []
    assert payload["coalesced"] is False
    assert payload["clientMutationId"] == "m1"
    assert payload["run"]["trigger"] == "manual"
    assert payload["run"]["source"] == {"id": source, "provider": "lastfm"}
    run_id = key_of("SyncRun", payload["run"]["id"])
    assert own_ask.jobs.jobs == [("sync", {"run_id": run_id, "attempt": 1})]


async def test_a_sync_under_way_is_joined(own_ask: Asking) -> None:
    source = (await sources(own_ask))["lastfm"]

    payload = await do(own_ask, TRIGGER, input={"sourceId": source})

    assert payload["coalesced"] is True
    assert payload["run"]["id"] in await runs(own_ask, "IN_PROGRESS")
    assert own_ask.jobs.jobs == []


async def test_the_same_mark_gives_the_same_run_even_after_it_ended(own_ask: Asking) -> None:
    given = {"input": {"sourceId": (await sources(own_ask))["lastfm"], "clientMutationId": "m1"}}

    first = await do(own_ask, TRIGGER, **given)
    await do(own_ask, CANCEL, run=first["run"]["id"])
    again = await do(own_ask, TRIGGER, **given)

    assert again["run"]["id"] == first["run"]["id"]
    assert again["coalesced"] is True


async def test_a_waiting_run_is_cancelled_at_once(own_ask: Asking) -> None:
    (run, *_) = await runs(own_ask, "IN_PROGRESS")

    payload = await do(own_ask, CANCEL, run=run, mark="stop")

    assert payload["errors"] == []
    assert payload["run"] == {
        "id": run,
        "status": "CANCELLED",
        "stage": "CANCELLED",
        "canCancel": False,
    }


async def test_a_run_that_has_ended_cannot_be_cancelled(own_ask: Asking) -> None:
    (run, *_) = await runs(own_ask, "SUCCESS")

    payload = await do(own_ask, CANCEL, run=run, mark="stop")

    assert payload["run"] is None
    assert payload["clientMutationId"] == "stop"
    assert [error["code"] for error in payload["errors"]] == ["RUN_FINISHED"]


async def test_a_failed_run_is_repeated(own_ask: Asking) -> None:
    (run, *_) = await runs(own_ask, "FAILED")
    for waiting in await runs(own_ask, "IN_PROGRESS"):
        await do(own_ask, CANCEL, run=waiting)

    payload = await do(own_ask, RETRY, run=run)

    assert payload["errors"] == []
    assert payload["run"]["trigger"] == "retry"
    assert payload["run"]["retryOf"] == {"id": run}
    assert len(own_ask.jobs.jobs) == 1


async def test_a_refusal_because_of_a_run_brings_that_run(own_ask: Asking) -> None:
    (run, *_) = await runs(own_ask, "IN_PROGRESS")

    payload = await do(own_ask, RETRY, run=run)

    assert [error["code"] for error in payload["errors"]] == ["SYNC_ALREADY_RUNNING"]
    assert payload["run"]["id"] == run


async def test_a_source_is_paused_and_resumed(own_ask: Asking) -> None:
    source = (await sources(own_ask))["discogs"]
    change = "mutation ($id: ID!) { %s(id: $id) { source { paused freshness } errors { code } } }"

    paused = await do(own_ask, change % "pauseSource", id=source)
    refused = await do(own_ask, TRIGGER, input={"sourceId": source})
    resumed = await do(own_ask, change % "resumeSource", id=source)

    assert paused["source"] == {"paused": True, "freshness": "PAUSED"}
    assert [error["code"] for error in refused["errors"]] == ["SOURCE_PAUSED"]
    assert resumed["source"] == {"paused": False, "freshness": "FRESH"}


async def test_a_key_is_shown_once_and_works(own_ask: Asking) -> None:
    payload = await do(
        own_ask,
        CREATE,
        input={"name": "site", "scope": "READ", "expiresAt": "2125-01-01T00:00:00Z"},
    )

    key, kept = payload["key"], payload["apiKey"]
    assert payload["errors"] == []
    assert key.startswith("rw_live_")
    assert key.startswith(kept["prefix"])
    assert key.endswith(kept["hint"])
    assert (kept["name"], kept["scope"], kept["isActive"]) == ("site", "READ", True)
    assert kept["expiresAt"] == "2125-01-01T00:00:00Z"
    hashed = keys.fingerprint(key, own_ask.deps.gate.pepper)
    found = await own_ask.deps.store.system(queries.caller, hash=hashed)
    assert found is not None
    assert found.expires_at == datetime(2125, 1, 1, tzinfo=UTC)
    listed = await own_ask.data("{ apiKeys { id hint } }", scope="admin")
    assert listed == {"apiKeys": [{"id": kept["id"], "hint": kept["hint"]}]}


async def test_a_revoked_key_is_refused_from_then_on(own_ask: Asking) -> None:
    made = await do(own_ask, CREATE, input={"name": "site"})

    payload = await do(own_ask, REVOKE, id=made["apiKey"]["id"])

    assert payload["errors"] == []
    assert payload["apiKey"] == {"id": made["apiKey"]["id"], "isActive": False}
    hashed = keys.fingerprint(made["key"], own_ask.deps.gate.pepper)
    assert await own_ask.deps.store.system(queries.caller, hash=hashed) is None


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": "  "}, ["input", "name"]),
        ({"name": "x" * 101}, ["input", "name"]),
        ({"name": "x", "rateLimitRpm": 0}, ["input", "rateLimitRpm"]),
        ({"name": "x", "expiresAt": "2001-01-01T00:00:00Z"}, ["input", "expiresAt"]),
        ({"name": "x", "clientMutationId": "\0"}, ["input", "clientMutationId"]),
    ],
)
async def test_an_input_that_cannot_be_used_is_blamed_by_its_path(
    own_ask: Asking, given: dict[str, Any], path: list[str]
) -> None:
    payload = await do(own_ask, CREATE, input=given)

    assert payload["key"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["path"]) == ("BAD_INPUT", path)


async def test_a_pin_says_what_a_copy_is_until_it_is_taken_back(own_ask: Asking) -> None:
    copy = (await items(own_ask))["Future Days"]
    albums = await own_ask.data("{ listening { albums { nodes { id name } } } }")
    by_name = {node["name"]: node["id"] for node in albums["listening"]["albums"]["nodes"]}

    pinned = await do(own_ask, PIN, input={"itemId": copy, "albumId": by_name["Ege Bamyasi"]})
    unpinned = await do(own_ask, UNPIN, item=copy)
    denied = await do(own_ask, PIN, input={"itemId": copy, "albumId": None})

    assert pinned["item"] == {
        "id": copy,
        "pin": {"album": {"name": "Ege Bamyasi"}},
        "listening": {"matchType": "EXACT", "plays": 2, "album": {"name": "Ege Bamyasi"}},
    }
    assert unpinned["item"]["pin"] is None
    assert unpinned["item"]["listening"] == {"matchType": "ARTIST_ONLY", "plays": 2}
    assert denied["item"]["pin"] == {"album": None}
    assert denied["item"]["listening"]["matchType"] == "NONE"


async def test_what_is_somebody_elses_is_not_found(own_ask: Asking) -> None:
    await live(own_ask.deps.store, user_id=OTHER)
    theirs = await own_ask.data(
        "{ syncSources { id } syncRuns { nodes { id } } collecting { items { nodes { id } } } "
        "listening { albums { nodes { id } } } }",
        user_id=OTHER,
    )
    async with own_ask.deps.store.write() as conn:
        pepper = own_ask.deps.gate.pepper
        key, _ = await keys.create(conn, OTHER, name="x", scope="read", pepper=pepper)
    source = theirs["syncSources"][0]["id"]
    run = theirs["syncRuns"]["nodes"][0]["id"]
    item = theirs["collecting"]["items"]["nodes"][0]["id"]
    album = theirs["listening"]["albums"]["nodes"][0]["id"]
    mine = (await items(own_ask))["IV"]

    found = [
        (await do(own_ask, mutation, **given))["errors"][0]["code"]
        for mutation, given in (
            (TRIGGER, {"input": {"sourceId": source}}),
            (CANCEL, {"run": run}),
            (RETRY, {"run": run}),
            (REVOKE, {"id": global_id("ApiKey", key.id)}),
            (PIN, {"input": {"itemId": item, "albumId": None}}),
            (PIN, {"input": {"itemId": mine, "albumId": album}}),
            (UNPIN, {"item": item}),
        )
    ]

    assert found == [
        "SOURCE_NOT_FOUND",
        "RUN_NOT_FOUND",
        "RUN_NOT_FOUND",
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_FOUND",
    ]


async def test_mutations_are_made_one_after_the_other(own_ask: Asking) -> None:
    copy = (await items(own_ask))["IV"]
    query = """mutation ($item: ID!) {
      p: pinCrossReference(input: {itemId: $item, albumId: null}) { item { pin { createdAt } } }
      u: unpinCrossReference(itemId: $item) { item { pin { createdAt } } }
    }"""

    data = await own_ask.data(query, scope="admin", item=copy)

    assert data["p"]["item"]["pin"] is not None
    assert data["u"]["item"]["pin"] is None
