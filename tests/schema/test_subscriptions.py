"""What can be followed, asked of the schema itself: events of runs, and how the devices stand."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import delete, update
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from rewind_gql import clock
from rewind_gql.domains.focus import records
from rewind_gql.store.page import cursor
from rewind_gql.sync import events
from rewind_gql.sync.devices import presence
from rewind_gql.sync.devices.views import Pulse
from rewind_gql.sync.tables import Counter, Event
from schema.context import Context
from schema.ids import global_id
from schema.root import schema
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking, caller
from tests.schema.streaming import PATIENCE_S, following, seqs
from tests.schema.test_bad_input import VALUES
from tests.sync.told import begin, end, tell

FOLLOW_EVENTS = "subscription { syncEvents(replay: 1) { __typename } }"


class Follower:
    """Reads the results of a subscription, one when asked."""

    def __init__(self, results: Any) -> None:
        self._results = results

    async def next(self) -> ExecutionResult | None:
        """The next result; None at the end."""
        async with asyncio.timeout(PATIENCE_S):
            found: ExecutionResult | None = await anext(self._results, None)
        return found

    async def data(self, many: int) -> list[Any]:
        """The next so many results, which have no errors."""
        results = [await self.next() for _ in range(many)]
        assert [each and each.errors for each in results] == [None] * many
        return [{"data": each.data} for each in results if each]


@asynccontextmanager
async def followed(
    ask: Asking, query: str, variables: Mapping[str, Any], user_id: int = ME
) -> AsyncIterator[Follower]:
    """A subscription of somebody's."""
    asker = caller(user_id, "read")
    context = Context(deps=ask.deps, caller=asker, request_id="request-1", links=ask.links)
    asked = GraphQLRequestData(query, dict(variables), None, None)
    async with ask.deps.hub.running(), aclosing(schema.run(asked, context)) as results:
        yield Follower(results)


async def refusal(ask: Asking, **variables: Any) -> dict[str, Any]:
    """What is said of the one error, where nothing is followed."""
    async with followed(ask, **following(**variables)) as follower:
        result = await follower.next()
        assert await follower.next() is None
    assert result is not None
    assert result.errors
    (error,) = result.errors
    return {"message": error.message, **(error.extensions or {})}


async def test_only_events_of_the_one_who_asks_are_told(own_ask: Asking) -> None:
    store = own_ask.deps.store
    await begin(store, "pull_mine")
    await begin(store, "pull_others", user_id=OTHER)

    async with followed(own_ask, **following(), user_id=OTHER) as follower:
        first = asyncio.create_task(follower.data(1))
        await asyncio.sleep(0.05)
        await tell(store, "pull_mine")
        await tell(store, "pull_others", user_id=OTHER)
        [told] = await first

    assert told["data"]["syncEvents"]["run"]["id"] == global_id("SyncRun", "pull_others")


async def test_a_stream_goes_on_behind_any_cursor(ask: Asking) -> None:
    query = "{ syncEvents(first: 4) { nodes { seq cursor } } }"
    nodes = (await ask.data(query))["syncEvents"]["nodes"]

    async with followed(ask, **following(after=nodes[0]["cursor"], replay=1)) as follower:
        results = await follower.data(3)

    assert seqs(results) == [node["seq"] for node in nodes[1:4]]
    assert results[0]["data"]["syncEvents"]["cursor"] == nodes[1]["cursor"]


async def test_a_client_is_told_when_what_it_missed_is_forgotten(own_ask: Asking) -> None:
    store = own_ask.deps.store
    async with store.write() as conn:
        await conn.execute(delete(Event))
        await conn.execute(update(Counter).values(last_seq=8, pruned_seq=8))
    await begin(store, "pull_a")
    await tell(store, "pull_a", 2)

    async with followed(own_ask, **following(after=events.place(3))) as follower:
        reset, *rest = await follower.data(3)

    assert reset["data"]["syncEvents"] == {
        "__typename": "SyncStreamReset",
        "oldest": events.place(9),
    }
    assert seqs(rest) == [9, 10]


async def test_a_domain_alone_and_without_steps_of_work(own_ask: Asking) -> None:
    store = own_ask.deps.store
    await begin(store, "pull_a")
    await begin(store, "pull_b", domain="collecting")

    given = following(domain="collecting", steps=False)
    async with followed(own_ask, **given) as follower:
        first = asyncio.create_task(follower.data(1))
        await asyncio.sleep(0.05)
        await tell(store, "pull_b")
        await end(store, "pull_a")
        await end(store, "pull_b")
        [told] = await first

    assert told["data"]["syncEvents"]["run"]["id"] == global_id("SyncRun", "pull_b")
    assert told["data"]["syncEvents"]["stage"] == "COMPLETED"


