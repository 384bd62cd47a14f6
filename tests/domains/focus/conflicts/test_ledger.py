"""Conflicts that are forgotten, and those that never are."""

from rewind_gql.domains.focus import queries
from rewind_gql.domains.focus.conflicts import ledger
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.focus.conflicts.made import NOW, SECOND, find, sent, session, settle


async def four(store: Store) -> dict[str, int]:
    """A conflict in each state, by state."""
    a, b, c, d = await sent(
        store,
        *(session("a", 0, 25), session("b", 20, 45)),
        *(session("c", 100, 125), session("d", 120, 145)),
        *(session("e", 200, 225), session("f", 220, 245)),
        *(session("g", 300, 325), session("h", 320, 345)),
    )
    await settle(store, a, "MERGE")
    await settle(store, b, "KEEP_ALL")
    await sent(store, session("i", 240, 265))
    return {"resolved": a, "dismissed": b, "superseded": c, "open": d}


async def prune(store: Store, *, most: int = 10, late: bool = True) -> int:
    async with store.write() as conn:
        before = NOW + SECOND if late else NOW
        return await ledger.prune(conn, ME, before=before, most=most)


async def test_what_is_over_long_enough_is_forgotten_with_its_members(store: Store) -> None:
    ids = await four(store)

    assert await prune(store) == 2

    left = await store.ask(queries.conflicts_by_id, ME, list(ids.values()))
    assert set(left) == {ids["dismissed"], ids["open"]}
    gone = [ids["resolved"], ids["superseded"]]
    assert await store.ask(queries.members_by_conflict, ME, gone) == {}


async def test_what_is_over_since_then_stays(store: Store) -> None:
    await four(store)

    assert await prune(store, late=False) == 0


async def test_no_more_is_forgotten_at_once_than_asked_for(store: Store) -> None:
    await four(store)

    assert [await prune(store, most=1) for _ in range(3)] == [1, 1, 0]


async def test_what_was_dismissed_is_not_raised_after_pruning(store: Store) -> None:
    await four(store)
    await prune(store)

    assert await find(store, [3, 4]) == []
