"""The very same request again: answered by what was sent to it, before any of it is read."""

import secrets
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rewind_gql.auth.gate import Gate
from rewind_gql.auth.limits import Allowance
from rewind_gql.auth.views import Caller
from rewind_gql.caching import Keeping, Kept
from rewind_gql.errors import Unauthenticated
from rewind_gql.patience import Late, within
from rewind_gql.rest.answers import Header
from rewind_gql.rest.door import MAX_BODY_BYTES
from rewind_gql.server.middleware import REQUEST_ID, request_id
from rewind_gql.store.engine import Store

_KEY = b"Bearer rw_"
SOON_S = 0.1
"""How long a body is waited for here."""
_DIGITS = 6
"""Of a length in bytes that may be short enough."""
Head = tuple[tuple[str, str, str, bytes], bytes, tuple[Header, ...]]
Spot = tuple[tuple[str, str, str, bytes], bytes, tuple[Header, ...], bytes]
_EACH = {REQUEST_ID, *(name for name, _ in Allowance(True, 1, 1, 0.0).headers())}
"""What is told of each request anew."""


class Sent(NamedTuple):
    """An answer as it was sent to a caller, at a version of the whole database."""

    version: int
    caller: Caller
    status: int
    headers: tuple[Header, ...]


class Replay:
    """The outermost layer: what was sent is sent again while nothing whatever was committed.

    So the key still holds, and so does everything else that was looked up, whichever layer did. A
    layer that answers by what is kept says so in the request's state: `kept`, beside `caller`. The
    request is told from others by all its bytes; of the key, no more is kept than that takes.
    """

    def __init__(
        self, app: ASGIApp, *, store: Store, gate: Gate, answers: Keeping, posts: str
    ) -> None:
        self._app = app
        self._store = store
        self._gate = gate
        self._answers = answers
        self._posts = posts
        self._salt = secrets.token_bytes(16)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method = scope.get("method")
        posts = method == "POST" and scope["path"] == self._posts
        head = self._head(scope) if posts or method == "GET" else None
        body: bytes | None = b""
        if head is not None and posts:
            body, receive = await _read(receive)
        # Asked for before all else: what is committed while it is answered makes it another number.
        version = None if head is None or body is None else self._store.version()
        if head is None or body is None or version is None:
            await self._app(scope, receive, send)
            return
        spot = (*head, body)
        known = self._answers.last(spot)
        if known is None or not await self._again(scope, send, known, version):
            await self._recorded(scope, receive, send, spot, version)

    def _head(self, scope: Scope) -> Head | None:
        """What a request has that others have not, its body apart; None without a key."""
        key = None
        told = []
        for name, value in scope["headers"]:
            if name == b"authorization":
                if key is not None:
                    return None
                key = value
            elif name != REQUEST_ID:
                if name == b"content-length" and len(value) > _DIGITS:
                    return None
                told.append((name, value))
        if key is None or not key.startswith(_KEY):
            return None
        whose = blake2b(key, digest_size=16, key=self._salt).digest()
        place = (scope["method"], scope["path"], scope["scheme"], scope["query_string"])
        return (place, whose, tuple(told))

    async def _again(self, scope: Scope, send: Send, known: Kept, version: int) -> bool:
        """Send it again, if it holds and the caller may still ask."""
        sent: Sent = known.extra
        if sent.version != version or not known.lasts():
            return False
        try:
            self._gate.valid(sent.caller, scrobbling=True, documents=True)
        except Unauthenticated:  # it has run out since
            return False
        spent = await self._gate.spend(sent.caller)
        if not spent.allowed:
            return False
        self._answers.given += 1
        headers = [*sent.headers, (REQUEST_ID, request_id(scope)), *spent.headers()]
        await send({"type": "http.response.start", "status": sent.status, "headers": headers})
        await send({"type": "http.response.body", "body": known.body})
        return True

    async def _recorded(
        self, scope: Scope, receive: Receive, send: Send, spot: Spot, version: int
    ) -> None:
        """Have it answered, and keep what is sent if that may be sent again."""
        state: dict[str, Any] = scope.setdefault("state", {})
        start: Message = {}

        async def recording(message: Message) -> None:
            nonlocal start
            kept: Kept | None = state.get("kept")
            if message["type"] == "http.response.start":
                start = message
            elif kept is not None:
                if not message.get("more_body"):
                    body = message.get("body", b"")
                    self._keep(spot, kept, version, state["caller"], start, body)
                state["kept"] = None  # what else comes is no whole answer
            await send(message)

        await self._app(scope, receive, recording)

    def _keep(
        self,
        spot: Spot,
        kept: Kept,
        version: int,
        caller: Caller,
        start: Message,
        body: bytes,
    ) -> None:
        headers = tuple((name, value) for name, value in start["headers"] if name not in _EACH)
        sent = Sent(version, caller, start["status"], headers)
        made = replace(kept, body=body, extra=sent)
        self._answers.keep(spot, made, _size(spot))


def _size(spot: Spot) -> int:
    """How many bytes it holds; a client may fill up what it asks with blanks."""
    (_, path, _, query), _, told, body = spot
    return len(path) + len(query) + len(body) + sum(len(name) + len(value) for name, value in told)


async def _read(receive: Receive) -> tuple[bytes | None, Receive]:
    """The body, and what gives it again; None for one that is too long, or slow to come.

    To refuse such a one is for whoever it was sent to.
    """
    messages: list[Message] = []
    with suppress(Late):
        await within(_collect(receive, messages), SOON_S)
    last = messages[-1] if messages else {"more_body": True}
    is_whole = last.get("type") == "http.request" and not last.get("more_body")
    body = b"".join([each.get("body", b"") for each in messages]) if is_whole else None
    messages.reverse()

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return body, again


async def _collect(receive: Receive, messages: list[Message]) -> None:
    size = 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        messages.append(message)
        if not message.get("more_body"):
            return
        size += len(message.get("body", b""))
