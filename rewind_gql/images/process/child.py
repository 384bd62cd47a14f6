"""One image process as the server holds it: started when needed, asked, ended, started again."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import rewind_gql
from rewind_gql.images.measured import Unfit, WorkerBusy
from rewind_gql.images.process.wire import LENGTH, Garbled, packed, unpacked, words_length

Answer: TypeAlias = tuple[dict[str, Any], list[bytes]]

_RENEWED_AFTER = 500  # jobs, so that what libraries leak is given back
_START_S = 60.0
_STOP_S = 5.0
_LOST = (asyncio.IncompleteReadError, ConnectionError, Garbled, ValueError)
_FLAGS = ("-P", "-Wignore")  # no imports from here; no word on every oddity in a stranger's file
_ENVIRONMENT = {  # all there is: what the server's own environment holds is none of its business
    "PYTHONPATH": str(Path(rewind_gql.__file__).parents[1]),
    "MALLOC_ARENA_MAX": "1",  # every further arena reserves 64 MiB of the memory allowed
    "MALLOC_MMAP_THRESHOLD_": "4194304",  # what is larger goes back to the system at once
    "MALLOC_TRIM_THRESHOLD_": "33554432",
    "OPENBLAS_NUM_THREADS": "1",
}


class Died(Exception):
    """The process ended before it answered."""


class Child:
    """A process that does one job at a time. `ended` is how the last one did, by its exit code."""

    def __init__(self, memory_mb: int, job_s: float) -> None:
        self.ended: int | None = None
        self._arguments = (str(memory_mb), str(job_s))
        self._job_s = job_s
        self._process: Process | None = None
        self._done = 0
        self._barred = False

    async def ask(self, words: Mapping[str, Any], body: bytes) -> Answer:
        """The answer to one job.

        Raises `Unfit` when the process says so or takes too long; `Died` when it ends instead of
        answering; `WorkerBusy` when it does not even start.
        """
        process = await self._running()
        answered = False
        try:
            async with asyncio.timeout(self._job_s):
                answer = await _exchange(process, packed(words, [body]))
            answered = True
        except TimeoutError:
            raise Unfit(f"The picture takes longer than {self._job_s:g} seconds.") from None
        except _LOST:
            await self._over(process)
            raise Died from None
        finally:
            if not answered:
                self._kill()
        self._done += 1
        if "unfit" in answer[0]:
            raise Unfit(str(answer[0]["unfit"]))
        return answer

    def bar(self) -> None:
        """End it at once and for good; a job under way is lost."""
        self._barred = True
        self._kill()

    async def stop(self) -> None:
        """End it and wait until it is gone."""
        process, self._process, self._done = self._process, None, 0
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            await _gone(process)

    async def _running(self) -> Process:
        """The process, a fresh one if the last has ended or has worked for long."""
        process = self._process
        if process is None or process.returncode is not None or self._done >= _RENEWED_AFTER:
            await self.stop()
            process = await self._start()
        return process

    async def _start(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *_FLAGS, "-m", "rewind_gql.images.process", *self._arguments),
            stdin=PIPE,
            stdout=PIPE,
            env=_ENVIRONMENT,
        )
        self._process = process
        if self._barred:
            self._kill()
        ready = False
        try:
            async with asyncio.timeout(_START_S):
                await _exchange(process, [])
            ready = True
        except (TimeoutError, *_LOST):
            raise WorkerBusy("The image process does not start.", retry_after=60) from None
        finally:
            if not ready:
                self._kill()
        return process

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _over(self, process: Process) -> None:
        """Note how a process ended that stopped talking."""
        await _gone(process)
        self.ended = process.returncode


async def _gone(process: Process) -> None:
    """Wait for the end of a process that should end by itself; see to it if it does not."""
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _exchange(process: Process, pieces: list[bytes]) -> Answer:
    """Send a message, if there is one, and wait for one."""
    sink, source = process.stdin, process.stdout
    if sink is None or source is None:
        raise Garbled
    sink.writelines(pieces)
    await sink.drain()
    length = words_length(await source.readexactly(LENGTH.size))
    words, sizes = unpacked(await source.readexactly(length))
    return words, [await source.readexactly(size) for size in sizes]
