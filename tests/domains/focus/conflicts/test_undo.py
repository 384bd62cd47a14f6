"""Resolutions taken back: everything as it was, or a refusal."""

from datetime import timedelta
from typing import Any

import pytest

from rewind_gql.domains.focus import derive, queries
from rewind_gql.domains.focus.conflicts.refusals import (
    ConflictChanged,
    ConflictNotFound,
    NothingToUndo,
)
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.focus.conflicts.made import (
    DAY,
    NOW,
    SECOND,
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


async def chain(store: Store) -> int:
    """Three sessions, each reaching into the next; gives the conflict."""
    (at,) = await sent(
        store,
        session("a", 0, 25, note="one"),
        session("b", 20, 45, project="Thesis", note="two"),
        session("c", 40, 65, planned_min=25),
    )
    return at


@pytest.mark.parametrize(
    ("how", "more"),
    [
        ("KEEP_ONE", {"keep": 2}),
        ("KEEP_ALL", {}),
        ("MERGE", {}),
        ("TRIM_EARLIER", {}),
        ("TRIM_LATER", {}),
        ("DELETE", {"delete": [1, 3]}),
        ("DELETE", {"delete": [3]}),
    ],
)
async def test_undoing_puts_everything_back(store: Store, how: str, more: dict[str, Any]) -> None:
    at = await chain(store)
    sessions, conflicts = await stored(store), await open_sets(store)
    (before,) = await store.ask(queries.conflicts, ME)
    await settle(store, at, how, **more)

    after = await take_back(store, at)

    assert after == before
    assert await stored(store) == sessions
    assert await open_sets(store) == conflicts
    assert await store.ask(derive.drift, ME) == []


async def test_undoing_twice_changes_nothing_more(store: Store) -> None:
    at = await chain(store)
    await settle(store, at, "MERGE")
    first = await take_back(store, at)

    assert await take_back(store, at) == first


async def test_what_was_taken_back_can_be_resolved_again(store: Store) -> None:
    at = await chain(store)
    await settle(store, at, "MERGE")
    await take_back(store, at)

    again = await settle(store, at, "TRIM_LATER")

    assert (again.resolution, again.can_undo) == ("TRIM_LATER", True)


async def test_thirty_days_later_it_is_too_late(store: Store) -> None:
    at = await chain(store)
    await settle(store, at, "MERGE")

    with pytest.raises(NothingToUndo) as refused:
        await take_back(store, at, now=NOW + 30 * DAY)

    assert refused.value.extensions == {"code": "UNDO_EXPIRED"}
    assert (await take_back(store, at, now=NOW + 30 * DAY - SECOND)).state == "open"


async def test_what_was_never_resolved_cannot_be_undone(store: Store) -> None:
    at = await chain(store)

    with pytest.raises(NothingToUndo):
        await take_back(store, at)


async def test_a_session_changed_since_is_not_overwritten(store: Store) -> None:
    at = await chain(store)
    await settle(store, at, "TRIM_EARLIER")
    await send(store, session("c", 40, 65, planned_min=25, note="new"))
    before = await stored(store)

    with pytest.raises(ConflictChanged) as refused:
        await take_back(store, at)

    assert refused.value.conflict_id == at
    assert await stored(store) == before


async def test_a_conflict_that_was_taken_over_has_changed(store: Store) -> None:
    at = await chain(store)
    (grown,) = await sent(store, session("d", 60, 85))

    with pytest.raises(ConflictChanged) as refused:
        await take_back(store, at)

    assert refused.value.conflict_id == grown


async def test_there_must_be_such_a_conflict(store: Store) -> None:
    with pytest.raises(ConflictNotFound):
        await take_back(store, 7)


async def test_resolutions_on_top_of_each_other_are_taken_back_in_turn(store: Store) -> None:
    (first,) = await sent(store, session("a", 0, 25), session("b", 0, 25))
    start = await stored(store)
    await settle_safely(store, [first], "duplicates")
    (second,) = await sent(store, session("c", 20, 45))
    await settle(store, second, "KEEP_ONE", keep=3)

    with pytest.raises(ConflictChanged):
        await take_back(store, first)
    await take_back(store, second)
    await take_back(store, first)

    assert {at: row for at, row in (await stored(store)).items() if at in start} == start
    assert await state_of(store, second) == "superseded"
    assert await open_sets(store) == {("session_overlap", frozenset({1, 2, 3}))}


async def test_what_a_person_took_back_is_not_settled_again_without_one(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 25), session("b", 0, 25))
    await settle_safely(store, [at], "duplicates")
    await take_back(store, at)

    assert await find(store, [1]) == [at]
    assert await settle_safely(store, [at], "all_safe") == []
    (grown,) = await sent(store, session("c", 0, 25))
    assert await settle_safely(store, [grown], "all_safe") == []
    assert [row.state for row in await named(store, "a", "b", "c")] == ["completed"] * 3


async def test_a_dismissal_is_taken_back_whatever_was_written_since(store: Store) -> None:
    at = await chain(store)
    await settle(store, at, "KEEP_ALL")
    await send(store, session("a", 0, 25, note="more"))

    assert (await take_back(store, at, now=NOW + timedelta(days=1))).state == "open"
