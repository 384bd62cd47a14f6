"""The hub: whoever follows a person's syncs in this process, and what wakes them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from rewind_gql import clock, log
from rewind_gql.auth.views import Caller
from rewind_gql.ports.signals import Quiet, Signals
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import FAILURES, Store
from rewind_gql.sync.live import rows
from rewind_gql.sync.live.admission import Admission
from rewind_gql.sync.live.items import Batch
from rewind_gql.sync.live.reach import telling
from rewind_gql.sync.live.reader import Reader
from rewind_gql.sync.live.rows import PAGE, Wanted
from rewind_gql.sync.live.tail import Tail, Waiting

POLL_S = 1.0
"""How often the numbers are looked at, whatever the signals say."""
PATIENCE_S = 10.0
"""A question that takes longer is asked again."""
SHORTEST_REST_S, LONGEST_REST_S = 0.01, 0.1
"""After each reading of rows and its deliveries; in between, as long as those took."""
CHANGES_S = 0.5
"""Changes are told this far apart."""

_log = log.get("live")


class Hub:
    """Live streams over one store. Rows are the truth; a signal only says when to look at them.

    However many follow a person, the rows behind the last number are read once per wake-up. While
    all is quiet, one statement a second looks at the numbers of everybody who is followed.
    """

    def __init__(
        self, store: Store, settings: SyncSettings, signals: Signals | None = None
    ) -> None:
        self._store = store
        self._settings = settings
        self._signals = signals or Quiet()
        self._admission = Admission(settings)
        self._tails: dict[int, Tail] = {}
        self._due: set[int] = set()
        self._some = asyncio.Event()
        self._runs = False
        self._well = True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after the streams while inside; they end when it is left."""
        works: list[Callable[[], Any]] = [self._keep_reading, self._keep_looking, self._keep_time]
        self._store.announced.append(self._mark)
        self._runs = True
        tasks = [asyncio.create_task(self._keep(work)) for work in works]
        try:
            async with telling(self._store, self._signals, self._heard):
                yield
        finally:
            self._runs = False
            self._store.announced.remove(self._mark)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for tail in list(self._tails.values()):
                await tail.close()

    @property
    def waiting(self) -> int:
        """Readers that have everything there is and wait for more."""
        return sum(tail.waiting for tail in self._tails.values())

    def admit(self, caller: Caller) -> AbstractContextManager[None]:
        """Count a stream of this caller while inside. Raises `TooManyStreams`."""
        return self._admission.admit(caller)

    async def follow(
        self,
        user_id: int,
        *,
        after: int | None = None,
        replay: int = 0,
        run_id: str | None = None,
        domain: str | None = None,
        include_progress: bool = True,
        over: asyncio.Event | None = None,
        idle_s: float | None = None,
    ) -> AsyncGenerator[Batch, None]:
        """A person's events as they are committed, in batches; each event once, in their order.

        From behind `after`, however long ago that was; or from now on, with the newest `replay`
        events of the last hours first. A `Reset` comes first when other events than steps of work
        are gone behind `after`. With `run_id`, only that run's, up to its end; with `domain`, only
        that domain's; without `include_progress`, no steps of work.

        Ends within about a second of `over` being set, and when the hub stops. After `idle_s`
        seconds without a batch an empty one is given, for a sign of life.

        A reader that was up to date and then falls hundreds of events behind misses those of kind
        progress, and no others. To close it when done, read it inside `contextlib.aclosing`. Raises
        `RunNotFound` at the first step.
        """
        wanted = Wanted(run_id=run_id, domain=domain, include_progress=include_progress)
        tail = self._enter(user_id)
        tail.readers += 1
        try:
            ask = partial(self._ask, over, user_id)
            since = clock.now() - timedelta(hours=self._settings.event_hours)
            opening = await ask(
                rows.opening, after=after, replay=replay, since=since, wanted=wanted
            )
            if tail.start(opening.last_seq):
                self._mark({user_id})  # of what came after that look, nobody may have heard
            reader = Reader(tail, ask, wanted, opening, over=over, idle_s=idle_s)
            del opening
            while await reader.ready():
                yield reader.take()
        except FAILURES:
            return  # the database is away, and by now the stream is over
        finally:
            tail.readers -= 1
            if not tail.readers:
                tail.stop()
            self._leave(user_id, tail)

    async def changes(self, user_id: int) -> AsyncGenerator[None, None]:
        """Tells, from now on, that something of a person changed: runs, devices, conflicts.

        Changes close together are told as one, and one may be told twice. Ends when the hub stops;
        to close it when done, read it inside `contextlib.aclosing`.
        """
        tail = self._enter(user_id)
        seen = tail.changes
        try:
            while not tail.closed:
                if tail.changes == seen:
                    await tail.sleep(Waiting())
                    continue
                seen = tail.changes
                yield
                await asyncio.sleep(CHANGES_S)
        finally:
            self._leave(user_id, tail)

    def _enter(self, user_id: int) -> Tail:
        if not self._runs:
            raise RuntimeError("the hub does not run; enter running() first")
        tail = self._tails.setdefault(user_id, Tail())
        tail.users += 1
        return tail

    def _leave(self, user_id: int, tail: Tail) -> None:
        tail.users -= 1
        if not tail.users and self._tails.get(user_id) is tail:
            del self._tails[user_id]

    def _mark(self, users: set[int]) -> None:
        """Have the rows of these users looked at."""
        if mine := users & self._tails.keys():
            self._due |= mine
            self._some.set()

    def _heard(self, users: Collection[int] | None) -> None:
        """Another process has written; without users, it is not known for whom."""
        self._mark(set(self._tails if users is None else users))

    async def _keep(self, work: Callable[[], Any]) -> None:
        """Have a work go on, whatever goes wrong in it."""
        while True:
            try:
                await work()
            except Exception:  # the outermost handler of what runs beside all requests
                _log.exception("failed", work=work.__name__)
            await asyncio.sleep(POLL_S)

    async def _keep_reading(self) -> None:
        """Read what was marked, hand it out, and rest, so that half the time is for others.

        What comes meanwhile goes out together: the busier it is, the more at a time.
        """
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            self._some.clear()
            due, self._due = self._due, set()
            began = loop.time()
            for user_id in due:
                await self._read(user_id)
            took = loop.time() - began
            await asyncio.sleep(min(max(took, SHORTEST_REST_S), LONGEST_REST_S))

    async def _read(self, user_id: int) -> None:
        """Take what follows a tail from its rows, and wake whoever waits."""
        tail = self._tails.get(user_id)
        if tail is None:
            return
        tail.changes += 1
        if tail.started:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._take(user_id, tail)
            except FAILURES as failed:
                self._stumbled(failed)  # the numbers will say that something is lacking
            else:
                self._recovered()
        await tail.wake()

    async def _take(self, user_id: int, tail: Tail) -> None:
        after = tail.seq
        found = await self._store.ask(rows.behind, user_id, after=after)
        if found and tail.started and tail.seq == after:
            tail.add(found)
        if len(found) == PAGE:
            self._mark({user_id})

    async def _keep_looking(self) -> None:
        """Look for what no signal told of: one statement for everybody, none for nobody."""
        while True:
            await asyncio.sleep(POLL_S)
            if not self._tails:
                continue
            try:
                async with asyncio.timeout(PATIENCE_S):
                    marks = await self._store.system(rows.marks, user_ids=list(self._tails))
            except FAILURES as failed:
                self._stumbled(failed)
                continue
            self._recovered()
            known = [(self._tails.get(mark.user_id), mark) for mark in marks]
            self._mark({mark.user_id for tail, mark in known if tail and tail.lacks(mark.last_seq)})

    async def _keep_time(self) -> None:
        """Wake those who have been idle long enough, and those whose stream is over."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(POLL_S)
            for tail in list(self._tails.values()):
                tail.wake_due(loop.time())

    async def _ask(
        self, over: asyncio.Event | None, user_id: int, query: Any, /, **given: Any
    ) -> Any:
        """What a query answers, however long the database is away."""
        while True:
            # In a task of its own: who hangs up meanwhile must leave no transaction half done.
            asking = asyncio.ensure_future(self._store.ask(query, user_id, **given))
            asking.add_done_callback(_heed)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await asyncio.shield(asking)
            except FAILURES as failed:
                asking.cancel()
                self._stumbled(failed)
                if not self._runs or (over is not None and over.is_set()):
                    raise
            await asyncio.sleep(POLL_S)

    def _stumbled(self, failed: BaseException) -> None:
        if self._well:
            _log.warning("streams wait for the database", why=f"{type(failed).__name__}: {failed}")
        self._well = False

    def _recovered(self) -> None:
        if not self._well:
            _log.info("streams go on")
        self._well = True


def _heed(asked: "asyncio.Future[Any]") -> None:
    """Look at how a question ended, for those who did not stay to hear it."""
    if not asked.cancelled():
        asked.exception()
