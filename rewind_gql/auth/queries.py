"""Who calls, and which keys there are: rows to views."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from rewind_gql.auth import views
from rewind_gql.auth.tables import ApiKey, User
from rewind_gql.errors import NotFound
from rewind_gql.store.read import Conn, Read


@dataclass(slots=True, kw_only=True)
class _Known:
    hash: str
    caller: views.Caller


_CALLER = Read(
    select(
        col(ApiKey.hash).label("hash"),
        col(ApiKey.id).label("caller__key_id"),
        col(User.id).label("caller__user_id"),
        col(User.uuid).label("caller__user_uuid"),
        col(User.time_zone).label("caller__time_zone"),
        col(ApiKey.scope).label("caller__scope"),
        col(ApiKey.rate_limit_rpm).label("caller__rate_limit_rpm"),
        col(ApiKey.expires_at).label("caller__expires_at"),
    )
    .join(User, col(User.id) == col(ApiKey.user_id))
    .where(col(ApiKey.hash) == bindparam("hash"), col(ApiKey.is_active)),
    _Known,
)

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
    col(ApiKey.created_at),
).where(col(ApiKey.user_id) == bindparam("user_id"))
_ALL_KEYS = Read(_KEYS.order_by(col(ApiKey.id)), views.ApiKey)
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


async def keys(conn: Conn, user_id: int) -> list[views.ApiKey]:
    """Every key of the user, revoked ones too, in the order they were made."""
    return await conn.rows(_ALL_KEYS, user_id=user_id)


async def key(conn: Conn, user_id: int, *, key_id: int) -> views.ApiKey:
    """One key of the user. Raises `NotFound` when there is none with this id."""
    found = await conn.first(_ONE_KEY, user_id=user_id, key_id=key_id)
    if found is None:
        raise NotFound("API key not found")
    return found


async def viewer(conn: Conn, user_id: int, *, scope: str) -> views.Viewer:
    """The user as they see themselves, through a key of that scope."""
    uuid, time_zone = await conn.value(_USER, user_id=user_id)
    return views.Viewer(user_id=uuid, time_zone=time_zone, scope=scope)
