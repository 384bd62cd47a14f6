"""`python -m benchmarks.floods`: a healthy client beside floods, and how soon each is refused."""

import argparse
import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks import database
from benchmarks.load import request
from benchmarks.processes import free_port, running
from rewind_gql.auth import keys, users
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store

HEALTHY = """{ listening { recent(first: 20) { nodes { playedAt
  track { id name } artist { id name } album { id name } } } } }"""
EVERY_S = 0.01
"""A healthy client asks a hundred times a second."""
FLOODS_EVERY_S = 0.02
"""A hostile one fifty times a second, far more than its key may."""
PIECE = 64 * 1024
"""A long body is sent in pieces of so many bytes, or sending it would hold up who measures."""
SLOW = 200
SUBSCRIPTIONS = 1_000
TEN_MB = b" " * (10 * 1024 * 1024)
Hostile = Callable[["Told", float], Awaitable[None]]


@dataclass(slots=True)
class Told:
    """What a flood was answered with, and how long that took, in milliseconds."""

    codes: Counter[str] = field(default_factory=Counter)
    took_ms: list[float] = field(default_factory=list)


def documents() -> dict[str, Callable[[int], str]]:
    """Floods that are documents; each time another one, so that none is known."""
    fragments = " ".join(
        f"fragment f{n} on Viewer {{ ...f{n + 1} ...f{n + 1} }}" for n in range(59)
    )
    lists = "plays(first: 200) { nodes { artist { %s } } }"
    return {
        "aliases": lambda n: _fields(f"a{n}x{k}: viewer {{ scope }}" for k in range(320)),
        "directives": lambda n: f"{{ viewer {'@skip(if: false) ' * 320} {{ a{n} }} }}",
        "one field": lambda n: f"{{ viewer {{ a{n} {'scope ' * 1_980} }} }}",
        "unknown fields": lambda n: _fields(f"a{n}x{k}" for k in range(1_980)),
        "fragments without end": lambda n: (
            f"{{ viewer {{ a{n} ...f0 }} }} fragment f59 on Viewer {{ scope }} {fragments}"
        ),
        "fragments in a circle": lambda n: (
            f"{{ viewer {{ a{n} ...a }} }} fragment a on Viewer {{ ...b }} "
            "fragment b on Viewer { ...a }"
        ),
        "depth 3,000": lambda n: f"{{ a{n} " + "{ a" * 3_000 + "}" * 3_001,
        "10,000 operations": lambda n: " ".join(f"query q{n}x{k}{{a}}" for k in range(6_000)),
        "first: 10^9": lambda n: (
            f"{{ a{n}: listening {{ recent(first: 1000000000) {{ totalCount }} }} }}"
        ),
        "node bomb": lambda n: (
            f"{{ a{n}: listening {{ artists(first: 200) {{ nodes "
            f"{{ {lists % (lists % 'id')} }} }} }} }}"
        ),
        "wrong literals": lambda n: (
            f"{{ collecting {{ items(filter: {{ {' '.join(f'a{n}x{k}: 1' for k in range(640))} }}) "
            "{ totalCount } } }"
        ),
    }


def _fields(names: Iterator[str]) -> str:
    return f"{{ {' '.join(names)} }}"


def bodies() -> dict[str, Callable[[int], bytes]]:
    """Floods that are requests."""
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    found = {
        name: (lambda n, make=make: orjson.dumps({"query": make(n)}))  # type: ignore[misc]  # bound
        for name, make in documents().items()
    }
    return {
        **found,
        "30,000 ids": lambda n: orjson.dumps({"query": query, "variables": {"ids": [n] * 30_000}}),
        "10 MB body": lambda _: TEN_MB,
        "not JSON": lambda n: b"[" * 100_000 + b"%d" % n,
    }


