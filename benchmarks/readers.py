"""Readers of live streams in a process of their own: most read at once, some slowly, some never."""

import asyncio
import re
import socket
import sys
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

import orjson

READ, SLOWLY, NEVER = "read", "slowly", "never"
SLOW_EVERY_S = 0.5
SMALL_BUFFER = 4_096
AT_ONCE = 50
_ID = re.compile(rb"\nid: (\d+)\r?\n")


@dataclass(slots=True)
class Seen:
    """What one reader was given: numbers, and the pieces they came in with their times."""

    kind: str
    seqs: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))
    times: "array[float]" = field(default_factory=lambda: array("d"))
    bytes: int = 0
    open: bool = False
    closed: bool = False


class Reader(asyncio.Protocol):
    """One stream; keeps the numbers of the events and when each piece of them came."""

    def __init__(self, request: bytes, seen: Seen) -> None:
        self._request = request
        self._seen = seen
        self._rest = b"\n"
        self.begun = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up."""
        self._seen.closed = True
        if not self.begun.done():
            self.begun.set_exception(exc or ConnectionError("closed before it began"))

    def data_received(self, data: bytes) -> None:
        """Note the numbers in a piece; what may be half a line waits for the next one."""
        now = time.time()
        seen = self._seen
        seen.bytes += len(data)
        if not seen.open:
            if not data.startswith(b"HTTP/1.1 200"):
                self.begun.set_exception(ConnectionError(data[:200].decode("latin-1")))
                return
            seen.open = True
            self.begun.set_result(None)
        self._slow_down()
        whole = self._rest + data
        cut = whole.rfind(b"\n")
        found = _ID.findall(whole[: cut + 1])
        self._rest = whole[cut:] if cut >= 0 else whole
        # The line end that is kept may end an id line, too; it is looked at only once, with its
        # beginning, for what is kept starts at that line end.
        if found:
            seen.seqs.extend(map(int, found))
            seen.ends.append(len(seen.seqs))
            seen.times.append(now)

    def _slow_down(self) -> None:
        """Take no more for a while, or for ever."""
        if self._seen.kind == READ:
            return
        self._transport.pause_reading()
        if self._seen.kind == SLOWLY:
            asyncio.get_running_loop().call_later(SLOW_EVERY_S, self._go_on)

    def _go_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()


async def connect(port: int, request: bytes, kind: str) -> tuple[Seen, Reader]:
    """One reader whose stream has begun."""
    seen = Seen(kind)
    sock = socket.socket()
    if kind != READ:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", port))
    _, reader = await loop.create_connection(lambda: Reader(request, seen), sock=sock)
    await reader.begun
    return seen, reader


def kind_of(number: int) -> str:
    """One in ten is slow; of those, every other one never reads."""
    return READ if number % 10 else (SLOWLY if number % 20 else NEVER)


async def read_all(port: int, count: int, path: str, key: str) -> None:
    """Open the streams, say so, read until told to stop, and print what was seen."""
    lines = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", "", "")
    request = "\r\n".join(lines).encode()
    loop = asyncio.get_running_loop()
    all_: list[Seen] = []
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        made = await asyncio.gather(*(connect(port, request, kind_of(n)) for n in numbers))
        all_ += [seen for seen, _ in made]
    print("open", flush=True)
    spent = time.process_time()
    await loop.run_in_executor(None, sys.stdin.readline)
    spent = time.process_time() - spent
    sys.stdout.buffer.write(orjson.dumps({"cpu_s": spent, "readers": list(map(told, all_))}))


def told(seen: Seen) -> dict[str, Any]:
    """One reader's part of the report."""
    return {
        "kind": seen.kind,
        "seqs": seen.seqs.tolist(),
        "ends": seen.ends.tolist(),
        "times": seen.times.tolist(),
        "bytes": seen.bytes,
        "closed": seen.closed,
    }


if __name__ == "__main__":
    asyncio.run(read_all(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
