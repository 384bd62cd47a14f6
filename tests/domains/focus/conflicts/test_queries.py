"""Conflicts as they are shown."""

from rewind_gql.domains.focus import queries
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER
from tests.domains.focus.conflicts.made import sent, session, settle


async def three(store: Store) -> list[int]:
    """Two open conflicts and one that was dismissed."""
    found = await sent(
        store,
        *(session("a", 0, 25), session("b", 20, 45, device_id="win")),
        *(session("c", 100, 125), session("d", 120, 145)),
        *(session("e", 200, 225), session("f", 200, 225)),
    )
    await settle(store, found[1], "KEEP_ALL")
    return found


async def test_conflicts_are_listed_by_state_newest_first(store: Store) -> None:
    first, second, third = await three(store)

    assert [each.id for each in await store.ask(queries.conflicts, ME)] == [third, first]
    dismissed = await store.ask(queries.conflicts, ME, state="dismissed")
    assert [each.id for each in dismissed] == [second]
    assert len(await store.ask(queries.conflicts, ME, state=None)) == 3
    assert await store.ask(queries.open_conflicts_count, ME) == 2


async def test_conflicts_of_sessions_are_the_open_ones(store: Store) -> None:
    first, _, third = await three(store)

    found = await store.ask(queries.conflicts_by_session, ME, [1, 2, 3, 5, 99])

    assert found == {1: [first], 2: [first], 5: [third]}


async def test_members_come_oldest_first(store: Store) -> None:
    await sent(store, session("late", 20, 45, device_id="win"))
    (at,) = await sent(store, session("early", 0, 25))

    members = await store.ask(queries.members_by_conflict, ME, [at])

    assert [(each.session_id, each.device_id) for each in members[at]] == [(2, "mac"), (1, "win")]


async def test_conflicts_of_somebody_else_are_not_shown(store: Store) -> None:
    ids = await three(store)

    assert await store.ask(queries.conflicts, OTHER, state=None) == []
    assert await store.ask(queries.open_conflicts_count, OTHER) == 0
    assert await store.ask(queries.conflicts_by_id, OTHER, ids) == {}
    assert await store.ask(queries.members_by_conflict, OTHER, ids) == {}
    assert await store.ask(queries.conflicts_by_session, OTHER, [1, 2]) == {}


async def test_members_of_many_conflicts_cost_one_statement(
    store: Store, statements: list[str]
) -> None:
    ids = await three(store)
    statements.clear()

    assert len(await store.ask(queries.members_by_conflict, ME, ids)) == 3

    assert len(statements) == 1
