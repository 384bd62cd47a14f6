"""Processes of ours, killed with SIGKILL at moments nobody can foresee but the seed repeats."""

import asyncio
import random
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from tests.crash.judging import rows

LOOK_S = 0.02
TOO_LONG_S = 60
OWNED = """
    SELECT id, attempt, sync_type, stage FROM sync_run
    WHERE ended_at IS NULL AND lease_owner LIKE '%:{pid}:%'
"""
Process = subprocess.Popen[bytes]


class Reaper:
    """Kills processes at random instants; `kills` counts those that died of it.

    `moments` counts what they were doing then.
    """

    def __init__(self, seed: int, most: int) -> None:
        self.random = random.Random(seed)
        self.most = most
        self.kills = 0
        self.moments: Counter[str] = Counter()

    @property
    def sated(self) -> bool:
        """Whether there were as many kills as were asked for."""
        return self.kills >= self.most

    async def at_work(self, url: str, process: Process, spread_s: float) -> bool:
        """Kill a process up to `spread_s` after it has begun to work on a run.

        False when it has ended before.
        """

        async def begun() -> bool:
            return process.poll() is not None or bool(await owned(url, process))

        await until(begun)
        if not await self.soon(process, spread_s):
            return False
        await self.note(url, process)
        return True

    async def note(self, url: str, process: Process) -> list[tuple[Any, ...]]:
        """Count what a killed process was doing; gives the runs it had and their attempts."""
        held = await owned(url, process)
        doing = [f"{kind} {stage}" for *_, kind, stage in held]
        self.moments.update(doing or ["between runs"])
        return [(run_id, attempt) for run_id, attempt, *_ in held]

    async def soon(self, process: Process, spread_s: float) -> bool:
        """Kill a process up to `spread_s` from now; False when it has ended before."""
        # Half of them early: the beginning of a run is short, and has many commits.
        longest = self.random.choice((spread_s / 5, spread_s))
        await asyncio.sleep(self.random.uniform(0, longest))
        if process.poll() is not None:
            return False
        process.kill()
        process.communicate()
        self.kills += 1
        return True


async def owned(url: str, process: Process) -> list[tuple[Any, ...]]:
    """The runs that a process works on, with their attempts."""
    try:
        return await rows(url, OWNED.format(pid=process.pid))
    except (sqlite3.OperationalError, asyncpg.UndefinedTableError):
        return []  # there is no such table yet, or no file


async def ended(process: Process) -> tuple[int, str]:
    """The exit code of a process that is let come to its end, and what it said; no trace."""
    said = await asyncio.wait_for(asyncio.to_thread(process.communicate), TOO_LONG_S)
    words = b"".join(said).decode()
    assert "Traceback" not in words, words
    return process.returncode, words


async def until(fits: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something to be so; fails after a minute."""
    for _ in range(round(TOO_LONG_S / LOOK_S)):
        if await fits():
            return
        await asyncio.sleep(LOOK_S)
    raise TimeoutError
