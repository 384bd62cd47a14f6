"""Who calls, and which keys there are: rows to views."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, not_, select
from sqlmodel import col

from rewind_gql.auth import views
from rewind_gql.auth.tables import ApiKey, User
from rewind_gql.errors import NotFound
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read


@dataclass(slots=True, kw_only=True)
class _Known:
    hash: str
    caller: views.Caller


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody who may come in, and the epoch their tokens must be of."""

    user_id: int
    user_uuid: UUID
    time_zone: str
    epoch: int


_HOLDER: dict[str, Any] = {
    "key_id": ApiKey.id,
    "user_id": User.id,
    "user_uuid": User.uuid,
    "time_zone": User.time_zone,
    "scope": ApiKey.scope,
    "rate_limit_rpm": ApiKey.rate_limit_rpm,
    "expires_at": ApiKey.expires_at,
    "trusted_only": ApiKey.trusted_only,
}
_VALID = (
    col(User.id) == col(ApiKey.user_id),
    col(ApiKey.is_active),
    not_(col(User.disabled)),
)
_CALLER = Read(
    select(
        col(ApiKey.hash).label("hash"),
        *(col(column).label(f"caller__{name}") for name, column in _HOLDER.items()),
    ).where(col(ApiKey.hash) == bindparam("hash"), *_VALID),
    _Known,
)
_CALLER_BY_ID = Read(
    select(*(col(column).label(name) for name, column in _HOLDER.items())).where(
        col(ApiKey.id) == bindparam("key_id"), *_VALID
    ),
    views.Caller,
)

_PEOPLE: Any = select(
    col(User.id).label("user_id"),
    col(User.uuid).label("user_uuid"),
    col(User.time_zone).label("time_zone"),
    col(User.epoch).label("epoch"),
).where(not_(col(User.disabled)))
_PERSON = Read(_PEOPLE.where(col(User.id) == bindparam("user_id")), Person)
_PERSON_BY_UUID = Read(_PEOPLE.where(col(User.uuid) == bindparam("uuid")), Person)

_KEYS = select(
    col(ApiKey.id),
    col(ApiKey.name),
    col(ApiKey.scope),
    col(ApiKey.prefix),
    col(ApiKey.hint),
    col(ApiKey.rate_limit_rpm),
    col(ApiKey.request_count),
    col(ApiKey.last_used_at),
    col(ApiKey.expires_at),
    col(ApiKey.is_active),
    col(ApiKey.trusted_only),
    col(ApiKey.created_at),
).where(col(ApiKey.user_id) == bindparam("user_id"))
_ALL_KEYS = Read(_KEYS.order_by(col(ApiKey.id)), views.ApiKey)
_KEYS_BY_ID = Read(_KEYS.where(among(col(ApiKey.id), "ids")), views.ApiKey)
_ONE_KEY = Read(_KEYS.where(col(ApiKey.id) == bindparam("key_id")), views.ApiKey)

_USER: Read[tuple[UUID, str]] = Read(
    select(col(User.uuid), col(User.time_zone)).where(col(User.id) == bindparam("user_id"))
)


async def caller(conn: Conn, *, hash: str) -> views.Caller | None:  # noqa: A002  # the column's name
    """Whoever holds the key with this fingerprint; None when it is unknown or was revoked."""
    found = await conn.first(_CALLER, hash=hash)
    if found is None or not hmac.compare_digest(found.hash, hash):
        return None
    return found.caller


async def caller_by_id(conn: Conn, *, key_id: int) -> views.Caller | None:
    """Whoever holds the key of this number; None when it was revoked."""
    return await conn.first(_CALLER_BY_ID, key_id=key_id)


async def person(conn: Conn, *, user_id: int) -> Person | None:
    """The person of this number; None when disabled."""
    return await conn.first(_PERSON, user_id=user_id)


async def person_by_uuid(conn: Conn, *, uuid: UUID) -> Person | None:
    """The person of this uuid; None when unknown or disabled."""
    return await conn.first(_PERSON_BY_UUID, uuid=uuid)


async def keys(conn: Conn, user_id: int) -> list[views.ApiKey]:
    """Every key of the user, revoked ones too, in the order they were made."""
    return await conn.rows(_ALL_KEYS, user_id=user_id)


async def key(conn: Conn, user_id: int, *, key_id: int) -> views.ApiKey:
    """One key of the user. Raises `NotFound` when there is none with this id."""
    found = await conn.first(_ONE_KEY, user_id=user_id, key_id=key_id)
    if found is None:
        raise NotFound("API key not found")
    return found


async def keys_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.ApiKey]:
    """Keys of the user by id, revoked ones too; unknown ids are left out."""
    return {key.id: key for key in await conn.rows(_KEYS_BY_ID, user_id=user_id, ids=ids)}


async def viewer(conn: Conn, user_id: int, *, scope: str) -> views.Viewer:
    """The user as they see themselves, through a key of that scope."""
    uuid, time_zone = await conn.value(_USER, user_id=user_id)
    return views.Viewer(user_id=uuid, time_zone=time_zone, scope=scope)
