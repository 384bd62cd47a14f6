"""Validators made of versions: whether a client's answer still holds, told without making it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from hashlib import blake2b
from math import inf
from operator import attrgetter
from typing import Any

from starlette.types import Scope

from rewind_gql import __version__, clock
from rewind_gql.auth.views import Caller
from rewind_gql.caching.numbers import Numbers
from rewind_gql.settings import Settings
from rewind_gql.store.domains import domains
from rewind_gql.store.migrate import head

MOST_TAGS = 16
"""Of more tags than that in one header, the rest is not looked at."""
_TAG = re.compile(rb'(?:W/)?"v([0-9a-f]{1,8})\.([0-9a-f]{1,11})\.([0-9a-f]{32})"')
_UNTOLD = {"rate_limit_rpm", "expires_at"}

rights: Callable[[Caller], tuple[Any, ...]] = attrgetter(
    *(field.name for field in fields(Caller) if field.name not in _UNTOLD)
)
"""All there is of a caller that may decide what they are told; no two keys have the same."""


def if_none_match(scope: Scope) -> bytes | None:
    """The validators of the answers a client has, as it tells them; None without any."""
    values = [value for name, value in scope["headers"] if name == b"if-none-match"]
    return b",".join(values) if values else None


def matches(tag: bytes, given: bytes) -> bool:
    """Whether a client has what bears this tag: weak comparison, as If-None-Match asks for."""
    listed = (each.strip().removeprefix(b"W/") for each in given.split(b","))
    return any(each in (tag, b"*") for each in listed)


class Tags:
    """Writes and reads validators.

    A tag names the domains an answer was made of and until when it holds, and proves by a hash
    whose answer it is, to what, and at which versions. So a tag is judged by any process of the
    installation, without having kept the answer. Another release or other settings make other tags.
    """

    def __init__(self, settings: Settings) -> None:
        self._domains = domains()
        made_of = repr((__version__, head(), self._domains, settings)).encode()
        self._key = blake2b(made_of, key=settings.secret_bytes()[:64], digest_size=32).digest()

    def write(
        self, asked: Sequence[Any], domains: tuple[str, ...], until: float, numbers: Numbers
    ) -> bytes:
        """The tag of an answer to what was `asked`, by whom, that was made of these domains."""
        places = sum(1 << self._domains.index(domain) for domain in domains)
        return self._written(asked, places, 0 if until == inf else int(until), numbers)

    def find(self, asked: Sequence[Any], if_none_match: bytes, numbers: Numbers) -> bytes | None:
        """The tag in the header that is one of the answer that would be given now."""
        for _, found in zip(range(MOST_TAGS), _TAG.finditer(if_none_match), strict=False):
            places, until = int(found[1], 16), int(found[2], 16)
            if until and clock.present().timestamp() >= until:
                continue
            tag = self._written(asked, places, until, numbers)
            if tag == found[0].removeprefix(b"W/"):
                return tag
        return None

    def _written(self, asked: Sequence[Any], places: int, until: int, numbers: Numbers) -> bytes:
        held = [
            (domain, numbers.of.get(domain, 0))
            for at, domain in enumerate(self._domains)
            if places >> at & 1
        ]
        said = repr((asked, places, until, held)).encode("utf-8", "surrogatepass")
        proof = blake2b(said, key=self._key, digest_size=16).hexdigest()
        return b'"v%x.%x.%b"' % (places, until, proof.encode())
