"""Passes: a ticket opens once, a page's session lives as long as what opened it."""

import asyncio
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from rewind_gql import clock
from rewind_gql.auth import keys, passes, users
from rewind_gql.auth.gate import FAILURES_PER_MINUTE, Gate
from rewind_gql.auth.tables import Pass
from rewind_gql.auth.views import Caller
from rewind_gql.errors import TooMany, Unauthenticated
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn, Read
from tests.auth.gates import HERE, change_device, gate_of, header, new_key, new_token
from tests.databases import ME

COUNT: Read[tuple[int]] = Read(select(func.count()).select_from(Pass))
DAY = timedelta(days=1)


async def by_key(gate: Gate, **given: Any) -> Caller:
    """A caller with a new key."""
    _, key = await new_key(gate, **given)
    return await gate.bearer(header(key), HERE)


async def by_token(gate: Gate) -> Caller:
    """A caller with a device's token."""
    return await gate.bearer(header(await new_token(gate)), HERE, tokens=True)


async def stored(store: Store) -> int:
    """How many passes there are."""

    async def count(conn: Conn) -> int:
        return (await conn.value(COUNT))[0]

    return await store.system(count)


@pytest.mark.parametrize("come", [by_key, by_token])
async def test_a_pass_is_worth_what_it_was_made_with(store: Store, come: Any) -> None:
    gate = gate_of(store)
    caller = await come(gate)

    ticket, cookie = await gate.ticket(caller), await gate.open_session(caller)

    assert await gate.redeem(ticket, HERE) == caller
    assert await gate.session(cookie, HERE) == caller


async def test_a_ticket_opens_once(store: Store) -> None:
    gate = gate_of(store)
    ticket = await gate.ticket(await by_key(gate))
    await gate.redeem(ticket, HERE)

    with pytest.raises(Unauthenticated):
        await gate.redeem(ticket, HERE)


async def test_of_many_at_once_in_two_processes_one_redeems_it(store: Store) -> None:
    other = await Store.open(store.url.render_as_string(hide_password=False))
    gates = [gate_of(store), gate_of(other)]
    caller = await by_key(gates[0])
    for _ in range(5):
        ticket = await gates[0].ticket(caller)

        outcomes = await asyncio.gather(
            *(gate.redeem(ticket, None) for gate in gates * 5), return_exceptions=True
        )

        assert outcomes.count(caller) == 1
        assert sum(isinstance(outcome, Unauthenticated) for outcome in outcomes) == 9
    await other.close()


async def test_a_ticket_is_good_for_a_minute(store: Store) -> None:
    gate = gate_of(store)
    with time_machine.travel(clock.now(), tick=False) as now:
        caller = await by_key(gate)
        early, late = await gate.ticket(caller), await gate.ticket(caller)
        now.shift(timedelta(seconds=59))
        await gate.redeem(early, HERE)
        now.shift(timedelta(seconds=1))

        with pytest.raises(Unauthenticated):
            await gate.redeem(late, HERE)


async def test_a_session_opens_again_and_again(store: Store) -> None:
    gate = gate_of(store)
    caller = await by_key(gate)
    cookie = await gate.open_session(caller)

    assert [await gate.session(cookie, HERE) for _ in range(3)] == [caller] * 3


async def test_neither_is_taken_for_the_other(store: Store) -> None:
    gate = gate_of(store)
    caller = await by_key(gate)
    ticket, cookie = await gate.ticket(caller), await gate.open_session(caller)

    with pytest.raises(Unauthenticated):
        await gate.redeem(cookie, HERE)
    with pytest.raises(Unauthenticated):
        await gate.session(ticket, HERE)
    assert await gate.session(cookie, HERE) == await gate.redeem(ticket, HERE)


async def test_a_session_ends_thirty_days_after_its_last_use(store: Store) -> None:
    gate = gate_of(store)
    with time_machine.travel(clock.now(), tick=False) as now:
        cookie = await gate.open_session(await by_key(gate))
        for _ in range(3):
            now.shift(29 * DAY)
            await gate.session(cookie, HERE)
        now.shift(30 * DAY)

        with pytest.raises(Unauthenticated):
            await gate.session(cookie, HERE)


async def test_using_a_session_writes_once_a_day(store: Store, statements: list[str]) -> None:
    gate = gate_of(store)
    with time_machine.travel(clock.now(), tick=False) as now:
        cookie = await gate.open_session(await by_key(gate))
        now.shift(DAY + timedelta(minutes=1))
        statements.clear()
        for _ in range(3):
            await gate.session(cookie, HERE)

    assert [sql for sql in statements if sql == "Update"] == ["Update"]


