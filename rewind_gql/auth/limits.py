"""How many requests a minute are let through: a moving window, per process or shared by Redis."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from rewind_gql import log

WINDOW_S = 60.0
AWAY_S = 5.0
"""How long a Redis that did not answer is left alone, so that nobody waits for it meanwhile."""
_REDIS_TIMEOUT_S = 0.5
_SWEEP_ABOVE = 1_000


class Allowance(NamedTuple):
    """What is left of a limit after a request, and whether that request fits in it."""

    allowed: bool
    limit: int
    remaining: int
    reset_at: float

    def retry_after(self, now: float) -> int:
        """Whole seconds until a request fits again, at least one."""
        return max(1, math.ceil(self.reset_at - now))

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The same as headers: those of the Rewind API, and those of the IETF's draft."""
        limit, remaining = self.limit, self.remaining
        reset_at = math.ceil(self.reset_at)
        again_s = max(0, math.ceil(self.reset_at - time.time()))
        return (
            (b"x-ratelimit-limit", b"%d" % limit),
            (b"x-ratelimit-remaining", b"%d" % remaining),
            (b"x-ratelimit-reset", b"%d" % reset_at),
            (b"ratelimit-policy", b'"minute";q=%d;w=60' % limit),
            (b"ratelimit", b'"minute";r=%d;t=%d' % (remaining, again_s)),
        )


def tell(headers: list[tuple[bytes, bytes]], spent: Allowance) -> None:
    """Put what is left among the headers of an answer, in place of what was told before."""
    told = spent.headers()
    names = {name for name, _ in told}
    headers[:] = [*(each for each in headers if each[0] not in names), *told]


class Limits(Protocol):
    """A limit of so many requests in any sixty seconds; those refused do not count."""

    async def hit(self, name: str, rpm: int, cost: int = 1) -> Allowance:
        """A request of `name` that counts as `cost` of them; `rpm` are allowed in a minute."""
        ...

    async def left(self, name: str, rpm: int) -> Allowance:
        """What a request of `name` would meet; it does not count."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class MemoryLimits:
    """Windows of this process: the instants of the last requests, one queue per name."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._hits: dict[str, deque[float]] = {}
        self._sweep_at = _SWEEP_ABOVE

    async def hit(self, name: str, rpm: int, cost: int = 1) -> Allowance:
        """A request of `name`; about two microseconds."""
        now = self._now()
        hits = self._hits.get(name)
        if hits is None:
            hits = self._queue(name, now)
        opened = now - WINDOW_S
        while hits and hits[0] <= opened:
            hits.popleft()
        allowed = len(hits) + cost <= rpm
        if allowed:
            hits.extend([now] * cost)
        # Over the limit after it was lowered, more than one has to leave before the next fits.
        leaving = max(0, len(hits) - rpm + (0 if allowed else cost - 1))
        first = hits[min(leaving, len(hits) - 1)] if hits else now
        return Allowance(allowed, rpm, max(0, rpm - len(hits)), first + WINDOW_S)

    async def left(self, name: str, rpm: int) -> Allowance:
        """What a request of `name` would meet."""
        opened = self._now() - WINDOW_S
        hits = [at for at in self._hits.get(name, ()) if at > opened]
        first = hits[max(0, len(hits) - rpm)] if hits else opened
        return Allowance(len(hits) < rpm, rpm, max(0, rpm - len(hits)), first + WINDOW_S)

    def _queue(self, name: str, now: float) -> deque[float]:
        if len(self._hits) >= self._sweep_at:
            opened = now - WINDOW_S
            self._hits = {k: hits for k, hits in self._hits.items() if hits and hits[-1] > opened}
            self._sweep_at = max(_SWEEP_ABOVE, 2 * len(self._hits))
        made = self._hits[name] = deque()
        return made

    async def close(self) -> None:
        """Nothing to let go of."""


class RedisLimits:
    """Windows shared by every process. While Redis is away, each process counts for itself."""

    def __init__(self, redis_url: str) -> None:
        self._storage = RedisStorage(
            f"async+{redis_url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="rewind:limit",
            socket_timeout=_REDIS_TIMEOUT_S,
            socket_connect_timeout=_REDIS_TIMEOUT_S,
        )
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._alone = MemoryLimits()
        self._away_until = 0.0

    async def hit(self, name: str, rpm: int, cost: int = 1) -> Allowance:
        """A request of `name`, counted in Redis."""
        if time.monotonic() < self._away_until:
            return await self._alone.hit(name, rpm, cost)
        item = RateLimitItemPerMinute(rpm)
        try:
            allowed = await self._limiter.hit(item, name, cost=cost)
            reset_at, remaining = await self._limiter.get_window_stats(item, name)
        except StorageError as away:
            self._away_until = time.monotonic() + AWAY_S
            log.get("auth").warning("limits are counted per process", error=str(away))
            return await self._alone.hit(name, rpm, cost)
        return Allowance(allowed, rpm, max(0, remaining), reset_at)

    async def left(self, name: str, rpm: int) -> Allowance:
        """What a request of `name` would meet, by what Redis counted."""
        if time.monotonic() < self._away_until:
            return await self._alone.left(name, rpm)
        item = RateLimitItemPerMinute(rpm)
        try:
            reset_at, remaining = await self._limiter.get_window_stats(item, name)
        except StorageError:
            self._away_until = time.monotonic() + AWAY_S
            return await self._alone.left(name, rpm)
        return Allowance(remaining > 0, rpm, max(0, remaining), reset_at)

    async def close(self) -> None:
        """Close the connection to Redis."""
        connection: Any = self._storage.bridge.get_connection()  # type: ignore[attr-defined]  # the redis client
        await connection.aclose()


def limits(redis_url: str | None) -> Limits:
    """The limits this installation uses: shared when it has a Redis, else of this process."""
    return RedisLimits(redis_url) if redis_url else MemoryLimits()
