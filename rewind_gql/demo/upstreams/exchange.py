"""One request at a pretend provider as an effect holds it: the app, the wire and the client."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Drop = Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response, ready to be changed, cut or sent in pieces."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def with_body(self, body: bytes) -> "Answer":
        """The same answer around another body, with the Content-Length that fits it."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != b"content-length")
        return Answer(self.status, (*kept, (b"content-length", b"%d" % len(body))), body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an effect is given: it may let the app answer, change that answer, or spoil it."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def go(self) -> None:
        """Let the app answer as if nothing were wrong."""
        await self.app(self.scope, self.receive, self.send)

    async def capture(self) -> Answer:
        """The app's answer, kept back instead of sent."""
        tape = _Tape()
        await self.app(self.scope, self.receive, tape.send)
        return Answer(tape.status, tape.headers, bytes(tape.body))

    async def reply(self, answer: Answer) -> None:
        """Send a whole answer."""
        await self.head(answer)
        await self.part(answer.body, more=False)

    async def head(self, answer: Answer) -> None:
        """Send the status line and the headers of an answer."""
        start = "http.response.start"
        headers = list(answer.headers)
        await self.send({"type": start, "status": answer.status, "headers": headers})

    async def part(self, body: bytes, *, more: bool = True) -> None:
        """Send a piece of a body; the last one says so with `more=False`."""
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def pause(self, seconds: float) -> bool:
        """Wait that long; True, and at once, when the client has hung up meanwhile."""
        try:
            await asyncio.wait_for(self._hung_up(), seconds)
        except TimeoutError:
            return False
        return True

    async def drop(self, *, hard: bool = False) -> None:
        """Close the connection after what was sent so far; `hard` resets it instead.

        Raises `ConnectionResetError` where the server gives no hold of its connection: anywhere
        but under `serving.serve`.
        """
        close: Drop | None = self.scope.get("state", {}).get("drop")
        if close is None:
            raise ConnectionResetError("this server cannot drop a connection")
        close(hard)
        await self._hung_up()

    async def _hung_up(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


Effect = Callable[[Exchange], Awaitable[None]]


@dataclass(slots=True)
class _Tape:
    """Records what an app sends."""

    status: int = 500
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytearray = field(default_factory=bytearray)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = tuple(message["headers"])
        else:
            self.body += message.get("body", b"")