async def test_a_closed_session_opens_nothing(store: Store) -> None:
    gate = gate_of(store)
    cookie = await gate.open_session(await by_key(gate))

    await gate.close_session(cookie)
    await gate.close_session(cookie)
    await gate.close_session("never one")

    with pytest.raises(Unauthenticated):
        await gate.session(cookie, HERE)


async def test_both_die_with_their_key(store: Store) -> None:
    gate = gate_of(store)
    caller = await by_key(gate)
    ticket, cookie = await gate.ticket(caller), await gate.open_session(caller)

    async with store.write() as conn:
        await keys.revoke(conn, ME, key_id=caller.key_id or 0)

    with pytest.raises(Unauthenticated):
        await gate.redeem(ticket, HERE)
    with pytest.raises(Unauthenticated):
        await gate.session(cookie, HERE)


async def test_a_session_ends_when_its_key_does(store: Store) -> None:
    gate = gate_of(store)
    with time_machine.travel(clock.now(), tick=False) as now:
        cookie = await gate.open_session(await by_key(gate, expires_at=clock.now() + DAY))
        now.shift(DAY)

        with pytest.raises(Unauthenticated, match="expired"):
            await gate.session(cookie, HERE)


async def test_a_ticket_made_with_a_token_ends_when_that_does(store: Store) -> None:
    gate = gate_of(store)
    caller = await by_token(gate)
    assert caller.expires_at is not None
    with time_machine.travel(caller.expires_at - timedelta(seconds=30), tick=False) as now:
        early, late = await gate.ticket(caller), await gate.ticket(caller)
        assert await gate.redeem(early, HERE) == caller
        now.shift(31)

        with pytest.raises(Unauthenticated):
            await gate.redeem(late, HERE)


async def test_a_ticket_made_on_a_device_dies_with_it(store: Store) -> None:
    gate = gate_of(store)
    ticket = await gate.ticket(await by_token(gate))

    await change_device(store, state="revoked")

    with pytest.raises(Unauthenticated):
        await gate.redeem(ticket, HERE)


@pytest.mark.parametrize("come", [by_key, by_token])
async def test_both_die_when_somebody_is_shut_out(store: Store, come: Any) -> None:
    gate = gate_of(store)
    cookie = await gate.open_session(await come(gate))

    async with store.write() as conn:
        await users.disable(conn, ME)

    with pytest.raises(Unauthenticated):
        await gate.session(cookie, HERE)


@pytest.mark.parametrize(
    "text", ["", "x", "\x00" * 43, "ä" * 43, "\ud800" * 43, "x" * 43, "x" * 10_000]
)
async def test_what_is_no_pass_opens_nothing(store: Store, text: str) -> None:
    gate = gate_of(store)

    with pytest.raises(Unauthenticated):
        await gate.redeem(text, HERE)
    with pytest.raises(Unauthenticated):
        await gate.session(text, HERE)


async def test_guessing_writes_nothing_and_is_soon_too_often(
    store: Store, statements: list[str]
) -> None:
    gate = gate_of(store)
    for _ in range(FAILURES_PER_MINUTE):
        with pytest.raises(Unauthenticated):
            await gate.redeem("x" * 43, HERE)

    with pytest.raises(TooMany):
        await gate.redeem("x" * 43, HERE)
    assert not any("DELETE" in sql for sql in statements)


async def test_old_ones_are_swept_out_as_new_ones_are_made(store: Store) -> None:
    gate = gate_of(store)
    caller = await by_key(gate)
    with time_machine.travel(clock.now(), tick=False) as now:
        cookie = await gate.open_session(caller)
        for _ in range(5):
            await gate.ticket(caller)
        now.shift(timedelta(seconds=61))

        await gate.ticket(caller)

        assert await stored(store) == 2
        assert await gate.session(cookie, HERE) == caller


async def test_many_making_tickets_at_once_do_not_stand_in_each_others_way(store: Store) -> None:
    other = await Store.open(store.url.render_as_string(hide_password=False))
    gates = [gate_of(store), gate_of(other)]
    caller = await by_key(gates[0])
    with time_machine.travel(clock.now(), tick=False) as now:
        for _ in range(20):
            await gates[0].ticket(caller)
        now.shift(timedelta(seconds=61))

        await asyncio.gather(*(gate.ticket(caller) for gate in gates * 8))

    assert await stored(store) == 16
    await other.close()


async def test_the_database_holds_no_pass(sqlite_store: Store) -> None:
    gate = gate_of(sqlite_store)
    caller = await by_key(gate)
    made = [await gate.ticket(caller), await gate.open_session(caller)]

    with sqlite3.connect(str(sqlite_store.url.database)) as database:
        dump = "\n".join(database.iterdump())

    assert [len(text) for text in made] == [passes.LENGTH] * 2
    assert not any(text in dump for text in made)
