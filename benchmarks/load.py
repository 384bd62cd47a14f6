"""A load tool in one file: keep-alive HTTP/1.1 over raw sockets, so that it costs little itself."""

import asyncio
import time
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, and latencies in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float
    status: int
    length: int
    answers: int


class _Client(asyncio.Protocol):
    """Sends one request again and again; the answer's end is found by its Content-Length."""

    def __init__(self, request: bytes, until: float) -> None:
        self.request = request
        self.until = until
        self.took: list[float] = []
        self.done = asyncio.get_running_loop().create_future()
        self.status = 0
        self.length = 0
        self._buffer = bytearray()
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, with an error when the server hung up early."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Take in a piece; when the answer is complete, note the time and send again."""
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        if not self.length:
            self.status = int(self._buffer[9:12])
            at = self._buffer.lower().find(b"content-length:")
            # An answer that says nothing has changed has no body, and need not say so.
            told = b"0" if at < 0 else self._buffer[at + 15 : self._buffer.find(b"\r\n", at)]
            self.length = int(told)
        if len(self._buffer) < head + 4 + self.length:
            return
        now = time.perf_counter()
        self.took.append(now - self._sent)
        self._buffer.clear()
        if now < self.until:
            self._send()
        elif not self.done.done():
            self.done.set_result(None)
            self.transport.close()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self.transport.write(self.request)


def request(
    path: str,
    port: int,
    *,
    key: str | None = None,
    body: bytes | None = None,
    tag: str | None = None,
) -> bytes:
    """The bytes of a GET, or of a JSON POST when there is a body.

    With `tag`, of a GET by somebody who has the answer of that validator.
    """
    method = "POST" if body is not None else "GET"
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: */*"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if tag:
        lines.append(f"If-None-Match: {tag}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class Answered(NamedTuple):
    """One answer; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


async def answer(sent: bytes, port: int) -> Answered:
    """The answer to one request, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    parted = (line.partition(": ") for line in lines if line)
    headers = {name.lower(): value for name, _, value in parted}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    writer.close()
    await writer.wait_closed()
    return Answered(int(first.split()[1]), headers, body)


async def measure(sent: bytes, port: int, *, connections: int, seconds: float) -> Measured:
    """Ask over and over on that many connections for that long."""
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: _Client(sent, start + seconds), "127.0.0.1", port
        )
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    elapsed = time.perf_counter() - start
    took = sorted(t for client in clients for t in client.took)
    return Measured(
        rate=len(took) / elapsed,
        p50_ms=took[len(took) // 2] * 1000,
        p99_ms=took[min(len(took) - 1, len(took) * 99 // 100)] * 1000,
        status=clients[0].status,
        length=clients[0].length,
        answers=len(took),
    )
