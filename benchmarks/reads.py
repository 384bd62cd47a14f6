"""`python -m benchmarks.reads`: every read of listening and collecting, what it takes and asks.

The whole application answers in this process, through its ASGI door: what is measured is all that a
request costs but for the network. Beside the median stands the best of all times, which says what a
busy machine added; growth is that of the best. Databases are made at the first run and kept.
"""

import argparse
import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import orjson
import time_machine
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from starlette.types import ASGIApp, Message

from benchmarks import whole
from benchmarks.database import END
from benchmarks.questions import Question, questions
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.keys import pepper
from rewind_gql.auth.limits import MemoryLimits
from rewind_gql.auth.tokens import Tokens
from rewind_gql.auth.usage import Usage
from rewind_gql.auth.watch import Watch
from rewind_gql.cli.garbage import spare_what_stays
from rewind_gql.domains.focus import queries as focus
from rewind_gql.images import deps as pictures
from rewind_gql.ports.http import Clients
from rewind_gql.ports.jobs import Jobs
from rewind_gql.rest.shim import Desk
from rewind_gql.server.app import create_app
from rewind_gql.server.build import endpoint
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.live import Hub
from workers.embedded import Embedded

GOAL_MS = 10
GROWTH = 1.5
NOTABLE_MS = 1.0
"""What is added to less than this is the machine's unrest."""
WARM = 3
NOW = END - timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a read took, in milliseconds, and the most statements one of its kind needed.

    `best_ms` is what one took that nothing else on the machine lengthened.
    """

    p50_ms: float
    p99_ms: float
    best_ms: float
    statements: int
    size_bytes: int


Found = dict[str, dict[int, Taken]]


class Asker:
    """Asks an application in this process, as somebody with a key."""

    def __init__(self, app: ASGIApp, store: Store, key: str) -> None:
        self._app = app
        self._headers = [
            (b"host", b"127.0.0.1"),
            (b"authorization", f"Bearer {key}".encode()),
            (b"content-type", b"application/json"),
        ]
        self.statements: list[str] = []
        store.watchers.append(self.statements.append)

    async def answer(self, text: str, *, graphql: bool) -> bytes:
        """The body of an answer. Raises `RuntimeError` for one with an error."""
        path, _, query = ("/graphql", "", "") if graphql else text.partition("?")
        sent = orjson.dumps({"query": text}) if graphql else b""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST" if graphql else "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": self._headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        told: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": sent, "more_body": False}

        async def send(message: Message) -> None:
            told.append(message)

        await self._app(scope, receive, send)
        body = b"".join(each.get("body", b"") for each in told[1:])
        if told[0]["status"] != 200 or (graphql and b'"errors"' in body):
            raise RuntimeError(f"{text}: {told[0]['status']} {body[:500]!r}")
        return body

    async def take(self, question: Question, seconds: float, most: int) -> Taken:
        """Ask one question again and again."""
        asked, way = question.asked, {"graphql": question.graphql}
        sizes, statements = [], []
        for at in range(max(WARM, len(asked))):
            self.statements.clear()
            sizes.append(len(await self.answer(asked[at % len(asked)], **way)))
            statements.append(len(self.statements))
        took: list[float] = []
        until = time.perf_counter() + seconds
        while len(took) < most and (time.perf_counter() < until or len(took) < len(asked)):
            start = time.perf_counter()
            await self.answer(asked[len(took) % len(asked)], **way)
            took.append((time.perf_counter() - start) * 1000)
        took.sort()
        return Taken(
            p50_ms=statistics.median(took),
            best_ms=took[0],
            p99_ms=took[min(len(took) - 1, len(took) * 99 // 100)],
            statements=max(statements[-len(asked) :]),
            size_bytes=max(sizes),
        )


@asynccontextmanager
async def asking(settings: Settings, key: str) -> AsyncIterator[Asker]:
    """The application over a database, with nothing at work beside it."""
    store = await Store.open(settings.url)
    jobs: Jobs = Embedded()
    desk = Desk(
        store=store,
        settings=settings,
        jobs=jobs,
        gate=Gate(
            store,
            pepper(settings.secret_bytes()),
            MemoryLimits(),
            Usage(store),
            tokens=Tokens(settings.secret_bytes()),
            standing=focus.standing,
        ),
        hub=Hub(store, settings.sync),
        watch=Watch(store, focus.STANDINGS),
        images=pictures.made(settings, store, Clients()),
        owner=1,
    )
    graphql = endpoint(desk)
    spare_what_stays()  # as a server does
    async with graphql.running():
        yield Asker(create_app(desk, graphql=graphql), store, key)
    await desk.images.close()
    await store.close()


async def measure(
    plays: int, given: argparse.Namespace, chosen: Callable[[str], bool], found: Found
) -> None:
    """Make the database if need be and ask every question that is chosen."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        making = bars.add_task(f"{plays:,} plays", total=None)
        settings, key = await whole.build(
            plays, given.folder, lambda step: bars.update(making, description=f"{plays:,}: {step}")
        )
        bars.remove_task(making)
        asked = [each for each in questions(plays) if chosen(each.name)]
        bar = bars.add_task(f"{plays:,} plays", total=len(asked))
        with time_machine.travel(NOW, tick=True):
            async with asking(settings, key) as asker:
                for question in asked:
                    bars.update(bar, description=f"{plays:,}: {question.name}")
                    taken = await asker.take(question, given.seconds, given.most)
                    found.setdefault(question.name, {})[plays] = taken
                    bars.advance(bar)


