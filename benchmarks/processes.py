"""Servers to measure, in processes of their own."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator

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
        for _ in range(200):
            await asyncio.sleep(0.1)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
        else:
            raise TimeoutError(f"{command} does not answer")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()
