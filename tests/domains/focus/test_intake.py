"""Sessions in: stored once whatever is sent how often, and said what became of them."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from rewind_gql.domains.focus import intake, queries, records
from rewind_gql.errors import BadInput, Refused
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.focus.made import (
    HOUR,
    MAC,
    MINUTE,
    NOON,
    SECOND,
    UUID_1,
    WEB,
    counted,
    mark,
    send,
    session,
    stored,
)

KNOWN = session(client_session_id=UUID_1, note="first")


async def test_a_new_session_is_stored_as_it_was_sent(store: Store) -> None:
    sent = session(client_session_id=UUID_1, note="a note", planned_min=30, skew_ms=250)

    (verdict,) = await send(store, sent)

    (row,) = await stored(store)
    assert (verdict.status, verdict.id, verdict.conflict_id) == ("created", row.id, None)
    assert (row.client_session_id, row.device_id, row.source) == (UUID_1, MAC, "mac_app")
    assert (row.start_at, row.end_at, row.duration_min) == (sent.start_at, sent.end_at, 25)
    assert (row.planned_min, row.kind, row.note, row.skew_ms) == (30, "focus", "a note", 250)
    assert (row.state, row.revision, row.received_at) == ("completed", 1, NOON)


async def test_a_new_session_touches_the_days_of_the_persons_own_calendar(store: Store) -> None:
    late = session(NOON.replace(hour=22, minute=50), minutes=25)  # 23:50 in Oslo

    async with store.write() as conn:
        _, touched = await intake.sessions(conn, ME, late, received_at=NOON, run_id=None)

    assert touched.days == {date(2025, 3, 12), date(2025, 3, 13)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"start_at": KNOWN.start_at + 60 * SECOND, "end_at": KNOWN.end_at - 60 * SECOND},
        {"duration_min": 25.9},
        {"planned_min": 25.0},
        {"device_id": WEB, "source": "web_timer"},
        {"skew_ms": 9_000},
    ],
    ids=["the same", "times within a minute", "rounded", "a plan added", "another device", "skew"],
)
async def test_the_same_content_again_is_a_duplicate(store: Store, changes: Any) -> None:
    (first,) = await send(store, KNOWN)

    (again,) = await send(store, replace(KNOWN, **changes))

    assert (again.status, again.id) == ("duplicate", first.id)
    assert [(row.revision, row.note) for row in await stored(store)] == [(1, "first")]


@pytest.mark.parametrize("field", ["note", "category", "project"])
async def test_new_words_from_the_same_device_are_an_update(store: Store, field: str) -> None:
    (first,) = await send(store, KNOWN)

    changed: Any = {field: "changed"}
    (again,) = await send(store, replace(KNOWN, **changed))

    (row,) = await stored(store)
    assert (again.status, again.id, again.conflict_id) == ("updated", first.id, None)
    assert (getattr(row, field), row.revision) == ("changed", 2)


async def test_a_new_version_of_the_program_may_change_words(store: Store) -> None:
    await send(store, KNOWN)

    (again,) = await send(store, replace(KNOWN, note="changed", device_id="mac-app-v1.3.0"))

    assert again.status == "updated"


async def test_an_update_moves_time_to_its_new_project(store: Store) -> None:
    await send(store, KNOWN)

    await send(store, replace(KNOWN, project="Garden"))

    assert await counted(store) == {(date(2025, 3, 12), "focus", "Garden", "work"): (1500, 1)}


@pytest.mark.parametrize(
    "changes",
    [
        {"start_at": KNOWN.start_at - 61 * SECOND},
        {"end_at": KNOWN.end_at + 5 * MINUTE},
        {"kind": "break"},
        {"note": "changed", "device_id": WEB},
        {"note": "changed", "device_id": None},
    ],
    ids=["start", "end", "kind", "words from another device", "words from nobody"],
)
async def test_any_other_difference_is_a_conflict_that_keeps_the_variant(
    store: Store, changes: Any
) -> None:
    (first,) = await send(store, KNOWN)

    (again,) = await send(store, replace(KNOWN, **changes))

    assert (again.status, again.id) == ("conflict", first.id)
    assert again.conflict_id is not None
    (row,) = await stored(store)
    assert (row.start_at, row.note, row.revision) == (KNOWN.start_at, "first", 1)
    members = await store.ask(queries.members_by_conflict, ME, [again.conflict_id])
    (variant,) = [each.variant for each in members[again.conflict_id] if each.variant]
    sent = replace(KNOWN, **changes)
    assert variant["note"] == sent.note
    assert variant["start_at"] == sent.start_at.isoformat()


async def test_two_plans_that_differ_are_a_conflict(store: Store) -> None:
    await send(store, replace(KNOWN, planned_min=25.0))

    (again,) = await send(store, replace(KNOWN, planned_min=50.0, start_at=KNOWN.start_at + SECOND))

    assert again.status == "conflict"


async def test_a_variant_sent_again_is_in_the_same_conflict(store: Store) -> None:
    await send(store, KNOWN)
    variant = replace(KNOWN, end_at=KNOWN.end_at + 5 * MINUTE)

    first, second = await send(store, variant, variant)

    assert (second.status, second.conflict_id) == ("conflict", first.conflict_id)


async def test_a_merged_session_answers_with_the_number_of_the_last_survivor(store: Store) -> None:
    first, second, third = await send(store, KNOWN, session(NOON + HOUR), session(NOON + 2 * HOUR))
    await mark(store, first.id, state="merged", merged_into=second.id)
    await mark(store, second.id, state="merged", merged_into=third.id)

    (again,) = await send(store, replace(KNOWN, note="changed"))

    assert (again.status, again.id) == ("duplicate", third.id)


async def test_a_deleted_session_answers_with_its_own_number(store: Store) -> None:
    (first,) = await send(store, KNOWN)
    await mark(store, first.id, state="deleted")

    (again,) = await send(store, KNOWN)

    assert (again.status, again.id) == ("duplicate", first.id)
    assert [row.state for row in await stored(store)] == ["deleted"]


async def test_what_was_sent_is_known_again_after_a_resolution_moved_it(store: Store) -> None:
    (first,) = await send(store, KNOWN)
    await mark(store, first.id, start_at=KNOWN.start_at + 10 * MINUTE, note="first\n\nsecond")

    (again,) = await send(store, KNOWN)

    assert (again.status, again.id) == ("duplicate", first.id)


async def test_words_of_a_session_that_was_moved_can_still_change(store: Store) -> None:
    (first,) = await send(store, KNOWN)
    moved = KNOWN.start_at + 10 * MINUTE
    await mark(store, first.id, start_at=moved)

    (again,) = await send(store, replace(KNOWN, note="changed"))

    (row,) = await stored(store)
    assert (again.status, row.note, row.start_at) == ("updated", "changed", moved)


async def test_the_uuid_of_one_person_is_new_to_another(store: Store) -> None:
    (mine,) = await send(store, KNOWN)

    (theirs,) = await send(store, KNOWN, user_id=OTHER)

    assert (mine.status, theirs.status) == ("created", "created")
    assert mine.id != theirs.id


@pytest.mark.parametrize("text", ["a\0b", "half \ud83c"])
async def test_text_no_database_takes_is_refused(store: Store, text: str) -> None:
    with pytest.raises(BadInput, match="note contains characters"):
        await send(store, session(note=text))


async def test_a_session_before_1970_is_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="after 1969"):
        await send(store, session(NOON.replace(year=1969)))


async def test_a_batch_is_stored_like_its_sessions_one_by_one(store: Store) -> None:
    deleted, merged, survivor = (session(NOON + at * HOUR) for at in (10, 12, 14))
    (_, gone, lost, kept) = await send(store, KNOWN, deleted, merged, survivor)
    await mark(store, gone.id, state="deleted")
    await mark(store, lost.id, state="merged", merged_into=kept.id)
    new = session(NOON + 3 * HOUR)
    batch = [
        new,
        KNOWN,
        replace(KNOWN, note="changed"),
        session(note="\0"),
        replace(new, note="changed too"),
        replace(new, end_at=new.end_at + HOUR),
        deleted,
        merged,
        KNOWN,
    ]

    async with store.write() as conn:
        outcomes, touched = await intake.batch(conn, ME, batch, received_at=NOON, run_id="sdk_1")

    found = [each.message if isinstance(each, Refused) else each.status for each in outcomes]
    assert found == [
        "created",
        "duplicate",
        "updated",
        "note contains characters that are no text",
        "updated",
        "conflict",
        "duplicate",
        "duplicate",
        "updated",
    ]
    assert [each.id for each in outcomes[6:8] if not isinstance(each, Refused)] == [
        gone.id,
        kept.id,
    ]
    assert touched.days == {date(2025, 3, 12)}
    assert [(row.note, row.revision) for row in await stored(store)] == [
        ("first", 3),
        ("", 1),
        ("", 1),
        ("", 1),
        ("changed too", 2),
    ]


async def test_a_batch_takes_the_same_few_statements_for_any_number(
    store: Store, statements: list[str]
) -> None:
    costs = []
    for count in (1, 60):
        batch = [session(NOON + at * HOUR) for at in range(count)]
        statements.clear()
        async with store.write() as conn:
            await intake.batch(conn, ME, batch, received_at=NOON, run_id=None)
        costs.append(len(statements))

    assert costs[0] == costs[1] <= 6


async def test_a_batch_sent_three_times_is_stored_once(store: Store) -> None:
    batch = [session(NOON + at * timedelta(minutes=30)) for at in range(100)]
    numbers = []

    for _ in range(3):
        async with store.write() as conn:
            outcomes, _ = await intake.batch(conn, ME, batch, received_at=NOON, run_id=None)
        numbers.append([each.id for each in outcomes if not isinstance(each, Refused)])

    assert numbers[0] == numbers[1] == numbers[2]
    assert len(await stored(store)) == 100


async def test_two_devices_sending_one_session_at_once_make_one_row(store: Store) -> None:
    async def submit(device_id: str) -> str:
        async with store.write() as conn:
            sent = replace(KNOWN, device_id=device_id)
            (outcome,), _ = await intake.batch(conn, ME, [sent], received_at=NOON, run_id=None)
        return str(getattr(outcome, "status", outcome))

    outcomes = await asyncio.gather(submit(MAC), submit(WEB), submit("cli"))

    assert sorted(outcomes) == ["created", "duplicate", "duplicate"]
    assert len(await stored(store)) == 1


async def test_known_tells_what_runs_and_what_is_stored(store: Store) -> None:
    running = session().client_session_id
    await send(store, KNOWN)
    timer = records.Timer(client_session_id=running, source="mac_app", start_at=NOON)
    async with store.write() as conn:
        await intake.begin(conn, ME, timer)

        known = await intake.known(conn, ME, [UUID_1, running])

    assert set(known) == {UUID_1}
    assert known.timers == {running}
    assert known.zone.key == "Europe/Oslo"
