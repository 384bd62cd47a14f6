"""PostgreSQL is told to look at tables that have grown."""

from benchmarks import whole
from rewind_gql.store import statistics
from rewind_gql.store.engine import Store
from tests.databases import ME, Databases


async def test_a_table_that_has_grown_is_looked_at_once(databases: Databases) -> None:
    address = await databases.postgresql()
    store = await Store.open(address)
    await whole.shelve_films(store, ME, count=500)
    seen: list[str] = []
    store.watchers.append(seen.append)

    for _ in range(2):
        async with store.write() as conn:
            await statistics.refresh(conn)

    await store.close()
    await databases.drop(address)
    assert [kind for kind in seen if kind.isidentifier()] == ["TextClause"]


async def test_sqlite_is_left_alone(sqlite_store: Store) -> None:
    seen: list[str] = []
    sqlite_store.watchers.append(seen.append)

    async with sqlite_store.write() as conn:
        await statistics.refresh(conn)

    assert seen == []
