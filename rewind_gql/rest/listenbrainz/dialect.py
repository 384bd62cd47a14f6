"""How ListenBrainz lets scrobblers in, reads what they send, answers and refuses."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from starlette.types import Scope

from rewind_gql import clock
from rewind_gql.auth.views import Caller
from rewind_gql.errors import BadInput, Denied, Unauthenticated
from rewind_gql.rest.answers import Header
from rewind_gql.rest.bodies import KEYWORD, Body
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.door import address, charge, header
from rewind_gql.rest.params import Detail
from rewind_gql.rest.shim import Access, Desk

MAX_BODY_BYTES = 10_240_000
"""A thousand listens of ten kilobytes, as ListenBrainz takes them."""

WRITERS = ("scrobble", "admin")
"""The scopes of keys that may send what is heard."""

_SCHEMES = (b"token", b"bearer")
_RESET: bytes = b"x-ratelimit-reset"


class NoToken(Unauthenticated):
    """You need to send a key in an Authorization header, after the word Token"""


class BadToken(Unauthenticated):
    """This key is not valid"""


class ReadOnly(Denied):
    """This key may not send what is heard; make one of the scope scrobble"""


async def door(desk: Desk, scope: Scope, access: Access) -> Caller | None:
    """By a key after `Token`, of any scope to ask and of a writing one to send."""
    if access is Access.PUBLIC:
        return None
    key = key_in(header(scope, b"authorization"))
    if key is None:
        raise NoToken
    try:
        caller = await desk.gate.scrobbler(key, address(scope))
    except Unauthenticated:
        raise BadToken from None
    if access is Access.ADMIN and caller.scope not in WRITERS:
        raise ReadOnly
    try:
        return await charge(desk.gate, scope, caller)
    finally:
        _tell_seconds(scope)


def key_in(authorization: bytes | None) -> str | None:
    """The key in a header; schemes are written in any case, and sometimes twice."""
    words = (authorization or b"").split()
    if len(words) < 2 or words[0].lower() not in _SCHEMES:
        return None
    return words[-1].decode("latin-1")


def _tell_seconds(scope: Scope) -> None:
    """Tell the seconds until more is let through too, which is what these clients wait for."""
    headers: list[Header] = scope["state"]["headers"]
    at = next((int(value) for name, value in headers if name == _RESET), None)
    if at is not None:
        left = max(0, at - clock.seconds(clock.now()))
        headers.append((b"x-ratelimit-reset-in", b"%d" % left))


class Untyped(Body):
    """A body that is a JSON object; some scrobblers do not say that it is JSON."""

    def read(self, raw: bytes, content_type: str) -> dict[str, Any]:
        """The object. Raises `BadInput` where there is none."""
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError as wrong:
            raise BadInput("The body is no JSON document") from wrong
        if not isinstance(found, dict):
            raise BadInput("The body must be a JSON object")
        return found


def untyped(function: Callable[..., Any]) -> Body | None:
    """The body a function takes; None for one without a `body` keyword."""
    if KEYWORD not in inspect.signature(function).parameters:
        return None
    return Untyped(dict[str, Any], inspect.Parameter.empty)


def _error(status: int, message: str, details: Sequence[Detail]) -> dict[str, Any]:
    return {"code": status, "error": message}


LISTENBRAINZ = Dialect(
    base="/1",
    envelope=_error,
    titles={
        400: "Bad request",
        404: "Not found",
        405: "Method not allowed",
        408: "The body took too long to come",
        413: "The body is too large",
        429: "Too many requests",
        500: "Internal server error",
        503: "Service unavailable",
    },
    door=door,
    taking=untyped,
    max_body_bytes=MAX_BODY_BYTES,
    tells_strangers=True,
)
