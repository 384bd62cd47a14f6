"""Serving an app on a real socket of this machine, from a background thread."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

READY_WITHIN_S = 10
PATIENCE_S = 0.3
LINGER_NONE = struct.pack("ii", 1, 0)


@contextmanager
def serve(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """Serve `app` on 127.0.0.1 and give its base URL, without a slash at the end.

    Port 0 takes a free one. Leaving the block hangs up on every client, stalled ones too, and ends
    the thread within a fraction of a second. Raises `OSError` when the port is taken.
    """
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    server = _Server(app)
    thread = threading.Thread(
        target=server.run, args=([listener],), name="pretend provider", daemon=True
    )
    thread.start()
    try:
        if not server.ready.wait(READY_WITHIN_S):
            raise TimeoutError("the server did not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        thread.join()
        listener.close()


class _Connection(HttpToolsProtocol):
    """A connection that an app can drop: it finds `drop` in its request's state."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "drop": self.drop}

    def drop(self, hard: bool) -> None:
        """Close this connection once all is written; `hard` resets it and loses what is not."""
        if not hard:
            self.transport.close()
            return
        self.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE
        )
        self.transport.abort()


class _Server(uvicorn.Server):
    """Uvicorn that says when it is up, stops when told, and leaves the process's logging alone."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level=None,
                proxy_headers=False,
            )
        )
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()

    def stop(self) -> None:
        """End the server, from any thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._over.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        while not self._over.is_set():
            await self.on_tick(0)
            try:
                await asyncio.wait_for(self._over.wait(), 1)
            except TimeoutError:
                continue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Uvicorn's own way waits for clients to go and sleeps between looks; nobody here needs it.
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        tasks = set(self.server_state.tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=PATIENCE_S)
