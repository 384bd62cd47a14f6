"""The live stream of a person's events: server-sent events that go on where they were cut off."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import orjson
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from rewind_gql import log
from rewind_gql.auth.views import Caller
from rewind_gql.rest.shim import Desk
from rewind_gql.rest.wearables.dialect import encode
from rewind_gql.rest.wearables.words import Printed
from rewind_gql.sync import views
from rewind_gql.sync.live import Item, Reset

LIFE_S = 15 * 60.0
IDLE_S = 15.0
RETRY_MS = 3_000
SEND_WITHIN_S = 60.0
"""A client that takes nothing for so long is gone, or may as well be."""
GRACE_S = 3.0
"""How long a stream has for its last words when the server stops."""

HELLO = b": connected\n\nretry: %d\n\n" % RETRY_MS
HEARTBEAT = b": heartbeat\n\n"
GOODBYE = b": closing\n\n"
HEADERS = {"Cache-Control": "no-cache, no-transform"}

_log = log.get("wearables")
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)


def id_in_header(text: str | None) -> int | None:
    """The number of the last event a client has, where that is what it sent."""
    return int(text) if text is not None and _ID.fullmatch(text) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Which events are asked for."""

    user_id: int
    uuid: UUID
    replay: int
    after: int | None
    run_id: str | None


class Stream:
    """An application that sends one person's events for a quarter of an hour, or until it may not.

    It refuses, before it has sent anything, when too many are open.
    """

    def __init__(
        self,
        desk: Desk,
        caller: Caller,
        asked: Follow,
        told: Callable[[UUID, views.Event], Printed],
    ) -> None:
        self._desk = desk
        self._caller = caller
        self._asked = asked
        self._encode = partial(frame, told, asked.uuid)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with self._desk.hub.admit(self._caller):
            async with self._over() as over:
                response = EventSourceResponse(
                    self._frames(over),
                    headers=HEADERS,
                    ping=0,  # the hub tells when it is idle; that saves a task for each stream
                    sep="\n",
                    send_timeout=SEND_WITHIN_S,
                    shutdown_event=over,  # type: ignore[arg-type]  # all that is asked of it is to be set
                    shutdown_grace_period=GRACE_S,
                )
                try:
                    await response(scope, receive, send)
                except SendTimeoutError:
                    _log.info("a reader takes nothing", user=self._asked.user_id)

    @asynccontextmanager
    async def _over(self) -> AsyncIterator[asyncio.Event]:
        """Set when the caller would not be let in any more, or when the time is up."""
        async with self._desk.watch.over(self._caller) as over:
            timer = asyncio.get_running_loop().call_later(LIFE_S, over.set)
            try:
                yield over
            finally:
                timer.cancel()

    async def _frames(self, over: asyncio.Event) -> AsyncIterator[bytes]:
        yield HELLO
        asked = self._asked
        following = self._desk.hub.follow(
            asked.user_id,
            after=asked.after,
            replay=asked.replay if asked.after is None else 0,
            run_id=asked.run_id,
            over=over,
            idle_s=IDLE_S,
        )
        async with aclosing(following) as batches:
            async for batch in batches:
                chunk = batch.encoded("wearables", self._encode) if batch else HEARTBEAT
                del batch  # a reader that is slow to take it must not hold on to events as well
                yield chunk
        yield GOODBYE


def frame(told: Callable[[UUID, views.Event], Printed], uuid: UUID, item: Item) -> bytes:
    """One item as it goes over the wire."""
    if isinstance(item, Reset):
        oldest = orjson.dumps({"oldest_id": item.oldest_id})
        return b"event: sync.reset\ndata: %b\n\n" % oldest
    return b"id: %d\nevent: sync.status\ndata: %b\n\n" % (item.seq, encode(told(uuid, item)))
