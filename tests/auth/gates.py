"""A gate over a test's store, and the people, keys, devices and tokens that come to it."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth import keys, passwords, users, views
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.limits import Limits, MemoryLimits
from rewind_gql.auth.tokens import Tokens
from rewind_gql.auth.usage import Usage
from rewind_gql.auth.views import Standing
from rewind_gql.domains.focus import queries as focus
from rewind_gql.domains.focus.tables import Device
from rewind_gql.store.engine import Store
from tests.databases import ME, UUIDS

SECRET = b"s" * 64
HERE = "192.0.2.7"
MINE = UUID(UUIDS[ME])
PASSWORD = "correct horse battery"


def gate_of(store: Store, limits: Limits | None = None) -> Gate:
    """A gate of this store's, with its own limits unless others are given."""
    return Gate(
        store,
        keys.pepper(SECRET),
        limits or MemoryLimits(),
        Usage(store),
        tokens=Tokens(SECRET),
        standing=focus.standing,
    )


async def new_key(gate: Gate, user_id: int = ME, **given: Any) -> tuple[views.ApiKey, str]:
    """A key of the user."""
    asked = {"name": "laptop", "scope": "read", "pepper": gate.pepper, **given}
    async with gate.store.write() as conn:
        return await keys.create(conn, user_id, **asked)


async def new_user(store: Store, username: str = "ada", **given: Any) -> views.User:
    """Somebody who signs in with `PASSWORD`."""
    async with store.write() as conn:
        return await users.add(conn, username=username, password_hash=await kept(), **given)


_KEPT: list[str] = []


async def kept() -> str:
    """What is kept of `PASSWORD`; made once, for that is meant to be slow."""
    if not _KEPT:
        _KEPT.append(await passwords.hashed(PASSWORD))
    return _KEPT[0]


async def new_device(store: Store, device_id: str = "mac-1", user_id: int = ME) -> Standing:
    """A device of the user's, and what a token made on it holds by."""
    row: dict[str, Any] = {
        "user_id": user_id,
        "device_id": device_id,
        "device_type": "mac_app",
        "state": "active",
        "first_seen_at": clock.now(),
        "last_seen_at": clock.now(),
        "pending_reported": 0,
        "token_epoch": 0,
    }
    async with store.write() as conn:
        await conn.execute(insert(Device).values(row))
    return Standing(user_epoch=0, device_id=device_id, device_epoch=0)


async def change_device(store: Store, device_id: str = "mac-1", **row: Any) -> None:
    """Write `row` to the device."""
    this = update(Device).where(col(Device.device_id) == device_id)
    async with store.write() as conn:
        await conn.execute(this.values(row))


async def new_token(gate: Gate, device_id: str | None = "mac-1") -> str:
    """A token of the user's, on a device that is made for it."""
    if device_id is None:
        return gate.tokens.issue(MINE, Standing(user_epoch=0))
    return gate.tokens.issue(MINE, await new_device(gate.store, device_id))


def header(text: str) -> bytes:
    """An Authorization header with a key or a token."""
    return f"Bearer {text}".encode()
