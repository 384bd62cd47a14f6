"""One session told in two ways."""

from typing import Any

import pytest

from rewind_gql.domains.focus import derive, queries, views
from rewind_gql.domains.focus.conflicts.refusals import ConflictChanged
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.focus.conflicts.made import (
    MINUTE,
    NOON,
    find,
    named,
    open_sets,
    send,
    sent,
    session,
    settle,
    settle_safely,
    state_of,
    stored,
    take_back,
)

TOLD = session("a", 0, 25, note="one")
OTHERWISE = session("a", 5, 40, note="two", device_id="win", source="windows_app")


async def mismatch(store: Store, *told: Any) -> int:
    """Send one session in several ways; gives the conflict of the last."""
    verdicts = await send(store, *told)
    assert verdicts[-1].status == "conflict"
    assert verdicts[-1].conflict_id is not None
    return verdicts[-1].conflict_id


async def members(store: Store, conflict_id: int) -> list[views.ConflictMember]:
    found = await store.ask(queries.members_by_conflict, ME, [conflict_id])
    return found[conflict_id]


async def test_what_else_was_sent_is_kept_beside_what_is_stored(store: Store) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)

    first, other = await members(store, at)
    assert (first.session_id, first.device_id, first.variant) == (1, "mac", None)
    assert (other.session_id, other.device_id) == (1, "win")
    assert other.variant is not None
    assert other.variant["start_at"] == (NOON + 5 * MINUTE).isoformat()
    assert [other.variant[name] for name in ("note", "duration_min")] == ["two", 35]
    assert await open_sets(store) == {("session_mismatch", frozenset({1}))}


async def test_the_same_sent_again_is_the_same_conflict(store: Store) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)

    assert await mismatch(store, OTHERWISE) == at
    assert len(await members(store, at)) == 2


async def test_a_third_version_takes_over_the_conflict(store: Store) -> None:
    old = await mismatch(store, TOLD, OTHERWISE)

    grown = await mismatch(store, session("a", 100, 125, device_id="web"))

    assert await state_of(store, old) == "superseded"
    assert [each.device_id for each in await members(store, grown)] == ["mac", "win", "web"]
    with pytest.raises(ConflictChanged) as refused:
        await settle(store, old, "KEEP_ALL")
    assert refused.value.conflict_id == grown


async def test_keeping_all_leaves_what_is_stored_and_the_variant_where_it_is(store: Store) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)
    before = await stored(store)

    await settle(store, at, "KEEP_ALL")

    assert await stored(store) == before
    assert await mismatch(store, OTHERWISE) == at
    assert await open_sets(store) == set()


async def test_keeping_the_member_without_a_variant_keeps_what_is_stored(store: Store) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)
    before = await stored(store)
    first, _ = await members(store, at)

    settled = await settle(store, at, "KEEP_ONE", keep=first.id)

    assert (settled.state, settled.resolution) == ("resolved", "KEEP_ONE")
    assert await stored(store) == before


async def test_taking_the_variant_makes_the_session_what_it_tells(store: Store) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)
    _, other = await members(store, at)

    await settle(store, at, "KEEP_ONE", keep=other.id)

    (row,) = await named(store, "a")
    assert (row.start_at, row.end_at) == (NOON + 5 * MINUTE, NOON + 40 * MINUTE)
    assert (row.note, row.duration_min, row.revision, row.device_id) == ("two", 35, 2, "mac")
    assert await store.ask(derive.drift, ME) == []
    first, taken = await members(store, at)
    assert taken.variant is None
    assert first.variant is not None
    assert first.variant["note"] == "one"


async def test_once_taken_both_devices_are_answered_without_a_new_conflict(store: Store) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)
    _, other = await members(store, at)
    await settle(store, at, "KEEP_ONE", keep=other.id)

    old, new = await send(store, TOLD, OTHERWISE)

    assert (old.status, old.conflict_id) == ("conflict", at)
    assert new.status == "duplicate"
    assert await open_sets(store) == set()


