"""The jobs inside this process, without Redis: the same functions, the same times."""

import asyncio
from collections.abc import Mapping
from typing import Any

from rewind_gql import clock, log
from rewind_gql.sync import schedule
from rewind_gql.sync.deps import Deps
from workers.jobs import HANDLERS
from workers.timetable import Entry, checked, timetable

MAX_SYNCS = 8
"""At once; what looks for pictures is among them, and must leave room for syncs."""

_log = log.get("jobs")


class Embedded:
    """Runs jobs as tasks of the event loop it was started on. It is the queue as well.

    What waits when the process ends is lost here and not in the ledger, which has it queued again
    at the next start.
    """

    def __init__(
        self, *, max_syncs: int = MAX_SYNCS, handlers: Mapping[str, Any] = HANDLERS
    ) -> None:
        self._handlers = handlers
        self._ctx: dict[Any, Any] = {}
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._clocks: list[asyncio.Task[None]] = []
        self._free = asyncio.Semaphore(max_syncs)
        self._stopping = False

    async def start(self, deps: Deps) -> None:
        """Register the sources, take up what was left lying, and begin to work.

        Raises `BadSettings` when the timetable names a job that nothing handles.
        """
        entries = checked(timetable(deps.settings.sync), self._handlers)
        self._ctx["deps"] = deps
        await schedule.begin(deps)
        self._clocks = [asyncio.create_task(self._recur(entry)) for entry in entries]
        await self.enqueue("tick", job_id="tick:start")

    async def stop(self) -> None:
        """Stop after the pages under way; every unfinished run is given back."""
        self._stopping = True
        tasks = [*self._clocks, *self._jobs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        """Run a job soon; False when that id waits or runs already, or all is about to stop."""
        if self._stopping or job_id in self._jobs:
            return False
        task = asyncio.create_task(self._run(name, delay_s, kwargs), name=job_id)
        self._jobs[job_id] = task
        task.add_done_callback(lambda _: self._jobs.pop(job_id, None))
        return True

    async def idle(self) -> None:
        """Wait until no job waits or runs."""
        while self._jobs:
            await asyncio.wait(list(self._jobs.values()))

    async def _run(self, name: str, delay_s: float, kwargs: dict[str, Any]) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        try:
            if name == "sync":
                async with self._free:
                    await self._handlers[name](self._ctx, **kwargs)
            else:  # quick, and never to wait behind long syncs
                await self._handlers[name](self._ctx, **kwargs)
        except Exception:  # the outermost handler of a job: others must go on
            _log.exception("failed", job=name, **kwargs)

    async def _recur(self, entry: Entry) -> None:
        """Queue a job at each of its times."""
        while True:
            now = clock.now()
            at = entry.after(now)
            await asyncio.sleep((at - now).total_seconds())
            await self.enqueue(entry.job, job_id=f"cron:{entry.job}")