@pytest.mark.parametrize(
    ("given", "code", "argument"),
    [
        ({"replay": -1}, "BAD_INPUT", "replay"),
        ({"replay": 201}, "BAD_INPUT", "replay"),
        ({"after": "x"}, "BAD_INPUT", "after"),
        ({"after": cursor("other", (1,))}, "BAD_INPUT", "after"),
        ({"after": 7}, "BAD_USER_INPUT", None),
        ({"domain": "x" * 101}, "BAD_INPUT", "domain"),
        ({"domain": "a\0b"}, "BAD_INPUT", "domain"),
        ({"run": "x"}, "BAD_INPUT", "runId"),
        ({"run": global_id("SyncSource", 1)}, "BAD_INPUT", "runId"),
        ({"run": global_id("SyncRun", "nobody")}, "RUN_NOT_FOUND", None),
        ({"steps": None}, "BAD_USER_INPUT", None),
    ],
)
async def test_what_cannot_be_followed_is_refused_in_words(
    ask: Asking, given: dict[str, Any], code: str, argument: str | None
) -> None:
    refused = await refusal(ask, **given)

    assert (refused["code"], refused.get("argument")) == (code, argument)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("after", "String"),
        ("replay", "Int"),
        ("run", "ID"),
        ("domain", "String"),
        ("steps", "Boolean"),
    ],
)
async def test_no_value_of_an_argument_is_our_failure(
    quick_ask: Asking, name: str, kind: str
) -> None:
    failed = []
    for value in VALUES[kind]:
        async with followed(quick_ask, **following(**{"replay": 1, name: value})) as follower:
            first = asyncio.create_task(follower.next())
            await asyncio.wait((first,), timeout=0.2)  # a good value may have nothing to tell
            result = first.result() if first.done() else None
            first.cancel()
            await asyncio.wait((first,))
        errors = result.errors if result else None
        codes = {(error.extensions or {}).get("code") for error in errors or ()}
        if codes & {"INTERNAL", None}:
            failed.append((value, codes))

    assert failed == []


async def test_a_document_is_refused_before_anything_is_followed(quick_ask: Asking) -> None:
    async with followed(quick_ask, "subscription { nobody }", {}) as follower:
        result = await follower.next()
        rest = await follower.next()

    assert isinstance(result, PreExecutionError)
    assert [each.extensions for each in result.errors or ()] == [
        {"code": "GRAPHQL_VALIDATION_FAILED", "requestId": "request-1"}
    ]
    assert rest is None
    assert quick_ask.statements == []


async def test_two_subscriptions_in_one_operation_are_refused(quick_ask: Asking) -> None:
    query = "subscription { syncEvents { __typename } deviceSync { overall } }"

    async with followed(quick_ask, query, {}) as follower:
        result = await follower.next()

    assert isinstance(result, PreExecutionError)


async def beat(ask: Asking, pending: int) -> None:
    """The phone's sign of life: so many sessions wait to be sent."""
    pulse = Pulse(
        device=records.Device(device_id="phone", device_type="android"),
        client_time=clock.now(),
        sessions_pending=pending,
    )
    await presence.heartbeat(ask.deps.store, ask.deps.settings.sync, OTHER, pulse)


async def test_the_devices_are_told_now_and_whenever_they_stand_differently(
    own_ask: Asking,
) -> None:
    store = own_ask.deps.store
    await begin(store, "pull_a", user_id=OTHER)
    query = "subscription { deviceSync { unsynced devices { deviceId } } }"

    async with followed(own_ask, query, {}, user_id=OTHER) as follower:
        told = await follower.data(1)
        for pending in (2, 1):
            await beat(own_ask, pending)
            told += await follower.data(1)
            await tell(store, "pull_a", 3, user_id=OTHER)
        await beat(own_ask, 0)
        told += await follower.data(1)

    reports = [each["data"]["deviceSync"] for each in told]
    assert [report["unsynced"] for report in reports] == [0, 2, 1, 0]
    assert [len(report["devices"]) for report in reports] == [0, 1, 1, 1]


async def test_the_devices_of_others_are_not_told(own_ask: Asking) -> None:
    query = "subscription { deviceSync { devices { deviceId } } }"
    await beat(own_ask, 2)

    async with followed(own_ask, query, {}, user_id=ME) as follower:
        [told] = await follower.data(1)

    assert "phone" not in str(told)


@pytest.mark.parametrize("hours", [0, -1, 8_761, 2**31 - 1])
async def test_hours_out_of_range_are_refused(quick_ask: Asking, hours: int) -> None:
    query = "subscription ($h: Int! = 24) { deviceSync(lastHours: $h) { overall } }"

    async with followed(quick_ask, query, {"h": hours}) as follower:
        result = await follower.next()

    assert result is not None
    assert [(each.extensions or {})["argument"] for each in result.errors or ()] == ["lastHours"]


async def test_who_has_enough_leaves_nothing_behind(quick_ask: Asking) -> None:
    before = asyncio.all_tasks()

    for query in (FOLLOW_EVENTS, "subscription { deviceSync { overall } }"):
        async with followed(quick_ask, query, {}) as follower:
            await follower.next()

    assert asyncio.all_tasks() == before
