"""Preferences that two devices set at once."""

import pytest

from rewind_gql.domains.focus import derive, preferences, queries
from rewind_gql.domains.focus.conflicts.refusals import ConflictChanged, NothingToUndo
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.focus.conflicts.made import (
    DAY,
    NOW,
    SECOND,
    send,
    session,
    settle,
    take_back,
)


async def overwritten(store: Store, name: str, old: object, new: object) -> int:
    """Let two devices set a preference that both had seen unset; gives the conflict."""
    async with store.write() as conn:
        for at, (device_id, value) in enumerate([("mac", old), ("win", new)]):
            _, _, conflicts = await preferences.change(
                conn,
                ME,
                {name: value},
                device_id=device_id,
                base_version=0,
                now=NOW + at * SECOND,
            )
    (conflict_id,) = conflicts
    return conflict_id


async def value(store: Store, name: str) -> object:
    return (await store.ask(queries.preferences, ME)).values[name]


async def test_the_last_word_stands_and_the_conflict_is_settled(store: Store) -> None:
    at = await overwritten(store, "daily_goal", 4, 6)

    (conflict,) = await store.ask(queries.conflicts, ME, state="resolved")
    members = await store.ask(queries.members_by_conflict, ME, [at])

    assert await value(store, "daily_goal") == 6
    assert (conflict.type, conflict.resolution, conflict.resolved_by, conflict.can_undo) == (
        "preference_conflict",
        "KEEP_ONE",
        "auto",
        True,
    )
    (member,) = members[at]
    assert (member.session_id, member.device_id) == (None, "win")
    assert member.variant == {"field": "daily_goal", "old": 4, "new": 6}


async def test_undoing_puts_the_old_value_back_as_a_new_version(store: Store) -> None:
    at = await overwritten(store, "daily_goal", 4, 6)
    before = (await store.ask(queries.preferences, ME)).version

    undone = await take_back(store, at)

    assert await value(store, "daily_goal") == 4
    assert (await store.ask(queries.preferences, ME)).version == before + 1
    assert (undone.state, undone.can_undo, undone.resolved_by) == ("dismissed", False, "owner")
    assert await take_back(store, at) == undone


async def test_resolving_it_gives_the_first_result(store: Store) -> None:
    at = await overwritten(store, "daily_goal", 4, 6)

    assert (await settle(store, at, "KEEP_ALL")).resolution == "KEEP_ONE"


async def test_a_value_set_since_is_not_overwritten(store: Store) -> None:
    at = await overwritten(store, "daily_goal", 4, 6)
    async with store.write() as conn:
        await preferences.change(conn, ME, {"daily_goal": 8}, device_id="mac", now=NOW)

    with pytest.raises(ConflictChanged):
        await take_back(store, at)

    assert await value(store, "daily_goal") == 8


async def test_thirty_days_later_it_is_too_late(store: Store) -> None:
    at = await overwritten(store, "daily_goal", 4, 6)

    with pytest.raises(NothingToUndo):
        await take_back(store, at, now=NOW + 31 * DAY)


async def test_a_time_zone_put_back_moves_the_days_back(store: Store) -> None:
    await send(store, session("late", 600, 660))
    at = await overwritten(store, "timezone", "Europe/Oslo", "Pacific/Auckland")

    await take_back(store, at)

    assert await store.ask(derive.drift, ME) == []
    window = {"since": NOW.date() - 10 * DAY, "until": NOW.date()}
    assert [each.day.day for each in await store.ask(queries.days, ME, **window)] == [18]
