"""What surrounds every answer: its request id, CORS, masked failures, compression."""

import os
import re
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware, remove_compress_type

from rewind_gql import log
from rewind_gql.errors import Refused
from rewind_gql.rest.answers import Answer, Header
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.door import header
from rewind_gql.server.cors import ORIGIN_VARIES, Origins

COMPRESS_ABOVE_BYTES = 1_000
EVENT_STREAM = "text/event-stream"
REQUEST_ID = b"x-request-id"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class Frame:
    """The outermost layer: nothing leaves without a request id, and no failure with its reason.

    A failure is printed in the words of the API it happened in: the first of `others` whose paths
    begin like this one, else `dialect`.

    It keeps what inner layers learn of a request in its state: `request_id`; `caller`, once known;
    and `headers` to be added to whatever is answered.
    """

    def __init__(
        self, app: ASGIApp, *, origins: Origins, dialect: Dialect, others: Sequence[Dialect] = ()
    ) -> None:
        self._app = app
        self._origins = origins
        self._dialect = dialect
        self._others = others
        self._log = log.get("server")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = request_id(scope)
        origin = header(scope, b"origin")
        headers: list[Header] = [(REQUEST_ID, given), *self._origins.headers(origin)]
        state = scope.setdefault("state", {})
        state["request_id"] = given.decode()
        state["headers"] = headers
        started = False

        async def framed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _complete(message["headers"], headers)
            await send(message)

        if scope["method"] == "OPTIONS":
            await Answer(204, self._origins.preflight(origin), b"").send(scope, framed)
            return
        try:
            await self._app(scope, receive, framed)
        except Exception as failed:  # the outermost handler
            if started:
                raise
            await self._failed(failed, scope).send(scope, framed)

    def _failed(self, failed: Exception, scope: Scope) -> Answer:
        path: str = scope["path"]
        inside = (other for other in self._others if path.startswith(f"{other.base}/"))
        dialect = next(inside, self._dialect)
        if isinstance(failed, Refused):
            return dialect.refusal(failed)
        if isinstance(failed, HTTPException):
            return dialect.failure(failed.status_code, failed.headers)
        self._log.error(
            "request failed",
            request_id=scope["state"]["request_id"],
            method=scope["method"],
            path=path,
            exc_info=failed,
        )
        return dialect.failure(500)


def _complete(answered: list[Header], extra: list[Header]) -> list[Header]:
    complete = [*answered, *extra]
    if not any(name == b"vary" for name, _ in answered):
        complete.append(ORIGIN_VARIES)
    return complete


def request_id(scope: Scope) -> bytes:
    """The caller's own id of the request, where it is one; else a new one."""
    given = header(scope, REQUEST_ID)
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return os.urandom(8).hex().encode()


class Compress:
    """Larger bodies, compressed for clients that ask for it; others pass by untouched.

    So do streams of events: each would keep a compressor for as long as it is open, and a proxy
    that unpacks them holds back what is to be seen at once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        remove_compress_type(EVENT_STREAM)
        self._compressing = CompressMiddleware(app, minimum_size=COMPRESS_ABOVE_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or header(scope, b"accept-encoding") is None:
            await self._app(scope, receive, send)
            return

        async def weakened(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _weaken(message["headers"])
            await send(message)

        await self._compressing(scope, receive, weakened)


def _weaken(headers: list[Header]) -> list[Header]:
    """The validator of a compressed body is a weak one: other bytes, the same meaning."""
    if not any(name == b"content-encoding" for name, _ in headers):
        return headers
    return [
        (name, b"W/" + value if name == b"etag" and not value.startswith(b"W/") else value)
        for name, value in headers
    ]


class Below:
    """An application in front of another: it takes the paths below its base."""

    def __init__(self, app: ASGIApp, *, base: str, serve: ASGIApp) -> None:
        self._app = app
        self._base = base
        self._inside = f"{base}/"
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        mine = scope["type"] == "http" and (path.startswith(self._inside) or path == self._base)
        await (self._serve if mine else self._app)(scope, receive, send)


class At:
    """An application in front of another: it takes the requests of one path."""

    def __init__(self, app: ASGIApp, *, path: str, serve: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        mine = scope["type"] == "http" and scope["path"] == self._path
        await (self._serve if mine else self._app)(scope, receive, send)
