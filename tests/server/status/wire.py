"""A wire between a browser and a server that can be cut: a relay on a real socket."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Passes bytes on both ways until it is cut; while it is, nobody gets through."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self._whole = True
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self.port = 0

    def cut(self) -> None:
        """Drop every connection, and refuse new ones."""
        self._call(self._cut())

    def mend(self) -> None:
        """Let connections through again."""
        self._call(self._mend())

    def run(self, ready: threading.Event) -> None:
        """Relay until `stop`; the loop is this thread's."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        ready.set()
        self._loop.run_forever()
        self._loop.close()

    def stop(self) -> None:
        """Hang up and end the thread."""
        self._call(self._cut())
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _call(self, asked: object) -> None:
        asyncio.run_coroutine_threadsafe(asked, self._loop).result(10)  # type: ignore[arg-type]  # a coroutine

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self) -> None:
        self._whole = False
        for writer in self._open:
            writer.transport.abort()

    async def _mend(self) -> None:
        self._whole = True

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        mine = {writer, far_writer}
        self._open |= mine
        try:
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            self._open -= mine
            for each in mine:
                each.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()


@contextmanager
def wired(port: int) -> Iterator[Wire]:
    """A wire to the server on `port` for the length of a block."""
    wire, ready = Wire(port), threading.Event()
    thread = threading.Thread(target=wire.run, args=(ready,))
    thread.start()
    assert ready.wait(10)
    try:
        yield wire
    finally:
        wire.stop()
        thread.join(10)
    assert not thread.is_alive()
