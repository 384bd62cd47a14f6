"""Operations that come by POST and are answered by JSON, as nearly all are, on a short way."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from rewind_gql.patience import Late, within
from schema.accepting import CONTENT_TYPES, accepted
from schema.operations import MAX_BYTES

_CONTENT_TYPES = {media_type: told.encode() for media_type, told in CONTENT_TYPES.items()}
_SENT = (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")
BODY_S = 10.0
"""How long a body may take to come."""
_DIGITS = 12
_STREAM = b"x-graphql-event-stream-token"
_CODED = b"content-encoding"


def quick(scope: Scope) -> str | None:
    """The media type that answers a request; None for one that needs a closer look."""
    if scope["method"] != "POST" or scope["query_string"]:
        return None
    headers = dict(scope["headers"])
    if headers.get(b"content-type") not in _SENT or _STREAM in headers or _CODED in headers:
        return None
    if len(headers) != len(scope["headers"]):
        return None  # one of them is there twice, and what that means depends on which
    accepts = accepted(headers.get(b"accept", b""))
    return None if accepts.prefers_stream else accepts.whole


def check_length(scope: Scope) -> None:
    """Raises `HTTPException` for a body that says itself that it is too long."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            if len(value) > _DIGITS or (value.isdigit() and int(value) > MAX_BYTES):
                raise too_long()
            return


def too_long() -> HTTPException:
    """What is told of a body that is too long."""
    return HTTPException(413, f"The body is longer than {MAX_BYTES} bytes")


def too_slow() -> HTTPException:
    """What is told of a body that does not come; nothing else is read from who sends it so."""
    words = f"The body took longer than {BODY_S:g} seconds to come"
    return HTTPException(408, words, {"Connection": "close"})


async def whole(receive: Receive, seconds: float = BODY_S) -> bytes:
    """The body. Raises `HTTPException` for one that is too long, or does not come in time."""
    try:
        return await within(_read(receive), seconds)
    except Late:
        raise too_slow() from None


async def _read(receive: Receive) -> bytes:
    parts = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "The body did not come")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > MAX_BYTES:
            raise too_long()
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def reply(send: Send, body: bytes, status: int, media_type: str) -> None:
    """Send an answer."""
    headers: list[Any] = [
        (b"content-length", b"%d" % len(body)),
        (b"content-type", _CONTENT_TYPES[media_type]),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
