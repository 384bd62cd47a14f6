"""`python -m benchmarks.graphql`: GraphQL beside bare ASGI, our REST and Strawberry as it comes."""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from graphql import parse, specified_rules, validate

from benchmarks import furnished
from benchmarks.load import Measured, answer, measure, request
from benchmarks.processes import Served, workers
from benchmarks.served import KEPT, UNKEPT
from schema.execution.documents import Document
from schema.root import schema

PLAYS = """{ listening { recent(first: 20) { nodes { playedAt
  track { id name url appleMusicUrl previewUrl } artist { id name }
  album { id name image { url thumbhash dominantColor } } } } } }"""
CROSSED = """{ collecting { crossReference(first: 100) { nodes {
  item { id addedAt rating release { id title artists year formats genres styles discogsUrl } }
  match { albumName artistName plays lastPlayedAt matchType confidence } } } } }"""
PAGE = """{
  listening { recent(first: 10) { nodes { playedAt
    track { id name url appleMusicUrl previewUrl } artist { id name }
    album { id name image { url thumbhash dominantColor } } } } }
  collecting {
    crossReference(first: 10) { nodes {
      item { id addedAt rating
        release { id title artists year formats genres styles discogsUrl } }
      match { albumName artistName plays lastPlayedAt matchType confidence } } }
    films(first: 10) { nodes { id mediaType collectedAt movie { id title year } } } }
  focusSessions(first: 10) { nodes { id startAt endAt durationMin kind category project } }
  syncRuns(first: 10, filter: {status: SUCCESS}) { nodes { id domain status endedAt } } }"""
DEEP = """{ listening { artists(first: 45) { nodes { name albums(first: 100) { nodes { name
  tracks(first: 1) { nodes { name } } } } } } } }"""
REST_PLAYS = "/v1/listening/recent?limit=20"
REST_CROSSED = "/v1/collecting/cross-reference?limit=100"


class Question(NamedTuple):
    """A query, what the reference calls it, REST for the same, and what is promised."""

    name: str
    query: str
    bare: str
    least: float
    rest: str | None = None


QUESTIONS = (
    Question("20 plays nested", PLAYS, "/plays", 0.6, REST_PLAYS),
    Question("100 cross-references", CROSSED, "/crossed", 0.8, REST_CROSSED),
    Question("a page of every domain", PAGE, "/page", 0.6),
)
LEAST_OF_REST = 0.8
LEAST_OF_STOCK = 15.0
LEAST_KEPT = 0.6
LEAST_SAME = 0.7
MOST_UNSEEN = 1.2


class Servers(NamedTuple):
    """All that is measured."""

    ours: Served
    bare: Served
    stock: Served
    kept: Served
    empty: Served


class Rate(NamedTuple):
    """Requests a second, and how many one would be if the server had a core to itself."""

    seen: float
    alone: float

    def of(self, other: "Rate") -> str:
        """The part of another, both ways."""
        return f"{self.seen / other.seen:.2f}|{self.alone / other.alone:.2f}"


class Compared(NamedTuple):
    """A rate, and what part of the reference's it is."""

    rate: Rate
    part: str


async def main(seconds: float) -> None:
    """Build the database if need be, compare with two workers and with one, and print."""
    settings, key = await furnished.build()
    for count in (2, 1):
        async with _servers(str(settings.data_dir), count) as servers:
            print(f"\n{count} worker{'s' if count > 1 else ''} (in brackets: the goal)", flush=True)
            for question in QUESTIONS:
                await _alike(question, servers, key)
            for question in QUESTIONS:
                for connections in (1, 32):
                    await _compare(question, servers, key, connections, seconds)
            for connections in (1, 32):
                await _again(servers, key, connections, seconds)
    async with _servers(str(settings.data_dir), 1) as servers:
        await _deep(servers, key)
    _unseen()


@asynccontextmanager
async def _servers(folder: str, count: int) -> AsyncIterator[Servers]:
    """All of them, each in so many processes."""
    async with AsyncExitStack() as stack:
        kinds = (UNKEPT, "bare", "stock", KEPT, "empty")
        found = [await stack.enter_async_context(workers(kind, folder, count)) for kind in kinds]
        yield Servers(*found)


async def _alike(question: Question, servers: Servers, key: str) -> None:
    """Raise unless all give the same, addresses of pictures apart."""
    body = orjson.dumps({"query": question.query})
    asked = (
        (request("/graphql", servers.ours.port, key=key, body=body), servers.ours.port),
        (request("/graphql", servers.stock.port, body=body), servers.stock.port),
        (request(question.bare, servers.bare.port), servers.bare.port),
    )
    found = [_told((await answer(sent, port)).body) for sent, port in asked]
    if not found[0] == found[1] == found[2]:
        raise RuntimeError(f"{question.name}: not alike")


def _told(body: bytes) -> Any:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if name != "url"}
        return [plain(each) for each in value] if isinstance(value, list) else value

    return plain(orjson.loads(body))


