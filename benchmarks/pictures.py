"""`python -m benchmarks.pictures`: pictures over HTTP, beside static files and a bare redirect.

`rewind serve` in a process of its own answers from a database with one picture, asked with a key
where one is needed; the reference answers with the same bytes. Then many ask at once for a picture
that is still to be found.
"""

import argparse
import asyncio
import math
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.images import cover
from benchmarks.load import answer, measure, request
from benchmarks.processes import free_port, running
from rewind_gql.auth import keys, users
from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.upstreams import itunes
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.domains.listening import intake
from rewind_gql.domains.listening.records import Play
from rewind_gql.images import keeping
from rewind_gql.images.analysis import measure as measured
from rewind_gql.images.keeping import Original, Provenance
from rewind_gql.images.records import Key
from rewind_gql.ports.blobs import blobs
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store

SECRET = "i" * 64  # of a throw-away database
ARTIST, TITLE, WANTED = "Low", "Double Negative", "Spiderland"
CROWD = 200
LEAST_BYTES = 0.7
LEAST_REDIRECT = 0.5


@dataclass(slots=True)
class Counted:
    """A shop of one cover that counts what it is asked for."""

    app: ASGIApp
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.asked.append(scope["path"])
        await self.app(scope, receive, send)


class Server(NamedTuple):
    """A server: where it listens, and its process."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        """Seconds of a core that it has used."""
        used = self.process.cpu_times()
        seconds: float = used.user + used.system
        return seconds


@dataclass(slots=True)
class Best:
    """The best of some rounds, for what else the machine does only ever slows one down."""

    rate: float = 0.0
    cost_us: float = math.inf
    """Microseconds of a core that a request takes of the server."""
    told: set[tuple[int, int]] = field(default_factory=set)
    """Status and length of every answer."""

    async def run(self, server: Server, sent: bytes, *, connections: int, seconds: float) -> None:
        """Do one more round."""
        before = server.cpu_s()
        found = await measure(sent, server.port, connections=connections, seconds=seconds)
        cost = (server.cpu_s() - before) / (found.rate * seconds)
        self.rate = max(self.rate, found.rate)
        self.cost_us = min(self.cost_us, cost * 1e6)
        self.told.add((found.status, found.length))


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Both servers, the key of ours, and the paths of what is compared."""

    ours: Server
    theirs: Server
    key: str
    redirect: str
    missing: str
    files: dict[str, str]
    """By its name among the reference's files: its path at ours."""


