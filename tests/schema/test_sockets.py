"""GraphQL over WebSocket: raw messages to a real server, and what it says."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlmodel import col
from structlog.testing import capture_logs

from rewind_gql.auth.tables import User
from rewind_gql.auth.views import Standing
from rewind_gql.sync import events
from schema.ids import global_id
from schema.operations import MAX_OPERATIONS
from tests.databases import OTHER, UUIDS
from tests.schema.streaming import (
    CUTS,
    EVENTS,
    Site,
    following,
    happen_slowly,
    introduced,
    quick_site,
    seqs,
    site,
    talking,
    work_on,
)
from tests.serving import new_key
from tests.sync.told import begin, end, tell

__all__ = ["quick_site", "site"]

SCOPE = "{ viewer { scope } }"
INIT = {"type": "connection_init"}


def asked(query: Any = SCOPE, **given: Any) -> dict[str, Any]:
    """A message that starts an operation."""
    return {"id": "q", "type": "subscribe", "payload": {"query": query, **given}}


async def test_a_query_and_a_mutation_are_answered_and_completed(quick_site: Site) -> None:
    async with introduced(quick_site, "admin") as talk:
        told = await talk.ask(SCOPE)
        done = await talk.ask('mutation { cancelSync(runId: "x") { errors { code } } }')

    assert told == {"data": {"viewer": {"scope": "ADMIN"}}}
    assert done == {"data": {"cancelSync": {"errors": [{"code": "BAD_INPUT"}]}}}


async def test_events_come_as_they_happen_until_the_client_has_enough(site: Site) -> None:
    await begin(site.store, "pull_a")
    await tell(site.store, "pull_a")

    async with introduced(site) as talk:
        await talk.subscribe("s", following(replay=5))
        past = await talk.results(1)
        await tell(site.store, "pull_a", 2)
        present = await talk.results(2)
        await talk.send({"id": "s", "type": "complete"})
        await talk.ask(SCOPE, id_="s")
        await tell(site.store, "pull_a")
        await talk.send({"type": "ping"})
        after = await talk.receive()

    assert seqs([*past, *present]) == [1, 2, 3]
    assert after == {"type": "pong"}


async def test_a_run_is_followed_to_its_end(site: Site) -> None:
    await begin(site.store, "pull_a")
    await begin(site.store, "pull_b")
    await tell(site.store, "pull_a")

    async with introduced(site) as talk:
        await talk.subscribe("s", following(run=global_id("SyncRun", "pull_a"), replay=1))
        first = await talk.results(1)
        await tell(site.store, "pull_b")
        await end(site.store, "pull_a")
        last = await talk.results(1)
        complete = await talk.receive()

    assert seqs([*first, *last]) == [1, 3]
    assert last[0]["data"]["syncEvents"]["status"] == "SUCCESS"
    assert complete == {"id": "s", "type": "complete"}


async def test_every_event_sees_the_run_as_it_is_then(quick_site: Site) -> None:
    query = "subscription { syncEvents(replay: 1) { ... on SyncEvent { run { status } } } }"
    await begin(quick_site.store, "pull_a")
    await tell(quick_site.store, "pull_a")

    async with introduced(quick_site) as talk:
        await talk.subscribe("s", {"query": query})
        before = await talk.results(1)
        await end(quick_site.store, "pull_a")
        after = await talk.results(1)

    told = [each["data"]["syncEvents"]["run"]["status"] for each in (*before, *after)]
    assert told == ["IN_PROGRESS", "SUCCESS"]


async def test_what_an_operation_may_fetch_is_counted_for_each_event(quick_site: Site) -> None:
    lists = " ".join(f"e{n}: events(first: 200) {{ nodes {{ seq }} }}" for n in range(20))
    query = (
        f"subscription {{ syncEvents(replay: 5) {{ ... on SyncEvent {{ run {{ {lists} }} }} }} }}"
    )
    await begin(quick_site.store, "pull_a")
    await tell(quick_site.store, "pull_a", 200)

    async with introduced(quick_site) as talk:
        await talk.subscribe("s", {"query": query})
        results = await talk.results(5)

    assert [result.get("errors") for result in results] == [None] * 5


async def test_operations_on_one_socket_have_nothing_in_common(quick_site: Site) -> None:
    lists = " ".join(f"e{n}: syncEvents(first: 200) {{ nodes {{ seq }} }}" for n in range(20))
    await begin(quick_site.store, "pull_a")
    await tell(quick_site.store, "pull_a", 200)

    async with introduced(quick_site) as talk:
        answers = [await talk.ask(f"{{ {lists} }}") for _ in range(3)]
        status = "{ syncRuns { nodes { status } } }"
        before = await talk.ask(status)
        await end(quick_site.store, "pull_a")
        after = await talk.ask(status)

    assert [answer.get("errors") for answer in answers] == [None] * 3
    assert before["data"]["syncRuns"]["nodes"] == [{"status": "IN_PROGRESS"}]
    assert after["data"]["syncRuns"]["nodes"] == [{"status": "SUCCESS"}]


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_the_first_message_may_write_the_header_in_any_case(
    quick_site: Site, name: str
) -> None:
    async with talking(quick_site) as talk:
        answer = await talk.introduce(**{name: f"Bearer {quick_site.api.read}"})

    assert answer == {"type": "connection_ack"}


async def test_the_header_of_the_handshake_will_do_and_the_message_comes_first(
    quick_site: Site,
) -> None:
    async with talking(quick_site, headers=quick_site.headers("read")) as talk:
        await talk.introduce()
        handshake = await talk.ask(SCOPE)
    async with talking(quick_site, headers=quick_site.headers("read")) as talk:
        await talk.introduce(**quick_site.headers("admin"))
        message = await talk.ask(SCOPE)

    assert handshake == {"data": {"viewer": {"scope": "READ"}}}
    assert message == {"data": {"viewer": {"scope": "ADMIN"}}}


async def test_a_token_opens_a_socket_until_all_tokens_of_its_person_are_void(site: Site) -> None:
    standing = Standing(user_epoch=0)
    token = site.api.desk.gate.tokens.issue(UUID(UUIDS[OTHER]), standing)

    async with introduced(site, token) as talk:
        scope = await talk.ask(SCOPE)
        async with site.store.write() as conn:
            await conn.execute(update(User).where(col(User.id) == OTHER).values(epoch=1))
        code, _ = await talk.closed()

    assert scope == {"data": {"viewer": {"scope": "DEVICE"}}}
    assert code == 4403


async def test_what_is_unknown_may_be_completed(quick_site: Site) -> None:
    async with introduced(quick_site) as talk:
        await talk.send({"id": "nobody", "type": "complete"})

        assert await talk.ask(SCOPE) == {"data": {"viewer": {"scope": "READ"}}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nobody }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { syncEvents { nobody } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { " + "scope " * 3_000 + "} }", "GRAPHQL_PARSE_FAILED"),
        ("{ a" * 200 + "}" * 200, "GRAPHQL_VALIDATION_FAILED"),
        ("query a { viewer { scope } } query b { viewer { scope } }", "BAD_USER_INPUT"),
        ("fragment a on Viewer { scope }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription ($x: SyncCursor) { syncEvents(after: $x) { __typename } } ",
            "BAD_USER_INPUT",
        ),
    ],
)
async def test_a_document_that_is_refused_ends_its_operation_and_nothing_else(
    quick_site: Site, query: str, code: str
) -> None:
    async with introduced(quick_site) as talk:
        await talk.subscribe("q", {"query": query, "variables": {"x": 7}})
        refused = await talk.receive()
        others = await talk.ask(SCOPE)

    assert refused["type"] == "error"
    assert code in {error["extensions"]["code"] for error in refused["payload"]}
    assert others == {"data": {"viewer": {"scope": "READ"}}}


async def test_too_much_in_one_operation_is_refused_as_it_is_over_http(quick_site: Site) -> None:
    run = "run { events(first: 200) { nodes { seq } } }"
    query = f"{{ syncEvents(first: 60) {{ nodes {{ {run} }} }} }}"
    await begin(quick_site.store, "pull_a")
    await tell(quick_site.store, "pull_a", 200)

    async with introduced(quick_site) as talk:
        answer = await talk.ask(query)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TOO_COMPLEX"]


async def test_a_failure_of_ours_is_masked(quick_site: Site) -> None:
    async with quick_site.store.write() as conn:
        await conn.execute(text("DROP TABLE sync_reject"))

    with capture_logs() as logged:
        async with introduced(quick_site) as talk:
            answer = await talk.ask("{ syncRejects { nodes { id } } }")

    (error,) = answer["errors"]
    assert error["message"] == "Internal error"
    assert error["extensions"]["code"] == "INTERNAL"
    [event] = [event for event in logged if event["event"] == "graphql.failed"]
    assert event["request_id"] == error["extensions"]["requestId"]


async def test_operations_count_as_requests(quick_site: Site) -> None:
    key = await new_key(quick_site.api.desk, "read", rate_limit_rpm=2)

    async with introduced(quick_site, key) as talk:
        answers = [await talk.ask(SCOPE) for _ in range(3)]

    (error,) = answers[2]
    assert answers[:2] == [{"data": {"viewer": {"scope": "READ"}}}] * 2
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < error["extensions"]["retryAfter"] <= 60


async def test_a_socket_runs_so_many_operations_at_a_time(quick_site: Site) -> None:
    async with introduced(quick_site) as talk:
        for number in range(MAX_OPERATIONS + 1):
            await talk.subscribe(f"s{number}", following())
        refused = await talk.receive()
        await talk.send({"id": "s0", "type": "complete"})
        answer = await talk.ask(SCOPE)

    assert (refused["id"], refused["type"]) == (f"s{MAX_OPERATIONS}", "error")
    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_STREAMS"
    assert answer == {"data": {"viewer": {"scope": "READ"}}}


async def test_a_client_that_reads_too_slowly_misses_steps_of_work_and_nothing_else(
    quick_site: Site,
) -> None:
    wide = " ".join(f"a{n}: metadata b{n}: at c{n}: cursor d{n}: id" for n in range(7))
    fields = f"seq stage metadata cursor {wide}"
    query = f"subscription {{ syncEvents(replay: 1) {{ ... on SyncEvent {{ {fields} }} }} }}"
    store = quick_site.store
    await begin(store, "pull_a")
    await tell(store, "pull_a")
    seen: list[Any] = []

    async with introduced(quick_site, narrow=True) as talk:
        await talk.subscribe("s", {"query": query})
        seen += await talk.results(1)
        for _ in range(8):
            await work_on(store, "pull_a", 149)
            await tell(store, "pull_a")
            await asyncio.sleep(0.02)
        await end(store, "pull_a")
        while seen[-1]["data"]["syncEvents"]["stage"] != "COMPLETED":
            seen += await talk.results(1)

    told = [each["data"]["syncEvents"] for each in seen]
    steps = [each["seq"] for each in told if each["metadata"].get("kind")]
    others = [each["seq"] for each in told if not each["metadata"].get("kind")]
    assert others == [1, *range(151, 1_202, 150), 1_202]
    assert steps == sorted(set(steps))
    assert 0 < len(steps) < 8 * 149


async def test_however_often_it_is_cut_off_a_client_sees_every_event_once(site: Site) -> None:
    seen: list[int] = []
    await begin(site.store, "pull_a")

    async def follow(cut_after: int | None) -> None:
        after = events.place(seen[-1]) if seen else events.place(0)
        async with introduced(site) as talk:
            await talk.subscribe("s", following(after=after))
            while seen[-1:] != [EVENTS] and cut_after != 0:
                seen.extend(seqs(await talk.results(1)))
                cut_after = cut_after and cut_after - 1
            talk.connection.transport.abort()

    writing = asyncio.create_task(happen_slowly(site.store, "pull_a", EVENTS))
    for cut in range(CUTS):
        await follow(cut % 30 + 1)
    await follow(None)
    await writing

    assert seen == list(range(1, EVENTS + 1))
