"""The watch: whoever stays is told within seconds that they would not be let in any more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from rewind_gql import clock
from rewind_gql.auth import keys, users
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.views import Caller
from rewind_gql.auth.watch import EVERY_S, Watch
from rewind_gql.domains.focus.queries import STANDINGS
from rewind_gql.store.engine import Store
from tests.auth.gates import HERE, change_device, gate_of, header, new_key, new_token
from tests.databases import ME, OTHER

PATIENCE_S = 20


async def come(gate: Gate, shown: str) -> Caller:
    """Whoever shows a key or a token."""
    return await gate.bearer(header(shown), HERE, tokens=True)


@asynccontextmanager
async def contexts(watch: Watch, callers: Sequence[Caller]) -> AsyncIterator[list[asyncio.Event]]:
    """The events of many at once."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(watch.over(caller)) for caller in callers]


async def revoke_key(store: Store, caller: Caller) -> None:
    async with store.write() as conn:
        await keys.revoke(conn, ME, key_id=caller.key_id or 0)


async def shut_out(store: Store, _: Caller) -> None:
    async with store.write() as conn:
        await users.disable(conn, ME)


async def change_password(store: Store, _: Caller) -> None:
    async with store.write() as conn:
        await users._change(conn, ME, {"password_hash": "h"})


async def revoke_device(store: Store, _: Caller) -> None:
    await change_device(store, state="revoked", token_epoch=1)


async def raise_epoch(store: Store, _: Caller) -> None:
    await change_device(store, token_epoch=1)


@pytest.mark.parametrize(
    ("by", "end"),
    [
        ("key", revoke_key),
        ("key", shut_out),
        ("token", shut_out),
        ("token", change_password),
        ("token", revoke_device),
        ("token", raise_epoch),
        ("bare", shut_out),
        ("bare", change_password),
    ],
)
async def test_the_end_of_a_credential_is_told(
    store: Store, by: str, end: Callable[[Store, Caller], Awaitable[None]]
) -> None:
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    shown = {
        "key": (await new_key(gate))[1],
        "token": await new_token(gate),
        "bare": await new_token(gate, None),
    }
    caller = await come(gate, shown[by])

    async with watch.over(caller) as over:
        await watch.look()
        assert not over.is_set()
        await end(store, caller)
        await watch.look()

        assert over.is_set()


@pytest.mark.parametrize("by", ["key", "token"])
async def test_the_hour_a_credential_ends_is_told(store: Store, by: str) -> None:
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    _, key = await new_key(gate, expires_at=clock.now() + timedelta(days=1))
    caller = await come(gate, key if by == "key" else await new_token(gate))
    assert caller.expires_at is not None

    async with watch.over(caller) as over:
        with time_machine.travel(caller.expires_at - timedelta(seconds=1), tick=False) as now:
            await watch.look()
            assert not over.is_set()
            now.shift(1)
            await watch.look()

        assert over.is_set()


async def test_only_those_concerned_are_told(store: Store) -> None:
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    gone = await come(gate, (await new_key(gate))[1])
    others = [
        await come(gate, (await new_key(gate))[1]),
        await come(gate, (await new_key(gate, OTHER))[1]),
        await come(gate, await new_token(gate)),
        await come(gate, await new_token(gate, "web-1")),
        await come(gate, await new_token(gate, None)),
    ]
    async with contexts(watch, [gone, gone, *others]) as events:
        await revoke_key(store, gone)
        await watch.look()

        assert [event.is_set() for event in events] == [True, True, *[False] * len(others)]


async def test_a_token_holds_on_its_own_device_alone(store: Store) -> None:
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    mac = await come(gate, await new_token(gate, "mac-1"))
    web = await come(gate, await new_token(gate, "web-1"))
    async with watch.over(mac) as mac_over, watch.over(web) as web_over:
        await change_device(store, "web-1", state="revoked")
        await watch.look()

        assert (mac_over.is_set(), web_over.is_set()) == (False, True)


async def test_without_devices_no_token_of_one_holds(store: Store) -> None:
    gate, watch = gate_of(store), Watch(store)
    on_mac = await come(gate, await new_token(gate))
    bare = await come(gate, await new_token(gate, None))
    async with watch.over(on_mac) as on_mac_over, watch.over(bare) as bare_over:
        await watch.look()

        assert (on_mac_over.is_set(), bare_over.is_set()) == (True, False)


async def test_looking_after_any_number_is_one_statement(
    store: Store, statements: list[str]
) -> None:
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    callers = [await come(gate, (await new_key(gate))[1]) for _ in range(20)]
    callers += [await come(gate, await new_token(gate, f"mac-{n}")) for n in range(20)]
    async with contexts(watch, callers * 3) as events:
        statements.clear()
        await watch.look()

        assert len(statements) == 1
        assert not any(event.is_set() for event in events)


async def test_with_nobody_there_nothing_is_asked(store: Store, statements: list[str]) -> None:
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    caller = await come(gate, (await new_key(gate))[1])
    async with watch.over(caller):
        pass
    statements.clear()

    async with watch.running(every_s=0.01):
        await asyncio.sleep(0.1)

    assert statements == []


async def test_it_looks_by_itself_and_across_processes(store: Store) -> None:
    other = await Store.open(store.url.render_as_string(hide_password=False))
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    caller = await come(gate, (await new_key(gate))[1])
    async with watch.running(every_s=0.01), watch.over(caller) as over:
        await revoke_key(other, caller)

        await asyncio.wait_for(over.wait(), PATIENCE_S)
    await other.close()
    assert EVERY_S <= 2


async def test_a_database_that_fails_sends_nobody_away(store: Store) -> None:
    gate, watch = gate_of(store), Watch(store, STANDINGS)
    caller = await come(gate, (await new_key(gate))[1])
    looks: asyncio.Queue[str] = asyncio.Queue()
    async with watch.running(every_s=0.01), watch.over(caller) as over, asyncio.timeout(PATIENCE_S):
        await rename(store, "auth_key", "elsewhere")
        store.watchers.append(looks.put_nowait)
        for _ in range(3):
            await looks.get()
        assert not over.is_set()
        await rename(store, "elsewhere", "auth_key")
        await revoke_key(store, caller)

        await over.wait()


async def rename(store: Store, table: str, to: str) -> None:
    async with store.write() as conn:
        await conn.execute(text(f"ALTER TABLE {table} RENAME TO {to}"))
