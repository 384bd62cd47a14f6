"""The door: an HTTP request let in by its key, or its body read, or neither."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from rewind_gql import clock
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.views import Caller
from rewind_gql.errors import TooMany
from rewind_gql.patience import Late, within
from rewind_gql.rest.answers import Header

MAX_BODY_BYTES = 128 * 1024
"""What a body may have, where an API does not allow more."""
BODY_S = 10.0
SLOWEST_BYTES_PER_S = 16 * 1024
"""How long a body may take to come: ten seconds, and as much longer as what has come makes good.

A total would either cut off a photograph sent from a train or let anybody hold a request open for
minutes with a few bytes.
"""


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


async def read_body(receive: Receive, most: int = MAX_BODY_BYTES, seconds: float = BODY_S) -> bytes:
    """The whole body; 413 for one that is too large, 408 for one that is too slow, once known."""
    parts: list[bytes] = []
    size = 0
    until = asyncio.get_running_loop().time() + seconds
    while True:
        message = await _next(receive, until + size / SLOWEST_BYTES_PER_S)
        if message["type"] == "http.disconnect":
            raise HTTPException(400)
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise HTTPException(413)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _next(receive: Receive, until: float) -> Message:
    left = until - asyncio.get_running_loop().time()
    try:
        return await within(receive(), left)  # type: ignore[arg-type]  # servers have coroutines
    except Late:
        # What else is under way on this connection is not waited for.
        raise HTTPException(408, headers={"connection": "close"}) from None
