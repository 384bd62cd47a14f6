"""Signing in: who gets in, what everybody else is told, and how often they may ask."""

import asyncio
from datetime import timedelta

import pytest
import time_machine

from rewind_gql import clock
from rewind_gql.auth import passwords, users
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.limits import limits
from rewind_gql.auth.login import FAILURES_PER_MINUTE, SignedIn, login
from rewind_gql.errors import Refused, TooMany, Unauthenticated
from rewind_gql.store.engine import Store
from tests.auth.gates import HERE, PASSWORD, gate_of, new_user

pytestmark = pytest.mark.either

WRONG = "incorrect horse"


async def attempt(
    gate: Gate, name: str = "ada", password: str = PASSWORD, address: str | None = HERE
) -> SignedIn:
    """One try to sign in."""
    return await login(gate, identifier=name, password=password, address=address)


async def told(gate: Gate, name: str = "ada", password: str = WRONG, address: str = HERE) -> str:
    """The words in which a try is refused."""
    with pytest.raises(Refused) as refusal:
        await attempt(gate, name, password, address)
    return refusal.value.message


@pytest.mark.parametrize("name", ["ada", "ADA ", "Ada@Example.org"])
async def test_username_and_email_open_with_the_password(store: Store, name: str) -> None:
    made = await new_user(store, email="ada@example.org")

    signed_in = await attempt(gate_of(store), name)

    assert signed_in == SignedIn(user=made, epoch=0)


@pytest.mark.parametrize("name", ["ada", "bob", "", "\x00", "jane doe", "x" * 100_000, "\ud800"])
async def test_a_wrong_password_and_an_unknown_name_are_told_the_same(
    store: Store, name: str
) -> None:
    await new_user(store)

    assert await told(gate_of(store), name) == "Invalid credentials"


async def test_who_has_no_password_does_not_get_in(store: Store) -> None:
    async with store.write() as conn:
        await users._insert(conn, {"name": "x", "username": "x", "time_zone": "UTC"})

    assert await told(gate_of(store), "x", "") == "Invalid credentials"


async def test_an_unknown_name_costs_a_comparison_too(
    store: Store, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    verify = passwords._ARGON2.verify

    def counted(password: bytes, kept: str) -> bool:
        compared.append(kept)
        return verify(password, kept)

    monkeypatch.setattr(passwords._ARGON2, "verify", counted)
    await told(gate_of(store), "nobody")

    assert compared == [passwords.NOBODYS]
    assert len(statements) == 1


async def test_a_disabled_account_says_so_to_its_owner_alone(store: Store) -> None:
    made = await new_user(store)
    async with store.write() as conn:
        await users.disable(conn, made.id)
    gate = gate_of(store)

    assert await told(gate, password=WRONG) == "Invalid credentials"
    assert await told(gate, password=PASSWORD) == "Account is disabled"


async def test_the_sixth_failure_of_a_minute_is_not_looked_at(store: Store) -> None:
    await new_user(store)
    gate = gate_of(store)
    for _ in range(FAILURES_PER_MINUTE):
        assert await told(gate) == "Invalid credentials"

    with pytest.raises(TooMany) as refusal:
        await attempt(gate)

    assert 1 <= refusal.value.retry_after <= 60


async def test_guesses_sent_all_at_once_count_as_much(store: Store) -> None:
    await new_user(store)
    gate = gate_of(store)

    outcomes = await asyncio.gather(
        *(attempt(gate, password=WRONG) for _ in range(12)), return_exceptions=True
    )

    refused = [type(outcome) for outcome in outcomes]
    assert refused.count(Unauthenticated) == FAILURES_PER_MINUTE
    assert refused.count(TooMany) == 12 - FAILURES_PER_MINUTE


async def test_an_account_is_guessed_at_five_times_from_all_addresses_together(
    store: Store,
) -> None:
    await new_user(store)
    gate = gate_of(store)
    for number in range(FAILURES_PER_MINUTE):
        await told(gate, address=f"192.0.2.{number}")

    with pytest.raises(TooMany):
        await attempt(gate, address="198.51.100.1")


async def test_an_address_guesses_five_times_at_all_accounts_together(store: Store) -> None:
    await new_user(store)
    gate = gate_of(store)
    for number in range(FAILURES_PER_MINUTE):
        await told(gate, f"bob{number}")

    with pytest.raises(TooMany):
        await attempt(gate)
    assert (await attempt(gate, address="198.51.100.1")).user.username == "ada"


async def test_signing_in_rightly_is_never_too_often(store: Store) -> None:
    await new_user(store)
    gate = gate_of(store)

    for _ in range(FAILURES_PER_MINUTE + 2):
        await attempt(gate)


async def test_a_minute_later_one_may_try_again(store: Store) -> None:
    await new_user(store)
    gate = gate_of(store)
    with time_machine.travel(clock.now(), tick=False) as now:
        for _ in range(FAILURES_PER_MINUTE):
            await told(gate)
        now.shift(timedelta(seconds=61))

        assert (await attempt(gate)).user.username == "ada"


async def test_processes_with_a_redis_count_together(store: Store, redis_url: str) -> None:
    await new_user(store)
    shared = [limits(redis_url) for _ in range(2)]
    first, second = (gate_of(store, each) for each in shared)
    for _ in range(FAILURES_PER_MINUTE):
        await told(first)

    with pytest.raises(TooMany):
        await attempt(second)
    for each in shared:
        await each.close()


async def test_nothing_typed_is_logged(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    await new_user(store)
    gate = gate_of(store)
    await told(gate, "my-secret-name", "my-secret-password")
    await told(gate, "ada", "my-secret-password")

    said = capsys.readouterr()
    assert "my-secret" not in said.out + said.err
