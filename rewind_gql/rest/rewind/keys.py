"""API keys over REST: made, listed, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from annotated_types import Ge
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.auth import keys, queries, views
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Named
from rewind_gql.rest.shim import Access, Call

KeyId = Annotated[int, Ge(1), Named("key ID")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a new key is to be."""

    name: str
    scope: Literal["read", "admin", "scrobble"] = "read"
    expires_at: datetime | None = None
    rate_limit_rpm: int | None = None


class CreatedKey(TypedDict):
    """A new key; `key` is shown this once."""

    id: int
    key: str
    name: str
    scope: str
    key_prefix: str
    key_hint: str
    created_at: str
    expires_at: str | None
    rate_limit_rpm: int
    message: str


class ListedKey(TypedDict):
    """A key, without the key itself."""

    id: int
    name: str
    scope: str
    key_prefix: str
    key_hint: str
    rate_limit_rpm: int
    last_used_at: str | None
    request_count: int
    expires_at: str | None
    is_active: bool
    created_at: str


class ListedKeys(TypedDict):
    """Every key, revoked ones too, in the order they were made."""

    data: list[ListedKey]


class RevokedKey(TypedDict):
    """That a key was taken back."""

    message: str
    id: int


async def create_key(call: Call, *, body: NewKey) -> CreatedKey:
    """Create API key

    The key itself is in this answer alone; only its HMAC is kept.
    """
    desk = call.desk
    rpm = desk.settings.rate_limit_rpm if body.rate_limit_rpm is None else body.rate_limit_rpm
    async with desk.store.write() as conn:
        made, key = await keys.create(
            conn,
            call.user_id,
            name=body.name,
            scope=body.scope,
            pepper=desk.gate.pepper,
            expires_at=body.expires_at,
            rate_limit_rpm=rpm,
        )
    return {
        "id": made.id,
        "key": key,
        "name": made.name,
        "scope": made.scope,
        "key_prefix": made.prefix,
        "key_hint": made.hint,
        "created_at": clock.iso(made.created_at),
        "expires_at": _iso(made.expires_at),
        "rate_limit_rpm": made.rate_limit_rpm,
        "message": "Keep this key: it is not shown again.",
    }


async def list_keys(call: Call) -> ListedKeys:
    """List API keys

    By prefix and hint; a key itself is never shown again.
    """
    await call.desk.gate.usage.flush()
    return print_keys(await call.ask(queries.keys))


def print_keys(found: Sequence[views.ApiKey]) -> ListedKeys:
    """Keys as clients of this API know them."""
    return {"data": [_listed(key) for key in found]}


async def revoke_key(call: Call, *, id: KeyId) -> RevokedKey:  # noqa: A002  # the path's name
    """Revoke API key

    It is refused from the next request on. Revoking twice is fine; the last admin key stays.
    """
    async with call.desk.store.write() as conn:
        await keys.revoke(conn, call.user_id, key_id=id)
    return {"message": "API key revoked", "id": id}


def _listed(key: views.ApiKey) -> ListedKey:
    return {
        "id": key.id,
        "name": key.name,
        "scope": key.scope,
        "key_prefix": key.prefix,
        "key_hint": key.hint,
        "rate_limit_rpm": key.rate_limit_rpm,
        "last_used_at": _iso(key.last_used_at),
        "request_count": key.request_count,
        "expires_at": _iso(key.expires_at),
        "is_active": key.is_active,
        "created_at": clock.iso(key.created_at),
    }


def _iso(at: datetime | None) -> str | None:
    return clock.iso(at) if at else None


ROUTES = (
    REWIND.post("/admin/keys", create_key, status=201, name="createAdminKey", tag="Admin"),
    REWIND.page(
        "/admin/keys",
        list_keys,
        access=Access.ADMIN,
        cache=None,
        name="listAdminKeys",
        tag="Admin",
    ),
    REWIND.delete("/admin/keys/{id}", revoke_key, name="deleteAdminKey", tag="Admin"),
)
