"""Which pages in a browser may read the answers: their origins, and what is told to them."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from rewind_gql.errors import BadSettings
from rewind_gql.rest.answers import Header

METHODS = b"GET, POST, PUT, DELETE, OPTIONS"
ASKED_WITH = (
    b"Apollo-Require-Preflight, Authorization, Content-Type, GraphQL-Require-Preflight, "
    b"Idempotency-Key, If-None-Match, Last-Event-ID, X-Apollo-Operation-Name, "
    b"X-API-Key, X-App-Identifier, X-Device-Id, X-GraphQL-Event-Stream-Token, "
    b"X-Open-Wearables-API-Key, X-Request-Id"
)
EXPOSED = (
    b"ETag, Idempotent-Replay, RateLimit, RateLimit-Policy, Retry-After, X-Accent-Color, "
    b"X-Data-Version, X-Dominant-Color, X-RateLimit-Limit, X-RateLimit-Remaining, "
    b"X-RateLimit-Reset, X-Request-Id, X-ThumbHash"
)
ORIGIN_VARIES: Header = (b"vary", b"Origin")
PREFLIGHT_S = 86_400
_PORTS = {"http": 80, "https": 443}
_ENTRY = re.compile(
    r"(?:(https?)://)?(\*\.)?([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?", re.ASCII
)


class Origins:
    """The origins that are allowed; none but the server's own without entries.

    An entry is `https://example.org`, `http://localhost:3000`, a host without a scheme (any
    scheme, its usual port), `*.example.org` for every host below it, `null` for pages without an
    origin such as local files, or `*` for everybody. A browser sends no key by itself, so an
    allowed origin learns nothing without one.
    """

    def __init__(self, entries: Sequence[str]) -> None:
        self._everybody = "*" in entries
        self._null = "null" in entries
        self._rules = [_rule(entry) for entry in entries if entry not in ("*", "null")]

    def allow(self, origin: str) -> bool:
        """Whether pages of this origin may read."""
        if origin == "null":
            return self._null
        parsed = _parse(origin)
        if parsed is None:
            return False
        return self._everybody or any(_fits(rule, parsed) for rule in self._rules)

    def headers(self, origin: bytes | None) -> list[Header]:
        """What is added to every answer."""
        if origin is None or not self.allow(origin.decode("latin-1")):
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED),
        ]

    def preflight(self, origin: bytes | None) -> list[Header]:
        """What is added, beside that, for a browser that asks before it calls."""
        if not self.headers(origin):
            return []
        return [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", ASKED_WITH),
            (b"access-control-max-age", b"%d" % PREFLIGHT_S),
        ]


Parsed = tuple[str, str, int]
Rule = tuple[str | None, bool, str, int | None]


def _rule(entry: str) -> Rule:
    found = _ENTRY.fullmatch(entry.strip().lower().removesuffix("/"))
    if found is None:
        raise BadSettings(
            f"REWIND_ALLOWED_ORIGINS holds {entry!r}, which is no origin. "
            "Write https://example.org, http://localhost:3000, *.example.org, null or *."
        )
    scheme, below, host, port = found.groups()
    usual = _PORTS[scheme] if scheme else None
    return scheme, bool(below), host, int(port) if port else usual


def _parse(origin: str) -> Parsed | None:
    try:
        parts = urlsplit(origin.lower())
        port = parts.port
    except ValueError:
        return None
    usual = _PORTS.get(parts.scheme)
    if usual is None or not parts.hostname or parts.path or parts.query or parts.username:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts.scheme, host, port if port is not None else usual


def _fits(rule: Rule, origin: Parsed) -> bool:
    scheme, below, host, port = rule
    named = origin[1].endswith(f".{host}") if below else origin[1] == host
    wanted = _PORTS[origin[0]] if port is None else port
    return named and scheme in (None, origin[0]) and origin[2] == wanted
