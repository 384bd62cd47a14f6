"""What each resolution makes of the sessions in a conflict."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from rewind_gql.domains.focus import derive, queries
from rewind_gql.domains.focus.conflicts.refusals import (
    ConflictChanged,
    ConflictNotFound,
    TrimTooShort,
)
from rewind_gql.domains.focus.tables import Session
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.focus.conflicts.made import (
    MINUTE,
    NOON,
    NOW,
    named,
    open_sets,
    send,
    sent,
    session,
    settle,
    state_of,
    stored,
)

OVERLAP = "session_overlap"


async def overlapping(store: Store) -> int:
    """Three sessions in a row, each reaching 5 minutes into the next; gives the conflict."""
    (at,) = await sent(
        store,
        session("a", 0, 25, project="Thesis", note="first"),
        session("b", 20, 45, project="Garden", note="second", device_id="win"),
        session("c", 40, 65, category="work"),
    )
    return at


async def test_keeping_one_merges_the_others_into_it(store: Store) -> None:
    at = await overlapping(store)

    settled = await settle(store, at, "KEEP_ONE", keep=2)

    a, b, c = await named(store, "a", "b", "c")
    assert [(each.state, each.merged_into) for each in (a, c)] == [("merged", 2)] * 2
    assert (b.state, b.note, b.category, b.revision) == ("completed", "second", "", 1)
    assert (settled.state, settled.resolution, settled.resolved_by) == (
        "resolved",
        "KEEP_ONE",
        "owner",
    )
    assert (settled.resolved_at, settled.can_undo) == (NOW, True)


async def test_one_kept_of_duplicates_takes_over_what_it_lacks(store: Store) -> None:
    (at,) = await sent(
        store,
        session("a", 0, 25, note="read", planned_min=25),
        session("b", 0, 25, note="wrote", category="work", project="Thesis"),
    )

    await settle(store, at, "KEEP_ONE", keep=2)

    (b,) = await named(store, "b")
    assert (b.note, b.category, b.project, b.planned_min) == ("wrote\n\nread", "work", "Thesis", 25)
    assert (b.start_at, b.duration_min, b.revision) == (NOON, 25, 2)


async def test_the_uuid_of_a_session_that_was_merged_answers_with_the_survivor(
    store: Store,
) -> None:
    given = session("a", 0, 25)
    (at,) = await sent(store, given, session("b", 20, 45))
    await settle(store, at, "KEEP_ONE", keep=2)

    (verdict,) = await send(store, given)

    assert (verdict.status, verdict.id) == ("duplicate", 2)


async def test_what_was_merged_before_goes_along_to_the_new_survivor(store: Store) -> None:
    (first,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    await settle(store, first, "KEEP_ONE", keep=2)
    (second,) = await sent(store, session("c", 40, 65))

    await settle(store, second, "KEEP_ONE", keep=3)

    a, b = await named(store, "a", "b")
    assert (a.merged_into, b.merged_into) == (3, 3)


async def test_merging_gives_the_union_to_the_session_that_came_first(store: Store) -> None:
    at = await overlapping(store)

    await settle(store, at, "MERGE")

    a, b, c = await named(store, "a", "b", "c")
    assert (a.start_at, a.end_at, a.duration_min) == (NOON, NOON + 65 * MINUTE, 65)
    assert (a.project, a.category, a.note) == ("Thesis", "work", "first\n\nsecond")
    assert [(each.state, each.merged_into) for each in (b, c)] == [("merged", 1)] * 2


async def test_merged_time_was_completed_if_any_of_it_was(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    async with store.write() as conn:
        broken = {"state": "cancelled", "cancel_reason": "emergency"}
        await conn.execute(update(Session).where(col(Session.id) == 1).values(**broken))

    await settle(store, at, "MERGE")

    (a,) = await named(store, "a")
    assert (a.state, a.cancel_reason) == ("completed", None)


async def test_nothing_is_merged_to_more_than_twelve_hours(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 400), session("b", 350, 750))

    with pytest.raises(BadInput, match="12 hours"):
        await settle(store, at, "MERGE")


async def test_a_merged_session_that_meets_another_is_a_new_conflict(store: Store) -> None:
    (at,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    await settle(store, at, "KEEP_ALL")
    (later,) = await sent(store, session("c", 40, 65))

    await settle(store, later, "MERGE")

    assert await open_sets(store) == {(OVERLAP, frozenset({1, 3}))}


async def test_trimming_the_earlier_ends_each_where_the_next_begins(store: Store) -> None:
    at = await overlapping(store)

    await settle(store, at, "TRIM_EARLIER")

    a, b, c = await named(store, "a", "b", "c")
    assert [each.end_at for each in (a, b, c)] == [NOON + m * MINUTE for m in (20, 40, 65)]
    assert [each.duration_min for each in (a, b, c)] == [20, 20, 25]
    assert [each.revision for each in (a, b, c)] == [2, 2, 1]


async def test_trimming_the_later_begins_each_where_those_before_ended(store: Store) -> None:
    at = await overlapping(store)

    await settle(store, at, "TRIM_LATER")

    a, b, c = await named(store, "a", "b", "c")
    assert [each.start_at for each in (a, b, c)] == [NOON + m * MINUTE for m in (0, 25, 45)]
    assert [each.duration_min for each in (a, b, c)] == [25, 20, 20]


@pytest.mark.parametrize(
    ("how", "second", "fits"),
    [
        ("TRIM_EARLIER", (1, 45), True),
        ("TRIM_EARLIER", (0.9, 45), False),
        ("TRIM_LATER", (20, 26), True),
        ("TRIM_LATER", (20, 25.9), False),
        ("TRIM_LATER", (5, 15), False),
    ],
)
async def test_a_minute_must_be_left_of_what_is_trimmed(
    store: Store, how: str, second: tuple[float, float], fits: bool
) -> None:
    (at,) = await sent(store, session("a", 0, 25, project="x"), session("b", *second, project="y"))

    if fits:
        assert (await settle(store, at, how)).resolution == how
    else:
        with pytest.raises(TrimTooShort) as refused:
            await settle(store, at, how)
        assert refused.value.extensions == {"code": "TRIM_TOO_SHORT"}
        assert await state_of(store, at) == "open"


async def test_deleted_sessions_go_and_the_rest_is_looked_at_again(store: Store) -> None:
    at = await overlapping(store)

    await settle(store, at, "DELETE", delete=[3])

    assert {each.id: each.state for each in (await stored(store)).values()} == {
        1: "completed",
        2: "completed",
        3: "deleted",
    }
    assert await open_sets(store) == {(OVERLAP, frozenset({1, 2}))}


async def test_keeping_all_dismisses_and_changes_nothing(store: Store) -> None:
    at = await overlapping(store)
    before = await stored(store)

    settled = await settle(store, at, "KEEP_ALL")

    assert (settled.state, settled.resolution) == ("dismissed", "KEEP_ALL")
    assert await stored(store) == before
    assert await open_sets(store) == set()


async def test_resolving_twice_gives_the_first_result(store: Store) -> None:
    at = await overlapping(store)
    first = await settle(store, at, "TRIM_LATER")
    before = await stored(store)

    again = await settle(store, at, "DELETE", delete=[1], members=[7])

    assert again == first
    assert await stored(store) == before


async def test_a_conflict_that_grew_names_the_one_that_took_over(store: Store) -> None:
    (old,) = await sent(store, session("a", 0, 25), session("b", 20, 45))
    (grown,) = await sent(store, session("c", 40, 65))

    with pytest.raises(ConflictChanged) as refused:
        await settle(store, old, "MERGE")

    assert refused.value.extensions == {"code": "CONFLICT_CHANGED", "conflictId": grown}


async def test_a_conflict_that_vanished_has_changed_too(store: Store) -> None:
    (old,) = await sent(store, session("a", 0, 25), session("b", 20, 45), session("c", 0, 25))
    await settle(store, old, "DELETE", delete=[2])
    (twins,) = [each.id for each in await store.ask(queries.conflicts, ME)]
    (grown,) = await sent(store, session("d", 20, 45))
    await settle(store, grown, "DELETE", delete=[1, 3])

    with pytest.raises(ConflictChanged) as refused:
        await settle(store, twins, "MERGE")

    assert refused.value.conflict_id == twins


async def test_sessions_other_than_those_the_caller_saw_are_refused(store: Store) -> None:
    at = await overlapping(store)

    with pytest.raises(ConflictChanged) as refused:
        await settle(store, at, "MERGE", members=[1, 2])

    assert refused.value.conflict_id == at
    assert (await settle(store, at, "MERGE", members=[3, 1, 2])).state == "resolved"


async def test_a_session_gone_meanwhile_is_refused(store: Store) -> None:
    at = await overlapping(store)
    async with store.write() as conn:
        await conn.execute(update(Session).where(col(Session.id) == 3).values(state="deleted"))

    with pytest.raises(ConflictChanged):
        await settle(store, at, "MERGE")


@pytest.mark.parametrize(
    ("how", "more", "path"),
    [
        ("FORGET", {}, "resolution"),
        ("KEEP_ONE", {}, "keep"),
        ("KEEP_ONE", {"keep": 9}, "keep"),
        ("DELETE", {}, "delete"),
        ("DELETE", {"delete": [1, 9]}, "delete"),
    ],
)
async def test_a_choice_that_names_nothing_in_the_conflict_is_refused(
    store: Store, how: str, more: dict[str, Any], path: str
) -> None:
    at = await overlapping(store)

    with pytest.raises(BadInput) as refused:
        await settle(store, at, how, **more)

    assert refused.value.path == path
    assert await state_of(store, at) == "open"


async def test_a_conflict_of_somebody_else_is_none(store: Store) -> None:
    (theirs,) = await sent(store, session("a", 0, 25), session("b", 20, 45), user_id=OTHER)

    with pytest.raises(ConflictNotFound):
        await settle(store, theirs, "KEEP_ALL")


@pytest.mark.parametrize(
    ("how", "more", "minutes"),
    [
        ("KEEP_ONE", {"keep": 1}, 25),
        ("MERGE", {}, 65),
        ("TRIM_EARLIER", {}, 65),
        ("TRIM_LATER", {}, 65),
        ("DELETE", {"delete": [2]}, 50),
        ("KEEP_ALL", {}, 75),
    ],
)
async def test_days_are_counted_again_by_what_counts_now(
    store: Store, how: str, more: dict[str, Any], minutes: float
) -> None:
    at = await overlapping(store)

    await settle(store, at, how, **more)

    window = {"since": NOON.date(), "until": NOON.date() + (NOW - NOON)}
    days = await store.ask(queries.days, ME, **window)
    assert sum(each.minutes for each in days) == minutes
    assert await store.ask(derive.drift, ME) == []
