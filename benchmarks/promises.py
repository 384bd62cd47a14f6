"""`python -m benchmarks.promises`: what must come out the same however it is asked for, counted.

Twenty requests at once for one sync, and a batch of 500 sessions sent three times, the second time
with the line cut before the answer; over HTTP, to `rewind serve` in a process of its own.
"""

import asyncio
import json
import socket
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

from benchmarks.processes import free_port, running
from rewind_gql import clock
from rewind_gql.auth import keys, users
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store

SECRET = "p" * 64  # of a throw-away database
RACERS = 20
SESSIONS = 500
TRIGGER = """mutation ($id: ID!) { triggerSync(input: {sourceId: $id}) { coalesced run { id } } }"""


async def main() -> None:
    """Ask, count, and print."""
    with tempfile.TemporaryDirectory(prefix="rewind-promises-") as name:
        folder, port = Path(name), free_port()
        made = Settings(data_dir=folder, secret=SECRET)  # type: ignore[arg-type]
        key = await _prepared(made)
        # A provider that never answers keeps the run under way.
        with socket.create_server(("127.0.0.1", 0)) as silent:
            config = (
                f'secret = "{SECRET}"\nlog_level = "error"\nunpaced = true\n'
                f'lastfm_base_url = "http://127.0.0.1:{silent.getsockname()[1]}/"\n'
                'discogs_base_url = "http://127.0.0.1:9"\n'
                'lastfm_api_key = "k"\nlastfm_user = "someone"\n'
            )
            (folder / "rewind.toml").write_text(config, encoding="utf-8")
            serve = ("-m", "rewind_gql.cli", "serve", "--data-dir", name, "--port", str(port))
            async with running(*serve, port=port):
                await asyncio.to_thread(_ask, f"http://127.0.0.1:{port}", port, key)
        _count(folder / "rewind.db")


async def _prepared(settings: Settings) -> str:
    await migrate.upgrade(settings.url)
    store = await Store.open(settings.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        pepper = keys.pepper(settings.secret_bytes())
        asked: dict[str, Any] = {"name": "promises", "scope": "admin", "rate_limit_rpm": 100_000}
        _, key = await keys.create(conn, user_id, pepper=pepper, **asked)
    await store.close()
    return key


def _ask(url: str, port: int, key: str) -> None:
    found = _post(f"{url}/graphql", key, {"query": "{ syncSources { id syncType } }"})
    source = next(
        each["id"] for each in found["data"]["syncSources"] if each["syncType"] == "user_stats"
    )
    asked = {"query": TRIGGER, "variables": {"id": source}}
    with ThreadPoolExecutor(RACERS) as racers:
        answers = list(racers.map(lambda _: _post(f"{url}/graphql", key, asked), range(RACERS)))
    told = [each["data"]["triggerSync"]["run"] for each in answers]
    print(f"{RACERS} triggers at once: {len({each['id'] for each in told if each})} run")
    batch = {"sessions": _sessions()}
    first = _post(f"{url}/api/pomodoro/submit", key, batch)
    _cut(port, key, batch)
    third = _post(f"{url}/api/pomodoro/submit", key, batch)
    numbers = [
        {each["session_id"]: each["id"] for each in some["results"]} for some in (first, third)
    ]
    print(f"{SESSIONS} sessions three times: same numbers {numbers[0] == numbers[1]}", end=", ")


def _sessions() -> list[dict[str, Any]]:
    at = clock.now() - timedelta(days=30)
    return [
        {
            "session_id": str(UUID(int=number, version=4)),
            "start_time": clock.iso(at + timedelta(minutes=60 * number)),
            "end_time": clock.iso(at + timedelta(minutes=60 * number + 25)),
            "duration": 25,
            "category": "work",
            "project": "Promises",
            "note": "-",
            "source": "cli",
        }
        for number in range(SESSIONS)
    ]


def _post(url: str, key: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310
    with urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read())


def _cut(port: int, key: str, body: dict[str, Any]) -> None:
    """Send a batch whole, and hang up without waiting for what is said to it."""
    content = json.dumps(body).encode()
    head = (
        f"POST /api/pomodoro/submit HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode() + content)


def _count(path: Path) -> None:
    with sqlite3.connect(path) as file:
        [rows] = file.execute("SELECT count(*) FROM focus_session").fetchone()
    file.close()
    print(f"{rows} rows")


if __name__ == "__main__":
    asyncio.run(main())
