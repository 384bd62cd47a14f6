"""GraphQL over WebSocket: the `graphql-transport-ws` protocol, message by message.

The protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any, TypeAlias
from uuid import uuid4

import orjson
from graphql import GraphQLError
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.http.websocket_origin import is_same_origin
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import PreExecutionError

from rewind_gql import log
from rewind_gql.auth.views import Caller
from rewind_gql.errors import Refused, TooMany
from schema.documents import Asked
from schema.errors import ErrorCode, reveal, unexecuted
from schema.execution import payload
from schema.operations import MAX_BYTES, MAX_OPERATIONS, PATIENCE_S, Operations, asked, parsed

INIT_WAIT_S = 10.0
MAX_WAITING = 200
"""How many sockets may be open that have not said yet who they are; for another, one has to go."""
_REASON_BYTES = 123  # what a close frame has room for
_TYPES = ("connection_init", "subscribe", "complete", "ping", "pong")

Message: TypeAlias = dict[str, Any]
AllowOrigin: TypeAlias = Callable[[str], bool]


class Closing(Exception):
    """The socket has to be closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Sockets:
    """Every socket of the endpoint.

    A page of another site may open one only where `allow_origin` lets it; it would learn nothing
    without a key, for cookies count for nothing here.
    """

    def __init__(
        self,
        operations: Operations,
        allow_origin: AllowOrigin,
        *,
        init_wait_s: float = INIT_WAIT_S,
    ) -> None:
        self._operations = operations
        self._allow_origin = allow_origin
        self._init_wait_s = init_wait_s
        self._waiting: dict[Line, None] = {}

    async def serve(self, socket: WebSocket) -> None:
        """Answer one socket until it closes."""
        if not self._is_welcome(socket.headers):
            await socket.close()
            return
        if GRAPHQL_TRANSPORT_WS_PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await _close(socket, Closing(4406, "Subprotocol not acceptable"))
            return
        await socket.accept(GRAPHQL_TRANSPORT_WS_PROTOCOL)
        ended = await self._conversation(socket)
        if ended is not None:
            await _close(socket, ended)

    def _is_welcome(self, headers: Mapping[str, str]) -> bool:
        origin = headers.get("origin")
        if origin is None or is_same_origin(origin, headers.get("host")):
            return True
        return self._allow_origin(origin)

    async def _conversation(self, socket: WebSocket) -> Closing | None:
        """Talk with the client; gives how to close the socket, None when the client has."""
        try:
            return await self._talk(Line(socket, self._operations))
        except Closing as ended:
            return ended
        except WebSocketDisconnect:
            return None
        except Exception as failed:  # an outermost handler, as the frame is for requests
            log.get("graphql").error("socket failed", exc_info=failed)
            return Closing(1011, "Internal error")

    async def _talk(self, line: "Line") -> Closing | None:
        caller = await self._introduced(line)
        deps = self._operations.deps
        try:
            with deps.hub.admit(caller):
                async with deps.watch.over(caller) as over:
                    return await line.conversation(caller, over)
        except TooMany as full:
            return Closing(1013, full.message)

    async def _introduced(self, line: "Line") -> Caller:
        if len(self._waiting) >= MAX_WAITING:
            # The oldest goes, not the newest: clients say at once who they are, others hold places.
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.hurry()
        self._waiting[line] = None
        try:
            return await line.introduction(self._init_wait_s)
        finally:
            self._waiting.pop(line, None)


