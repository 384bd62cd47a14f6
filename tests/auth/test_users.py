"""People: how they are added, found, shut out, and how the owner comes by a username."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from rewind_gql.auth import users, views
from rewind_gql.errors import BadInput, Conflicting, NotFound
from rewind_gql.store.engine import Store
from tests.auth.gates import new_user
from tests.databases import ME, OTHER, UUIDS


async def epoch(store: Store, name: str = "ada") -> int:
    """The epoch of somebody's tokens."""
    found = await store.system(users.account, identifier=name)
    assert found is not None
    return found.epoch


async def change(store: Store, act: Any, user_id: int, **given: Any) -> views.User:
    """The person after `act`."""
    async with store.write() as conn:
        changed: views.User = await act(conn, user_id, **given)
        return changed


async def test_somebody_new_has_a_login_and_a_life_of_their_own(store: Store) -> None:
    made = await new_user(store, " Ada.L ", email="Ada@Example.ORG", time_zone="Asia/Tokyo")

    assert (made.username, made.email, made.name) == ("ada.l", "ada@example.org", "ada.l")
    assert (made.time_zone, made.has_password, made.disabled) == ("Asia/Tokyo", True, False)
    assert made.id not in (ME, OTHER)
    assert await store.system(users.people) == [
        *[await store.ask(users.user, known) for known in (ME, OTHER)],
        made,
    ]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"username": ""}, "username"),
        ({"username": "jane doe"}, "username"),
        ({"username": "ada@home"}, "username"),
        ({"username": "ä"}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"username": "x\x00"}, "username"),
        ({"email": ""}, "email"),
        ({"email": "ada"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"email": "a b@c"}, "email"),
        ({"email": "a\x00@c"}, "email"),
        ({"email": "x" * 250 + "@c.de"}, "email"),
        ({"time_zone": "Mars/Base"}, None),
    ],
)
async def test_what_nobody_can_be_called_is_refused(
    store: Store, wrong: dict[str, Any], path: str | None
) -> None:
    with pytest.raises(BadInput) as refused:
        await new_user(store, **wrong)

    assert refused.value.path == path
    assert len(await store.system(users.people)) == 2


@pytest.mark.parametrize(
    "same", [{"username": "ADA"}, {"username": "bob", "email": "ADA@example.org"}]
)
async def test_a_name_is_somebodys_alone(store: Store, same: dict[str, str]) -> None:
    await new_user(store, email="ada@example.org")

    with pytest.raises(Conflicting):
        await new_user(store, **same)

    assert len(await store.system(users.people)) == 3


async def test_of_two_who_want_a_name_at_once_one_gets_it(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(new_user(store, "ada") for _ in range(2)), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflicting", "User"]


@pytest.mark.parametrize("name", ["ada", " ADA ", "ada@example.org", "Ada@Example.org"])
async def test_a_person_is_found_by_username_or_email(store: Store, name: str) -> None:
    made = await new_user(store, email="ada@example.org")

    assert await store.system(users.named, name=name) == made


@pytest.mark.parametrize("name", ["", "nobody", "ada@", "\x00", "user 1", "None"])
async def test_nobody_is_found_by_anything_else(store: Store, name: str) -> None:
    await new_user(store)

    with pytest.raises(NotFound):
        await store.system(users.named, name=name)


async def test_a_person_is_known_by_uuid(store: Store) -> None:
    known = await store.system(users.user_by_uuid, uuid=UUID(UUIDS[OTHER]))

    assert known is not None
    assert known.id == OTHER
    assert await store.system(users.user_by_uuid, uuid=UUID(int=0)) is None


async def test_the_owner_is_given_a_username(store: Store) -> None:
    async with store.write() as conn:
        owner = await users.name_owner(conn, username="Jo", password_hash="h", email="jo@x.org")

    assert (owner.id, owner.username, owner.email, owner.has_password) == (
        ME,
        "jo",
        "jo@x.org",
        True,
    )


async def test_the_owner_has_one_username_and_keeps_it(store: Store) -> None:
    async with store.write() as conn:
        await users.name_owner(conn, username="jo", password_hash="h")

    with pytest.raises(Conflicting, match="jo"):
        async with store.write() as conn:
            await users.name_owner(conn, username="joe", password_hash="h")


async def test_an_owner_without_username_is_found_and_signs_in_by_name(store: Store) -> None:
    async with store.write() as conn:
        made = await users._insert(conn, {"name": "Me", "time_zone": "UTC"})
    found = await store.system(users.named, name="me")

    changed = await change(store, users.set_password, found.id, password_hash="h")

    assert (changed.id, changed.username) == (made, "me")


async def test_a_username_goes_before_a_mere_name(store: Store) -> None:
    async with store.write() as conn:
        await users._insert(conn, {"name": "ada", "time_zone": "UTC"})
    ada = await new_user(store, "ada")

    assert await store.system(users.named, name="ada") == ada


async def test_a_name_that_is_taken_is_not_given_with_a_password(store: Store) -> None:
    async with store.write() as conn:
        nameless = await users._insert(conn, {"name": "ada", "time_zone": "UTC"})
    await new_user(store, "ada")

    with pytest.raises(Conflicting):
        await change(store, users.set_password, nameless, password_hash="h")


@pytest.mark.parametrize("act", [users.disable, users.enable])
async def test_shutting_out_and_letting_in_end_all_tokens(store: Store, act: Any) -> None:
    made = await new_user(store)

    changed = await change(store, act, made.id)

    assert changed.disabled is (act is users.disable)
    assert await epoch(store) == 1


async def test_another_password_ends_all_tokens(store: Store) -> None:
    made = await new_user(store)

    changed = await change(store, users.set_password, made.id, password_hash="h")

    assert changed == made
    assert await epoch(store) == 1


@pytest.mark.parametrize("act", [users.disable, users.enable])
async def test_nobody_cannot_be_shut_out(store: Store, act: Any) -> None:
    with pytest.raises(NotFound):
        await change(store, act, 99)
