"""A real server on a loopback port, in a thread with an event loop of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from rewind_gql.cli.serve import config


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of a server that answers with `app` for the length of a block."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(config(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            _await_start(server, thread)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
        assert not thread.is_alive()


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    waiting = threading.Event()
    for _ in range(1_000):
        if server.started:
            return
        assert thread.is_alive(), "the server did not start"
        waiting.wait(0.01)
    raise AssertionError("the server took too long to start")
