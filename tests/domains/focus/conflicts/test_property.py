"""Whatever comes in, is resolved and taken back: conflicts are what plain looking finds."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from rewind_gql.domains.focus import derive, queries
from rewind_gql.domains.focus.conflicts import detect
from rewind_gql.domains.focus.conflicts.refusals import ConflictChanged, TrimTooShort
from rewind_gql.domains.focus.conflicts.rules import Limits
from rewind_gql.domains.focus.records import Session
from rewind_gql.domains.focus.tables import Conflict, ConflictMember, Day
from rewind_gql.domains.focus.tables import Session as Stored
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.focus.conflicts import oracle
from tests.domains.focus.conflicts.made import (
    DAY,
    LIMITS,
    NOON,
    NOW,
    find,
    open_sets,
    send,
    session,
    settle,
    settle_safely,
    stored,
    take_back,
)

SKEWS = {"mac": 0, "win": 600_000, "web": -1_500_000}
CHOICES = ("KEEP_ONE", "KEEP_ALL", "MERGE", "TRIM_EARLIER", "TRIM_LATER", "DELETE")
QUICK = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

devices = st.sampled_from(sorted(SKEWS))
made = st.builds(
    lambda start, length, project, device, kind, note: {
        "span": (start, start + length),
        "project": project,
        "device_id": device,
        "skew_ms": SKEWS[device],
        "kind": kind,
        "note": note,
    },
    st.integers(0, 300).map(lambda half: half / 2),
    st.sampled_from([1, 1.5, 20, 25, 25.5, 60]),
    st.sampled_from(["", "Thesis", "thesis", "Garden"]),
    devices,
    st.sampled_from(["focus", "focus", "focus", "break"]),
    st.sampled_from(["", "one", "two"]),
)
batches = st.lists(made, min_size=1, max_size=6)
steps = st.one_of(
    st.tuples(st.just("send"), batches),
    st.tuples(st.just("settle"), st.tuples(st.sampled_from(CHOICES), st.integers(0, 9))),
    st.tuples(st.just("undo"), st.integers(0, 9)),
    st.tuples(st.just("safe"), st.sampled_from(["duplicates", "all_safe"])),
    st.tuples(st.just("scan"), st.none()),
)
stories = st.tuples(batches, st.lists(steps, max_size=7)).map(
    lambda told: [("send", told[0]), *told[1]]
)


def records(specs: Sequence[dict[str, Any]], name: object) -> list[Session]:
    """Sessions as devices send them."""
    return [
        session((name, at), *spec["span"], **{k: v for k, v in spec.items() if k != "span"})
        for at, spec in enumerate(specs)
    ]


async def clear(store: Store) -> None:
    """Begin anew."""
    async with store.write() as conn:
        for table in (ConflictMember, Conflict, Day, Stored):
            await conn.execute(delete(table))


async def chosen(store: Store, how: str, which: int) -> None:
    """Resolve one of the open conflicts somehow, if that can be done."""
    found = sorted(each.id for each in await store.ask(queries.conflicts, ME))
    if found:
        at = found[which % len(found)]
        members = (await store.ask(queries.members_by_conflict, ME, [at]))[at]
        one = members[which % len(members)].session_id
        try:
            await settle(store, at, how, keep=one, delete=[one])
        except (TrimTooShort, BadInput):
            return


async def do(store: Store, number: int, step: str, what: Any) -> None:
    """Let one thing happen."""
    if step == "send":
        verdicts = await send(store, *records(what, number))
        await find(store, [each.id for each in verdicts])
    elif step == "settle":
        await chosen(store, *what)
    elif step == "safe":
        found = await store.ask(queries.conflicts, ME)
        await settle_safely(store, [each.id for each in found], what)
    elif step == "scan":
        async with store.write() as conn:
            await detect.scan(conn, ME, since=NOON, until=NOON + DAY, now=NOW, **LIMITS)
    else:
        done = [
            each for each in await store.ask(queries.conflicts, ME, state=None) if each.can_undo
        ]
        if done:
            try:
                await take_back(store, sorted(each.id for each in done)[what % len(done)])
            except ConflictChanged:
                return


async def dismissed(store: Store) -> list[frozenset[int]]:
    """The sets of sessions that were dismissed."""
    found = await store.ask(queries.conflicts, ME, state="dismissed")
    members = await store.ask(queries.members_by_conflict, ME, [each.id for each in found])
    return [frozenset(m.session_id for m in each if m.session_id) for each in members.values()]


@QUICK
@given(story=stories)
async def test_open_conflicts_are_always_what_looking_at_every_pair_finds(
    store: Store, story: list[tuple[str, Any]]
) -> None:
    await clear(store)
    for number, (step, what) in enumerate(story):
        await do(store, number, step, what)

        sessions = (await stored(store)).values()
        wanted = oracle.conflicts(sessions, dismissed=await dismissed(store))
        assert await open_sets(store) == set(wanted)
    assert await store.ask(derive.drift, ME) == []


@QUICK
@given(specs=st.lists(made, min_size=2, max_size=12), data=st.data())
async def test_the_order_of_arrival_changes_no_conflict(
    store: Store, specs: list[dict[str, Any]], data: st.DataObject
) -> None:
    sent = records(specs, "one")
    shuffled = data.draw(st.permutations(sent))
    cuts = data.draw(st.sets(st.integers(1, len(sent) - 1)))
    found = []
    for order, pieces in ((sent, set[int]()), (shuffled, cuts)):
        await clear(store)
        edges = [0, *sorted(pieces), len(order)]
        for since, until in pairwise(edges):
            verdicts = await send(store, *order[since:until])
            await find(store, [each.id for each in verdicts])
        names = {row.id: row.client_session_id for row in (await stored(store)).values()}
        conflicts = await store.ask(queries.conflicts, ME)
        members = await store.ask(queries.members_by_conflict, ME, [c.id for c in conflicts])
        found.append(
            {
                (
                    each.type,
                    each.auto_resolvable,
                    each.suggestion,
                    frozenset(names[m.session_id or 0] for m in members[each.id]),
                )
                for each in conflicts
            }
        )

    assert found[0] == found[1]


@QUICK
@given(specs=st.lists(made, min_size=2, max_size=8), which=st.integers(0, 9))
async def test_taking_back_any_resolution_leaves_no_trace_in_the_sessions(
    store: Store, specs: list[dict[str, Any]], which: int
) -> None:
    await clear(store)
    await do(store, 0, "send", specs)
    before, conflicts = await stored(store), await open_sets(store)
    for how in CHOICES:
        await chosen(store, how, which)
        for each in await store.ask(queries.conflicts, ME, state=None):
            if each.can_undo:
                await take_back(store, each.id)

        assert await stored(store) == before
        assert await open_sets(store) == conflicts
        assert await store.ask(derive.drift, ME) == []


@QUICK
@given(
    specs=st.lists(made, min_size=2, max_size=10),
    how=st.sampled_from(["KEEP_ONE", "MERGE", "TRIM_EARLIER", "TRIM_LATER"]),
    which=st.integers(0, 9),
)
async def test_no_time_is_counted_twice_once_all_is_settled(
    store: Store, specs: list[dict[str, Any]], how: str, which: int
) -> None:
    await clear(store)
    verdicts = await send(store, *records([s | {"kind": "focus"} for s in specs], 0))
    strict = Limits(tolerance_s=0)
    await find(store, [each.id for each in verdicts], tolerance_s=0)
    before = oracle.covered((await stored(store)).values())
    while found := await store.ask(queries.conflicts, ME):
        at = found[0].id
        kept = (await store.ask(queries.members_by_conflict, ME, [at]))[at][0].session_id
        try:
            await settle(store, at, how, limits=strict)
        except (TrimTooShort, BadInput):
            await settle(store, at, "KEEP_ONE", keep=kept, limits=strict)

    left = [row for row in (await stored(store)).values() if row.state == "completed"]
    days = await store.ask(queries.days, ME, since=NOON.date(), until=NOW.date())
    counted = sum(each.minutes for each in days) * 60
    assert counted == oracle.covered(left) == sum(row.duration_min * 60 for row in left)
    assert counted <= before
    assert how != "MERGE" or counted == before