async def test_a_variant_taken_is_compared_with_its_neighbours(store: Store) -> None:
    await send(store, session("b", 30, 60, project="x"))
    at = await mismatch(store, session("a", 0, 25, project="y"), OTHERWISE)
    _, other = await members(store, at)

    await settle(store, at, "KEEP_ONE", keep=other.id)

    assert await open_sets(store) == {("session_overlap", frozenset({1, 2}))}


@pytest.mark.parametrize("choice", ["stored", "variant", "all"])
async def test_undoing_puts_the_session_and_its_versions_back(store: Store, choice: str) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)
    sessions, versions = await stored(store), await members(store, at)
    how = {"all": "KEEP_ALL"}.get(choice, "KEEP_ONE")
    keep = {"stored": versions[0].id, "variant": versions[1].id}.get(choice)
    await settle(store, at, how, keep=keep)

    opened = await take_back(store, at)

    assert opened.state == "open"
    assert await stored(store) == sessions
    assert await members(store, at) == versions
    assert await store.ask(derive.drift, ME) == []


@pytest.mark.parametrize(
    ("how", "more", "path"),
    [
        ("MERGE", {}, "resolution"),
        ("DELETE", {"delete": [1]}, "resolution"),
        ("KEEP_ONE", {}, "keep"),
        ("KEEP_ONE", {"keep": 99}, "keep"),
    ],
)
async def test_only_a_version_can_be_chosen(
    store: Store, how: str, more: dict[str, Any], path: str
) -> None:
    at = await mismatch(store, TOLD, OTHERWISE)

    with pytest.raises(BadInput) as refused:
        await settle(store, at, how, **more)

    assert refused.value.path == path


@pytest.mark.parametrize(
    ("told", "minutes"),
    [
        pytest.param(session("a", -5, 30, device_id="win"), 35, id="the other says more"),
        pytest.param(session("a", 5, 20, device_id="win"), 25, id="what is stored says more"),
    ],
)
async def test_the_version_that_says_all_is_taken_without_a_person(
    store: Store, told: Any, minutes: float
) -> None:
    at = await mismatch(store, session("a", 0, 25), told)

    assert await find(store, [1]) == [at]
    assert await settle_safely(store, [at], "duplicates") == []
    (done,) = await settle_safely(store, [at], "all_safe")

    assert (done.resolution, done.resolved_by) == ("KEEP_ONE", "auto")
    (row,) = await named(store, "a")
    assert row.duration_min == minutes


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(session("a", 5, 30, device_id="win"), id="neither lasts through the other"),
        pytest.param(session("a", -5, 30, note="two", device_id="win"), id="other words"),
        pytest.param(session("a", -5, 30, kind="break", device_id="win"), id="another kind"),
    ],
)
async def test_versions_that_each_say_something_else_need_a_person(store: Store, told: Any) -> None:
    at = await mismatch(store, TOLD, told)

    assert await settle_safely(store, [at], "all_safe") == []


async def test_a_session_in_both_kinds_of_conflict_is_settled_once(store: Store) -> None:
    await send(store, session("a", 0, 25), session("b", 0, 25))
    await mismatch(store, session("a", -5, 30, device_id="win"))

    done = await settle_safely(store, await find(store, [1, 2]), "all_safe")

    assert {each.type for each in done} == {"session_mismatch", "duplicate_session"}
    a, b = await named(store, "a", "b")
    assert (a.duration_min, a.state, b.state, b.merged_into) == (35, "completed", "merged", 1)


async def test_a_version_more_does_not_settle_what_a_person_took_back(store: Store) -> None:
    at = await mismatch(store, session("a", 0, 25), session("a", -5, 30, device_id="win"))
    await settle_safely(store, [at], "all_safe")
    await take_back(store, at)

    grown = await mismatch(store, session("a", -10, 40, device_id="web"))

    assert await settle_safely(store, [grown], "all_safe") == []


async def test_overlaps_of_a_session_told_in_two_ways_are_a_conflict_of_their_own(
    store: Store,
) -> None:
    await sent(store, session("a", 0, 25), session("b", 20, 45))

    await mismatch(store, session("a", 0, 30, device_id="win"))

    assert await open_sets(store) == {
        ("session_overlap", frozenset({1, 2})),
        ("session_mismatch", frozenset({1})),
    }
