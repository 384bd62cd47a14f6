"""One reader of a person's events: where it stands, and where its next batch comes from."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from rewind_gql.sync.live import rows
from rewind_gql.sync.live.items import Batch, Live
from rewind_gql.sync.live.rows import Opening, Wanted
from rewind_gql.sync.live.tail import AT_ONCE, FOREVER, Tail, Waiting

Ask = Callable[..., Awaitable[Any]]


class Reader:
    """A place in the events of a person, moved by every batch it gives.

    What memory still has comes from there, what it has not comes from rows. A reader that once had
    everything and then was not there for so long that memory has moved on gets what it missed
    without mere progress; one that comes back with a number of its own gets it all.
    """

    def __init__(
        self,
        tail: Tail,
        ask: Ask,
        wanted: Wanted,
        opening: Opening,
        *,
        over: asyncio.Event | None,
        idle_s: float | None,
    ) -> None:
        self._tail = tail
        self._ask = ask
        self._wanted = wanted
        self._seq = opening.seq
        self._until = opening.until
        self._over = over
        self._idle_s = idle_s
        self._idle_at = FOREVER
        self._caught_up = False
        self._next: Batch | None = opening.first or None
        self._listen_again()

    async def ready(self) -> bool:
        """Wait for the next batch, an empty one after a long silence; False when there is none."""
        while self._next is None and not self._ended():
            if self._seq < self._tail.floor:
                batch = await self._from_rows()
            elif self._seq < self._tail.seq:
                batch = self._from_memory()
            elif asyncio.get_running_loop().time() >= self._idle_at:
                self._next = Batch()
                break
            else:
                self._caught_up = True
                await self._tail.sleep(Waiting(self._idle_at, self._over))
                continue
            if batch:
                self._next = batch
            else:  # a long way through what is not wanted is not all there is
                await asyncio.sleep(0)
        return self._next is not None

    def take(self) -> Batch:
        """The batch that is ready. It is let go here: a slow reader must not hold on to events."""
        batch, self._next = self._next, None
        self._listen_again()
        return batch if batch is not None else Batch()

    def _ended(self) -> bool:
        done = self._until is not None and self._seq >= self._until
        return done or (self._over is not None and self._over.is_set()) or self._tail.closed

    def _listen_again(self) -> None:
        """Begin to count the silence."""
        if self._idle_s is not None:
            self._idle_at = asyncio.get_running_loop().time() + self._idle_s

    def _from_memory(self) -> Batch:
        found, self._seq = self._tail.since(self._seq)
        if self._wanted.all:
            return found
        return self._chosen(item for item in found if isinstance(item, Live))

    async def _from_rows(self) -> Batch:
        floor = self._tail.floor
        found: list[Live] = await self._ask(
            rows.behind, after=self._seq, wanted=self._wanted, limit=AT_ONCE
        )
        whole = len(found) < AT_ONCE
        if self._caught_up:
            whole = whole or found[-1].seq > floor
            found = [event for event in found if event.seq <= floor]
        newest = found[-1].seq if found else self._seq
        self._seq = max(newest, floor) if whole else newest
        if self._caught_up:
            found = [event for event in found if not event.passing]
        return self._chosen(found)

    def _chosen(self, found: Any) -> Batch:
        """What of these is wanted; the end of the one run that is wanted ends the stream."""
        batch = Batch(event for event in found if not event.hidden and self._wanted.has(event))
        if self._wanted.run_id and batch:
            last = batch[-1]
            if isinstance(last, Live) and last.ended_at is not None:
                self._until = last.seq
        return batch
