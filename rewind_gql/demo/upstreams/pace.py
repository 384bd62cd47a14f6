"""How a pretend provider counts requests to refuse the ones too many."""

import time
from collections import deque


class Bucket:
    """Lets through `rate` requests a second on average, and two seconds' worth of them at once."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._room = max(1.0, 2 * rate)
        self._left = self._room
        self._seen_at = time.monotonic()

    def take(self) -> bool:
        """Count one request; False when it is one too many."""
        now = time.monotonic()
        self._left = min(self._room, self._left + (now - self._seen_at) * self._rate)
        self._seen_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Window:
    """Lets through `limit` requests in any stretch of `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def take(self, limit: int | None = None) -> bool:
        """Count one request; False when it is one too many for `limit`, or for the usual one."""
        if self.used >= (self._limit if limit is None else limit):
            return False
        self._taken.append(time.monotonic())
        return True

    @property
    def used(self) -> int:
        """Requests let through in the stretch that ends now."""
        edge = time.monotonic() - self._seconds
        while self._taken and self._taken[0] <= edge:
            self._taken.popleft()
        return len(self._taken)
