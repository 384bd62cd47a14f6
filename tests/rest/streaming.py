"""A client of server-sent events that speaks ASGI: a test cannot wait for the end of a stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.serving import Api

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Frame:
    """What one blank line ends."""

    id: int | None = None
    event: str = ""
    data: Any = None
    comment: str = ""
    retry: int | None = None


@dataclass
class Client:
    """An open stream: its status and headers, and its frames as they come."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    raw: bytes = b""
    takes_nothing: bool = False
    answering: asyncio.Task[None] | None = None
    _bodies: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    _rest: bytes = b""
    _ended: bool = False

    async def send(self, message: Any) -> None:
        """Take what the application sends, or keep it waiting for ever."""
        if self.takes_nothing:
            await asyncio.Event().wait()
        await self._bodies.put(message)

    async def begin(self) -> None:
        """Wait for status and headers."""
        start = await self._take()
        self.status, self.headers = start["status"], dict(start["headers"])

    async def frame(self) -> Frame | None:
        """The next frame; None at the end of the stream."""
        while b"\n\n" not in self._rest:
            if self._ended:
                return None
            message = await self._take()
            self._rest += message["body"]
            self.raw += message["body"]
            self._ended = not message.get("more_body")
        text, self._rest = self._rest.split(b"\n\n", 1)
        return parsed(text.decode())

    async def events(self, many: int) -> list[Frame]:
        """The next so many frames with data; whatever else comes before them is dropped."""
        found: list[Frame] = []
        while len(found) < many:
            frame = await self.frame()
            assert frame is not None, f"the stream ended after {len(found)} of {many}"
            if frame.event:
                found.append(frame)
        return found

    async def rest(self) -> list[Frame]:
        """Every frame up to the end of the stream."""
        found = []
        while frame := await self.frame():
            found.append(frame)
        return found

    async def body(self) -> bytes:
        """The whole body of an answer that is no stream."""
        while not self._ended:
            await self.frame()
        return self.raw

    async def left(self) -> None:
        """Wait until the application is done with this client, who is still there."""
        assert self.answering is not None
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.shield(self.answering)

    async def _take(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self._bodies.get()


def parsed(text: str) -> Frame:
    """The frame these lines make."""
    given: dict[str, Any] = {}
    for line in text.split("\n"):
        name, _, value = line.partition(": ")
        given[name or "comment"] = value
    if "id" in given:
        given["id"] = int(given["id"])
    if "retry" in given:
        given["retry"] = int(given["retry"])
    if "data" in given:
        given["data"] = orjson.loads(given["data"])
    return Frame(**{name.strip(":") or "comment": value for name, value in given.items()})


@asynccontextmanager
async def opened(
    api: Api, path: str, *, key: str | None = None, method: str = "GET", **headers: str
) -> AsyncIterator[Client]:
    """A stream with the read key, unless `key` is another one or empty; cut off at the end."""
    path, _, query = path.partition("?")
    sent = [
        (name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()
    ]
    token = api.read if key is None else key
    if token:
        sent.append((b"authorization", f"Bearer {token}".encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": sent,
    }
    gone = asyncio.Event()
    asked = False

    async def receive() -> Any:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    client = Client()
    client.answering = asyncio.create_task(api.app(scope, receive, client.send))
    try:
        await client.begin()
        yield client
    finally:
        gone.set()
        async with asyncio.timeout(PATIENCE_S):
            await client.answering
