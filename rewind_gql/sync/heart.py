"""A worker's signs of life: the lease renewed as it works, and the news that it must stop."""

import asyncio
import contextlib
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from rewind_gql import log
from rewind_gql.errors import Cancelled, LostRun, RewindError
from rewind_gql.store.finishing import whole
from rewind_gql.sync import ledger
from rewind_gql.sync.deps import Deps

A = TypeVar("A")
_log = log.get("sync")


class Heart:
    """Beats while its block runs; `watch` ends waiting when the run is lost or to be cancelled."""

    def __init__(self, deps: Deps, claimed: ledger.Claimed) -> None:
        self._deps = deps
        self._claimed = claimed
        self._stop: asyncio.Future[RewindError] = asyncio.get_running_loop().create_future()
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._beating:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating

    def stop(self, why: RewindError) -> None:
        """End what is waited for, now and from now on, with `why`."""
        if not self._stop.done():
            self._stop.set_result(why)

    async def watch(self, work: Coroutine[Any, Any, A]) -> A:
        """What `work` gives. Raises `LostRun` or `Cancelled` as soon as the run is, ending it."""
        task = asyncio.ensure_future(work)
        try:
            either: set[asyncio.Future[Any]] = {task, self._stop}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._stop.done():
                raise self._stop.result()
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    async def _beat(self) -> None:
        while not self._stop.done():
            await asyncio.sleep(self._deps.settings.sync.heartbeat_seconds)
            try:
                asked = await whole(self._renew())
            except LostRun as lost:
                self.stop(lost)
            except (SQLAlchemyError, OSError) as unreachable:
                # The next beat may get through; if none does, the lease runs out.
                _log.warning("no heartbeat", run=self._claimed.run_id, error=str(unreachable))
            else:
                if asked:
                    self.stop(Cancelled())

    async def _renew(self) -> bool:
        run = self._claimed
        async with self._deps.store.write() as conn:
            return await ledger.heartbeat(
                conn, run.run_id, run.attempt, worker=self._deps.worker, lease=self._deps.lease
            )
