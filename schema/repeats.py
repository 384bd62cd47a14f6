"""The very same requests again: told apart by their bytes alone, before any of it is read."""

import secrets
from collections.abc import Hashable
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from starlette.types import Scope, Send

from rewind_gql.auth.views import Caller
from rewind_gql.caching import Caching, Kept, rights
from schema.accepting import CONTENT_TYPES
from schema.caching import REVALIDATED, Reply, if_none_match, matches, tell
from schema.documents import Asked

_ASIDE = {b"authorization", b"if-none-match", b"x-request-id"}
_REVALIDATED = [(name.lower().encode(), value.encode()) for name, value in REVALIDATED.items()]
Headers = list[tuple[bytes, bytes]]


class Repeats:
    """Requests that were answered, and the answers that are kept.

    Whoever asks the same with the same headers is answered the same, as long as that is true. The
    key is checked before, as ever; of it, no more is kept than it takes to tell it from others.
    """

    def __init__(self, caching: Caching) -> None:
        self._caching = caching
        self._salt = secrets.token_bytes(16)

    def spot(self, scope: Scope, body: bytes = b"") -> Hashable:
        """What a request has that others have not."""
        key = b""
        told = []
        for each in scope["headers"]:
            if each[0] not in _ASIDE:
                told.append((each[0], each[1]))
            elif each[0] == b"authorization":
                key = each[1]
        whose = blake2b(key, digest_size=16, key=self._salt).digest()
        place = (scope["method"], scope["path"], scope["scheme"], scope["query_string"])
        return (place, body, whose, tuple(told))

    def has(self, spot: Hashable) -> bool:
        """Whether such a request was answered, be it long ago."""
        return self._caching.answers.has(spot)

    async def find(self, scope: Scope, spot: Hashable, caller: Caller) -> Kept | None:
        """The answer to it, if it is true and this caller's; it names the versions then."""
        if not self._caching.answers.has(spot):
            return None
        numbers = await self._caching.versions.of(caller.user_id)
        known = self._caching.answers.find(spot, numbers)
        if known is None or known.extra[0] != rights(caller):
            return None
        tell(scope, numbers)
        return known

    def keep(
        self, spot: Hashable, reply: Reply, operation: Asked, caller: Caller, media_type: str
    ) -> None:
        """Keep what was answered, where the request alone decides what it asks for."""
        kept = reply.kept
        if kept is None or operation.extensions or operation.document_id is not None:
            return
        if caller.key_id is None or caller.trusted_only:
            return
        headers: Headers = [
            (b"content-length", b"%d" % len(kept.body)),
            (b"content-type", CONTENT_TYPES[media_type].encode()),
        ]
        if reply.tag is not None:
            headers += [(b"etag", reply.tag), *_REVALIDATED]
        extra = (rights(caller), headers)
        known = replace(kept, tag=reply.tag, extra=extra)
        self._caching.answers.keep(spot, known, _size(spot) + 1_024, again=True)


def _size(spot: Any) -> int:
    """How many bytes a spot holds; a client may fill up what it asks with blanks."""
    (_, path, _, query), body, _, told = spot
    return len(path) + len(query) + len(body) + sum(len(name) + len(value) for name, value in told)


async def send_again(scope: Scope, send: Send, known: Kept) -> None:
    """Send a kept answer, or that the client has it."""
    headers: Headers = [*known.extra[1]]
    status, body = 200, known.body
    if known.tag is not None:
        given = if_none_match(scope)
        if given is not None and matches(known.tag, given):
            status, body, headers = 304, b"", headers[2:]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