class Link:
    """A kept connection, over which one request after another is asked."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, sent: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        for at in range(0, len(sent), PIECE):
            writer.write(sent[at : at + PIECE])
            await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        return int(head.split()[1]), body

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


async def healthy(port: int, key: str, seconds: float) -> list[float]:
    """How long each answer to a healthy client took, in milliseconds, the shortest first."""
    body = orjson.dumps({"query": HEALTHY})
    sent = request("/graphql", port, key=key, body=body)
    link = Link(port)
    took = []
    began = time.perf_counter()
    for number in itertools.count():
        due = began + number * EVERY_S
        if due > began + seconds:
            break
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asked = time.perf_counter()
        status, _ = await link.ask(sent)
        took.append((time.perf_counter() - asked) * 1000)
        if status != 200:
            raise RuntimeError(f"the healthy client was refused: {status}")
    link.close()
    return sorted(took)


def posting(port: int, key: str, make: Callable[[int], bytes], seconds: float) -> Hostile:
    """A flood of requests on one connection, made beforehand: who measures has no time for it."""
    made: dict[bytes, bytes] = {}
    for number in range(int(seconds / FLOODS_EVERY_S)):
        body = make(number)
        made[body] = made.get(body) or request("/graphql", port, key=key, body=body)

    async def flood(told: Told, seconds: float) -> None:
        link = Link(port)
        until = time.perf_counter() + seconds
        for sent in itertools.cycle(made.values()):
            if time.perf_counter() > until:
                break
            asked = time.perf_counter()
            _, body = await link.ask(sent)
            told.took_ms.append((time.perf_counter() - asked) * 1000)
            told.codes.update(_codes(orjson.loads(body)))
            await asyncio.sleep(FLOODS_EVERY_S)
        link.close()

    return flood


def _codes(sent: dict[str, list[dict[str, dict[str, str]]]]) -> set[str]:
    return {error["extensions"]["code"] for error in sent.get("errors", [])}


def dripping(port: int, key: str) -> Hostile:
    """Bodies that come a byte a second, many at once."""

    async def drip(told: Told, seconds: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = request("/graphql", port, key=key, body=b"{" + b" " * 1_000)
        began = time.perf_counter()
        writer.write(sent[:-1_000])
        answering = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
        while not answering.done() and time.perf_counter() < began + seconds:
            await asyncio.wait((answering,), timeout=1)
            with contextlib.suppress(OSError):
                writer.write(b" ")
        if answering.done() and answering.exception() is None:
            told.codes[answering.result()[9:12].decode()] += 1
            told.took_ms.append((time.perf_counter() - began) * 1000)
        answering.cancel()
        writer.close()

    async def flood(told: Told, seconds: float) -> None:
        await asyncio.gather(*(drip(told, seconds) for _ in range(SLOW)))

    return flood


def subscribing(port: int, key: str) -> Hostile:
    """A thousand subscriptions on one socket, again and again."""

    async def flood(told: Told, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            await subscribe(told)
            await asyncio.sleep(1)

    async def subscribe(told: Told) -> None:
        payload = {"query": "subscription { syncEvents { __typename } }"}
        async with connect(
            f"ws://127.0.0.1:{port}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            proxy=None,
        ) as socket:
            first = {"type": "connection_init", "payload": {"Authorization": f"Bearer {key}"}}
            await socket.send(orjson.dumps(first).decode())
            await socket.recv()
            began = time.perf_counter()
            for number in range(SUBSCRIPTIONS):
                message = {"id": str(number), "type": "subscribe", "payload": payload}
                await socket.send(orjson.dumps(message).decode())
            with contextlib.suppress(TimeoutError):
                while told.codes.total() < SUBSCRIPTIONS * 100:
                    message = orjson.loads(await asyncio.wait_for(socket.recv(), 0.5))
                    told.codes.update(_codes({"errors": message.get("payload", [])}))
                    told.took_ms.append((time.perf_counter() - began) * 1000)

    return flood


@contextlib.asynccontextmanager
async def beside(hostile: Hostile | None, seconds: float) -> AsyncIterator[Told]:
    """A flood for the length of a block."""
    told = Told()
    if hostile is None:
        yield told
        return
    flooding = asyncio.create_task(hostile(told, seconds))
    yield told
    await flooding


async def hostile_key(settings: Settings, rpm: int) -> str:
    """A key for one flood, with the limit keys have unless told."""
    store = await Store.open(settings.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        pepper = keys.pepper(settings.secret_bytes())
        _, key = await keys.create(
            conn, user_id, name="flood", scope="read", pepper=pepper, rate_limit_rpm=rpm
        )
    await store.close()
    return key


def at(took: list[float], share: float) -> float:
    """The latency that this share of them stays below."""
    ordered = sorted(took)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


async def run(plays: int, seconds: float, rpm: int) -> None:
    """Measure the healthy client alone, then beside each flood, and print a line for each."""
    settings, key = await database.build(plays)
    port = free_port()
    folder = str(Path(settings.data_dir))
    serve = ("-m", "rewind_gql.cli", "serve", "--data-dir", folder, "--port", str(port))
    async with running(*serve, port=port):
        await healthy(port, key, 1.0)
        alone = await healthy(port, key, seconds)
        print(f"hostile keys have {rpm} requests a minute; the healthy one asks 100 times a second")
        print(f"{'':<24} {'refused, ms':>12} {'p50 ms':>7} {'p99 ms':>7} {'x idle':>7}  codes")
        print(f"{'nobody else':<24} {'':>12} {at(alone, 0.5):>7.2f} {at(alone, 0.99):>7.2f}")
        floods: dict[str, Callable[[str], Hostile]] = {
            name: lambda held, make=make: posting(port, held, make, seconds)  # type: ignore[misc]  # bound
            for name, make in bodies().items()
        }
        floods["slow bodies"] = lambda held: dripping(port, held)
        floods["1,000 subscriptions"] = lambda held: subscribing(port, held)
        for name, flood in floods.items():
            held = await hostile_key(settings, rpm)
            async with beside(flood(held), seconds) as told:
                took = await healthy(port, key, seconds)
            ratio = at(took, 0.99) / at(alone, 0.99)
            print(
                f"{name:<24} {at(told.took_ms, 0.5):>12.2f} {at(took, 0.5):>7.2f} "
                f"{at(took, 0.99):>7.2f} {ratio:>7.2f}  {dict(told.codes)}",
                flush=True,
            )
        again = await healthy(port, key, seconds)
        print(f"{'nobody else, again':<24} {'':>12} {at(again, 0.5):>7.2f} {at(again, 0.99):>7.2f}")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plays", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rpm", type=int, default=60)
    given = parser.parse_args()
    asyncio.run(run(given.plays, given.seconds, given.rpm))


if __name__ == "__main__":
    main()
