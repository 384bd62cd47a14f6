"""The tail of a person's events: the newest ones in memory, shared by all who follow them."""

import asyncio
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rewind_gql.sync.live.items import Batch, Live

KEPT = 256
"""A reader this many events behind still gets them all; one further behind reads rows again."""
AT_ONCE = 32
"""Events given at once to a reader that is behind: few enough to be held while it takes them."""
WOKEN_AT_A_TIME = 100
"""Readers woken before others on the event loop have their turn."""
FOREVER = math.inf


@dataclass(frozen=True, slots=True)
class Waiting:
    """What wakes a sleeper besides news: a time of the event loop, or its stream being over."""

    until: float = FOREVER
    over: asyncio.Event | None = None


class Tail:
    """Events from `floor` (without it) up to `seq`, and the readers that wait for more.

    A reader is a number: the last event it was given. It costs nothing else, however slow it is,
    and readers at the same number are given the same batch. Without readers of events nothing is
    kept, and those who only want to know that something changed are told by `changes`.
    """

    def __init__(self) -> None:
        self.changes = 0
        self.users = 0
        self.readers = 0
        self.started = False
        self.closed = False
        self.floor = 0
        self.seq = -1
        self._batches: deque[tuple[int, Batch]] = deque()
        self._kept = 0
        self._asleep: dict[asyncio.Future[None], Waiting] = {}

    @property
    def waiting(self) -> int:
        """How many sleep."""
        return len(self._asleep)

    def lacks(self, last_seq: int) -> bool:
        """Whether the newest number there is has not been seen here; it counts as seen then."""
        lacking = last_seq > self.seq
        if not self.started:
            self.seq = last_seq
        return lacking

    def start(self, seq: int) -> bool:
        """Begin behind this number; False when it has begun already."""
        if self.started:
            return False
        self.started = True
        self.floor = self.seq = seq
        return True

    def stop(self) -> None:
        """Keep nothing any more, for nobody reads."""
        self.started = False
        self._batches.clear()
        self._kept = 0

    def add(self, read: list[Live]) -> None:
        """Take in the events that follow, which must not be none, and let the oldest go."""
        batch = Batch(each for each in read if not each.hidden)
        start, self.seq = self.seq, read[-1].seq
        if not batch:
            return
        self._batches.append((start, batch))
        self._kept += len(batch)
        while self._kept - len(self._batches[0][1]) >= KEPT:
            self._kept -= len(self._batches.popleft()[1])
            self.floor = self._batches[0][0]

    def since(self, seq: int) -> tuple[Batch, int]:
        """What follows this number, which must be neither below the floor nor the newest.

        With it, the number to go on behind. A batch that was read together is given as it is; of
        smaller ones, some together.
        """
        found: list[Batch] = []
        count = 0
        upto = self.seq
        for start, batch in self._from(seq):
            if found and count + len(batch) > AT_ONCE:
                upto = start
                break
            found.append(batch if start >= seq else _behind(batch, seq))
            count += len(found[-1])
        if len(found) == 1:
            return found[0], upto
        return Batch(item for batch in found for item in batch), upto

    def _from(self, seq: int) -> list[tuple[int, Batch]]:
        """The batches with anything behind this number, oldest first."""
        found: list[tuple[int, Batch]] = []
        for start, batch in reversed(self._batches):
            found.append((start, batch))
            if start <= seq:
                break
        return found[::-1]

    async def sleep(self, waiting: Waiting) -> None:
        """Wait until woken."""
        turn = asyncio.get_running_loop().create_future()
        self._asleep[turn] = waiting
        try:
            await turn
        finally:
            self._asleep.pop(turn, None)

    async def wake(self) -> None:
        """Wake everybody, some at a time."""
        asleep = iter(list(self._asleep))
        while some := list(islice(asleep, WOKEN_AT_A_TIME)):
            _wake(some)
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Have everybody leave."""
        self.closed = True
        await self.wake()

    def wake_due(self, now: float) -> None:
        """Wake those whose time has come, or whose stream is over."""
        _wake(list(self._due(now)))

    def _due(self, now: float) -> Iterator[asyncio.Future[None]]:
        for turn, waiting in self._asleep.items():
            if waiting.until <= now or (waiting.over is not None and waiting.over.is_set()):
                yield turn


def _wake(turns: list[asyncio.Future[None]]) -> None:
    for turn in turns:
        if not turn.done():
            turn.set_result(None)


def _behind(batch: Batch, seq: int) -> Batch:
    return Batch(item for item in batch if isinstance(item, Live) and item.seq > seq)
