"""Time by calendar day: kept exact, counted again, and checked."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from rewind_gql.domains import DOMAINS
from rewind_gql.domains.base import Touched
from rewind_gql.domains.focus import derive, intake
from rewind_gql.domains.focus.tables import Day, Session, Total
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.focus.made import DAY, HOUR, NOON, counted, mark, send, session

THE_12TH, THE_13TH = date(2025, 3, 12), date(2025, 3, 13)
LATE = NOON.replace(hour=22, minute=50)  # 23:50 in Oslo


async def test_a_session_over_midnight_counts_on_the_day_it_began(store: Store) -> None:
    await send(store, session(LATE))

    assert await counted(store) == {
        (THE_12TH, "focus", "Thesis", "work"): (600, 1),
        (THE_13TH, "focus", "Thesis", "work"): (900, 0),
    }


async def test_sessions_of_one_project_and_category_are_added_up(store: Store) -> None:
    await send(store, session(NOON), session(NOON + HOUR), session(NOON + 2 * HOUR, kind="break"))

    assert await counted(store) == {
        (THE_12TH, "focus", "Thesis", "work"): (3000, 2),
        (THE_12TH, "break", "Thesis", "work"): (1500, 1),
    }


async def test_the_night_clocks_change_is_as_long_as_it_is(store: Store) -> None:
    spring = datetime(2025, 3, 29, 23, 30, tzinfo=UTC)  # 00:30 to 05:30 on the clock, 4 hours
    autumn = datetime(2025, 10, 25, 21, 30, tzinfo=UTC)  # 23:30 to 03:30 on the clock, 5 hours

    await send(store, session(spring, minutes=240), session(autumn, minutes=300))

    assert await counted(store) == {
        (date(2025, 3, 30), "focus", "Thesis", "work"): (4 * 3600, 1),
        (date(2025, 10, 25), "focus", "Thesis", "work"): (1800, 1),
        (date(2025, 10, 26), "focus", "Thesis", "work"): (4 * 3600 + 1800, 0),
    }


async def test_only_completed_sessions_count(store: Store) -> None:
    made = await send(store, *(session(NOON + at * HOUR) for at in range(4)))

    for verdict, state in zip(made, ("cancelled", "merged", "deleted"), strict=False):
        await mark(store, verdict.id, state=state)

    assert await counted(store) == {(THE_12TH, "focus", "Thesis", "work"): (1500, 1)}


async def test_days_that_were_not_touched_are_left_alone(store: Store) -> None:
    await send(store, session(NOON), session(NOON + DAY))
    async with store.write() as conn:
        await conn.execute(update(Day).values(seconds=7))

        await derive.derive(conn, ME, Touched(days={THE_12TH}))

    assert [seconds for seconds, _ in (await counted(store)).values()] == [1500, 7]


async def test_what_is_gone_is_no_longer_counted(store: Store) -> None:
    (verdict,) = await send(store, session(LATE))
    async with store.write() as conn:
        gone = update(Session).where(col(Session.id) == verdict.id).values(state="deleted")
        await conn.execute(gone)

        await derive.derive(conn, ME, Touched(days={THE_12TH, THE_13TH}))

    assert await counted(store) == {}


async def test_a_session_of_several_days_is_counted_on_all_of_them(store: Store) -> None:
    (verdict,) = await send(store, session(LATE))
    await mark(store, verdict.id, end_at=LATE + 3 * DAY)
    before = await counted(store)

    async with store.write() as conn:
        await derive.derive(conn, ME, Touched(days={date(2025, 3, 15)}))

    assert await counted(store) == before
    assert [seconds for seconds, _ in before.values()] == [600, 86_400, 86_400, 85_800]


async def test_counting_twice_changes_nothing(store: Store) -> None:
    await send(store, session(LATE), session(NOON))
    before = await counted(store)

    for _ in range(2):
        async with store.write() as conn:
            await derive.derive(conn, ME, Touched(days={THE_12TH, THE_13TH}))
            await DOMAINS["focus"].rebuild(conn, ME)

    assert await counted(store) == before


async def test_the_days_of_others_are_left_alone(store: Store) -> None:
    await send(store, session(NOON), user_id=OTHER)

    async with store.write() as conn:
        await derive.derive(conn, ME, Touched(days={THE_12TH}))
        await derive.rebuild(conn, ME)

    assert len(await counted(store, OTHER)) == 1


async def test_days_years_apart_are_counted_in_a_few_statements(
    store: Store, statements: list[str]
) -> None:
    far = [session(NOON - years * 365 * DAY) for years in range(5)]
    async with store.write() as conn:
        _, touched = await intake.batch(conn, ME, far, received_at=NOON, run_id=None)
        statements.clear()

        await derive.derive(conn, ME, touched)

    cost = len(statements)
    assert len(await counted(store)) == 5
    assert cost <= 3 + 5 * 5


async def test_a_hundred_sessions_of_a_month_are_counted_in_as_many_statements_as_one(
    store: Store, statements: list[str]
) -> None:
    costs = []
    for count in (1, 100):
        batch = [session(NOON + at * timedelta(hours=7)) for at in range(count)]
        async with store.write() as conn:
            _, touched = await intake.batch(conn, ME, batch, received_at=NOON, run_id=None)
            statements.clear()
            await derive.derive(conn, ME, touched)
        costs.append(len(statements))

    assert costs[0] == costs[1]


async def test_drift_is_empty_where_counts_and_sessions_agree(store: Store) -> None:
    await send(store, session(LATE), session(NOON - 800 * DAY))

    assert await store.ask(derive.drift, ME) == []


async def test_drift_says_where_counts_and_sessions_differ(store: Store) -> None:
    await send(store, session(NOON, category=""))
    async with store.write() as conn:
        await conn.execute(update(Day).values(seconds=7))

    assert await store.ask(derive.drift, ME) == [
        "focus / Thesis on 2025-03-12: 7 s in 1 sessions are counted, 1500 s in 1 are there"
    ]


async def test_drift_says_where_totals_and_sessions_differ(store: Store) -> None:
    await send(store, session(NOON))
    async with store.write() as conn:
        await conn.execute(update(Total).values(sessions=2))

    assert await store.ask(derive.drift, ME) == [
        "total on 2025-03-12: 1500 s in 2 sessions and 0 s in 0 breaks are counted, "
        "1500 s in 1 and 0 s in 0 are there"
    ]


async def test_drift_shows_the_first_few_differences(store: Store) -> None:
    await send(store, *(session(NOON + at * DAY) for at in range(9)))
    async with store.write() as conn:
        await conn.execute(update(Day).values(seconds=7))

    found = await store.ask(derive.drift, ME)

    assert len(found) == 6
    assert found[-1] == "focus by day: more differences"
