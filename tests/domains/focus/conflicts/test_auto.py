"""What is settled without a person."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql.domains.focus import derive, queries
from rewind_gql.domains.focus.tables import Session
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.focus.conflicts.made import (
    NOON,
    NOW,
    SECOND,
    find,
    named,
    open_sets,
    send,
    sent,
    session,
    settle_safely,
    stored,
)

BEHIND = {"skew_ms": -1_200_000, "device_id": "win"}


@pytest.mark.parametrize(
    ("mode", "settled"),
    [
        ("off", set()),
        ("duplicates", {"duplicate_session"}),
        ("all_safe", {"duplicate_session", "clock_skew"}),
    ],
)
async def test_the_mode_says_what_may_be_settled(
    store: Store, mode: str, settled: set[str]
) -> None:
    found = await sent(
        store,
        *(session("a", 0, 25), session("b", 0, 25)),
        *(session("c", 60, 85), session("d", 80, 105, **BEHIND)),
        *(session("e", 200, 225), session("f", 220, 245)),
        *(session("g", 300, 325, project="x"), session("h", 300, 325, project="y")),
    )

    done = await settle_safely(store, found, mode)

    assert {each.type for each in done} == settled
    assert all((each.resolved_by, each.can_undo) == ("auto", True) for each in done)
    assert len(await open_sets(store)) == 4 - len(settled)


async def test_the_duplicate_that_came_in_first_survives(store: Store) -> None:
    await send(store, session("late", 0, 25), received_at=NOW + SECOND)
    await send(store, session("early", 0, 26), received_at=NOW)

    await settle_safely(store, await find(store, [1, 2]), "duplicates")

    late, early = await named(store, "late", "early")
    assert (late.state, late.merged_into, early.state) == ("merged", 2, "completed")
    assert (early.end_at - early.start_at).total_seconds() == 26 * 60


async def test_of_two_that_came_in_at_once_the_lower_number_survives(store: Store) -> None:
    await send(store, session("a", 0, 25))
    await send(store, session("b", 0, 25))

    await settle_safely(store, await find(store, [1, 2]), "duplicates")

    assert [row.state for row in await named(store, "a", "b")] == ["completed", "merged"]


@pytest.mark.parametrize(
    ("notes", "joined"),
    [
        (("one", "two", "three"), "one\n\ntwo\n\nthree"),
        (("one", "one", ""), "one"),
        (("", "two", "two "), "two"),
        (("", "", ""), ""),
        (("one ", "one", ""), "one "),
    ],
)
async def test_notes_that_differ_are_joined(
    store: Store, notes: tuple[str, ...], joined: str
) -> None:
    found = await sent(store, *(session(at, 0, 25, note=note) for at, note in enumerate(notes)))

    await settle_safely(store, found, "duplicates")

    (kept,) = await named(store, 0)
    assert kept.note == joined


async def test_what_was_completed_anywhere_was_completed(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 25), session("b", 0, 25))
    async with store.write() as conn:
        broken = {"state": "cancelled", "cancel_reason": "other"}
        await conn.execute(update(Session).where(col(Session.id) == 1).values(**broken))

    await settle_safely(store, [at], "duplicates")

    (kept,) = await named(store, "a")
    assert (kept.state, kept.cancel_reason) == ("completed", None)


async def test_a_wrong_clock_keeps_both_as_they_are(store: Store) -> None:
    found = await sent(store, session("a", 0, 25), session("b", 20, 45, **BEHIND))
    before = await stored(store)

    (done,) = await settle_safely(store, found, "all_safe")

    assert (done.state, done.resolution) == ("dismissed", "KEEP_ALL")
    assert await stored(store) == before
    assert await find(store, [1, 2]) == []


async def test_two_short_sessions_inside_a_long_one_are_left_to_a_person(store: Store) -> None:
    found = await sent(store, session("a", 0, 30), session("b", 60, 90), session("c", 0, 120))

    assert await settle_safely(store, found, "all_safe") == []
    assert await open_sets(store) == {("duplicate_session", frozenset({1, 2, 3}))}


async def test_time_is_counted_once(store: Store) -> None:
    found = await sent(store, session("a", 0, 25), session("b", 0, 25), session("c", 0, 25.5))

    await settle_safely(store, found, "duplicates")

    window: dict[str, Any] = {"since": NOON.date(), "until": NOW.date()}
    (day,) = await store.ask(queries.days, ME, **window)
    assert (day.minutes, day.sessions) == (25, 1)
    assert await store.ask(derive.drift, ME) == []


async def test_any_number_is_settled_in_the_same_number_of_statements(
    store: Store, statements: list[str]
) -> None:
    one = await sent(store, session("a", 0, 25), session("b", 0, 25))
    many = await sent(
        store,
        *(session((at, twice), at * 60, at * 60 + 25) for at in range(2, 60) for twice in "ab"),
    )
    counts = []
    for ids in (one, many):
        statements.clear()
        await settle_safely(store, ids, "duplicates")
        counts.append(sum("Update" in sql or "focus_conflict" in sql for sql in statements))

    assert counts[0] == counts[1]
    assert await open_sets(store) == set()
