"""Whatever happens to sessions, time by day and totals are what plain counting gives."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import col

from rewind_gql.domains.base import Touched
from rewind_gql.domains.focus import derive, queries
from rewind_gql.domains.focus.calendar import days_of
from rewind_gql.domains.focus.tables import Day, Preference, Session, Total
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.focus.made import DAY, counted, prefer, send, session, stored

MINUTE = timedelta(minutes=1)
ZONES = (
    "Europe/Oslo",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Auckland",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
)
# Nights clocks change in one zone or another, a turn of the year and of a leap month, a day that
# one zone left out, and plain days in a row.
NIGHTS = (
    datetime(2024, 2, 28, tzinfo=UTC),
    datetime(2024, 3, 10, tzinfo=UTC),
    datetime(2024, 3, 30, tzinfo=UTC),
    datetime(2024, 10, 26, tzinfo=UTC),
    datetime(2024, 11, 3, tzinfo=UTC),
    datetime(2024, 12, 31, tzinfo=UTC),
    datetime(2011, 12, 29, tzinfo=UTC),
)

starts = st.builds(
    lambda night, days, minutes: night + days * DAY + minutes * MINUTE,
    st.sampled_from(NIGHTS),
    st.integers(0, 3),
    st.one_of(st.integers(0, 1439), st.integers(1260, 1439), st.sampled_from([0, 299, 300, 659])),
)
lengths = st.one_of(st.integers(1, 60), st.integers(61, 720))
words = st.sampled_from(["", "A", "B"])
sent = st.builds(
    lambda at, minutes, project, category, kind: session(
        at, minutes=minutes, project=project, category=category, kind=kind
    ),
    starts,
    lengths,
    words,
    words,
    st.sampled_from(["focus", "focus", "focus", "break"]),
)
which = st.integers(0, 50)
deeds = st.one_of(
    st.tuples(st.just("send"), st.lists(sent, min_size=1, max_size=12)),
    st.tuples(st.just("send"), st.lists(sent, min_size=1, max_size=12)),
    st.tuples(
        st.just("mark"),
        st.tuples(which, st.sampled_from(["cancelled", "merged", "deleted", "completed"])),
    ),
    st.tuples(st.just("stretch"), st.tuples(which, st.integers(1, 3_000))),
    st.tuples(st.just("move"), st.sampled_from(ZONES)),
)


async def clear(store: Store) -> None:
    """Leave nothing of focus."""
    async with store.write() as conn:
        for table in (Day, Total, Session, Preference):
            await conn.execute(delete(table))


async def do(store: Store, deed: str, what: Any) -> None:
    """Let one thing happen, and count the days it touches."""
    if deed == "send":
        await send(store, *what)
    elif deed == "move":
        await prefer(store, timezone=what)
    elif rows := await stored(store):
        row = rows[what[0] % len(rows)]
        values = {"state": what[1]} if deed == "mark" else {"end_at": row.end_at + what[1] * MINUTE}
        async with store.write() as conn:
            changed = update(Session).where(col(Session.id) == row.id).values(values)
            await conn.execute(changed)
            zone = await derive.zone_of(conn, ME)
            end = max(row.end_at, values.get("end_at", row.end_at))
            await derive.derive(conn, ME, Touched(days=days_of(row.start_at, end, zone)))


def shown(at: datetime, zone: ZoneInfo) -> date:
    """The date on the clock."""
    return at.astimezone(zone).date()


def minute_by_minute(rows: Iterable[Any], zone: ZoneInfo) -> dict[Any, tuple[int, int]]:
    """Seconds and sessions by day, kind, project and category, one minute after the other."""
    seconds: defaultdict[Any, int] = defaultdict(int)
    begun: defaultdict[Any, int] = defaultdict(int)
    for row in rows:
        names = (row.kind, row.project, row.category)
        begun[shown(row.start_at, zone), *names] += 1
        at = row.start_at
        while at < row.end_at:
            seconds[shown(at, zone), *names] += 60
            at += MINUTE
    return {place: (seconds[place], begun[place]) for place in seconds.keys() | begun.keys()}


def runs(days: set[date]) -> list[int]:
    """How long each run of days in a row is, by its first day."""
    found = []
    for first in sorted(day for day in days if day - DAY not in days):
        last = first
        while last in days:
            last += DAY
        found.append((last - first).days)
    return found


async def check_window(store: Store, rows: list[Any], zone: ZoneInfo, since: date) -> None:
    """Every question about the window is answered as counting its minutes would."""
    until, today = since + 5 * DAY, since + 3 * DAY
    all_of_it = minute_by_minute((row for row in rows if row.state == "completed"), zone)
    focus = {place: count for place, count in all_of_it.items() if place[1] == "focus"}
    inside = {place: count for place, count in focus.items() if since <= place[0] < until}

    found = await store.ask(queries.tracking, ME, since=since, until=until, today=today)
    days = await store.ask(queries.days, ME, since=since, until=until)

    for at, totals in ((0, found.days), (2, found.projects), (3, found.categories)):
        plain: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for place, (seconds, sessions) in inside.items():
            plain[str(place[at])][0] += seconds
            plain[str(place[at])][1] += sessions
        told = {each.name: [round(each.minutes * 60), each.sessions] for each in totals}
        assert {name: each for name, each in told.items() if each != [0, 0]} == plain
    assert [each.name for each in found.days] == [str(since + at * DAY) for at in range(5)]
    assert found.minutes * 60 == sum(seconds for seconds, _ in inside.values())
    assert found.sessions == sum(sessions for _, sessions in inside.values())
    assert found.break_minutes * 60 == sum(
        seconds
        for place, (seconds, _) in all_of_it.items()
        if place[1] == "break" and since <= place[0] < until
    )
    assert found.cancelled == sum(
        row.state == "cancelled"
        and row.kind == "focus"
        and since <= shown(row.start_at, zone) < until
        for row in rows
    )
    assert [(each.day, each.project, each.category) for each in days] == sorted(
        (day, project, category) for day, _, project, category in inside
    )
    begun = {place[0] for place, (_, sessions) in focus.items() if sessions}
    assert found.streak.longest == max(runs(begun), default=0)
    assert found.streak.last_day == max(begun, default=None)
    newest = runs(begun)[-1] if begun and max(begun) >= today - DAY else 0
    assert found.streak.current == newest


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(deeds, min_size=1, max_size=6), night=st.sampled_from(NIGHTS))
async def test_days_and_totals_are_what_plain_counting_gives(
    store: Store, story: list[tuple[str, Any]], night: datetime
) -> None:
    await clear(store)
    for deed, what in story:
        await do(store, deed, what)

    rows = await stored(store)
    zone = await store.ask(queries.zone, ME)
    kept = await counted(store)
    assert kept == minute_by_minute((row for row in rows if row.state == "completed"), zone)
    assert await store.ask(derive.drift, ME) == []
    await check_window(store, rows, zone, night.date())
    async with store.write() as conn:
        await derive.rebuild(conn, ME)
    assert await counted(store) == kept
