"""The fault script of a pretend provider: which requests go wrong, how, and a log of them all."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from rewind_gql import clock
from rewind_gql.demo.upstreams.exchange import Effect, Exchange


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the provider saw it."""

    method: str
    path: str
    query: str
    params: dict[str, str]
    headers: dict[str, str]
    at: datetime

    @property
    def target(self) -> str:
        """Path and query as they were sent, percent signs and all."""
        return f"{self.path}?{self.query}" if self.query else self.path


Match = str | Callable[[Asked], bool]


@dataclass(slots=True)
class Rule:
    """Effects for some of the requests that match; `seen` counts all that did."""

    effects: tuple[Effect, ...]
    match: Match
    nth: int
    times: int | None
    seen: int = 0

    def fires(self, asked: Asked) -> bool:
        """Whether this request is one of those meant. Counts it."""
        if not _matches(self.match, asked):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)


class Faults:
    """Rules and request log of one pretend provider. Safe to use from any thread at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._requests: list[Asked] = []

    def add(self, *effects: Effect, match: Match = "", nth: int = 1, times: int | None = 1) -> Rule:
        """Let `effects` happen to requests matching `match`, from now on.

        `match` is a part of `path?query` or a test of the request; empty matches all. The `nth`
        matching request from now is the first one hit, and `times` in a row are: None means for
        ever. Every rule that fires takes part, the one added first outermost.
        """
        rule = Rule(effects, match, nth, times)
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Take a rule back; one that is gone already is none."""
        with self._lock:
            self._rules = [kept for kept in self._rules if kept is not rule]

    def clear(self) -> None:
        """Forget every rule and the log."""
        with self._lock:
            self._rules = []
            self._requests = []

    @property
    def requests(self) -> list[Asked]:
        """All requests so far, oldest first, the spoilt ones too."""
        with self._lock:
            return list(self._requests)

    def count(self, match: Match = "") -> int:
        """How many requests so far match."""
        return sum(_matches(match, asked) for asked in self.requests)

    def take(self, asked: Asked) -> list[Effect]:
        """Log a request and give the effects it meets, outermost first."""
        with self._lock:
            self._requests.append(asked)
            firing = [rule for rule in self._rules if rule.fires(asked)]
        return [effect for rule in firing for effect in rule.effects]


class Faulty:
    """Middleware that applies a fault script to an app."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log the request, then let it meet its effects or the app."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        app = self.app
        for effect in reversed(self.faults.take(_asked(scope))):
            app = partial(_spoilt, effect, app)
        await app(scope, receive, send)


async def _spoilt(effect: Effect, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await effect(Exchange(app, scope, receive, send))


def _matches(match: Match, asked: Asked) -> bool:
    return match in asked.target if isinstance(match, str) else match(asked)


def _asked(scope: Scope) -> Asked:
    query: bytes = scope["query_string"]
    return Asked(
        method=scope["method"],
        path=scope["path"],
        query=query.decode("latin-1"),
        params=dict(QueryParams(query)),
        headers=dict(Headers(scope=scope)),
        at=clock.now(),
    )