class Line:
    """One socket, its caller once known, and the operations that run on it."""

    def __init__(self, socket: WebSocket, operations: Operations) -> None:
        self._socket = socket
        self._operations = operations
        self._running: dict[str, asyncio.Task[None]] = {}
        self._patience: asyncio.Timeout | None = None
        self._name = uuid4().hex[:16]
        self._number = 0

    async def introduction(self, wait_s: float) -> Caller:
        """Who the client says it is. Raises `Closing` when it says nothing, or nothing true."""
        try:
            async with asyncio.timeout(wait_s) as self._patience:
                given = await self._first()
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        finally:
            self._patience = None
        client = self._socket.client
        try:
            caller = await self._operations.deps.gate.bearer(
                _authorization(given, self._socket.headers),
                client.host if client else None,
                tokens=True,
                documents=True,
            )
            await self._operations.notice(caller)
            return caller
        except TooMany as refused:
            raise Closing(1013, refused.message) from None
        except Refused:
            raise Closing(4403, "Forbidden") from None

    def hurry(self) -> None:
        """Wait no longer for who the client says it is."""
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time())

    async def _first(self) -> Message:
        while True:
            message = await self._receive()
            match message["type"]:
                case "connection_init":
                    return message.get("payload") or {}
                case "subscribe":
                    raise Closing(4401, "Unauthorized")
                case _:
                    await self._small_talk(message)

    async def conversation(self, caller: Caller, over: asyncio.Event) -> Closing | None:
        """Run what is asked for until the client leaves, or `over` is set.

        Gives how to close the socket, None when the client has.
        """
        ended = None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._expel(over))
                tasks.create_task(self._read(caller, tasks))
        except* Closing as found:
            ended = found.exceptions[0]
        except* WebSocketDisconnect:
            pass
        return ended if isinstance(ended, Closing) else None

    async def _expel(self, over: asyncio.Event) -> None:
        await over.wait()
        raise Closing(4403, "Forbidden: what let you in is not valid any more")

    async def _read(self, caller: Caller, tasks: asyncio.TaskGroup) -> None:
        await self._send({"type": "connection_ack"})
        while True:
            message = await self._receive()
            match message["type"]:
                case "subscribe":
                    name, operation = self._asked(message)
                    if await self._has_room(name):
                        work = self._perform(name, operation, caller)
                        self._running[name] = tasks.create_task(work)
                case "complete":
                    task = self._running.pop(_id_of(message), None)
                    if task is not None:
                        task.cancel()
                case "connection_init":
                    raise Closing(4429, "Too many initialisation requests")
                case _:
                    await self._small_talk(message)

    async def _small_talk(self, message: Message) -> None:
        if message["type"] == "ping":
            await self._send({"type": "pong"})

    def _asked(self, message: Message) -> tuple[str, Asked]:
        name = _id_of(message)
        if name in self._running:
            raise Closing(4409, f"Subscriber for {name} already exists")
        try:
            return name, asked(message.get("payload"), "The payload")
        except HTTPException as wrong:
            raise Closing(4400, wrong.detail) from None

    async def _has_room(self, name: str) -> bool:
        if len(self._running) < MAX_OPERATIONS:
            return True
        words = f"The socket runs {MAX_OPERATIONS} operations; complete one first"
        refused = unexecuted(words, ErrorCode.TOO_MANY_STREAMS, self._next_id())
        await self._send_errors(name, [refused])
        await asyncio.sleep(0)  # a thousand of them must not hold up anybody else
        return False

    def _next_id(self) -> str:
        """The request id of the next operation."""
        self._number += 1
        return f"{self._name}-{self._number}"

    async def _perform(self, name: str, operation: Asked, caller: Caller) -> None:
        request_id = self._next_id()
        try:
            spent = await self._operations.spend(caller)
            await self._operations.settle(operation, caller)
        except Refused as refused:
            await self._end(name, [reveal(refused, request_id)])
            return
        context = self._operations.context(caller, self._socket.scope, request_id)
        context.spent, context.headers = spent, None
        async with aclosing(self._operations.run(operation, context)) as results:
            async for result in results:
                if isinstance(result, PreExecutionError):
                    await self._end(name, result.errors or [])
                    return
                await self._send({"id": name, "type": "next", "payload": payload(result)})
        await self._end(name)

    async def _end(self, name: str, errors: list[GraphQLError] | None = None) -> None:
        """Tell that an operation is over; from now on its id may be used again."""
        if self._running.get(name) is asyncio.current_task():
            del self._running[name]
        if errors is None:
            await self._send({"id": name, "type": "complete"})
        else:
            await self._send_errors(name, errors)

    async def _send_errors(self, name: str, errors: list[GraphQLError]) -> None:
        shown = [error.formatted for error in errors]
        await self._send({"id": name, "type": "error", "payload": shown})

    async def _send(self, message: Message) -> None:
        try:
            await self._socket.send_text(orjson.dumps(message).decode())
        except RuntimeError as closed:  # how servers tell that the socket was closed meanwhile
            raise WebSocketDisconnect(1006) from closed

    async def _receive(self) -> Message:
        """The next message. Raises `Closing` when it is not one of the protocol."""
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1000))
        text = received.get("text")
        if text is None:
            raise Closing(4400, "Messages are text")
        if len(text) > MAX_BYTES:
            raise Closing(1009, f"Messages have at most {MAX_BYTES} bytes")
        try:
            message = parsed(text, "The message")
        except HTTPException as wrong:
            raise Closing(4400, wrong.detail) from None
        if not isinstance(message, dict) or message.get("type") not in _TYPES:
            raise Closing(4400, "The message is none of the protocol")
        if not isinstance(message.get("payload"), dict | None):
            raise Closing(4400, "The payload must be an object")
        return message


def _id_of(message: Message) -> str:
    name = message.get("id")
    if not isinstance(name, str) or not name:
        raise Closing(4400, "The message needs an id, a string")
    return name


def _authorization(given: Message, headers: Mapping[str, str]) -> bytes | None:
    """The Authorization of the first message, however its name is written, or the handshake's."""
    named = {str(name).lower(): value for name, value in given.items()}
    value = named.get("authorization", headers.get("authorization"))
    return value.encode("latin-1", "replace") if isinstance(value, str) else None


async def _close(socket: WebSocket, closing: Closing) -> None:
    """Close the socket; a client that does not even read this is left to itself."""
    reason = closing.reason.encode()[:_REASON_BYTES].decode(errors="ignore")
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        async with asyncio.timeout(PATIENCE_S):
            await socket.close(closing.code, reason)