async def _rate(
    sent: bytes, server: Served, connections: int, seconds: float, status: int = 200
) -> Rate:
    before = server.spent_s()
    found: Measured = await measure(sent, server.port, connections=connections, seconds=seconds)
    if found.status != status:
        raise RuntimeError(f"status {found.status} for {sent[:80]!r}")
    return Rate(found.rate, found.answers / (server.spent_s() - before))


def _between(before: Rate, after: Rate) -> Rate:
    return Rate(*((one + other) / 2 for one, other in zip(before, after, strict=True)))


async def _compare(
    question: Question, servers: Servers, key: str, connections: int, seconds: float
) -> None:
    """Ours, with no answer kept, between two looks at the reference."""
    body = orjson.dumps({"query": question.query})
    bare = request(question.bare, servers.bare.port)
    asked = request("/graphql", servers.ours.port, key=key, body=body)
    stocked = request("/graphql", servers.stock.port, body=body)
    before = await _rate(bare, servers.bare, connections, seconds)
    ours = await _rate(asked, servers.ours, connections, seconds)
    after = await _rate(bare, servers.bare, connections, seconds)
    stock = await _rate(stocked, servers.stock, connections, seconds)
    line = f"{question.name:<23} {connections:>3} {ours.seen:>6,.0f}/s"
    line += f"  of bare {ours.of(_between(before, after))} ({question.least})"
    if question.rest is not None:
        sent = request(question.rest, servers.ours.port, key=key)
        rest = await _rate(sent, servers.ours, connections, seconds)
        line += f"  of REST {ours.of(rest)} ({LEAST_OF_REST})"
    goal = f" ({LEAST_OF_STOCK:.0f})" if connections > 1 else ""
    print(f"{line}  of Strawberry {ours.of(stock)}{goal}", flush=True)


async def _again(servers: Servers, key: str, connections: int, seconds: float) -> None:
    """The same asked again: answers that are kept, and those the client has.

    The reference is sent the same requests, and answers them with nothing.
    """
    port = servers.kept.port
    path = f"/graphql?{urlencode({'query': PLAYS})}"
    posted = request("/graphql", port, key=key, body=orjson.dumps({"query": PLAYS}))
    kept = await _of_nothing(posted, servers, connections, seconds)
    # Asked for last: what the servers write of themselves now and then makes another tag.
    tag = (await answer(request(path, port, key=key), port)).headers["etag"]
    same = request(path, port, key=key, tag=tag)
    unchanged = await _of_nothing(same, servers, connections, seconds, status=304)
    line = f"{'20 plays, asked again':<23} {connections:>3} {kept.rate.seen:>6,.0f}/s"
    line += f"  of an empty answer {kept.part} ({LEAST_KEPT})"
    print(f"{line}  304 {unchanged.part} ({LEAST_SAME})", flush=True)


async def _of_nothing(
    sent: bytes, servers: Servers, connections: int, seconds: float, status: int = 200
) -> Compared:
    """The rate of ours, between two looks at a server that answers nothing."""
    before = await _rate(sent, servers.empty, connections, seconds)
    ours = await _rate(sent, servers.kept, connections, seconds, status=status)
    after = await _rate(sent, servers.empty, connections, seconds)
    return Compared(ours, ours.of(_between(before, after)))


async def _deep(servers: Servers, key: str) -> None:
    """How long one takes that asks for as much as is allowed."""
    body = orjson.dumps({"query": DEEP})
    for name, port in (("ours", servers.ours.port), ("Strawberry", servers.stock.port)):
        began = time.perf_counter()
        found = await answer(request("/graphql", port, key=key, body=body), port)
        took = time.perf_counter() - began
        if b'"errors"' in found.body:
            raise RuntimeError(f"{name} refuses: {found.body[:200]!r}")
        print(f"lists in lists in lists, {name}: {took * 1000:,.0f} ms, {len(found.body):,} bytes")


def _unseen() -> None:
    """What reading, checking and planning a new document costs, beside reading and checking it."""
    number = 0

    def text() -> str:
        nonlocal number
        number += 1
        fields = "id name url appleMusicUrl previewUrl"
        parts = [
            f"a{at}: recent(first: 2) {{ nodes {{ playedAt"
            f" track {{ {fields} }} artist {{ id name }} }} }}"
            for at in range(5)
        ]
        return f"query Unseen{number} {{ listening {{ {' '.join(parts)} }} }}"

    def planned(unseen: str) -> None:
        operation = Document(schema._schema, parse(unseen)).operation(None)
        assert operation is not None
        variables = operation.variables(None)
        assert not isinstance(variables, list)
        operation.plan(variables)

    def checked(unseen: str) -> None:
        assert not validate(schema._schema, parse(unseen), specified_rules)

    ratio = _cost(planned, text) / _cost(checked, text)
    print(f"an unseen document of 60 fields: {ratio:.2f} of parse and validate ({MOST_UNSEEN})")


def _cost(work: Callable[[str], None], text: Callable[[], str]) -> float:
    """Seconds of the processor for one, the best of some."""
    best = float("inf")
    for _ in range(7):
        texts = [text() for _ in range(20)]
        began = time.process_time()
        for each in texts:
            work(each)
        best = min(best, (time.process_time() - began) / len(texts))
    return best


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    asyncio.run(main(parser.parse_args().seconds))
