"""Fetching addresses found in data: nothing but the open internet is asked, and never for long."""

import asyncio
import ssl
import zlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_address
from itertools import chain, zip_longest
from typing import Any, NamedTuple

import certifi
import httpcore

from rewind_gql import __version__
from rewind_gql.errors import SourceBusy, SourceChanged
from rewind_gql.ports.addresses import Resolver, is_public, resolve
from rewind_gql.ports.http import retry_after
from rewind_gql.ports.places import NotOpen, Place, check_open, moved, place

USER_AGENT = f"RewindGQL/{__version__} (+https://github.com/rewind-gql)"
REDIRECTS = 3
CONNECT_S = 5.0
TOTAL_S = 20.0
_CONNECTIONS = 20
_TRIED = 4
_GZIP_OR_ZLIB = 47
_PACKING = 16_384
"""Bytes by which packing may make longer what cannot be packed."""
_LONGEST_PAUSE_S = 86_400.0
_MOVED = (301, 302, 303, 307, 308)
_GONE = (404, 410)
_PASSING = (408, 425, 429)
_OF_ANYBODY = ("user-agent", "accept-language")
"""Headers that tell nothing, and so may follow to where an address leads."""


class Forbidden(SourceChanged):
    """This address may not be asked"""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, code="forbidden_address")


class TooLarge(SourceChanged):
    """The answer is too large"""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, code="too_large")


class BadAnswer(SourceChanged):
    """There is nothing of use at this address"""


class Unreachable(SourceBusy):
    """The address could not be reached"""


class Fetched(NamedTuple):
    """What was at an address: where it was in the end, the type it claims, its bytes."""

    url: str
    status: int
    media_type: str
    body: bytes


