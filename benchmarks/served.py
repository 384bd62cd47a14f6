"""`python -m benchmarks.served KIND FOLDER DESCRIPTOR`: one worker of a server to measure.

The socket it answers on was opened by whoever started it, and is shared by all workers of one
server, as those of uvicorn are.
"""

import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from benchmarks import bare, stock
from benchmarks.database import SECRET
from rewind_gql.cli import serve
from rewind_gql.cli.garbage import spare_what_stays
from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store

Send = Callable[[dict[str, Any]], Awaitable[None]]
KEPT = "kept"
"""Ours, with answers kept."""
UNKEPT = "unkept"
"""Ours, with no answer kept: each is made again."""


def settings_of(folder: str, *, keeping: bool = True) -> Settings:
    """The settings of ours over the database in a folder.

    Nobody looks for the pictures that are missing there: that would be other work at the same time,
    and change the data.
    """
    mb = 32 if keeping else 0
    return Settings(data_dir=Path(folder), secret=SECRET, answer_cache_mb=mb, image_find=False)  # type: ignore[arg-type]  # it is read as one


class _Server(uvicorn.Server):
    """One that tells when it has begun."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so in a line."""
        await super().startup(sockets)
        sys.stdout.write("\n")
        sys.stdout.flush()


async def empty(scope: dict[str, Any], receive: object, send: Send) -> None:
    """An answer with nothing in it."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def main(kind: str, folder: str, descriptor: int) -> None:
    """Serve until told to stop."""
    sockets = [socket.socket(fileno=descriptor)]
    async with AsyncExitStack() as stack:
        if kind in (KEPT, UNKEPT):
            config = serve.config(application(settings_of(folder, keeping=kind == KEPT)))
        else:
            config = _plain(await _reference(kind, folder, stack))
        await _Server(config).serve(sockets)


async def _reference(kind: str, folder: str, stack: AsyncExitStack) -> Any:
    if kind == "empty":
        return empty
    if kind == "bare":
        return bare.application(str(Path(folder, "rewind.db")))
    settings = settings_of(folder)
    store = await Store.open(settings.url)
    stack.push_async_callback(store.close)
    return stock.View(store, settings)


def _plain(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
    )


if __name__ == "__main__":
    spare_what_stays()
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
