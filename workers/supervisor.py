"""A worker that outlives its Redis: arq's own gives up after a few seconds without one."""

import asyncio
import contextlib
import signal
from typing import Any

from arq.worker import Worker
from redis.exceptions import RedisError

from rewind_gql import log
from rewind_gql.ports.jobs import RedisJobs
from rewind_gql.settings import Settings
from rewind_gql.sync import schedule
from rewind_gql.sync.deps import Deps, opened
from workers.settings import told, worker_options

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_S = 60.0
"""A worker that ran this long was well; the next wait begins small again."""

_log = log.get("worker")


async def run_worker(settings: Settings, *, stop: asyncio.Event | None = None) -> None:
    """Work on jobs from Redis until SIGTERM, SIGINT or `stop`; Redis may come and go meanwhile.

    Stopping gives unfinished runs back. Raises `BadSettings` when no Redis is named.
    """
    options = worker_options(settings)
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Only the main thread may listen for signals; elsewhere `stop` does it.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop.set)
    jobs = RedisJobs(str(settings.redis_url))
    try:
        async with opened(settings, jobs) as deps, told(deps):
            await _keep_alive(deps, options, stop)
    finally:
        await jobs.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)


async def _keep_alive(deps: Deps, options: dict[str, Any], stop: asyncio.Event) -> None:
    """One worker after the other, with longer and longer waits while Redis is away."""
    wait = FIRST_WAIT_S
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        began = loop.time()
        await _one(deps, options, stop)
        if loop.time() - began > STEADY_S:
            wait = FIRST_WAIT_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)
        wait = min(wait * 2, LONGEST_WAIT_S)


async def _one(deps: Deps, options: dict[str, Any], stop: asyncio.Event) -> None:
    """A worker until it fails or is to stop."""

    async def begin(_ctx: Any) -> None:
        # Redis may have forgotten everything; the ledger has not.
        await schedule.begin(deps)

    own: dict[str, Any] = {"ctx": {"deps": deps}, "on_startup": begin}
    worker = Worker(**options, **own, handle_signals=False)
    running = asyncio.create_task(worker.async_run())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if running.done() and not stop.is_set():
        _log.warning("worker failed; starting another", error=str(running.exception()))
    await _close(worker, running)


async def _close(worker: Worker, running: asyncio.Task[None]) -> None:
    """Stop a worker's jobs, which give their runs back, and close what still can be closed."""
    tasks = [running, *worker.tasks.values()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    worker.tasks.clear()
    try:
        await worker.close()
    except (RedisError, OSError):  # it says good-bye to Redis before it hangs up
        await worker.pool.aclose(close_connection_pool=True)
