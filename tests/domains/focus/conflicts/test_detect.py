"""Conflicts found as sessions come in, change and go, and over a window."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from rewind_gql.domains.focus import queries
from rewind_gql.domains.focus.conflicts import detect
from rewind_gql.domains.focus.tables import Conflict, Session
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Read
from tests.databases import ME, OTHER
from tests.domains.focus.conflicts.made import (
    DAY,
    HOUR,
    LIMITS,
    MINUTE,
    NOON,
    NOW,
    find,
    open_sets,
    row,
    send,
    sent,
    session,
    settle,
    state_of,
    stored,
    take_back,
)

OVERLAP = "session_overlap"
DUPLICATE = "duplicate_session"
_COUNT = Read(select(func.count()).select_from(Conflict), int)


async def change(store: Store, session_id: int, **values: Any) -> None:
    """Let a session be another, as by another room."""
    async with store.write() as conn:
        await conn.execute(update(Session).where(col(Session.id) == session_id).values(**values))


async def conflict_rows(store: Store) -> int:
    """How many conflicts are stored in any state."""
    async with store.write() as conn:
        return await conn.value(_COUNT)


async def scan(
    store: Store, since: datetime = NOON - DAY, until: datetime = NOON + DAY
) -> list[int]:
    async with store.write() as conn:
        return await detect.scan(conn, ME, since=since, until=until, now=NOW, **LIMITS)


async def test_back_to_back_sessions_never_meet(store: Store) -> None:
    assert await sent(store, session("a", 0, 25), session("b", 25, 50, device_id="win")) == []
    assert await open_sets(store) == set()


async def test_two_that_overlap_are_one_conflict_and_a_third_makes_it_grow(store: Store) -> None:
    (first,) = await sent(store, session("a", 0, 25), session("b", 20, 45, device_id="win"))

    (grown,) = await sent(store, session("c", 40, 65))

    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2, 3}))}
    assert await state_of(store, first) == "superseded"
    assert grown != first


async def test_a_session_between_two_conflicts_makes_them_one(store: Store) -> None:
    await sent(store, session("a", 0, 25), session("b", 20, 45))
    await sent(store, session("c", 60, 85), session("d", 80, 105))

    (both,) = await sent(store, session("e", 40, 70))

    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2, 3, 4, 5}))}
    assert [each.id for each in await store.ask(queries.conflicts, ME)] == [both]


async def test_looking_twice_changes_nothing(store: Store) -> None:
    found = await sent(store, session("a", 0, 25), session("b", 20, 45))

    assert await find(store, [1, 2]) == found
    assert await scan(store) == found
    assert await conflict_rows(store) == 1


async def test_breaks_and_what_is_gone_contradict_nothing(store: Store) -> None:
    await send(store, session("a", 0, 25), session("pause", 0, 25, kind="break"))
    await send(store, session("b", 20, 45), session("c", 20, 45))
    await change(store, 3, state="merged", merged_into=1)
    await change(store, 4, state="deleted")

    assert await find(store, [1, 2, 3, 4]) == []


async def test_cancelled_sessions_count_up_to_where_they_were_broken_off(store: Store) -> None:
    await send(store, session("a", 0, 25), session("b", 20, 30))
    await change(store, 2, state="cancelled")

    assert len(await find(store, [2])) == 1


async def test_sessions_of_somebody_else_are_no_matter(store: Store) -> None:
    await send(store, session("a", 0, 25), user_id=OTHER)

    assert await sent(store, session("b", 20, 45)) == []
    assert await find(store, [1]) == []


async def test_the_longest_session_is_found_at_its_last_minutes(store: Store) -> None:
    await send(store, session("long", 0, 720))

    assert len(await sent(store, session("short", 717, 742, project="b"))) == 1


async def test_a_session_taken_away_leaves_what_still_contradicts(store: Store) -> None:
    (whole,) = await sent(store, session("a", 0, 25), session("b", 20, 45), session("c", 40, 65))
    await change(store, 3, state="deleted")

    (left,) = await find(store, [3])

    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2}))}
    assert await state_of(store, whole) == "superseded"
    assert left != whole


async def test_a_conflict_that_vanished_is_superseded_by_the_next_scan(store: Store) -> None:
    (gone,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    await change(store, 2, start_at=NOON + 30 * MINUTE)

    assert await scan(store, NOW, NOW + HOUR) == []
    assert await state_of(store, gone) == "superseded"
    assert (await store.ask(queries.conflicts, ME, state="superseded"))[0].resolution is None


async def test_what_was_superseded_opens_again_when_it_is_true_again(store: Store) -> None:
    (first,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    await sent(store, session("c", 40, 65))
    await change(store, 3, state="deleted")

    assert await find(store, [3]) == [first]
    assert await state_of(store, first) == "open"
    members = await store.ask(queries.members_by_conflict, ME, [first])
    assert [each.session_id for each in members[first]] == [1, 2]


async def test_words_that_change_make_another_kind_of_conflict(store: Store) -> None:
    (first,) = await sent(store, session("a", 0, 100), session("b", 5, 105))
    assert await open_sets(store) == {(DUPLICATE, frozenset({1, 2}))}
    await change(store, 1, project="Thesis")
    await change(store, 2, project="Garden")

    await find(store, [1])

    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2}))}
    assert await state_of(store, first) == "superseded"


async def test_words_that_change_tell_anew_whether_a_person_is_needed(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 25), session("b", 0, 25))
    await change(store, 1, project="Thesis")
    await change(store, 2, project="Garden")

    assert await find(store, [2]) == [at]
    (conflict,) = await store.ask(queries.conflicts, ME)
    assert (conflict.auto_resolvable, conflict.detected_at) == (False, NOW)


async def test_what_was_dismissed_is_not_raised_again(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    await settle(store, at, "KEEP_ALL")

    assert await find(store, [1, 2]) == []
    assert await scan(store) == []
    assert await state_of(store, at) == "dismissed"


async def test_who_joins_dismissed_sessions_contradicts_only_those_it_meets(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    await settle(store, at, "KEEP_ALL")

    await sent(store, session("c", 40, 65))

    assert await open_sets(store) == {(OVERLAP, frozenset({2, 3}))}
    await take_back(store, at)
    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2, 3}))}


async def test_a_scan_finds_what_nobody_looked_for_inside_its_window_alone(store: Store) -> None:
    await send(store, session("a", 0, 25), session("b", 20, 45))
    await send(store, session("c", 600, 625), session("d", 620, 645))

    await scan(store, NOON, NOON + HOUR)

    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2}))}


async def test_a_scan_follows_a_conflict_out_of_its_window(store: Store) -> None:
    await send(store, session("a", 0, 25), session("b", 20, 45), session("c", 40, 65))

    await scan(store, NOON + 21 * MINUTE, NOON + 22 * MINUTE)

    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2, 3}))}


async def test_sessions_over_a_year_are_each_compared_around_their_own_time(store: Store) -> None:
    year = [session(day, day * 1440, day * 1440 + 25) for day in range(366)]
    twice = [
        session(f"again {day}", day * 1440 + 5, day * 1440 + 30, device_id="win")
        for day in range(0, 366, 61)
    ]

    found = await sent(store, *year, *twice)

    assert len(found) == len(twice) == len(await open_sets(store))


async def many(store: Store, count: int, *, offset: float = 0) -> list[int]:
    """So many sessions an hour apart, written past the intake; gives their ids."""
    rows = []
    for at in range(count):
        made = row(at, at * 60 + offset, at * 60 + offset + 25)
        values = {name: getattr(made, name) for name in made.__dataclass_fields__ if name != "id"}
        name = session(f"{offset} {at}", 0, 25).client_session_id
        rows.append(values | {"user_id": ME, "client_session_id": name, "run_id": None})
    known = set(await stored(store))
    async with store.write() as conn:
        await conn.execute(insert(Session), rows)
    return sorted(set(await stored(store)) - known)


async def test_a_batch_costs_as_many_statements_as_one_session(
    store: Store, statements: list[str]
) -> None:
    await many(store, 500)
    pairs = await many(store, 500, offset=20)
    counts = []
    for ids in ([pairs[0]], pairs[1:]):
        before = len(statements)
        found = await find(store, ids)
        counts.append(len(statements) - before)
        assert len(found) == len(ids)

    assert counts[0] == counts[1] <= 16


async def test_two_uploads_at_once_see_each_other(store: Store) -> None:
    await asyncio.gather(
        sent(store, session("a", 0, 25)), sent(store, session("b", 20, 45, device_id="win"))
    )

    assert len(await open_sets(store)) == 1
