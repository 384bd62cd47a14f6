"""GraphQL over server-sent events: a stream for each operation, or one stream for them all.

The protocol: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager
from typing import Any
from uuid import uuid4

import anyio
import orjson
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from strawberry.http import GraphQLRequestData
from strawberry.types.execution import PreExecutionError

from rewind_gql import log
from rewind_gql.auth.views import Caller
from rewind_gql.errors import Conflicting, NotFound, Unauthenticated
from rewind_gql.sync.live import TooManyStreams
from schema.context import Context
from schema.errors import reveal
from schema.execution import payload
from schema.operations import MAX_OPERATIONS, PATIENCE_S, Operations

TOKEN_HEADER = "x-graphql-event-stream-token"  # noqa: S105  # a header's name
TOKEN_ARGUMENT = "token"  # noqa: S105  # an argument's name
RESERVED_S = 60.0
"""How long a reserved stream may wait to be opened."""
QUEUED = 8
"""How many results may wait for a slow reader. Then operations wait, and live ones skip steps."""
PING_S = 15
_HEADERS = {"Cache-Control": "no-cache, no-transform"}
_FIRST = b":\n\n"  # some browsers believe in a stream only when something has come
_LAST = b""


class Stream:
    """What goes out to one client: the results of its operations, and when each is over."""

    def __init__(self, operations: Operations, caller: Caller) -> None:
        self.caller = caller
        self.is_open = False
        self._operations = operations
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(QUEUED)
        self._running: dict[str, asyncio.Task[PreExecutionError | None]] = {}
        self._stopped: set[asyncio.Task[PreExecutionError | None]] = set()

    @asynccontextmanager
    async def opened(self, over: asyncio.Event) -> AsyncIterator[Response]:
        """The answer that sends it, while inside; it ends when `over` is set."""
        self.is_open = True
        shutdown = anyio.Event()
        ending = [
            asyncio.create_task(self._expel(over)),
            asyncio.create_task(self._leave(shutdown)),
        ]
        try:
            yield EventSourceResponse(
                self._sent(),
                headers=_HEADERS,
                ping=PING_S,
                ping_message_factory=lambda: ServerSentEvent(comment="", sep="\n"),
                shutdown_event=shutdown,
                shutdown_grace_period=PATIENCE_S,
            )
        finally:
            for task in ending:
                task.cancel()
            self.stop_all()
            await asyncio.gather(*ending, *self._stopped, return_exceptions=True)

    def start(
        self, name: str, operation: GraphQLRequestData, context: Context
    ) -> "asyncio.Task[PreExecutionError | None]":
        """Run an operation. What comes of it carries its name, and the stream goes on after it.

        Without a name the stream is for this operation alone. With one, an operation that cannot
        be executed leaves nothing on the stream: it is what the task gives.
        """
        task = asyncio.create_task(self._guarded(name, operation, context))
        task.add_done_callback(self._stopped.discard)
        self._running[name] = task
        return task

    def admit(self, name: str) -> None:
        """Raises `Conflicting` and `TooManyStreams` where `name` cannot be started."""
        if name in self._running:
            raise Conflicting("An operation of that id is under way")
        if len(self._running) >= MAX_OPERATIONS:
            raise TooManyStreams(f"The stream runs {MAX_OPERATIONS} operations; stop one first")

    def stop(self, name: str) -> None:
        """End an operation without another word; one that is over or unknown stays so."""
        task = self._running.pop(name, None)
        if task is not None:
            self._stopped.add(task)
            task.cancel()

    def stop_all(self) -> list[str]:
        """End every operation; gives their names."""
        names = list(self._running)
        for name in names:
            self.stop(name)
        return names

    async def _guarded(
        self, name: str, operation: GraphQLRequestData, context: Context
    ) -> PreExecutionError | None:
        try:
            return await self._perform(name, operation, context)
        except Exception as failed:  # an outermost handler, for no request waits for this
            log.get("graphql").error("stream failed", exc_info=failed)
            await self._frames.put(_LAST)
            return None

    async def _perform(
        self, name: str, operation: GraphQLRequestData, context: Context
    ) -> PreExecutionError | None:
        async with aclosing(self._operations.run(operation, context)) as results:
            async for result in results:
                if name and isinstance(result, PreExecutionError) and not context.began.is_set():
                    self._forget(name)
                    return result
                await self._put("next", name, payload(result))
        self._forget(name)
        await self._put("complete", name)
        if not name:
            await self._frames.put(_LAST)
        return None

    def _forget(self, name: str) -> None:
        if self._running.get(name) is asyncio.current_task():
            self._stopped.add(self._running.pop(name))

    async def _put(self, event: str, name: str, result: dict[str, Any] | None = None) -> None:
        data: dict[str, Any] | None = result
        if name:
            data = {"id": name} if result is None else {"id": name, "payload": result}
        text = b"" if data is None else orjson.dumps(data)
        await self._frames.put(b"event: %b\ndata: %b\n\n" % (event.encode(), text))

    async def _sent(self) -> AsyncIterator[bytes]:
        yield _FIRST
        while frame := await self._frames.get():
            yield frame

    async def _expel(self, over: asyncio.Event) -> None:
        await over.wait()
        refused = Unauthenticated("What let you in is not valid any more")
        for name in self.stop_all():
            shown = reveal(refused, uuid4().hex)
            await self._put("next", name, {"errors": [shown.formatted]})
            await self._put("complete", name)
        await self._frames.put(_LAST)

    async def _leave(self, shutdown: anyio.Event) -> None:
        """End with the server, and without a word: clients then look for it again."""
        await shutdown.wait()
        self.stop_all()
        await self._frames.put(_LAST)


class Reservation:
    """A stream that may be opened once, and the place among all streams that is kept for it."""

    def __init__(self, stream: Stream, held: ExitStack, timer: asyncio.TimerHandle) -> None:
        self.stream = stream
        self._held = held
        self._timer = timer

    def opened(self) -> None:
        """It need not be given up any more."""
        self._timer.cancel()

    def end(self) -> None:
        """Give up the place."""
        self._timer.cancel()
        self._held.close()
        self.stream.stop_all()


class Streams:
    """Every stream of the endpoint."""

    def __init__(self, operations: Operations, *, reserved_s: float = RESERVED_S) -> None:
        self._operations = operations
        self._reserved_s = reserved_s
        self._reserved: dict[str, Reservation] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Streams may be reserved while inside; none stays so afterwards."""
        try:
            yield
        finally:
            for token in list(self._reserved):
                self._end(token)

    async def answer(
        self, operation: GraphQLRequestData, context: Context, held: AsyncExitStack
    ) -> Response:
        """A stream for one operation. `held` keeps what it needs until it has been sent.

        Raises `TooManyStreams`.
        """
        deps = self._operations.deps
        held.enter_context(deps.hub.admit(context.caller))
        stream = Stream(self._operations, context.caller)
        over = await held.enter_async_context(deps.watch.over(context.caller))
        response = await held.enter_async_context(stream.opened(over))
        stream.start("", operation, context)
        return response

    def reserve(self, caller: Caller) -> Response:
        """Keep a place for a stream; its token is the answer. Raises `TooManyStreams`."""
        held = ExitStack()
        held.enter_context(self._operations.deps.hub.admit(caller))
        token = secrets.token_urlsafe(32)
        timer = asyncio.get_running_loop().call_later(self._reserved_s, self._end, token)
        stream = Stream(self._operations, caller)
        self._reserved[token] = Reservation(stream, held, timer)
        return PlainTextResponse(token, 201, {"Cache-Control": "no-store"})

    async def open(self, token: str, caller: Caller | None, held: AsyncExitStack) -> Response:
        """The stream of a token, which is ticket enough: browsers cannot add a key to it.

        `held` keeps what it needs until it has been sent. Raises `NotFound` and `Conflicting`.
        """
        reservation = self._found(token, caller)
        if reservation.stream.is_open:
            raise Conflicting("The stream is open already")
        reservation.opened()
        held.callback(self._end, token)
        watch = self._operations.deps.watch
        over = await held.enter_async_context(watch.over(reservation.stream.caller))
        return await held.enter_async_context(reservation.stream.opened(over))

    async def perform(
        self, token: str, operation: GraphQLRequestData, context: Context
    ) -> PreExecutionError | None:
        """Start an operation on the stream of a token; gives why it cannot be executed.

        Raises `NotFound`, `Conflicting` and `TooManyStreams`, and `HTTPException` without an id.
        """
        stream = self._found(token, context.caller).stream
        name = (operation.extensions or {}).get("operationId")
        if not isinstance(name, str) or not name:
            raise HTTPException(400, "The operation needs an id in extensions.operationId")
        stream.admit(name)
        task = stream.start(name, operation, context)
        began = asyncio.create_task(context.began.wait())
        try:
            await asyncio.wait((task, began), return_when=asyncio.FIRST_COMPLETED)
        finally:
            began.cancel()
        return task.result() if task.done() and not task.cancelled() else None

    def stop(self, token: str, caller: Caller, name: str | None) -> Response:
        """End an operation on the stream of a token. Raises `NotFound`."""
        stream = self._found(token, caller).stream
        if not name:
            raise HTTPException(400, "Name the operation by operationId")
        stream.stop(name)
        return Response()

    def _found(self, token: str, caller: Caller | None) -> Reservation:
        found = self._reserved.get(token)
        if found is None or (caller is not None and not _same(found.stream.caller, caller)):
            raise NotFound("There is no such stream")
        return found

    def _end(self, token: str) -> None:
        reservation = self._reserved.pop(token, None)
        if reservation is not None:
            reservation.end()


def _same(one: Caller, other: Caller) -> bool:
    return (one.user_id, one.key_id, one.token) == (other.user_id, other.key_id, other.token)


def token_of(request: Request) -> str | None:
    """The token of the stream that a request is about."""
    return request.headers.get(TOKEN_HEADER) or request.query_params.get(TOKEN_ARGUMENT)
