"""Timers that begin and are broken off."""

from dataclasses import replace
from typing import Any

import pytest
import time_machine

from rewind_gql.domains.focus import derive, intake, queries, records, views
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.focus.made import (
    DAY,
    HOUR,
    MAC,
    MINUTE,
    NOON,
    UUID_1,
    UUID_2,
    WEB,
    counted,
    seen,
    send,
    session,
    stored,
)

ON_MAC = records.Timer(
    client_session_id=UUID_1,
    source="mac_app",
    start_at=NOON,
    category="work",
    project="Thesis",
    note="draft",
    planned_min=25,
    device_id=MAC,
)
ON_WEB = replace(ON_MAC, client_session_id=UUID_2, source="web_timer", device_id=WEB)
BROKEN_OFF = records.Cancellation(
    client_session_id=UUID_1, elapsed_min=10, reason="interruption", device_id=MAC
)


async def begin(store: Store, timer: records.Timer, *, at: Any = NOON) -> list[views.Timer]:
    """Start a timer."""
    async with store.write() as conn:
        return await intake.begin(conn, ME, timer, received_at=at)


async def cancel(store: Store, told: records.Cancellation, *, at: Any = NOON) -> views.Session:
    """Break a session off."""
    async with store.write() as conn:
        return await intake.cancel(conn, ME, told, received_at=at)


async def running(store: Store) -> list[Any]:
    """The UUIDs of the timers that run."""
    return [timer.client_session_id for timer in await store.ask(queries.timers, ME)]


async def test_a_timer_alone_is_kept(store: Store) -> None:
    elsewhere = await begin(store, ON_MAC)

    (timer,) = await store.ask(queries.timers, ME)
    assert elsewhere == []
    assert (timer.client_session_id, timer.device_id, timer.start_at) == (UUID_1, MAC, NOON)
    assert (timer.planned_min, timer.note) == (25, "draft")


async def test_a_timer_tells_of_those_on_other_devices(store: Store) -> None:
    await begin(store, ON_MAC)

    elsewhere = await begin(store, ON_WEB)

    assert [timer.client_session_id for timer in elsewhere] == [UUID_1]
    assert await running(store) == [UUID_1, UUID_2]


async def test_a_timer_does_not_tell_of_those_on_its_own_device(store: Store) -> None:
    await begin(store, ON_MAC)

    same = await begin(store, replace(ON_WEB, device_id=MAC, source="mac_app"))
    newer = await begin(store, replace(ON_WEB, device_id="mac-app-v1.3.0", source="mac_app"))

    assert (same, newer) == ([], [])


async def test_a_timer_left_behind_is_not_told_of(store: Store) -> None:
    await begin(store, replace(ON_MAC, start_at=NOON - 13 * HOUR))

    assert await begin(store, ON_WEB) == []


async def test_a_timer_forgotten_for_a_month_is_cleared_away(store: Store) -> None:
    await begin(store, replace(ON_MAC, start_at=NOON - 31 * DAY))

    await begin(store, ON_WEB)

    assert await running(store) == [UUID_2]


async def test_a_timer_begun_again_is_begun_anew(store: Store) -> None:
    await begin(store, ON_MAC)

    await begin(store, replace(ON_MAC, start_at=NOON + MINUTE, note="second"))

    (timer,) = await store.ask(queries.timers, ME)
    assert (timer.start_at, timer.note) == (NOON + MINUTE, "second")


async def test_a_timer_whose_session_came_first_is_not_kept(store: Store) -> None:
    await send(store, session(client_session_id=UUID_1))

    await begin(store, ON_MAC)

    assert await running(store) == []


async def test_a_session_ends_its_timer(store: Store) -> None:
    await begin(store, ON_MAC)
    await begin(store, ON_WEB)

    await send(store, session(client_session_id=UUID_1))

    assert await running(store) == [UUID_2]


async def test_a_timer_of_one_person_is_none_of_another(store: Store) -> None:
    await begin(store, ON_MAC)

    async with store.write() as conn:
        elsewhere = await intake.begin(conn, OTHER, ON_WEB, received_at=NOON)

    assert elsewhere == []


async def test_a_session_broken_off_keeps_what_its_timer_knew(store: Store) -> None:
    await begin(store, ON_MAC)

    broken = await cancel(store, BROKEN_OFF, at=NOON + 11 * MINUTE)

    assert (broken.state, broken.cancel_reason) == ("cancelled", "interruption")
    assert (broken.start_at, broken.end_at) == (NOON, NOON + 10 * MINUTE)
    assert (broken.duration_min, broken.planned_min) == (10, 25)
    assert (broken.source, broken.project, broken.note) == ("mac_app", "Thesis", "draft")
    assert (broken.device_id, broken.received_at) == (MAC, NOON + 11 * MINUTE)
    assert await running(store) == []


async def test_a_session_broken_off_without_a_timer_ended_then(store: Store) -> None:
    await seen(store, MAC, device_type="mac_app")

    broken = await cancel(store, replace(BROKEN_OFF, cancelled_at=NOON - HOUR))

    assert (broken.start_at, broken.end_at) == (NOON - HOUR - 10 * MINUTE, NOON - HOUR)
    assert (broken.source, broken.device_id) == ("mac_app", MAC)


@time_machine.travel(NOON, tick=False)
async def test_a_session_broken_off_by_nobody_known_ended_now(store: Store) -> None:
    async with store.write() as conn:
        broken = await intake.cancel(conn, ME, replace(BROKEN_OFF, device_id=None))

    assert (broken.end_at, broken.source, broken.device_id) == (NOON, "unknown", None)


async def test_breaking_off_twice_gives_the_first(store: Store) -> None:
    await begin(store, ON_MAC)
    first = await cancel(store, BROKEN_OFF)

    again = await cancel(store, replace(BROKEN_OFF, elapsed_min=20, reason="other"))

    assert again == first
    assert len(await stored(store)) == 1


async def test_breaking_off_what_was_completed_changes_nothing(store: Store) -> None:
    await send(store, session(client_session_id=UUID_1))

    found = await cancel(store, BROKEN_OFF)

    assert (found.state, found.duration_min) == ("completed", 25)


async def test_a_session_sent_after_it_was_broken_off_is_a_conflict(store: Store) -> None:
    await begin(store, ON_MAC)
    broken = await cancel(store, BROKEN_OFF)

    (verdict,) = await send(store, session(client_session_id=UUID_1, minutes=10))

    assert (verdict.status, verdict.id) == ("conflict", broken.id)


async def test_time_broken_off_does_not_count(store: Store) -> None:
    await cancel(store, BROKEN_OFF)

    async with store.write() as conn:
        await derive.rebuild(conn, ME)

    assert await counted(store) == {}


@pytest.mark.parametrize("elapsed", [-1, 721])
async def test_a_length_no_session_has_is_refused(store: Store, elapsed: float) -> None:
    with pytest.raises(BadInput, match="elapsed_minutes must be between 0 and 720"):
        await cancel(store, replace(BROKEN_OFF, elapsed_min=elapsed))
