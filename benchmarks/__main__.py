"""`make bench`: our answers beside the bare reference, on the same rows, in one run."""

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks import database
from benchmarks.load import Measured, measure, request
from benchmarks.processes import free_port, running

RECENT = """{ listening { recent(first: 20) { nodes { playedAt
  track { id name url appleMusicUrl previewUrl } artist { id name } album { id name } } } } }"""
CROSS = """{ collecting { crossReference(first: 100) { nodes {
  item { id addedAt rating release { id title artists year formats genres styles discogsUrl } }
  match { albumName artistName plays lastPlayedAt matchType confidence } } } } }"""
TOP = """{ listening { topArtists(since: "2025-01-01T00:00:00Z", until: "2026-01-01T00:00:00Z",
  first: 20) { nodes { plays artist { id name } } } } }"""
RAGGED = TOP.replace("2025-01-01T00:00:00Z", "2024-03-11T07:30:00Z")


@dataclass(frozen=True, slots=True)
class Workload:
    """One question, and what answers it: our path or query, and the reference's path."""

    name: str
    reference: str
    path: str = "/graphql"
    query: str | None = None


WORKLOADS = (
    Workload("recent 20, REST", "/recent", "/v1/listening/recent?limit=20"),
    Workload("recent 20, GraphQL", "/recent", query=RECENT),
    Workload("cross-reference 100, REST", "/cross", "/v1/collecting/cross-reference?limit=100"),
    Workload("cross-reference 100, GraphQL", "/cross", query=CROSS),
    Workload("top artists of a year, GraphQL", "/top", query=TOP),
    Workload("top artists, ragged window, GraphQL", "/top", query=RAGGED),
    Workload("health of every sync, REST", "/health", "/v1/health/sync"),
)


async def compare(workload: Workload, ours: int, theirs: int, key: str, seconds: float) -> None:
    """Measure one workload on both, at 1 and at 32 connections, and print a line for each."""
    body = orjson.dumps({"query": workload.query}) if workload.query else None
    asked = request(workload.path, ours, key=key, body=body)
    reference = request(workload.reference, theirs)
    for connections in (1, 32):
        base = await measure(reference, theirs, connections=connections, seconds=seconds)
        found = await measure(asked, ours, connections=connections, seconds=seconds)
        _print(workload.name, connections, base, found)


def _print(name: str, connections: int, base: Measured, found: Measured) -> None:
    if found.status != 200:
        raise RuntimeError(f"{name}: status {found.status}")
    print(
        f"{name:<36} {connections:>3} {base.rate:>9,.0f} {found.rate:>8,.0f} "
        f"{found.p50_ms:>8.2f} {found.p99_ms:>8.2f} {found.rate / base.rate:>6.2f}",
        flush=True,
    )


async def run(plays: int, seconds: float) -> None:
    """Build the database if need be, start both servers and compare every workload."""
    print(f"\n{plays:,} plays, {database.COPIES:,} copies, {database.RUNS:,} runs", flush=True)
    settings, key = await database.build(plays)
    path = Path(settings.data_dir, "rewind.db")
    ours, theirs = free_port(), free_port()
    serve = ("-m", "rewind_gql.cli", "serve", "--data-dir", str(settings.data_dir))
    async with (
        running("-m", "benchmarks.reference", str(path), str(theirs), port=theirs),
        running(*serve, "--port", str(ours), port=ours) as server,
    ):
        print(
            f"{'':<36} {'con':>3} {'reference':>9} {'ours/s':>8} {'p50 ms':>8} {'p99 ms':>8} ratio"
        )
        for workload in WORKLOADS:
            await compare(workload, ours, theirs, key, seconds)
        print(f"memory of our server after this load: {server.memory_info().rss / 1e6:.0f} MB")


def main() -> None:
    """Read the command line and run every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plays", type=int, nargs="*", default=[125_000, 1_250_000])
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    for plays in given.plays:
        asyncio.run(run(plays, given.seconds))


main()
