"""The vault: secrets sealed for their own row, opened with the right key only, rotated."""

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from rewind_gql.errors import BadSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.tables import Credential
from tests.databases import ME, OTHER

OLD, NEW = b"o" * 64, b"n" * 64
ROW = ("songs", "me", "token")


async def _put(store: Store, vault: Vault, value: str) -> None:
    async with store.write() as conn:
        await vault.put(conn, ME, *ROW, value)


async def _all(store: Store, vault: Vault, user_id: int = ME) -> dict[str, str]:
    return await store.ask(vault.of_account, user_id, provider="songs", account="me")


async def _sealed(store: Store) -> list[str]:
    async with store.write() as conn:
        return list((await conn.execute(select(col(Credential.sealed)))).scalars())


async def test_a_secret_comes_back_to_its_owner_only(store: Store) -> None:
    vault = Vault(OLD)
    await _put(store, vault, "abc")
    await _put(store, vault, "xyz")

    assert await _all(store, vault) == {"token": "xyz"}
    assert await _all(store, vault, OTHER) == {}


async def test_the_table_holds_nothing_of_it_and_no_seal_twice(store: Store) -> None:
    vault = Vault(OLD)
    await _put(store, vault, "abc")
    first = await _sealed(store)
    await _put(store, vault, "abc")

    second = await _sealed(store)

    assert len({*first, *second}) == 2
    assert "abc" not in "".join([*first, *second])


async def test_a_secret_moved_to_another_row_does_not_open(store: Store) -> None:
    vault = Vault(OLD)
    await _put(store, vault, "abc")
    async with store.write() as conn:
        await conn.execute(update(Credential).values(user_id=OTHER))

    with pytest.raises(BadSettings, match="damaged"):
        await _all(store, vault, OTHER)


async def test_another_servers_secret_says_what_to_do(store: Store) -> None:
    await _put(store, Vault(OLD), "abc")

    with pytest.raises(BadSettings, match="REWIND_SECRET"):
        await _all(store, Vault(NEW))


async def test_rotation_seals_everything_under_the_new_secret(store: Store) -> None:
    await _put(store, Vault(OLD), "abc")
    both = Vault(NEW, previous=[OLD])
    before = await _all(store, both)
    async with store.write() as conn:
        moved = [await both.rotate(conn), await both.rotate(conn)]

    after = await _all(store, Vault(NEW))

    assert before == after == {"token": "abc"}
    assert moved == [1, 0]
