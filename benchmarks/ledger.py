"""`python -m benchmarks.ledger`: the three views of the ledger at a hundred thousand of everything.

A is the health of each domain, B what Open Wearables tells of runs, C how devices stand.
"""

import argparse
import asyncio
import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.database import SECRET, insert
from benchmarks.load import measure, request
from benchmarks.processes import free_port, running
from rewind_gql import clock
from rewind_gql.auth import keys, queries, users
from rewind_gql.domains.focus import derive
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store

RUNS = SESSIONS = 100_000
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
RUN_EVERY_US = 400 * DAY_US // RUNS
SESSION_EVERY_US = 50 * MINUTE_US
STAGES = ("queued", "started", *["fetching", "saving"] * 4)
DEVICES = ("mac_app", "windows_app", "web_timer")


@dataclass(frozen=True, slots=True)
class Workload:
    """One question, and the milliseconds half of its answers may take."""

    name: str
    path: str
    goal_ms: float | None = None


WORKLOADS = (
    Workload("A  health of every domain", "/v1/health/sync", 5),
    Workload("B  recent events, 50", "/api/v1/users/{user}/sync/recent", 5),
    Workload("B  recent events, 200", "/api/v1/users/{user}/sync/recent?limit=200"),
    Workload("B  recent events of nobody", "/api/v1/users/{quiet}/sync/recent"),
    Workload("B  runs, 20", "/api/v1/users/{user}/sync/runs"),
    Workload("B  history, 20", "/api/v1/users/{user}/sync/history"),
    Workload("B  runs of everybody, 50", "/api/v1/sync/runs"),
    Workload("B  failed runs of everybody, 50", "/api/v1/sync/runs?status=failed"),
    Workload("B  runs of a provider without any", "/api/v1/sync/runs?provider=none"),
    Workload("C  how devices stand", "/api/sync/status", 10),
    Workload("C  the same, looking for conflicts", "/api/sync/status?check_conflicts=true"),
)


def settings() -> Settings:
    """The settings of the database."""
    return Settings(data_dir=Path("build", "bench-ledger"), secret=SECRET)  # type: ignore[arg-type]


