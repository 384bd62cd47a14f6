"""The number that tells of commits."""

from sqlalchemy import text

from rewind_gql.store.engine import Store

CHANGE = text("UPDATE auth_user SET epoch = epoch + 1")


async def test_it_is_another_one_after_every_commit(sqlite_store: Store) -> None:
    seen = [sqlite_store.version()]
    for _ in range(3):
        async with sqlite_store.write() as conn:
            await conn.execute(CHANGE)
        seen.append(sqlite_store.version())

    assert len({*seen}) == 4


async def test_it_stays_while_nothing_is_committed(sqlite_store: Store) -> None:
    before = sqlite_store.version()
    async with sqlite_store.write() as conn:
        await conn.execute(CHANGE)
        during = sqlite_store.version()

    assert before == during
    assert before is not None


async def test_it_tells_of_what_others_commit(sqlite_store: Store) -> None:
    other = await Store.open(sqlite_store.url.render_as_string(hide_password=False))
    before = sqlite_store.version()
    async with other.write() as conn:
        await conn.execute(CHANGE)
    await other.close()

    assert sqlite_store.version() != before


async def test_on_postgresql_there_is_none(store: Store) -> None:
    assert (store.version() is None) == (store.dialect == "postgresql")
