"""What tests of live streams share: runs to write events for, readers that keep what they get."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger
from rewind_gql.sync.ledger.asks import insert_run
from rewind_gql.sync.ledger.rows import emit
from rewind_gql.sync.ledger.words import PROGRESS
from rewind_gql.sync.live import Hub, Item, Live, Reset
from rewind_gql.sync.tables import Counter, Event, Run
from tests.databases import ME

PATIENCE_S = 60


async def begin(store: Store, user_id: int = ME, **given: Any) -> str:
    """A run that has been started; its first event is `queued`."""
    about = {"source": "pull", "provider": "songs", "domain": "listening", "sync_type": "x"}
    row = ledger.blank(user_id, **about) | given
    async with store.write() as conn:
        await insert_run(conn, row)
    return str(row["id"])


async def say(
    store: Store, run_id: str, *, user_id: int = ME, stage: str = "saving", passing: bool = False
) -> int:
    """One more event of a run, in its own transaction; gives its number."""
    async with store.write() as conn:
        await conn.execute(update(Run).where(col(Run.id) == run_id).values(stage=stage))
        return await emit(conn, user_id, run_id, kind=PROGRESS if passing else None)


async def flood(
    store: Store,
    run_id: str,
    count: int,
    *,
    user_id: int = ME,
    together: int = 20,
    every: int = 1,
) -> set[int]:
    """Many events of a run, some to a transaction, written as quickly as can be.

    All are mere progress but one in `every`; gives the numbers of those that are not.
    """
    matter: set[int] = set()
    about = {"user_id": user_id, "run_id": run_id, "provider": "songs", "source": "pull"}
    about |= {"stage": "saving", "status": "in_progress", "attempt": 1}
    for start in range(0, count, together):
        many = min(together, count - start)
        async with store.write() as conn:
            more = update(Counter).where(col(Counter.user_id) == user_id)
            more = more.values(last_seq=col(Counter.last_seq) + many)
            last = (await conn.execute(more.returning(col(Counter.last_seq)))).scalar_one()
            seqs = range(last - many + 1, last + 1)
            mattering = {seq for seq in seqs if seq % every == 0}
            rows = [
                about
                | {"seq": seq, "event_id": uuid4(), "ts": clock.now()}
                | {"meta": {} if seq in mattering else {"kind": PROGRESS}}
                for seq in seqs
            ]
            await conn.execute(insert(Event), rows)
            conn.announce(user_id)
        matter |= mattering
    return matter


async def end(store: Store, run_id: str, *, user_id: int = ME) -> None:
    """The terminal event of a run."""
    async with store.write() as conn:
        await ledger.close(conn, user_id, run_id, 1, "success")


async def until(there: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(PATIENCE_S):
        while not there():  # noqa: ASYNC110  # what is looked at tells nobody
            await asyncio.sleep(0.005)


@asynccontextmanager
async def hub_on(store: Store, **given: Any) -> AsyncIterator[Hub]:
    """A running hub; keywords are settings."""
    signals = given.pop("signals", None)
    hub = Hub(store, SyncSettings(**given), signals)
    async with hub.running():
        yield hub


class Listener:
    """Reads a stream in a task of its own, and keeps everything it was given."""

    def __init__(self, hub: Hub, user_id: int = ME, **given: Any) -> None:
        self.items: list[Item] = []
        self.batches = 0
        self.silences = 0
        self._more = asyncio.Condition()
        self.task = asyncio.create_task(self._read(hub.follow(user_id, **given)))

    async def _read(self, stream: Any) -> None:
        async with aclosing(stream) as batches:
            async for batch in batches:
                async with self._more:
                    self.items += batch
                    self.batches += 1
                    self.silences += not batch
                    self._more.notify_all()

    @property
    def seqs(self) -> list[int]:
        """The numbers of the events, in the order they came."""
        return [item.seq for item in self.items if isinstance(item, Live)]

    @property
    def newest(self) -> Item | None:
        """What came last."""
        return self.items[-1] if self.items else None

    @property
    def resets(self) -> list[int]:
        return [item.oldest_id for item in self.items if isinstance(item, Reset)]

    async def until(self, there: Callable[["Listener"], bool]) -> "Listener":
        """Wait until something holds of what has come."""
        async with asyncio.timeout(PATIENCE_S), self._more:
            await self._more.wait_for(lambda: there(self))
        return self

    async def has(self, seq: int) -> "Listener":
        """Wait until an event of that number, or a later one, has come."""
        return await self.until(lambda one: isinstance(at := one.newest, Live) and at.seq >= seq)

    async def close(self) -> None:
        """Hang up."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def ended(self) -> "Listener":
        """Wait until the stream ends by itself."""
        async with asyncio.timeout(PATIENCE_S):
            await self.task
        return self


@asynccontextmanager
async def listening(hub: Hub, user_id: int = ME, **given: Any) -> AsyncIterator[Listener]:
    """A listener that has everything there is, for the length of a block."""
    before = hub.waiting
    listener = Listener(hub, user_id, **given)
    await until(lambda: hub.waiting > before or listener.task.done())
    try:
        yield listener
    finally:
        await listener.close()