async def prepare(settings: Settings, body: bytes) -> tuple[str, Key, Key]:
    """A database with an album that has a picture and one without, and a key without a limit."""
    await migrate.upgrade(settings.url)
    store = await Store.open(settings.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        pepper = keys.pepper(settings.secret_bytes())
        _, key = await keys.create(
            conn, user_id, name="benchmark", scope="admin", pepper=pepper, rate_limit_rpm=1_000_000
        )
        at = datetime(2026, 3, 1, tzinfo=UTC)
        plays = [
            Play(artist=ARTIST, track="Song", album=title, played_at=at)
            for title in (TITLE, WANTED)
        ]
        await intake.plays(conn, user_id, plays, source="lastfm")
    there, missing = Key("listening", "albums", "1"), Key("listening", "albums", "2")
    original = Original.of(body, measured(body))
    await keeping.stow(store, blobs(settings), original)
    async with store.write() as conn:
        origin = Provenance(source="benchmark", source_url="")
        await keeping.keep(conn, user_id, there, original, origin)
    await store.close()
    return key, there, missing


def configure(folder: Path, shop: str) -> Settings:
    """Settings of a throw-away server that buys its covers at one shop alone."""
    local = dict.fromkeys(("itunes_base_url", "lastfm_base_url", "discogs_base_url"), shop)
    order = "listening/albums=itunes"
    lines = [f'{name} = "{url}"' for name, url in local.items()]
    lines += [f'secret = "{SECRET}"', 'log_level = "error"', "unpaced = true"]
    lines += [f'image_order = "{order}"']
    (folder / "rewind.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return Settings(data_dir=folder, secret=SECRET, unpaced=True, image_order=order, **local)  # type: ignore[arg-type]  # as the environment has it


@asynccontextmanager
async def serving(folder: Path, shop: str) -> AsyncIterator[Served]:
    """Both servers over one picture; a size of it that was made is a file of the reference's."""
    settings, body = configure(folder, shop), cover()
    key, there, missing = await prepare(settings, body)
    files = folder / "files"
    files.mkdir()
    ours, theirs = free_port(), free_port()
    serve_ours = ("-m", "rewind_gql.cli", "serve", "--data-dir", str(folder), "--port", str(ours))
    reference = ("-m", "benchmarks.static", str(files), str(folder / "rewind.db"), str(theirs))
    async with (
        running(*serve_ours, port=ours) as our_process,
        running(*reference, port=theirs) as their_process,
    ):
        redirect = f"/v1/images/{there}/medium"
        told = await answer(request(redirect, ours, key=key), ours)
        address = urlsplit(told.headers["location"])
        medium = f"{address.path}?{address.query}"
        made = (await answer(request(medium, ours), ours)).body
        (files / "original.jpg").write_bytes(body)
        (files / "medium.jpg").write_bytes(made)
        yield Served(
            ours=Server(ours, our_process),
            theirs=Server(theirs, their_process),
            key=key,
            redirect=redirect,
            missing=f"/v1/images/{missing}/medium",
            files={"medium.jpg": medium, "original.jpg": f"/{there}/original.jpg?v=1"},
        )


async def compare(served: Served, seconds: float, rounds: int) -> None:
    """Each in turn, at 1 and at 32 connections, and a line for each."""
    print(f"{'':<44} {'requests a second':>19}       {'of a core, each':>15}")
    print(f"{'':<33} connections {'reference':>9} {'ours':>9} ratio {'µs':>5} {'µs':>9} ratio")
    pairs = [
        (f"{name}, {LEAST_BYTES} wanted", request(path, served.ours.port), f"/files/{name}")
        for name, path in served.files.items()
    ]
    keyed = request(served.redirect, served.ours.port, key=served.key)
    pairs.append((f"302 with headers, {LEAST_REDIRECT} wanted", keyed, served.redirect))
    for name, asked, path in pairs:
        reference = request(path, served.theirs.port)
        for connections in (1, 32):
            theirs, ours = Best(), Best()
            for _ in range(rounds):
                for best, server, sent in (
                    (theirs, served.theirs, reference),
                    (ours, served.ours, asked),
                ):
                    await best.run(server, sent, connections=connections, seconds=seconds)
            _print(name, connections, theirs, ours)


def _print(name: str, connections: int, theirs: Best, ours: Best) -> None:
    if theirs.told != ours.told:
        raise RuntimeError(f"{name}: {ours.told} is not {theirs.told}")
    print(
        f"{name:<33} {connections:>11} {theirs.rate:>9,.0f} {ours.rate:>9,.0f} "
        f"{ours.rate / theirs.rate:>5.2f} {theirs.cost_us:>5.0f} {ours.cost_us:>9.0f} "
        f"{theirs.cost_us / ours.cost_us:>5.2f}",
        flush=True,
    )


async def crowd(served: Served, shop: Counted) -> None:
    """Many at once who want a picture that nobody has looked for yet."""
    port = served.ours.port
    asked = request(served.missing, port, key=served.key)
    answers = await asyncio.gather(*(answer(asked, port) for _ in range(CROWD)))
    told = sorted({each.status for each in answers})
    fetched = [path for path in shop.asked if path.endswith(".jpg")]
    searched = [path for path in shop.asked if path == "/search"]
    print(
        f"{CROWD} requests at once for a missing picture: answers {told}, "
        f"{len(searched)} search, {len(fetched)} fetch"
    )


async def run(seconds: float, rounds: int) -> None:
    """Serve, compare, and let the crowd in."""
    sold = [parse_album(f"{ARTIST}|{WANTED}|2001|Rock|Label|", "benchmark")]
    shop = Counted(itunes.app(Shop("benchmark", sold)))
    with tempfile.TemporaryDirectory(prefix="rewind-pictures-") as name, serve(shop) as url:
        async with serving(Path(name), url) as served:
            await compare(served, seconds, rounds)
            await crowd(served, shop)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(run(given.seconds, given.rounds))


if __name__ == "__main__":
    main()
