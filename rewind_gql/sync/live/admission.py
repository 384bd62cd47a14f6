"""How many streams may be open: for each credential, and in all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rewind_gql.auth.views import Caller
from rewind_gql.errors import TooMany
from rewind_gql.settings import SyncSettings

RETRY_AFTER_S = 5

Credential: TypeAlias = tuple[int, int | None, str | None]


class TooManyStreams(TooMany):
    """Too many open streams"""

    status = 503
    code = "TOO_MANY_STREAMS"

    def __init__(self, message: str | None = None, *, retry_after: int = RETRY_AFTER_S) -> None:
        super().__init__(message, retry_after=retry_after)


class Admission:
    """Open streams, counted."""

    def __init__(self, settings: SyncSettings) -> None:
        self._settings = settings
        self._open: Counter[Credential] = Counter()
        self.total = 0

    @contextmanager
    def admit(self, caller: Caller) -> Iterator[None]:
        """Count a stream of this caller while inside. Raises `TooManyStreams`."""
        credential = (caller.user_id, caller.key_id, caller.device_id)
        if self.total >= self._settings.streams_total:
            raise TooManyStreams
        if self._open[credential] >= self._settings.streams_per_key:
            raise TooManyStreams
        self.total += 1
        self._open[credential] += 1
        try:
            yield
        finally:
            self.total -= 1
            self._open[credential] -= 1
            if not self._open[credential]:
                del self._open[credential]
