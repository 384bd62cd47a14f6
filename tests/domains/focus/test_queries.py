"""Lists of sessions, time by day, days in a row, and the whole in short."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from rewind_gql.domains.focus import derive, intake, queries, records
from rewind_gql.domains.focus.views import FocusDay, FocusTotal, Streak
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice, slice_of
from tests.databases import ME, OTHER
from tests.domains.focus.made import (
    DAY,
    HOUR,
    MAC,
    MINUTE,
    NOON,
    WEB,
    ids,
    mark,
    prefer,
    send,
    session,
)

TODAY = date(2025, 3, 12)


async def test_sessions_come_newest_first(store: Store) -> None:
    made = await send(
        store, session(NOON), session(NOON + HOUR), session(NOON - HOUR), session(NOON)
    )
    one, two, three, four = (each.id for each in made)

    found = await store.ask(queries.sessions, ME, part=Slice(limit=10))

    assert ids(found.items) == [two, four, one, three]
    assert (found.has_next, found.has_previous) == (False, False)


async def test_sessions_of_a_window_leave_out_its_end(store: Store) -> None:
    made = await send(store, *(session(NOON + at * HOUR) for at in range(4)))
    window = {"since": NOON + HOUR, "until": NOON + 3 * HOUR}

    found = await store.ask(queries.sessions, ME, part=Slice(limit=10), **window)

    assert ids(found.items) == [made[2].id, made[1].id]
    assert await store.ask(queries.sessions_count, ME, **window) == 2


async def test_sessions_are_walked_by_pages_in_both_directions(store: Store) -> None:
    made = await send(store, *(session(NOON + at // 2 * HOUR) for at in range(7)))
    everything = [each.id for each in reversed(made)]
    forward, after = [], None
    for _ in range(4):
        part = slice_of(queries.SESSIONS, queries.SESSIONS_TYPES, first=2, after=after)
        page = await store.ask(queries.sessions, ME, part=part)
        forward += ids(page.items)
        after = page.cursors[-1]

    part = slice_of(queries.SESSIONS, queries.SESSIONS_TYPES, last=3, before=after)
    back = await store.ask(queries.sessions, ME, part=part)

    assert forward == everything
    assert ids(back.items) == everything[-4:-1]
    assert (back.has_next, back.has_previous) == (True, True)


async def test_sessions_of_every_state_but_deleted_are_listed(store: Store) -> None:
    made = await send(store, *(session(NOON + at * HOUR) for at in range(4)))
    for verdict, state in zip(made, ("completed", "cancelled", "merged", "deleted"), strict=True):
        await mark(store, verdict.id, state=state)

    found = await store.ask(queries.sessions, ME, part=Slice(limit=10))

    assert [each.state for each in found.items] == ["merged", "cancelled", "completed"]
    assert await store.ask(queries.sessions_count, ME) == 3


async def test_sessions_are_found_by_number_and_uuid_in_one_statement(
    store: Store, statements: list[str]
) -> None:
    given = [session(NOON + at * HOUR) for at in range(20)]
    made = await send(store, *given)
    await mark(store, made[0].id, state="deleted")
    numbers = [each.id for each in made]
    uuids = [each.client_session_id for each in given]
    statements.clear()

    by_id = await store.ask(queries.sessions_by_id, ME, [*numbers, 9_999])
    by_uuid = await store.ask(queries.sessions_by_uuid, ME, [*uuids, uuid4()])
    theirs = await store.ask(queries.sessions_by_id, OTHER, numbers)

    assert sorted(by_id) == numbers
    assert {uuid: each.id for uuid, each in by_uuid.items()} == dict(
        zip(uuids, numbers, strict=True)
    )
    assert by_id[numbers[0]].state == "deleted"
    assert theirs == {}
    assert len(statements) == 3


async def test_what_a_device_sent_is_acknowledged_newest_first(store: Store) -> None:
    early, late, elsewhere = session(), session(NOON + HOUR), session(NOON + DAY, device_id=WEB)
    await send(store, late, now=NOON)
    await send(store, early, now=NOON + MINUTE)
    await send(store, elsewhere, now=NOON + HOUR)

    found = await store.ask(queries.recent_uuids, ME, device_id=MAC)
    newest = await store.ask(queries.recent_uuids, ME, device_id=MAC, limit=1)

    assert found == [early.client_session_id, late.client_session_id]
    assert newest == found[:1]


async def test_timers_can_be_asked_for_from_a_moment_on(store: Store) -> None:
    async with store.write() as conn:
        for hours in (1, 20):
            timer = records.Timer(
                client_session_id=uuid4(), source="cli", start_at=NOON - hours * HOUR
            )
            await intake.begin(conn, ME, timer, received_at=NOON)

    everything = await store.ask(queries.timers, ME)
    recent = await store.ask(queries.timers, ME, since=NOON - 12 * HOUR)

    assert [each.start_at for each in everything] == [NOON - HOUR, NOON - 20 * HOUR]
    assert recent == everything[:1]


async def test_tracking_lists_every_day_of_its_window(store: Store) -> None:
    await send(store, session(NOON), session(NOON + 2 * DAY, minutes=50))

    found = await store.ask(
        queries.tracking, ME, since=TODAY - DAY, until=TODAY + 4 * DAY, today=TODAY
    )

    assert [(each.name, each.minutes, each.sessions) for each in found.days] == [
        ("2025-03-11", 0, 0),
        ("2025-03-12", 25, 1),
        ("2025-03-13", 0, 0),
        ("2025-03-14", 50, 1),
        ("2025-03-15", 0, 0),
    ]
    assert (found.minutes, found.sessions) == (75, 2)


async def test_tracking_sums_projects_and_categories_most_first(store: Store) -> None:
    await send(
        store,
        session(NOON, project="A", category="x", minutes=10),
        session(NOON + HOUR, project="B", category="", minutes=30),
        session(NOON + DAY, project="A", category="", minutes=20),
        session(NOON + 2 * HOUR, project="C", category="x", minutes=40),
    )

    found = await store.ask(queries.tracking, ME, since=TODAY, until=TODAY + 2 * DAY, today=TODAY)

    assert found.projects == [
        FocusTotal(name="C", minutes=40, sessions=1),
        FocusTotal(name="A", minutes=30, sessions=2),
        FocusTotal(name="B", minutes=30, sessions=1),
    ]
    assert [(each.name, each.minutes) for each in found.categories] == [("", 50), ("x", 50)]


async def test_tracking_keeps_rest_and_what_was_broken_off_apart(store: Store) -> None:
    made = await send(
        store,
        session(NOON),
        session(NOON + HOUR, kind="break", minutes=5),
        session(NOON + 2 * HOUR),
        session(NOON + 3 * HOUR, kind="break"),
        session(NOON + 2 * DAY),
    )
    for verdict in made[2:]:
        await mark(store, verdict.id, state="cancelled")

    found = await store.ask(queries.tracking, ME, since=TODAY, until=TODAY + DAY, today=TODAY)

    assert (found.minutes, found.sessions) == (25, 1)
    assert (found.break_minutes, found.cancelled) == (5, 1)


async def test_what_was_broken_off_is_counted_on_the_persons_own_day(store: Store) -> None:
    (late,) = await send(store, session(NOON.replace(hour=23, minute=30)))
    await mark(store, late.id, state="cancelled")
    next_day = {"since": TODAY + DAY, "until": TODAY + 2 * DAY, "today": TODAY}

    in_oslo = await store.ask(queries.tracking, ME, **next_day)
    await prefer(store, timezone="America/New_York")
    in_new_york = await store.ask(queries.tracking, ME, **next_day)

    assert (in_oslo.cancelled, in_new_york.cancelled) == (1, 0)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (TODAY, TODAY),
        (TODAY, TODAY - DAY),
        (date(1969, 12, 31), TODAY),
        (date(2000, 1, 1), TODAY),
        (TODAY, date.max),
    ],
)
async def test_a_window_without_days_or_without_bounds_is_refused(
    store: Store, since: date, until: date
) -> None:
    with pytest.raises(BadInput):
        await store.ask(queries.tracking, ME, since=since, until=until, today=TODAY)
    with pytest.raises(BadInput):
        await store.ask(queries.days, ME, since=since, until=until)


async def test_days_come_by_project_and_category_without_rest(store: Store) -> None:
    await send(
        store,
        session(NOON, project="B"),
        session(NOON + HOUR, project="A", category="y", minutes=10),
        session(NOON + 2 * HOUR, project="A", category="x", minutes=15),
        session(NOON + 3 * HOUR, kind="break"),
        session(NOON + 4 * HOUR, project="A", category="x", minutes=30),
        session(NOON + DAY),
    )

    found = await store.ask(queries.days, ME, since=TODAY, until=TODAY + DAY)

    assert found == [
        FocusDay(day=TODAY, project="A", category="x", minutes=45, sessions=2),
        FocusDay(day=TODAY, project="A", category="y", minutes=10, sessions=1),
        FocusDay(day=TODAY, project="B", category="work", minutes=25, sessions=1),
    ]


async def streak_of(store: Store, *days_ago: int) -> Streak:
    """The streak of somebody with sessions so many days ago."""
    await send(store, *(session(NOON - ago * DAY) for ago in days_ago))
    return await store.ask(queries.streak, ME, today=TODAY)


async def test_somebody_without_sessions_has_no_streak(store: Store) -> None:
    assert await streak_of(store) == Streak(current=0, longest=0, last_day=None)


async def test_a_streak_runs_to_today(store: Store) -> None:
    assert await streak_of(store, 0, 1, 2, 4) == Streak(current=3, longest=3, last_day=TODAY)


async def test_a_streak_is_not_lost_before_the_day_is_over(store: Store) -> None:
    found = await streak_of(store, 1, 2)

    assert found == Streak(current=2, longest=2, last_day=TODAY - DAY)


async def test_a_streak_is_lost_after_a_day_without(store: Store) -> None:
    found = await streak_of(store, 2, 3, 4)

    assert found == Streak(current=0, longest=3, last_day=TODAY - 2 * DAY)


async def test_two_projects_on_one_day_are_one_day(store: Store) -> None:
    await send(store, session(NOON, project="A"), session(NOON + HOUR, project="B"))

    assert (await streak_of(store, 1)).current == 2


async def test_rest_and_the_end_of_a_long_evening_make_no_streak(store: Store) -> None:
    evening = NOON.replace(hour=22, minute=50) - DAY  # goes on into today in Oslo
    await send(store, session(evening), session(NOON, kind="break"))

    found = await store.ask(queries.streak, ME, today=TODAY)

    assert found == Streak(current=1, longest=1, last_day=TODAY - DAY)


async def test_the_whole_in_short(store: Store) -> None:
    nothing = await store.ask(queries.summary, ME)
    made = await send(
        store,
        *(session(NOON + at * DAY, kind="break" if at == 1 else "focus") for at in range(4)),
        session(NOON - DAY),
    )
    await mark(store, made[2].id, state="cancelled")
    await mark(store, made[3].id, state="deleted")
    await prefer(store, daily_goal=9, now=NOON + HOUR)

    found = await store.ask(queries.summary, ME)

    assert nothing == (0, None, None)
    assert found == (3, NOON + 2 * DAY + timedelta(minutes=25), NOON + HOUR)
    assert await store.ask(queries.summary, OTHER) == nothing
    assert await store.ask(derive.drift, ME) == []
