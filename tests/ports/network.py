"""A network that is pretended: names, lines to public addresses, and servers that say anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any

import httpcore

PUBLIC = "93.184.215.14"
OTHER = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Names:
    """A resolver that answers in turn, the last answer for ever; unknown names have the first."""

    answers: list[Sequence[str]] = field(default_factory=lambda: [[PUBLIC]])
    known: dict[str, Sequence[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host in self.known:
            return self.known[host]
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Lines(httpcore.AsyncNetworkBackend):
    """Real connections, each to the port of this machine that stands for the address dialled."""

    leads: dict[str, int]
    otherwise: int = 0
    dialled: list[tuple[str, int]] = field(default_factory=list)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the pool calls it so
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, port))
        there = self.leads.get(host, self.otherwise)
        if not there:
            raise httpcore.ConnectError("nobody there")
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", there, timeout=timeout)


@dataclass
class Server:
    """A server of this machine that counts who comes and keeps what they ask."""

    answer: Answer
    tls: SSLContext | None = None
    port: int = 0
    connections: int = 0
    heads: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        tasks = asyncio.all_tasks()
        try:
            yield self
        finally:
            server.close()
            mine = [each for each in asyncio.all_tasks() - tasks if "_serve" in repr(each)]
            for task in mine:
                task.cancel()
            await asyncio.gather(*mine, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                await self.answer(head, writer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


def said(status: str, *headers: str, body: bytes = b"") -> bytes:
    """An answer as it goes over the wire, with no length of its own."""
    lines = [f"HTTP/1.1 {status}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def sized(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer of the length it claims."""
    return said(status, f"Content-Length: {len(body)}", *headers, body=body)


def always(answer: bytes, *, hang_up: bool = False) -> Answer:
    """Says the same to everybody."""

    async def answered(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        if hang_up:
            raise EOFError

    return answered