async def build() -> tuple[Settings, str, dict[str, UUID]]:
    """Make the database afresh, for its runs lead up to now; gives a key, and whom to ask about."""
    made = settings()
    shutil.rmtree(made.data_dir, ignore_errors=True)
    await migrate.upgrade(made.url)
    config = f'secret = "{SECRET}"\nlog_level = "error"\n'
    (made.data_dir / "rewind.toml").write_text(config, encoding="utf-8")
    store = await Store.open(made.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        quiet = await users.add(conn, username="quiet", password_hash=SECRET)
        pepper = keys.pepper(made.secret_bytes())
        asked: dict[str, Any] = {"name": "benchmark", "scope": "admin", "rate_limit_rpm": 1_000_000}
        _, key = await keys.create(conn, user_id, pepper=pepper, **asked)
    with sqlite3.connect(made.data_dir / "rewind.db") as file:
        _fill(file, user_id, random.Random(RUNS))
    file.close()
    async with store.write() as conn:
        await derive.rebuild(conn, user_id)
    me = await store.system(queries.person, user_id=user_id)
    await store.close()
    assert me is not None
    return made, key, {"user": me.user_uuid, "quiet": quiet.uuid}


def _fill(file: sqlite3.Connection, user_id: int, rng: random.Random) -> None:
    now = clock.microseconds(clock.now())
    runs: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for number in range(RUNS):
        at = now - (RUNS - number) * RUN_EVERY_US
        run = _run(user_id, number, at, rng)
        told = _events(run, first=len(events) + 1, all_=now - at < DAY_US)
        run["last_seq"] = told[-1]["seq"]
        events += told
        runs.append(run)
    insert(file, "sync_run", iter(runs))
    insert(file, "sync_event", iter(events))
    counter = {"user_id": user_id, "last_seq": len(events), "pruned_seq": 0}
    insert(file, "sync_counter", iter([counter]))
    insert(file, "focus_device", _devices(user_id, now))
    insert(file, "focus_session", _sessions(user_id, now, rng))


def _run(user_id: int, number: int, at: int, rng: random.Random) -> dict[str, Any]:
    """A run of a second; one in five is what a device handed in, one in fifty failed."""
    handed_in = rng.random() < 0.2
    good = rng.random() < 0.98
    run_id = f"pull_{number:016x}"
    return {
        "id": run_id,
        "root_run_id": run_id,
        "user_id": user_id,
        "provider": rng.choice(DEVICES) if handed_in else rng.choice(("lastfm", "discogs")),
        "domain": "focus" if handed_in else rng.choice(("listening", "collecting")),
        "sync_type": "sessions" if handed_in else "scrobbles",
        "source": "sdk" if handed_in else "pull",
        "scope": "live",
        "trigger": "device" if handed_in else "schedule",
        "stage": "completed" if good else "failed",
        "status": "success" if good else "failed",
        "attempt": 1,
        "progress": 1.0,
        "queued_at": at,
        "started_at": at,
        "ended_at": at + 1_000_000,
        "items_processed": 12,
        "items_inserted": 12,
        "message": "12 new",
        "meta": "{}",
    }


def _events(run: dict[str, Any], *, first: int, all_: bool) -> list[dict[str, Any]]:
    """The last event of a run; of one of the last day, its steps before that as well."""
    same = ("user_id", "provider", "source", "attempt", "started_at")
    kept = {"run_id": run["id"], **{name: run[name] for name in same}}
    stages = (*(STAGES if all_ else ()), run["stage"])
    rows = []
    for place, stage in enumerate(stages):
        last = stage == run["stage"]
        rows.append(
            {
                **kept,
                "seq": first + place,
                "event_id": f"{first + place:032x}",
                "stage": stage,
                "status": run["status"] if last else "in_progress",
                "message": run["message"],
                "items_processed": 12,
                "meta": '{"unit":"item","inserted":12,"updated":0}',
                "ended_at": run["ended_at"] if last else None,
                "ts": run["queued_at"] + place * 50_000,
            }
        )
    return rows


def _devices(user_id: int, now: int) -> Iterator[dict[str, Any]]:
    for place, kind in enumerate(DEVICES):
        yield {
            "user_id": user_id,
            "device_id": f"{kind}-1",
            "device_type": kind,
            "state": "active",
            "first_seen_at": now - 400 * DAY_US,
            "last_seen_at": now - place * 70 * MINUTE_US,
            "last_sync_at": now - place * 70 * MINUTE_US,
            "pending_reported": place,
        }


def _sessions(user_id: int, now: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(SESSIONS):
        start = now - (SESSIONS - number) * SESSION_EVERY_US
        yield {
            "user_id": user_id,
            "client_session_id": f"{number:032x}",
            "device_id": f"{rng.choice(DEVICES)}-1",
            "source": "mac_app",
            "start_at": start,
            "end_at": start + 25 * MINUTE_US,
            "duration_min": 25,
            "kind": "focus",
            "category": rng.choice(("work", "study")),
            "project": f"project {number % 12}",
            "state": "completed",
            "revision": 1,
            "received_at": start + 26 * MINUTE_US,
        }


async def run(seconds: float) -> bool:
    """Ask everything on one connection, print what it took; whether all goals were met."""
    made, key, people = await build()
    port = free_port()
    serve = ("-m", "rewind_gql.cli", "serve", "--data-dir", str(made.data_dir))
    print(f"\n{RUNS:,} runs, {SESSIONS:,} sessions; one connection", flush=True)
    print(f"{'':<36} {'p50 ms':>8} {'p99 ms':>8} {'goal':>6} {'bytes':>8}")
    met = True
    async with running(*serve, "--port", str(port), port=port):
        for workload in WORKLOADS:
            asked = request(workload.path.format(**people), port, key=key)
            found = await measure(asked, port, connections=1, seconds=seconds)
            if found.status != 200:
                raise RuntimeError(f"{workload.name}: status {found.status}")
            goal = f"{workload.goal_ms:g}" if workload.goal_ms else ""
            met &= workload.goal_ms is None or found.p50_ms < workload.goal_ms
            print(
                f"{workload.name:<36} {found.p50_ms:>8.2f} {found.p99_ms:>8.2f} "
                f"{goal:>6} {found.length:>8,}",
                flush=True,
            )
    return met


def main() -> None:
    """Read the command line and measure; ends with 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    if not asyncio.run(run(parser.parse_args().seconds)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
