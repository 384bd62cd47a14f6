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


class Limits(Protocol):
    """A limit of so many requests in any sixty seconds; those refused do not count."""

    async def hit(self, name: str, rpm: int) -> Allowance:
        """One request of `name`, of whom `rpm` are allowed in a minute."""
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

    async def hit(self, name: str, rpm: int) -> Allowance:
        """One request of `name`; about two microseconds."""
        now = self._now()
        hits = self._hits.get(name)
        if hits is None:
            hits = self._queue(name, now)
        opened = now - WINDOW_S
        while hits and hits[0] <= opened:
            hits.popleft()
        allowed = len(hits) < rpm
        if allowed:
            hits.append(now)
        # Over the limit after it was lowered, more than one has to leave before the next fits.
        first = hits[max(0, len(hits) - rpm)]
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
            self._hits = {key: hits for key, hits in self._hits.items() if hits[-1] > opened}
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

    async def hit(self, name: str, rpm: int) -> Allowance:
        """One request of `name`, counted in Redis."""
        item = RateLimitItemPerMinute(rpm)
        try:
            allowed = await self._limiter.hit(item, name)
            reset_at, remaining = await self._limiter.get_window_stats(item, name)
        except StorageError as away:
            log.get("auth").warning("limits are counted per process", error=str(away))
            return await self._alone.hit(name, rpm)
        return Allowance(allowed, rpm, max(0, remaining), reset_at)

    async def left(self, name: str, rpm: int) -> Allowance:
        """What a request of `name` would meet, by what Redis counted."""
        item = RateLimitItemPerMinute(rpm)
        try:
            reset_at, remaining = await self._limiter.get_window_stats(item, name)
        except StorageError:
            return await self._alone.left(name, rpm)
        return Allowance(remaining > 0, rpm, max(0, remaining), reset_at)

    async def close(self) -> None:
        """Close the connection to Redis."""
        connection: Any = self._storage.bridge.get_connection()  # type: ignore[attr-defined]  # the redis client
        await connection.aclose()


def limits(redis_url: str | None) -> Limits:
    """The limits this installation uses: shared when it has a Redis, else of this process."""
    return RedisLimits(redis_url) if redis_url else MemoryLimits()
