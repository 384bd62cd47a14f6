"""How Open Wearables lets callers in, answers and refuses: as published, and as its server does."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from starlette.requests import cookie_parser
from starlette.types import Scope

from rewind_gql.auth.views import Caller
from rewind_gql.errors import Denied, Refused, Unauthenticated
from rewind_gql.rest.answers import Header
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.door import address, charge, header
from rewind_gql.rest.params import Detail
from rewind_gql.rest.shim import Access, Desk
from rewind_gql.rest.wearables.params import Checked, Unprocessable

KEY_HEADERS = (b"x-open-wearables-api-key", b"x-api-key")
TICKET = "ticket"
COOKIE = "rewind_stream"
COOKIE_S = 86_400
VARY: Header = (b"vary", b"Authorization, X-Open-Wearables-API-Key, X-API-Key, Origin")


def _plain(value: Any) -> str:
    """The text of a uuid of a driver's own kind."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


encode = partial(orjson.dumps, default=_plain, option=orjson.OPT_UTC_Z)
"""JSON whose instants have six decimals, or none where they are whole seconds."""


class NotSignedIn(Unauthenticated):
    """Authentication required: provide JWT token or API key"""


class UnknownKey(Unauthenticated):
    """Invalid or missing API key"""


class UnknownTicket(Unauthenticated):
    """Invalid or expired ticket"""


class AdminOnly(Denied):
    """Admin key required"""


def is_owner(desk: Desk, caller: Caller) -> bool:
    """Whether the caller comes with an admin key of whoever owns the installation."""
    return caller.scope == "admin" and caller.user_id == desk.owner


async def door(desk: Desk, scope: Scope, access: Access) -> Caller | None:
    """By a key in a header of its own, or a key or token in Authorization; one good one is enough.

    A stream also opens to a ticket in its address, for a browser can send no headers with it.
    """
    if access is Access.PUBLIC:
        return None
    ticket = _ticket(scope) if access is Access.TICKETED else None
    if ticket is not None:
        caller = await _redeem(desk, scope, ticket)
    else:
        caller = await _recognise(desk, scope)
    if access is Access.ADMIN and not is_owner(desk, caller):
        raise AdminOnly
    return await charge(desk.gate, scope, caller)


def _ticket(scope: Scope) -> str | None:
    return dict(parse_qsl(scope["query_string"].decode("latin-1"))).get(TICKET)


async def _redeem(desk: Desk, scope: Scope, ticket: str) -> Caller:
    """Whoever the ticket was made for, which lets in once; a browser that was cut off comes back.

    It asks for the same address again, whose ticket is used up, and can send nothing else; so it
    is given a cookie of that address alone, worth what the ticket was.
    """
    if cookie := _cookie(scope):
        with suppress(Unauthenticated):
            return await desk.gate.session(cookie, address(scope))
    try:
        caller = await desk.gate.redeem(ticket, address(scope))
    except Unauthenticated:
        raise UnknownTicket from None
    made = await desk.gate.open_session(caller)
    secure = "; Secure" if scope["scheme"] == "https" else ""
    text = (
        f"{COOKIE}={made}; Path={scope['path']}; Max-Age={COOKIE_S}; HttpOnly; "
        f"SameSite=Strict{secure}"
    )
    scope["state"]["headers"].append((b"set-cookie", text.encode("latin-1")))
    return caller


def _cookie(scope: Scope) -> str | None:
    found = header(scope, b"cookie")
    return cookie_parser(found.decode("latin-1")).get(COOKIE) if found else None


async def _recognise(desk: Desk, scope: Scope) -> Caller:
    sent = (header(scope, name) for name in KEY_HEADERS)
    key = next((value.decode("latin-1") for value in sent if value), None)
    try:
        return await desk.gate.either(header(scope, b"authorization"), key, address(scope))
    except Unauthenticated:
        raise (NotSignedIn if key is None else UnknownKey) from None


# Refusals without words of their own, in the words of this API.
_WORDS = {"Not found": "Not Found", "Too Many Requests": "Too many requests"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wearables(Dialect):
    """Its habits. With `upstream`, wrong parameters are told as its server tells them."""

    upstream: bool = False

    def said(self, refused: Refused) -> tuple[int, dict[str, Any]]:
        """Status and body of a refusal."""
        if isinstance(refused, Unprocessable) and not self.upstream:
            return 422, {"detail": refused.errors}
        return refused.status, {"detail": _WORDS.get(refused.message, refused.message)}


def _detail(status: int, message: str, details: Sequence[Detail]) -> dict[str, Any]:
    return {"detail": message}


WEARABLES = Wearables(
    base="/api/v1",
    envelope=_detail,
    titles={
        400: "Bad Request",
        404: "Not Found",
        405: "Method Not Allowed",
        408: "Request Timeout",
        413: "Content Too Large",
        415: "Unsupported Media Type",
        500: "Internal server error",
        503: "Service Unavailable",
    },
    door=door,
    reading=Checked,
    tells_strangers=True,
    vary=VARY,
    encode=encode,
)
"""As published."""

UPSTREAM = replace(WEARABLES, upstream=True)
"""As its server does it."""
