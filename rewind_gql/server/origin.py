"""The image origin: pictures for everybody, without a key, in any size and by an address alone."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from rewind_gql import log
from rewind_gql.caching import if_none_match, matches
from rewind_gql.errors import NotFound, Refused
from rewind_gql.images import queries, views
from rewind_gql.images.deps import Images
from rewind_gql.images.derived import options, original, variant
from rewind_gql.images.finders import ORDER
from rewind_gql.images.keeping import address
from rewind_gql.images.links import RESIZED, Transform, Wanted, parse_path
from rewind_gql.images.measured import Unfit
from rewind_gql.images.presets import Options
from rewind_gql.images.signature import media_type
from rewind_gql.ports.blobs import BlobsAway
from rewind_gql.rest.answers import NO_STORE, Answer, Header
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.door import header
from rewind_gql.rest.params import parse_query
from rewind_gql.rest.rewind.images import looks
from rewind_gql.server.middleware import request_id
from rewind_gql.server.ranges import OutOfRange, part
from rewind_gql.store.engine import FAILURES, Store

FIRST_SEGMENTS = frozenset({RESIZED.partition("/")[0], *(domain for domain, _ in ORDER)})
METHODS = b"GET, HEAD, OPTIONS"
FOREVER: Header = (b"cache-control", b"public, max-age=31536000, immutable")
FOR_NOW: Header = (b"cache-control", b"public, max-age=300")
BRIEFLY: Header = (b"cache-control", b"public, max-age=60")
AGAIN_S = 30
CHUNK_BYTES = 1024 * 1024
"""Originals are read and sent in pieces of this size."""

# Nothing in a picture may run, and any page may show it.
_ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", METHODS),
    (b"access-control-allow-headers", b"*, Authorization"),
    (
        b"access-control-expose-headers",
        b"Accept-Ranges, Content-Length, Content-Range, ETag, Retry-After, "
        b"X-Accent-Color, X-Dominant-Color, X-ThumbHash",
    ),
    (b"access-control-max-age", b"86400"),
)
_BY_ACCEPT: Header = (b"vary", b"Accept")
_MAX_VERSION = 2**31 - 1


class Origin:
    """Answers GET, HEAD and OPTIONS on addresses of pictures; every refusal is told in JSON."""

    def __init__(self, store: Store, images: Images, *, owner: int) -> None:
        self._store = store
        self._images = images
        self._owner = owner
        self._log = log.get("origin")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        named = request_id(scope)
        started = False

        async def framed(message: Any) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *_ALWAYS, (b"x-request-id", named)]
            await send(message)

        try:
            await self._serve(scope, framed)
        except Exception as failed:  # the outermost handler: the frame is not around this
            if started:
                raise
            await self._told(failed, named).send(scope, framed)

    def _told(self, failed: Exception, named: bytes) -> Answer:
        """What is answered when something fails."""
        if isinstance(failed, Refused):
            return _refusal(failed)
        if isinstance(failed, FAILURES):
            self._log.warning("the database is away", reason=type(failed).__name__)
            return _refusal(_Gone())
        self._log.error("request failed", request_id=named.decode(), exc_info=failed)
        return _plain(500, "Internal server error", [NO_STORE])

    async def _serve(self, scope: Scope, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await Answer(204, [(b"allow", METHODS)], b"").send(scope, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise _NotAllowed
        wanted = parse_path(_raw(scope))
        image, caching = await self._find(wanted, scope)
        if wanted.transform is None:
            await self._original(scope, send, image, caching)
        else:
            await self._resized(scope, send, image, caching, wanted.transform)

    async def _find(self, wanted: Wanted, scope: Scope) -> tuple[views.Image, Header]:
        """The picture an address leads to, and how long its bytes stay what they are."""
        query = parse_query(scope["query_string"])
        version = _version(query.get("v", []))
        seal = next(iter(query.get("s", [])), "")
        if not self._images.addresses.holds(wanted.key, version, seal):
            raise NotFound
        asked = wanted.key._asdict()
        image = await self._store.system(
            queries.by_key, **asked, version=version, owner=self._owner
        )
        if image is None:
            raise NotFound
        return image, FOREVER if version == image.version else FOR_NOW

    async def _original(
        self, scope: Scope, send: Send, image: views.Image, caching: Header
    ) -> None:
        tag = f'"{image.content_hash}"'.encode()
        headers = [caching, (b"etag", tag), *looks(image)]
        if await _unchanged(scope, send, tag, headers):
            return
        headers.append((b"content-type", image.media_type.encode()))
        status, (start, end) = _part(scope, tag, image.size_bytes, headers)
        if scope["method"] == "HEAD":
            if await self._images.blobs.head(address(image.content_hash)) is None:
                raise BlobsAway
            await Answer(status, headers, b"").send(scope, send)
            return
        pieces = self._pieces(image, start, end)
        first = await anext(pieces)  # so that an error is still one by its status
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _pieces(self, image: views.Image, start: int, end: int) -> AsyncIterator[bytes]:
        for at in range(start, end, CHUNK_BYTES):
            span = (at, min(at + CHUNK_BYTES, end))
            body = await original(self._images.blobs, image, span)
            if len(body) != span[1] - span[0]:
                raise BlobsAway("The bytes of this image are damaged.")
            yield body

    async def _resized(
        self,
        scope: Scope,
        send: Send,
        image: views.Image,
        caching: Header,
        transform: Transform,
    ) -> None:
        accept = (header(scope, b"accept") or b"").decode("latin-1")
        size = options(image, transform, accept)
        tag = f'"{image.content_hash[:32]}-{variant(size)}"'.encode()
        headers = [caching, (b"etag", tag), *looks(image)]
        if transform.format == "auto":
            headers.append(_BY_ACCEPT)
        if await _unchanged(scope, send, tag, headers):
            return
        body = await self._made(image, size)
        kind = media_type(body) or "application/octet-stream"
        headers.append((b"content-type", kind.encode()))
        status, (start, end) = _part(scope, tag, len(body), headers)
        await Answer(status, headers, body[start:end]).send(scope, send)

    async def _made(self, image: views.Image, size: Options) -> bytes:
        try:
            return await self._images.derived.get(image, size)
        except Unfit as unfit:
            self._log.error("an image cannot be resized", hash=image.content_hash, exc_info=unfit)
            # It was measured when it came, so its bytes are not what they were; they may be again.
            raise _Gone from unfit


class Public:
    """The origin in front of another application: it takes the paths that pictures have."""

    def __init__(self, app: ASGIApp, *, origin: ASGIApp) -> None:
        self._app = app
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        first = scope.get("path", "")[1:].partition("/")[0]
        mine = scope["type"] == "http" and first in FIRST_SEGMENTS
        await (self._origin if mine else self._app)(scope, receive, send)


async def _unchanged(scope: Scope, send: Send, tag: bytes, headers: list[Header]) -> bool:
    """Whether the client has these bytes already, and was told so."""
    known = if_none_match(scope)
    if known is None or not matches(tag, known):
        return False
    await Answer(304, headers, b"").send(scope, send)
    return True


def _part(
    scope: Scope, tag: bytes, size: int, headers: list[Header]
) -> tuple[int, tuple[int, int]]:
    """The status, and the part of the bytes that is sent; completes the headers.

    A client that has a part of other bytes gets the whole.
    """
    headers.append((b"accept-ranges", b"bytes"))
    asked, only_if = header(scope, b"range"), header(scope, b"if-range")
    span = None
    if asked is not None and only_if in (None, tag):
        try:
            span = part(asked.decode("latin-1"), size)
        except OutOfRange:
            raise _Unsatisfiable(size) from None
    start, end = span or (0, size)
    headers.append((b"content-length", b"%d" % (end - start)))
    if span is None:
        return 200, (start, end)
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size)))
    return 206, (start, end)


class _NotAllowed(Refused):
    """Method not allowed"""

    status = 405


class _Gone(Refused):
    """The picture cannot be had just now"""

    status = 503
    retry_after = AGAIN_S


class _Unsatisfiable(Refused):
    """The range lies behind the end of the image"""

    status = 416

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


def _refusal(refused: Refused) -> Answer:
    lasting = BRIEFLY if isinstance(refused, NotFound) else NO_STORE
    headers = [lasting]
    if isinstance(refused, _NotAllowed):
        headers.append((b"allow", METHODS))
    if refused.retry_after is not None:
        headers.append((b"retry-after", b"%d" % refused.retry_after))
    if isinstance(refused, _Unsatisfiable):
        headers.append((b"content-range", b"bytes */%d" % refused.size))
    return _plain(refused.status, refused.message, headers)


def _plain(status: int, message: str, headers: list[Header]) -> Answer:
    body = orjson.dumps(REWIND.envelope(status, message, ()))
    length = (b"content-length", b"%d" % len(body))
    return Answer(status, [(b"content-type", b"application/json"), length, *headers], body)


def _raw(scope: Scope) -> bytes:
    """The path as it was sent: what is escaped in it must not be taken for its slashes."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]).encode() if raw is None else raw.partition(b"?")[0]


def _version(given: list[str]) -> int | None:
    text = given[0] if len(given) == 1 else ""
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        return None
    return min(int(text), _MAX_VERSION)
