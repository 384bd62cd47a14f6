"""A small source told what to do, and what a test needs to run it through the real ledger."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlmodel import col, select

from rewind_gql import clock
from rewind_gql.domains.listening import intake, tables
from rewind_gql.domains.listening.records import Play
from rewind_gql.settings import Settings, SyncSettings
from rewind_gql.sources.base import KEEP, Batch, Position, Source, stream
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from rewind_gql.sync import ledger, queries, run, sources, views
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from tests.databases import ME

NOON = datetime(2025, 3, 1, 12, tzinfo=clock.EPOCH.tzinfo)
QUICK = SyncSettings(lease_seconds=1.0, heartbeat_seconds=0.1, reap_seconds=0.2, progress_min_ms=0)


def plays(start: int, count: int = 3) -> list[Play]:
    """That many plays, one a minute, numbered from `start`."""
    return [
        Play(artist="Low", track=f"Song {n}", played_at=NOON + timedelta(minutes=n))
        for n in range(start, start + count)
    ]


@dataclass
class Script:
    """What each stream of `Songs` does, page by page, and where it was begun.

    A step is a batch to give, an error to raise, or an event to wait for. A page given has been
    read for good; an attempt begins behind its checkpoint.
    """

    steps: dict[str, list[Any]] = field(default_factory=dict)
    begun: list[tuple[str, Position]] = field(default_factory=list)


def pages(*starts: int, cursor: Any = "end") -> list[Any]:
    """Batches of three plays each; every one a checkpoint, the last one the cursor.

    Steps put between them must count for the checkpoints behind them, so put them at the end.
    """
    made = [
        Batch(plays(start), checkpoint=number, total=3 * len(starts))
        for number, start in enumerate(starts, 1)
    ]
    return [*made[:-1], replace(made[-1], checkpoint=None, cursor=cursor)]


class Songs(Source):
    """A source of two streams in one run, and of one in another, that follows a script."""

    name = "songs"
    docs = "https://songs.example"
    domain = "listening"
    base_url = "http://127.0.0.1:9"
    base_url_setting = "songs_base_url"
    account_setting = "songs_user"
    unit = "scrobble"
    script: ClassVar[Script]

    async def _follow(self, name: str, at: Position) -> AsyncIterator[Batch[Play]]:
        self.script.begun.append((name, at))
        steps = self.script.steps.get(name, [])
        for step in steps[at.checkpoint or 0 :]:
            if isinstance(step, BaseException):
                steps.remove(step)
                raise step
            if isinstance(step, asyncio.Event):
                await step.wait()
            else:
                yield step

    @stream(sync_type="scrobbles", every=timedelta(minutes=15), into=intake.plays)
    async def first(self, at: Position) -> AsyncIterator[Batch[Play]]:
        async for batch in self._follow("first", at):
            yield batch

    @stream(sync_type="scrobbles", every=timedelta(minutes=15), into=intake.plays)
    async def second(self, at: Position) -> AsyncIterator[Batch[Play]]:
        async for batch in self._follow("second", at):
            yield batch

    @stream(sync_type="extra", every=timedelta(days=1), into=intake.plays)
    async def third(self, at: Position) -> AsyncIterator[Batch[Play]]:
        async for batch in self._follow("third", at):
            yield batch


class Queue:
    """Jobs kept in a list, for the test to run when it likes."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, dict[str, Any]]] = []

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        self.waiting.append((name, kwargs))
        return True

    def runs(self) -> list[tuple[str, int]]:
        """The sync jobs that wait."""
        return [(job["run_id"], job["attempt"]) for name, job in self.waiting if name == "sync"]


@dataclass
class Engine:
    """A real store with one registered source, and the steps a test takes with it."""

    deps: Deps
    script: Script
    queue: Queue
    source_id: int

    @property
    def store(self) -> Store:
        return self.deps.store

    async def trigger(self, **given: Any) -> str:
        """The id of a run of the source, queued."""
        given = {"source_id": self.source_id, "trigger": "manual", **given}
        async with self.store.write() as conn:
            return (await ledger.trigger(conn, ME, **given)).run_id

    async def sync(self, **given: Any) -> views.Run:
        """A run from its trigger to its end."""
        return await run.run(self.deps, await self.trigger(**given), 1)

    async def run(self, run_id: str) -> views.Run:
        found = await self.store.ask(queries.run, ME, id=run_id)
        assert found is not None
        return found

    async def parts(self, run_id: str) -> dict[str, views.RunPart]:
        found = await self.store.ask(queries.parts_by_run, ME, [run_id])
        return {part.part: part for part in found.get(run_id, [])}

    async def events(self, run_id: str) -> list[views.Event]:
        found = await self.store.ask(queries.events_by_run, ME, [run_id], part=Slice(limit=200))
        return found[run_id].items

    async def source(self) -> views.Source:
        found = await self.store.ask(queries.sources_by_id, ME, [self.source_id])
        return found[self.source_id]

    async def count(self, table: Any) -> int:
        """How many rows a table has."""
        return len(await self.column(table, "user_id"))

    async def until_stored(self, count: int) -> None:
        """Wait until that many plays are stored."""
        for _ in range(500):
            if await self.count(tables.Play) >= count:
                return
            await asyncio.sleep(0.01)
        raise TimeoutError(f"{count} plays were not stored in time")

    async def column(self, table: Any, name: str) -> list[Any]:
        """One column of a table, in the order of its values."""
        statement = select(col(getattr(table, name))).order_by(col(getattr(table, name)))
        async with self.store.write() as conn:
            return list((await conn.execute(statement)).scalars())

    async def change(self, statement: Any) -> None:
        """Run a statement, such as one that moves a clock."""
        async with self.store.write() as conn:
            await conn.execute(statement)

    def on_worker(self, name: str) -> Deps:
        """What another worker on the same database would have."""
        return replace(self.deps, worker=name)


async def engine_on(
    store: Store, settings: Settings, script: Script, *, worker: str = "one"
) -> Engine:
    """An engine whose one provider is the scripted source."""
    queue = Queue()
    card: Any = type("Scripted", (Songs,), {"script": script})
    cards: Mapping[str, type[Source]] = {"songs": card}
    deps = Deps(
        store=store,
        settings=settings,
        jobs=queue,
        vault=Vault(b"v" * 64),
        worker=worker,
        sources=cards,
    )
    async with store.write() as conn:
        await sources.register(conn, ME, settings, cards=cards)
    found = await store.ask(queries.sources, ME)
    source_id = next(each.id for each in found if each.sync_type == "scrobbles")
    return Engine(deps, script, queue, source_id)


__all__ = ["KEEP", "NOON", "QUICK", "Engine", "Queue", "Script", "engine_on", "pages", "plays"]
