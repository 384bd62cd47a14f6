"""Answers: JSON bytes with the headers that go with them, a validator, and 304 when it matches."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from starlette.types import Scope, Send

from rewind_gql.caching import matches

Header = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")
NO_STORE: Header = (b"cache-control", b"no-store")
KEYED: Header = (b"vary", b"Authorization, Origin")


@dataclass(frozen=True, slots=True)
class Cache:
    """How long an answer may be kept: by everybody, or by the caller alone."""

    kind: Literal["public", "private"]
    max_age_s: int

    @property
    def headers(self) -> tuple[Header, ...]:
        """Cache-Control, and Vary where answers depend on the key."""
        control = (b"cache-control", f"{self.kind}, max-age={self.max_age_s}".encode())
        return (control,) if self.kind == "public" else (control, KEYED)


@dataclass(slots=True)
class Answer:
    """A status, headers and a body, ready to be sent."""

    status: int
    headers: list[Header]
    body: bytes

    async def send(self, scope: Scope, send: Send) -> None:
        """Send it; to HEAD, without the body whose length it tells."""
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})


def answer(status: int, body: bytes, headers: Iterable[Header]) -> Answer:
    """JSON with `headers`."""
    return Answer(status, [JSON, (b"content-length", b"%d" % len(body)), *headers], body)


def validated(body: bytes, headers: Iterable[Header], if_none_match: bytes | None) -> Answer:
    """JSON with a strong validator over its bytes; 304 when the client has these bytes already."""
    tag = b'"%s"' % blake2b(body, digest_size=16).hexdigest().encode()
    kept = [*headers, (b"etag", tag)]
    if if_none_match is not None and matches(tag, if_none_match):
        return Answer(304, kept, b"")
    return answer(200, body, kept)
