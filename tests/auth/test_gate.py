"""The gate: what lets in, what does not, and that what was taken back counts at once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from rewind_gql import clock
from rewind_gql.auth import keys, queries, users
from rewind_gql.auth.gate import FAILURES_PER_MINUTE, Gate, OnlyDocuments, OnlyScrobbles
from rewind_gql.auth.views import Caller, Standing
from rewind_gql.errors import Denied, TooMany, Unauthenticated
from rewind_gql.store.engine import Store
from tests.auth.gates import (
    HERE,
    MINE,
    change_device,
    gate_of,
    header,
    new_device,
    new_key,
    new_token,
)
from tests.databases import ME, OTHER


async def come(gate: Gate, text: str, **given: Any) -> Caller:
    """Whoever shows a key or a token."""
    return await gate.bearer(header(text), HERE, tokens=True, **given)


async def turned_away(gate: Gate, text: str, **given: Any) -> str:
    """The words to whoever shows this."""
    with pytest.raises(Unauthenticated) as refusal:
        await come(gate, text, **given)
    return refusal.value.message


async def act(store: Store, change: Any, user_id: int = ME, **given: Any) -> None:
    """One change to a person."""
    async with store.write() as conn:
        await change(conn, user_id, **given)


async def test_a_key_lets_in(store: Store, statements: list[str]) -> None:
    gate = gate_of(store)
    stored, key = await new_key(gate, scope="admin")
    statements.clear()

    caller = await come(gate, key)

    assert (caller.key_id, caller.scope, caller.token) == (stored.id, "admin", None)
    assert len(statements) == 1


async def test_a_token_lets_in_its_device(store: Store, statements: list[str]) -> None:
    gate = gate_of(store)
    token = await new_token(gate)
    statements.clear()

    caller = await come(gate, token)

    assert (caller.user_id, caller.user_uuid, caller.time_zone) == (ME, MINE, "Europe/Oslo")
    assert (caller.key_id, caller.scope, caller.device_id) == (None, "device", "mac-1")
    assert caller.token == Standing(user_epoch=0, device_id="mac-1", device_epoch=0)
    assert caller.expires_at == gate.tokens.read(token).expires_at
    assert len(statements) == 2


async def test_a_token_without_a_device_lets_in(store: Store) -> None:
    gate = gate_of(store)

    caller = await come(gate, await new_token(gate, None))

    assert (caller.user_id, caller.device_id) == (ME, None)


async def test_each_is_taken_only_where_it_is_wanted(store: Store) -> None:
    gate = gate_of(store)
    (_, key), token = await new_key(gate), await new_token(gate)

    with pytest.raises(Unauthenticated):
        await gate.bearer(header(token), HERE)
    with pytest.raises(Unauthenticated):
        await gate.bearer(header(key), HERE, keys=False, tokens=True)


@pytest.mark.parametrize(
    "authorization", [None, b"", b"Bearer", b"Bearer ", b"bearer rw_x", b"Basic eA==", b"\xff"]
)
async def test_no_header_of_ours_is_nobody(store: Store, authorization: bytes | None) -> None:
    with pytest.raises(Unauthenticated):
        await gate_of(store).bearer(authorization, HERE, tokens=True)


async def test_an_expired_key_is_told_so(store: Store) -> None:
    gate = gate_of(store)
    _, key = await new_key(gate, expires_at=clock.now() + timedelta(hours=1))

    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        assert await turned_away(gate, key) == "Token expired"


async def test_a_token_of_somebody_unknown_is_worthless(store: Store) -> None:
    gate = gate_of(store)
    token = gate.tokens.issue(MINE.__class__(int=5), Standing(user_epoch=0))

    assert await turned_away(gate, token) == "Unauthorized"


async def test_a_token_names_the_device_it_was_made_on(store: Store) -> None:
    gate = gate_of(store)
    await new_device(store, "mac-1", OTHER)
    theirs = Standing(user_epoch=0, device_id="mac-1", device_epoch=0)

    assert await turned_away(gate, gate.tokens.issue(MINE, theirs)) == "Unauthorized"


@pytest.mark.parametrize("changed", [{"state": "revoked"}, {"token_epoch": 1}])
async def test_a_device_shut_out_is_refused_at_once(store: Store, changed: dict[str, Any]) -> None:
    gate = gate_of(store)
    token = await new_token(gate)
    await come(gate, token)

    await change_device(store, **changed)

    assert await turned_away(gate, token) == "Unauthorized"


async def test_a_device_that_was_replaced_may_still_come(store: Store) -> None:
    gate = gate_of(store)
    token = await new_token(gate)

    await change_device(store, state="superseded")

    assert (await come(gate, token)).device_id == "mac-1"


async def test_somebody_shut_out_is_refused_by_key_and_token(store: Store) -> None:
    gate = gate_of(store)
    (_, key), token = await new_key(gate), await new_token(gate)

    await act(store, users.disable)

    assert await turned_away(gate, key) == "Unauthorized"
    assert await turned_away(gate, token) == "Unauthorized"


async def test_let_in_again_the_key_works_and_the_token_does_not(store: Store) -> None:
    gate = gate_of(store)
    (_, key), token = await new_key(gate), await new_token(gate)
    await act(store, users.disable)

    await act(store, users.enable)

    assert (await come(gate, key)).user_id == ME
    assert await turned_away(gate, token) == "Unauthorized"


async def test_another_password_ends_tokens_and_leaves_keys(store: Store) -> None:
    gate = gate_of(store)
    (_, key), token = await new_key(gate), await new_token(gate)
    async with store.write() as conn:
        await users.name_owner(conn, username="jo", password_hash="h")

    await act(store, users.set_password, password_hash="h2")

    assert await turned_away(gate, token) == "Unauthorized"
    assert (await come(gate, key)).user_id == ME


async def test_a_key_beside_the_header_lets_in_too(store: Store) -> None:
    gate = gate_of(store)
    stored, key = await new_key(gate)

    assert (await gate.key(key, HERE)).key_id == stored.id
    for wrong in ("sk-something", "rw_", "rw_\ud800", ""):
        with pytest.raises(Unauthenticated):
            await gate.key(wrong, HERE)


async def test_of_two_credentials_a_good_bearer_wins(store: Store) -> None:
    gate = gate_of(store)
    first, bearer = await new_key(gate)
    second, beside = await new_key(gate)
    token = await new_token(gate)

    async def either(authorization: str | None, key: str | None) -> Caller:
        return await gate.either(header(authorization) if authorization else None, key, HERE)

    assert (await either(bearer, beside)).key_id == first.id
    assert (await either(token, beside)).device_id == "mac-1"
    assert (await either("nonsense", beside)).key_id == second.id
    assert (await either(None, beside)).key_id == second.id
    assert (await either(bearer, "nonsense")).key_id == first.id
    for pair in [(None, None), ("nonsense", None), (None, "nonsense"), ("a.b.c", "rw_x")]:
        with pytest.raises(Unauthenticated):
            await either(*pair)


async def test_a_stale_token_beside_a_good_key_is_no_failure(store: Store) -> None:
    gate = gate_of(store)
    _, key = await new_key(gate)

    for _ in range(FAILURES_PER_MINUTE + 5):
        await gate.either(b"Bearer a.b.c", key, HERE)


async def test_failing_too_often_is_told_as_such(store: Store) -> None:
    gate = gate_of(store)
    _, key = await new_key(gate)
    for _ in range(FAILURES_PER_MINUTE):
        await turned_away(gate, "nonsense")

    with pytest.raises(TooMany):
        await come(gate, "nonsense")
    assert (await come(gate, key)).user_id == ME


async def test_an_ipv6_network_is_one_sender(store: Store) -> None:
    gate = gate_of(store)
    for number in range(FAILURES_PER_MINUTE):
        with pytest.raises(Unauthenticated):
            await gate.key("rw_x", f"2001:db8::{number:x}")

    with pytest.raises(TooMany):
        await gate.key("rw_x", "2001:db8::ffff:1")
    with pytest.raises(Unauthenticated):
        await gate.key("rw_x", "2001:db8:0:1::1")


async def test_each_key_has_its_own_minute(store: Store) -> None:
    gate = gate_of(store)
    callers = [await come(gate, (await new_key(gate, rate_limit_rpm=2))[1]) for _ in range(2)]

    spent = [await gate.spend(caller) for caller in (*callers, *callers, callers[0])]

    assert [each.allowed for each in spent] == [True, True, True, True, False]


async def test_tokens_of_one_device_share_a_minute_and_others_do_not(store: Store) -> None:
    gate = gate_of(store)
    standing = await new_device(store)
    mac = [await come(gate, gate.tokens.issue(MINE, standing)) for _ in range(2)]
    web = await come(gate, await new_token(gate, "web-1"))

    for number in range(gate.token_rpm):
        assert (await gate.spend(mac[number % 2])).allowed

    assert not (await gate.spend(mac[0])).allowed
    assert (await gate.spend(web)).allowed


async def test_requests_by_token_count_for_no_key(store: Store) -> None:
    gate = gate_of(store)
    stored, key = await new_key(gate)
    await gate.spend(await come(gate, await new_token(gate)))
    await gate.spend(await come(gate, key))

    await gate.usage.flush()

    assert (await store.ask(queries.key, ME, key_id=stored.id)).request_count == 1


async def test_only_an_admin_key_may_administer(store: Store) -> None:
    gate = gate_of(store)
    (_, read), (_, admin) = await new_key(gate), await new_key(gate, scope="admin")

    gate.permit(await come(gate, admin), admin=True)
    for text in (read, await new_token(gate)):
        caller = await come(gate, text)
        gate.permit(caller, admin=False)
        with pytest.raises(Denied):
            gate.permit(caller, admin=True)


async def test_a_revoked_key_is_refused_at_once(store: Store) -> None:
    gate = gate_of(store)
    stored, key = await new_key(gate)
    await come(gate, key)

    await act(store, keys.revoke, key_id=stored.id)

    assert await turned_away(gate, key) == "Unauthorized"


async def test_a_key_for_scrobblers_lets_in_nowhere_else(store: Store) -> None:
    gate = gate_of(store)
    stored, key = await new_key(gate, scope="scrobble")

    caller = await gate.scrobbler(key, HERE)
    ticket = await gate.ticket(caller)
    refused = [
        gate.bearer(f"Bearer {key}".encode(), HERE, tokens=True),
        gate.key(key, HERE),
        gate.either(None, key, HERE),
    ]

    assert (caller.key_id, caller.scope) == (stored.id, "scrobble")
    for asked in refused:
        with pytest.raises(OnlyScrobbles):
            await asked
    with pytest.raises(OnlyScrobbles):
        await gate.redeem(ticket, HERE)


@pytest.mark.parametrize("scope", ["read", "admin"])
async def test_other_keys_are_known_to_the_door_of_scrobblers_too(store: Store, scope: str) -> None:
    gate = gate_of(store)
    _, key = await new_key(gate, scope=scope)

    assert (await gate.scrobbler(key, HERE)).scope == scope


async def test_a_key_limited_to_documents_lets_in_where_they_are_run(store: Store) -> None:
    gate = gate_of(store)
    stored, key = await new_key(gate, scope="admin", trusted_only=True)

    caller = await come(gate, key, documents=True)
    ticket = await gate.ticket(caller)
    session = await gate.open_session(caller)
    refused = [
        come(gate, key),
        gate.key(key, HERE),
        gate.either(None, key, HERE),
        gate.scrobbler(key, HERE),
        gate.redeem(ticket, HERE),
        gate.session(session, HERE),
    ]

    assert (caller.key_id, caller.trusted_only) == (stored.id, True)
    for asked in refused:
        with pytest.raises(OnlyDocuments):
            await asked


async def test_a_key_is_looked_up_again_once_anything_was_committed(
    store: Store, statements: list[str]
) -> None:
    expected = 0 if store.dialect == "sqlite" else 3
    gate = gate_of(store)
    stored, key = await new_key(gate)
    await come(gate, key)
    statements.clear()

    again = [await come(gate, key) for _ in range(3)]
    asked = len(statements)
    await new_key(gate)
    statements.clear()
    later = await come(gate, key)

    assert asked == expected
    assert len(statements) == 1
    assert {caller.key_id for caller in (*again, later)} == {stored.id}


async def test_a_key_in_use_is_refused_once_another_process_takes_it_back(store: Store) -> None:
    gate = gate_of(store)
    stored, key = await new_key(gate)
    for _ in range(3):
        await come(gate, key)
    another = await Store.open(store.url.render_as_string(hide_password=False))

    async with another.write() as conn:
        await keys.revoke(conn, ME, key_id=stored.id)
    await another.close()

    assert await turned_away(gate, key) == "Unauthorized"