class Guard:
    """Fetches what is at addresses nobody vouches for.

    `allow` names exact origins that may be on a private network, such as the owner's own Plex
    server: `http://192.168.1.20:32400`. Only such an origin may lead to another one, but give the
    guard that allows them to nobody but their own client: it asks them for whoever asks it.
    `network` makes the connections, and `tls` says whose certificates count.
    """

    def __init__(
        self,
        allow: frozenset[str] = frozenset(),
        *,
        resolver: Resolver = resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow = frozenset(_known(each).origin for each in allow)
        tls = tls or ssl.create_default_context(cafile=certifi.where())
        network = network or httpcore.AnyIOBackend()
        self._open, self._own = (
            httpcore.AsyncConnectionPool(
                ssl_context=tls,
                network_backend=_Vetted(network, resolver, private=private),
                max_connections=_CONNECTIONS,
                keepalive_expiry=CONNECT_S,
            )
            for private in (False, True)
        )

    async def get(
        self,
        url: str,
        *,
        max_bytes: int,
        accept: str = "image/*",
        plain: bool = True,
        total_s: float = TOTAL_S,
        connect_s: float = CONNECT_S,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """What is at `url`, after at most three redirects, each looked at like the first address.

        `headers` go to the first origin alone. `plain` lets http through, though never after https.
        The media type is what the answer claims; the bytes may be anything. Raises `Forbidden`,
        `TooLarge` and `BadAnswer` for what stays as it is, `Unreachable` for what may pass; no
        message names an address.
        """
        waits = {"connect": connect_s, "read": connect_s * 2, "write": connect_s}
        wanted = _Wanted(max_bytes, plain, waits)
        try:
            async with asyncio.timeout(total_s):
                return await self._follow(url, wanted, {"accept": accept, **_lower(headers)})
        except NotOpen as refused:
            raise Forbidden(str(refused)) from None
        except (TimeoutError, httpcore.TimeoutException):
            raise Unreachable("it did not answer in time", kind="network", code="timeout") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            raise Unreachable(kind="network", code="connection") from None

    async def close(self) -> None:
        """Close every connection."""
        await self._open.aclose()
        await self._own.aclose()

    async def _follow(self, url: str, wanted: "_Wanted", headers: dict[str, str]) -> Fetched:
        at = place(url)
        own, plain = at.origin in self._allow, wanted.plain
        for _ in range(REDIRECTS + 1):
            if not own:
                check_open(at, plain=plain)
            async with self._asked(at, own, wanted, headers) as answer:
                if answer.status not in _MOVED:
                    return Fetched(at.url, *await _read(answer, wanted.max_bytes))
                target = _header(answer, b"location")
            if not target:
                raise BadAnswer("it moved without saying where to", code="redirect")
            found = moved(at, target)
            if found.origin != at.origin:
                own = own and found.origin in self._allow
                kept = ("accept", *_OF_ANYBODY)
                headers = {name: headers[name] for name in kept if name in headers}
            plain = plain and at.scheme == "http"
            at = found
        raise BadAnswer("it moves in a circle", code="redirect")

    def _asked(
        self, at: Place, own: bool, wanted: "_Wanted", headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[httpcore.Response]:
        sent = {"user-agent": USER_AGENT, **headers}
        sent |= {"host": at.authority, "accept-encoding": "gzip"}
        asked = httpcore.URL(scheme=at.scheme, host=at.host, port=at.port, target=at.target)
        pool = self._own if own else self._open
        waits = {"timeout": wanted.waits}
        return pool.stream("GET", asked, headers=list(sent.items()), extensions=waits)


class _Wanted(NamedTuple):
    """What all requests for one address have in common."""

    max_bytes: int
    plain: bool
    waits: dict[str, float]


class _Vetted(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at, by their number: no name is looked up twice."""

    def __init__(
        self, network: httpcore.AsyncNetworkBackend, resolver: Resolver, *, private: bool
    ) -> None:
        self._network = network
        self._resolver = resolver
        self._private = private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the pool calls it so
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the host's addresses, once all of them are known to be public."""
        failed: Exception | None = None
        for address in await self._addresses(host, port, timeout):
            try:
                return await self._network.connect_tcp(
                    address, port, timeout=timeout, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refused:
                failed = refused
        raise httpcore.ConnectError("no address of it answers") from failed

    async def _addresses(self, host: str, port: int, within_s: float | None) -> list[str]:
        """Where to try, both kinds of address in turn, for a machine may have but one of them."""
        found = [host] if _is_number(host) else await self._found(host, port, within_s)
        if not self._private and not all(map(is_public, found)):
            raise Forbidden
        newer = [address for address in found if ":" in address]
        older = [address for address in found if ":" not in address]
        pairs = zip_longest(newer, older) if found[:1] == newer[:1] else zip_longest(older, newer)
        return [address for address in chain.from_iterable(pairs) if address][:_TRIED]

    async def _found(self, host: str, port: int, within_s: float | None) -> list[str]:
        try:
            async with asyncio.timeout(within_s):
                return list(await self._resolver(host, port))
        except (OSError, UnicodeError, TimeoutError) as unknown:
            raise httpcore.ConnectError("the name is not known") from unknown


async def _read(answer: httpcore.Response, max_bytes: int) -> tuple[int, str, bytes]:
    """Status, media type and body of an answer that has one."""
    _judge(answer)
    length = _header(answer, b"content-length")
    if length.isascii() and length.isdigit() and int(length[:18]) > max_bytes:
        raise TooLarge
    body = _Body(_header(answer, b"content-encoding").lower(), max_bytes)
    async for piece in answer.aiter_stream():
        body.take(piece)
        if body.is_whole:
            break
    media_type = _header(answer, b"content-type").partition(";")[0].strip().lower()
    return answer.status, media_type, body.whole()


def _judge(answer: httpcore.Response) -> None:
    status = answer.status
    if status in _GONE:
        raise BadAnswer("there is nothing there", code=str(status))
    if status in _PASSING or status >= 500:
        said = retry_after({"retry-after": _header(answer, b"retry-after")})
        pause = None if said is None else min(said, _LONGEST_PAUSE_S)
        raise Unreachable(f"it answered {status}", retry_after=pause, code=str(status))
    if not 200 <= status < 300:
        raise BadAnswer(f"it answered {status}", code=str(status))


class _Body:
    """A body as it comes in, unpacked bit by bit, so that a bomb never grows past `most` bytes."""

    def __init__(self, coding: str, most: int) -> None:
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise BadAnswer("it is packed in a way that was not asked for")
        packed = coding not in ("", "identity")
        self._unpacking = zlib.decompressobj(_GZIP_OR_ZLIB) if packed else None
        self._most = most
        self._taken = 0
        self._bare = bytearray()

    @property
    def is_whole(self) -> bool:
        """Whether nothing that may follow belongs to it."""
        return self._unpacking is not None and self._unpacking.eof

    def take(self, piece: bytes) -> None:
        """Add what came in."""
        self._taken += len(piece)
        if self._unpacking is not None:
            try:
                piece = self._unpacking.decompress(piece, self._most + 1)
            except zlib.error:
                raise BadAnswer("it is packed badly") from None
        self._bare += piece
        # What was taken counts, too: there is packing that goes on for ever and comes to nothing.
        if len(self._bare) > self._most or self._taken > self._most + _PACKING:
            raise TooLarge

    def whole(self) -> bytes:
        """All of it, once no more comes in."""
        if self._unpacking is not None and not self._unpacking.eof:
            raise Unreachable("it broke off", kind="network", code="truncated")
        return bytes(self._bare)


def _header(answer: httpcore.Response, name: bytes) -> str:
    found = next((value for key, value in answer.headers if key.lower() == name), b"")
    try:
        return found.decode().strip()
    except UnicodeDecodeError:
        return found.decode("latin-1").strip()


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _known(origin: str) -> Place:
    try:
        return place(origin)
    except NotOpen as wrong:
        raise Forbidden(str(wrong)) from None
