"""The door: an HTTP request let in by its key, or its body read, or neither."""

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope

from rewind_gql import clock
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.views import Caller
from rewind_gql.errors import TooMany
from rewind_gql.rest.answers import Header

MAX_BODY_BYTES = 128 * 1024
"""What a body may have, where an API does not allow more."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that name, in lower case; None without one."""
    headers: list[Header] = scope["headers"]
    for known, value in headers:
        if known == name:
            return value
    return None


async def admit(gate: Gate, scope: Scope, *, admin: bool = False) -> Caller:
    """Who calls, once they are known, may, and have requests left.

    What is left is told by headers the outermost layer adds to whatever is answered; the caller is
    kept in the request's state. Raises `Unauthenticated`, `Denied` or `TooMany`.
    """
    caller = await gate.bearer(header(scope, b"authorization"), address(scope))
    gate.permit(caller, admin=admin)
    return await charge(gate, scope, caller)


def address(scope: Scope) -> str | None:
    """Where a request comes from, as far as that is known."""
    client = scope.get("client")
    return client[0] if client else None


async def charge(gate: Gate, scope: Scope, caller: Caller) -> Caller:
    """Take one request off the minute of a caller who is known; tells and keeps as `admit` does.

    Raises `TooMany`.
    """
    spent = await gate.spend(caller)
    state = scope["state"]
    state["headers"].extend(spent.headers())
    state["caller"] = caller
    state["spent"] = spent
    if not spent.allowed:
        raise TooMany(retry_after=spent.retry_after(clock.now().timestamp()))
    return caller


async def read_body(receive: Receive, most: int = MAX_BODY_BYTES) -> bytes:
    """The whole body; 413 for one that is too large, as soon as that is known."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400)
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise HTTPException(413)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
