"""`python -m benchmarks.imports`: a history of a million plays read from a file, and its cost."""

import argparse
import asyncio
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.database import SECRET
from rewind_gql import log
from rewind_gql.auth import users
from rewind_gql.cli.garbage import spare_what_stays
from rewind_gql.demo import files, histories
from rewind_gql.demo.records import Life, Listen, Person
from rewind_gql.settings import Settings
from rewind_gql.sources.exports.reading import open_export
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps, worker_name
from rewind_gql.sync.imports import import_file

FOLDER = Path("build", "imports")
ARTISTS, ALBUMS, TRACKS = 3_000, 9_000, 40_000
MOST_MB = 300
END = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(minutes=7)
WRITERS: dict[str, Callable[[Life, Path], None]] = {
    "lastfm-ghan-csv": files.ghan_csv,
    "spotify-extended-json": histories.spotify_extended,
    "apple_music-daily-csv": histories.apple_days,
    "listenbrainz-jsonl": histories.listenbrainz_lines,
}


class Listens(Sequence[Listen]):
    """So many plays, each made when it is looked at; popular tracks come far more often."""

    def __init__(self, number: int) -> None:
        self._tracks = [int(TRACKS * random.Random(at).random() ** 3) for at in range(100_003)]
        self._number = number

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, at: Any) -> Any:
        """One play, the oldest first."""
        if not 0 <= at < self._number:
            raise IndexError(at)
        track = self._tracks[at % len(self._tracks)]
        album = track % ALBUMS
        return Listen(
            at=END - (self._number - at) * STEP,
            artist=f"Artist {album % ARTISTS} of the North",
            album=f"Album {album}",
            track=f"Track {track}",
            artist_mbid="",
            album_mbid="",
            track_mbid="",
            duration_s=200,
        )


class _Idle:
    """A queue nobody works off."""

    async def enqueue(self, name: str, /, **rest: Any) -> bool:
        return True


def written(name: str, plays: int) -> Path:
    """A file of that format, kept between runs."""
    path = FOLDER / f"{name}-{plays}"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        listens: Any = Listens(plays)
        life = Life(Person(END), listens, (), (), None)
        WRITERS[name](life, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
    return path


async def measured(path: Path, url: str | None) -> dict[str, Any]:
    """Import a file into a new database, and once more; run in a process of its own."""
    folder = FOLDER / "database"
    shutil.rmtree(folder, ignore_errors=True)
    database = {"database_url": url} if url else {}
    settings = Settings(data_dir=folder, secret=SECRET, **database)  # type: ignore[arg-type]
    await migrate.upgrade(settings.url)
    store = await Store.open(settings.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
    vault = Vault(settings.secret_bytes())
    deps = Deps(store=store, settings=settings, jobs=_Idle(), vault=vault, worker=worker_name())
    start = time.perf_counter()
    first = await import_file(deps, user_id, path)
    once = time.perf_counter()
    again = await import_file(deps, user_id, path)
    end = time.perf_counter()
    await store.close()
    return {
        "new": first.inserted,
        "known": again.skipped,
        "added again": again.inserted,
        "seconds": once - start,
        "again": end - once,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def read_alone(path: Path) -> float:
    """Seconds that reading takes without storing."""
    start = time.perf_counter()
    reading = open_export(path)
    for export in reading.exports:
        for _ in reading.groups(export):
            pass
    reading.close()
    return time.perf_counter() - start


def child(path: Path, url: str | None) -> dict[str, Any]:
    """What a process of its own measures."""
    command = [sys.executable, "-m", "benchmarks.imports", "--child", str(path)]
    done = subprocess.run(
        [*command, *(("--url", url) if url else ())], check=True, stdout=subprocess.PIPE
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Read the command line, then measure every format, or be the child that does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plays", type=int, default=1_000_000)
    parser.add_argument("--format", choices=WRITERS, nargs="*", default=list(WRITERS))
    parser.add_argument("--url", help="an empty database [default: a new SQLite file]")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        log.configure(level="error")
        spare_what_stays()
        print(json.dumps(asyncio.run(measured(given.child, given.url))))
        return
    head = f"{'new':>9} {'MB':>5} {'read/s':>8} {'plays/s':>8} {'again/s':>8}"
    print(f"{given.plays:,} plays\n{'':<24} {head} peak MB (at most {MOST_MB})")
    for name in given.format:
        path = written(name, given.plays)
        alone, found = read_alone(path), child(path, given.url)
        assert found["added again"] == 0
        plays = found["new"]
        rates = (plays / alone, plays / found["seconds"], plays / found["again"])
        size = path.stat().st_size / 1e6
        print(
            f"{name:<24} {plays:>9,} {size:>5.0f} "
            f"{rates[0]:>8,.0f} {rates[1]:>8,.0f} {rates[2]:>8,.0f} {found['peak_mb']:>7.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
