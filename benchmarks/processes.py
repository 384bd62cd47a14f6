"""Servers to measure, in processes of their own."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import psutil


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running(
    *command: str, port: int, env: dict[str, str] | None = None
) -> AsyncIterator[psutil.Process]:
    """A server process for the length of a block, once it takes connections."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.DEVNULL, env=env
    )
    try:
        for _ in range(900):
            await asyncio.sleep(0.1)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
        else:
            raise TimeoutError(f"{command} does not answer")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs, and its processes."""

    port: int
    processes: Sequence[psutil.Process]

    def spent_s(self) -> float:
        """Seconds of processors it has used so far."""
        return sum(sum(each.cpu_times()[:2]) for each in self.processes)


@contextlib.asynccontextmanager
async def workers(kind: str, folder: str, count: int) -> AsyncIterator[Served]:
    """A server of `benchmarks.served` in that many processes."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(2_048)
        port: int = listening.getsockname()[1]
        command = ("-m", "benchmarks.served", kind, folder, str(listening.fileno()))
        started = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                *command,
                pass_fds=(listening.fileno(),),
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(count)
        ]
        try:
            for process in started:
                assert process.stdout is not None
                await process.stdout.readline()  # it has begun
            yield Served(port, [psutil.Process(process.pid) for process in started])
        finally:
            for process in started:
                process.terminate()
            for process in started:
                await process.wait()
