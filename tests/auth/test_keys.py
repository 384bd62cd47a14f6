"""Keys: their form, what is stored of them, and how they are taken back."""

import asyncio
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql import clock
from rewind_gql.auth import keys, queries, views
from rewind_gql.errors import BadInput, Conflicting, NotFound
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER

PEPPER = keys.pepper(b"s" * 64)


async def make(store: Store, user_id: int = ME, **given: Any) -> tuple[views.ApiKey, str]:
    """A key of the user."""
    asked = {"name": "laptop", "scope": "read", "pepper": PEPPER, **given}
    async with store.write() as conn:
        return await keys.create(conn, user_id, **asked)


async def take_back(store: Store, key_id: int, user_id: int = ME, **given: Any) -> views.ApiKey:
    """The key after it was revoked."""
    async with store.write() as conn:
        return await keys.revoke(conn, user_id, key_id=key_id, **given)


async def holder(store: Store, key: str) -> views.Caller | None:
    """Who the key belongs to."""
    return await store.system(queries.caller, hash=keys.fingerprint(key, PEPPER))


@pytest.mark.parametrize(
    ("scope", "prefix"),
    [("read", "rw_live_"), ("admin", "rw_admin_"), ("scrobble", "rw_scrob_")],
)
def test_a_minted_key_tells_its_scope_and_is_well_formed(scope: Any, prefix: str) -> None:
    minted = keys.mint(scope)

    assert minted.key.startswith(prefix)
    assert len(minted.key) == len(prefix) + 43 + 6
    assert minted.key.isascii()
    assert (minted.prefix, minted.hint) == (minted.key[:12], minted.key[-4:])
    assert keys.well_formed(minted.key)


@given(st.integers(min_value=0), st.characters(codec="ascii", categories=["L", "N"]))
def test_any_one_character_mistyped_is_noticed(at: int, typed: str) -> None:
    key = keys.mint("read").key
    place = len("rw_live_") + at % (len(key) - len("rw_live_"))

    mistyped = key[:place] + typed + key[place + 1 :]

    assert keys.well_formed(mistyped) is (mistyped == key)


def test_two_characters_swapped_are_noticed() -> None:
    key = keys.mint("admin").key
    at = next(i for i in range(12, len(key)) if key[i] != key[i + 1])

    assert not keys.well_formed(key[:at] + key[at + 1] + key[at] + key[at + 2 :])


@pytest.mark.parametrize("key", ["rw_" + "0f" * 32, "rw_x", "rw_ä b"])
def test_older_forms_are_worth_a_look(key: str) -> None:
    assert keys.well_formed(key)


@pytest.mark.parametrize(
    "key", ["", "rw_", "RW_0f0f", "x", "rw_live_", "rw_admin_short", "rw_" + "a" * 300]
)
def test_what_cannot_be_a_key_is_refused_unseen(key: str) -> None:
    assert not keys.well_formed(key)


def test_the_fingerprint_depends_on_key_and_pepper() -> None:
    other = keys.pepper(b"t" * 64)

    prints = {
        keys.fingerprint("rw_a", PEPPER),
        keys.fingerprint("rw_b", PEPPER),
        keys.fingerprint("rw_a", other),
    }

    assert len(prints) == 3
    assert all(len(text) == 64 for text in prints)


async def test_a_new_key_is_recognised(store: Store) -> None:
    stored, key = await make(store, scope="admin", rate_limit_rpm=90)

    caller = await holder(store, key)

    assert caller is not None
    assert (caller.key_id, caller.user_id, caller.scope) == (stored.id, ME, "admin")
    assert (caller.rate_limit_rpm, caller.time_zone) == (90, "Europe/Oslo")


async def test_an_unknown_key_belongs_to_nobody(store: Store) -> None:
    assert await holder(store, keys.mint("read").key) is None


async def test_recognising_a_key_costs_one_statement(store: Store, statements: list[str]) -> None:
    await holder(store, keys.mint("read").key)

    assert len(statements) == 1


async def test_the_database_holds_no_key(sqlite_store: Store) -> None:
    _, key = await make(sqlite_store)

    with sqlite3.connect(str(sqlite_store.url.database)) as database:
        dump = "\n".join(database.iterdump())

    assert key not in dump
    assert key[8:40] not in dump


async def test_keys_are_listed_in_order_with_what_may_be_shown(store: Store) -> None:
    first, _ = await make(store, name=" my\tlaptop ")
    second, key = await make(store, expires_at=clock.now() + timedelta(days=1))
    await make(store, OTHER)

    listed = await store.ask(queries.keys, ME)

    assert listed == [first, second]
    assert first.name == "my laptop"
    assert (second.prefix, second.hint) == (key[:12], key[-4:])


async def test_a_key_taken_back_is_unknown_at_once(store: Store) -> None:
    stored, key = await make(store)

    revoked = await take_back(store, stored.id)

    assert revoked.is_active is False
    assert await holder(store, key) is None


async def test_another_process_refuses_it_too(store: Store) -> None:
    other = await Store.open(store.url.render_as_string(hide_password=False))
    stored, key = await make(store)
    assert await holder(other, key) is not None

    await take_back(store, stored.id)

    assert await holder(other, key) is None
    await other.close()


async def test_taking_back_twice_changes_nothing(store: Store) -> None:
    stored, _ = await make(store)
    first = await take_back(store, stored.id)

    assert await take_back(store, stored.id) == first


@pytest.mark.parametrize("user_id", [ME, OTHER])
async def test_an_id_that_is_not_ones_own_is_not_found(store: Store, user_id: int) -> None:
    stored, key = await make(store, OTHER if user_id == ME else ME)

    with pytest.raises(NotFound):
        await take_back(store, stored.id, user_id)

    assert await holder(store, key) is not None


async def test_the_last_admin_key_stays(store: Store) -> None:
    stored, key = await make(store, scope="admin")
    revoked, _ = await make(store, scope="admin")
    await take_back(store, revoked.id)

    with pytest.raises(Conflicting):
        await take_back(store, stored.id)

    assert await holder(store, key) is not None


async def test_the_last_admin_key_goes_when_asked_to(store: Store) -> None:
    stored, key = await make(store, scope="admin")

    await take_back(store, stored.id, even_last=True)

    assert await holder(store, key) is None


async def test_two_admin_keys_cannot_both_go_at_once(store: Store) -> None:
    made = [await make(store, scope="admin") for _ in range(2)]

    outcomes = await asyncio.gather(
        *(take_back(store, stored.id) for stored, _ in made), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ApiKey", "Conflicting"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": " \x00\t"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"scope": "owner"}, "scope"),
        ({"rate_limit_rpm": 0}, "rate_limit_rpm"),
        ({"rate_limit_rpm": 10**30}, "rate_limit_rpm"),
        ({"expires_at": clock.EPOCH}, "expires_at"),
        ({"expires_at": clock.EPOCH.replace(year=2999, tzinfo=None)}, "expires_at"),
    ],
)
async def test_what_a_key_cannot_be_is_refused(
    store: Store, wrong: dict[str, Any], path: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await make(store, **wrong)

    assert refused.value.path == path
    assert await store.ask(queries.keys, ME) == []


async def test_the_viewer_is_the_person_behind_the_key(store: Store) -> None:
    seen = await store.ask(queries.viewer, ME, scope="read")

    assert (seen.time_zone, seen.scope) == ("Europe/Oslo", "read")