def report(found: Found, sizes: list[int], growing: set[str]) -> None:
    """Print the table, and how many reads miss what is promised."""
    width = max(map(len, found), default=0)
    heads = "".join(f"  {f'{size:,}: p50':>14} {'p99':>7} {'best':>7} {'sql':>3}" for size in sizes)
    print(f"\n{'milliseconds':<{width}}{heads} {'bytes':>8}  growth")
    slow = grown = 0
    for name, by_size in found.items():
        cells = "".join(
            f"  {taken.p50_ms:>14.2f} {taken.p99_ms:>7.2f} {taken.best_ms:>7.2f}"
            f" {taken.statements:>3}"
            for taken in (by_size[size] for size in sizes)
        )
        first, last = by_size[sizes[0]], by_size[sizes[-1]]
        growth = last.best_ms / first.best_ms
        marks = ["answer grows"] if name in growing else []
        if last.p50_ms >= GOAL_MS:
            marks.append("SLOW")
            slow += 1
        if growth > GROWTH and not marks and last.best_ms - first.best_ms > NOTABLE_MS:
            marks.append("GROWS")
            grown += 1
        told = f"{growth:6.2f}  " if len(sizes) > 1 else "        "
        print(f"{name:<{width}}{cells} {last.size_bytes:>8}  {told}{' '.join(marks)}")
    print(
        f"\n{len(found)} reads: {slow} with a p50 of {GOAL_MS} ms or more, {grown} others that "
        f"grow by more than {GROWTH} and {NOTABLE_MS:.0f} ms. {whole.RECORDS:,} records, "
        f"{whole.FILMS:,} films; SQLite; in this process, through ASGI."
    )


def main() -> None:
    """Read the command line, measure every size, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plays", type=int, nargs="+", default=[125_000, 1_250_000])
    parser.add_argument("--only", default="", help="reads whose name this regular expression finds")
    parser.add_argument("--folder", type=Path, default=Path("build", "reads"))
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each read is asked")
    parser.add_argument("--most", type=int, default=200, help="how often at most")
    given = parser.parse_args()
    pattern = re.compile(given.only)
    found: Found = {}

    def chosen(name: str) -> bool:
        return pattern.search(name) is not None

    for plays in given.plays:
        asyncio.run(measure(plays, given, chosen, found))
    if not found:
        parser.error("no read has such a name")
    growing = {each.name for each in questions(given.plays[0]) if each.grows}
    report(found, given.plays, growing)


if __name__ == "__main__":
    main()
