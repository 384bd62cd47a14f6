"""Answers in memory, the oldest let go first, each given only while it is true."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from rewind_gql import clock
from rewind_gql.caching.numbers import Numbers

MOST = 10_000
"""Answers kept at most, however small they are."""
BESIDE_BYTES = 1_024
"""What an answer takes beside its bytes and its question."""


@dataclass(slots=True)
class Kept:
    """An answer, what it was made of, and until when it holds.

    `numbers` are those it was last found to be true by; `extra` is for whoever keeps it.
    """

    body: bytes
    domains: tuple[str, ...]
    versions: tuple[int, ...]
    until: float
    numbers: Numbers
    tag: bytes | None = None
    extra: Any = None

    def holds(self, numbers: Numbers) -> bool:
        """Whether it is still true at these versions, now."""
        if numbers is not self.numbers:
            if numbers.at(self.domains) != self.versions:
                return False
            self.numbers = numbers
        return self.lasts()

    def lasts(self) -> bool:
        """Whether it is no question of time."""
        return self.until == _EVER or clock.present().timestamp() < self.until


_EVER = float("inf")


class Keeping:
    """A bounded number of answers and of bytes. With `most_bytes` 0 nothing is kept."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.size_bytes = 0
        self.given = 0
        """How often an answer was found."""
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, asked: Hashable, numbers: Numbers) -> Kept | None:
        """The answer to this, if there is one that is true."""
        found = self._kept.get(asked)
        if found is None:
            return None
        if not found[0].holds(numbers):
            self._drop(asked)
            return None
        self._kept.move_to_end(asked)
        self.given += 1
        return found[0]

    def last(self, asked: Hashable) -> Kept | None:
        """What was answered to this, be it that it is not true any more."""
        found = self._kept.get(asked)
        if found is None:
            return None
        self._kept.move_to_end(asked)
        return found[0]

    def keep(self, asked: Hashable, kept: Kept, question_bytes: int) -> None:
        """Keep an answer in place of what was known, unless it would take half the room."""
        size = len(kept.body) + question_bytes + BESIDE_BYTES
        if 2 * size > self.most_bytes:
            return
        self._drop(asked)
        self._kept[asked] = (kept, size)
        self.size_bytes += size
        while self.size_bytes > self.most_bytes or len(self._kept) > MOST:
            self._drop(next(iter(self._kept)))

    def _drop(self, asked: Hashable) -> None:
        dropped = self._kept.pop(asked, None)
        if dropped is not None:
            self.size_bytes -= dropped[1]
