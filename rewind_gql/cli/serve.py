"""`rewind serve`: GraphQL, REST and the schedule in one process."""

import asyncio
import errno
import socket
import sys
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rewind_gql.auth import keys, queries
from rewind_gql.cli import options
from rewind_gql.cli.garbage import spare_what_stays
from rewind_gql.cli.session import opened
from rewind_gql.errors import BadSettings
from rewind_gql.server.build import application
from rewind_gql.settings import Settings
from schema.operations import MAX_BYTES

app = options.command()

_CONNECTIONS = {
    # A client that takes nothing for a minute, though there is something, is gone; else a stream
    # that nobody reads would stay for ever.
    "TCP_USER_TIMEOUT": 60_000,
    # What waits in the kernel for a slow reader cannot be left out any more, so little may.
    "TCP_NOTSENT_LOWAT": 128 * 1024,
}
"""Options of every connection, where the system has them: Linux both, macOS the second."""


HELD_BYTES = 16 * 1024
"""What we hold for a client that is slow to take it, before whoever sends it has to wait."""
WAITING_CONNECTIONS = 2048
"""Connections the system keeps for us until they are taken, as in uvicorn."""


SWITCH_S = 0.0005
"""How long the event loop waits for a thread that reckons; ten times less than is usual."""


@app.command()
def run(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on [default: 127.0.0.1].")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port [default: 8000].")] = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Serve GraphQL and REST, and keep the sources up to date on their schedule.

    The database is made or brought to the newest form first. When there is no admin key yet, one
    is made and shown, once. With REWIND_REDIS_URL set, `rewind worker` processes do the jobs.
    """
    settings = options.settings(data_dir, host=host, port=port)
    listening = listen(settings)
    first = asyncio.run(_first_key(settings))
    url = address(settings, listening)
    if as_json:
        options.print_json({"url": url, "first_admin_key": first})
    else:
        _greet(url, first)
    serve(settings, listening)


def listen(settings: Settings) -> socket.socket:
    """A socket on the address of the settings, taken before any work is done.

    Who connects from now on waits for an answer, so the address may be told before there is one.
    Raises `BadSettings` when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named outright, or asyncio's own loop takes it for something else and sends by halves.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for name, value in _CONNECTIONS.items():
        if (option := getattr(socket, name, None)) is not None:
            listening.setsockopt(socket.IPPROTO_TCP, option, value)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(WAITING_CONNECTIONS)
    except (OSError, UnicodeError) as refused:
        listening.close()
        busy = getattr(refused, "errno", None) == errno.EADDRINUSE
        why = "another program listens there" if busy else str(refused)
        raise BadSettings(
            f"Cannot listen on {settings.host} port {settings.port}: {why}. Choose another with "
            "--port (REWIND_PORT) or --host (REWIND_HOST)."
        ) from refused
    return listening


def address(settings: Settings, listening: socket.socket) -> str:
    """The address to open, with the port really taken."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listening.getsockname()[1]}"


def serve(settings: Settings, listening: socket.socket) -> None:
    """Answer requests on the socket until the process is asked to stop."""
    spare_what_stays()
    sys.setswitchinterval(SWITCH_S)
    uvicorn.Server(config(application(settings))).run(sockets=[listening])


class _Connection(HttpToolsProtocol):
    """A connection that holds little for a slow client; there may be a thousand of those."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is there
        """Begin to answer, with a small buffer."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=HELD_BYTES)


def config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves the application.

    WebSockets are not compressed, which would take memory for each; one that answers no ping is
    closed.
    """
    return uvicorn.Config(
        app,
        loop="auto",
        http=_Connection,
        ws="websockets-sansio",
        ws_max_size=MAX_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )


async def _first_key(settings: Settings) -> str | None:
    """A new admin key when no valid one exists; None otherwise."""
    async with opened(settings) as (store, user_id):
        known = await store.ask(queries.keys, user_id)
        if any(key.scope == "admin" and key.is_active for key in known):
            return None
        async with store.write() as conn:
            _, key = await keys.create(
                conn,
                user_id,
                name="first admin key",
                scope="admin",
                pepper=keys.pepper(settings.secret_bytes()),
                rate_limit_rpm=settings.rate_limit_rpm,
            )
    return key


def _greet(url: str, first: str | None) -> None:
    options.out.print(f"Serving on {url}", soft_wrap=True)
    options.out.print(f"  GraphQL  {url}/graphql\n  REST     {url}/v1/openapi.json", soft_wrap=True)
    if first:
        options.out.print(f"\nYour first admin key, shown only now:\n  {first}", soft_wrap=True)
        options.out.print("Make others with `rewind keys create --name my-website`.")
