"""Pictures measured and resized in processes of their own, whatever becomes of those."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from rewind_gql.images.container import MAX_BYTES
from rewind_gql.images.measured import Measured, Unfit, WorkerBusy, measured
from rewind_gql.images.presets import Options
from rewind_gql.images.process.child import Answer, Child, Died

MAX_SIZES = 64
_ATTEMPTS = 2
_OWN_FAULT = frozenset(
    -number
    for number in signal.Signals
    if number.name in ("SIGSEGV", "SIGABRT", "SIGFPE", "SIGBUS", "SIGILL")
)
"""How a process ends that its picture brought down."""


class Worker:
    """Measures and resizes pictures off the event loop, on `processes` of bounded memory.

    A process starts with the first job that needs it and again after it died; a job that another
    one's death took along is done again. Jobs beyond `waiting` in line are turned away. `deaths`
    counts the processes that ended in the middle of a job.
    """

    def __init__(
        self,
        *,
        processes: int = 1,
        memory_mb: int = 512,
        job_s: float = 30.0,
        waiting: int = 64,
    ) -> None:
        self.deaths = 0
        self._idle = [Child(memory_mb, job_s) for _ in range(processes)]
        self._all = tuple(self._idle)
        self._free = asyncio.Semaphore(processes)
        self._in_line = 0
        self._waiting = waiting
        self._closed = False
        self._tasks: set[asyncio.Task[Answer]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def measure(self, body: bytes) -> Measured:
        """Sides, kind, ThumbHash and colours of a picture file.

        Raises `Unfit`, saying why it is no picture to keep; `WorkerBusy` to come back later.
        """
        words, _ = await self._ask({"job": "measure"}, body)
        return measured(words.get("measured"))

    async def resize(self, body: bytes, options: Sequence[Options]) -> list[bytes]:
        """One file for each of at most 64 `options`, in their order, from one decoding.

        Raises `Unfit`, saying why it is no picture to show; `WorkerBusy` to come back later.
        """
        if len(options) > MAX_SIZES:
            raise ValueError(f"at most {MAX_SIZES} sizes at once")
        words = {"job": "resize", "options": [asdict(option) for option in options]}
        _, made = await self._ask(words, body)
        if len(made) != len(options):
            raise WorkerBusy("The image process is not to be trusted.")
        return made

    async def close(self) -> None:
        """End every process; jobs under way are turned away."""
        self._closed = True
        for child in self._all:
            child.bar()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for child in self._all:
            await child.stop()

    async def _ask(self, words: dict[str, Any], body: bytes) -> Answer:
        """The answer to one job; whoever asked may go away, the job is brought to its end."""
        if len(body) > MAX_BYTES:
            raise Unfit(f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
        if self._in_line >= self._waiting:
            raise WorkerBusy
        self._in_line += 1
        try:
            await self._free.acquire()
        finally:
            self._in_line -= 1
        task = asyncio.create_task(self._work(self._idle.pop(), words, body))
        self._tasks.add(task)
        task.add_done_callback(self._settle)
        return await asyncio.shield(task)

    def _settle(self, task: asyncio.Task[Answer]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # taken note of, for the caller may be gone

    async def _work(self, child: Child, words: dict[str, Any], body: bytes) -> Answer:
        try:
            for _ in range(_ATTEMPTS):
                if self._closed:
                    raise WorkerBusy("The server is shutting down.")
                with suppress(Died):
                    return await child.ask(words, body)
                self.deaths += 1
            if child.ended in _OWN_FAULT:
                raise Unfit("The picture brings its decoder down.")
            raise WorkerBusy("The image process is ended again and again.")
        finally:
            self._idle.append(child)
            self._free.release()
