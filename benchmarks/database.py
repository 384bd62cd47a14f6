"""Databases to measure on: a synthetic library of any size, kept in build/ between runs."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rewind_gql import clock
from rewind_gql.across import cross_reference
from rewind_gql.auth import keys, users
from rewind_gql.domains.collecting import intake
from rewind_gql.domains.collecting.records import Copy, Credit, Label, Release
from rewind_gql.domains.listening import derive
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store
from rewind_gql.text import cross_key, match_key

END = datetime(2026, 11, 1, tzinfo=UTC)
ARTISTS, ALBUMS, TRACKS = 4_000, 12_000, 100_000
COPIES = 2_500
RUNS = 100_000
SECRET = "b" * 64  # of a throw-away database
FORM = 3  # raise when what is built changes


def settings(plays: int) -> Settings:
    """The settings of the database with that many plays."""
    return Settings(data_dir=Path("build", f"bench-{plays}-{FORM}"), secret=SECRET)  # type: ignore[arg-type]


async def build(plays: int) -> tuple[Settings, str]:
    """Make the database unless it is there; gives its settings and a fresh key without a limit."""
    made = settings(plays)
    done = made.data_dir / "complete"
    if not done.exists():
        shutil.rmtree(made.data_dir, ignore_errors=True)
        await migrate.upgrade(made.url)
        config = f'secret = "{SECRET}"\nlog_level = "error"\n'
        (made.data_dir / "rewind.toml").write_text(config, encoding="utf-8")
        await _fill(made, plays)
        done.touch()
    store = await Store.open(made.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        _, key = await keys.create(
            conn,
            user_id,
            name="benchmark",
            scope="admin",
            pepper=keys.pepper(made.secret_bytes()),
            rate_limit_rpm=1_000_000,
        )
    await store.close()
    return made, key


async def _fill(made: Settings, plays: int) -> None:
    store = await Store.open(made.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
    rng = random.Random(plays)
    with sqlite3.connect(made.data_dir / "rewind.db") as file:
        library(file, user_id)
        heard(file, user_id, rng, plays)
        _runs(file, user_id, rng)
    file.close()
    async with store.write() as conn:
        await intake.copies(conn, user_id, list(copies(rng)), source="discogs")
    async with store.write() as conn:
        await derive.rebuild(conn, user_id)
        await derive.gaps(conn, user_id)
        await cross_reference.refresh(conn, user_id)
    await store.close()


def insert(file: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    """Write rows, filling every other column with NULL, 0 or nothing as its table allows."""
    about = file.execute(f"PRAGMA table_info({table})").fetchall()
    empty = {
        name: _empty(kind) if needed and not key else None
        for _, name, kind, needed, _, key in about
    }
    names = list(empty)
    marks = ", ".join("?" * len(names))
    file.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",
        (tuple({**empty, **row}.values()) for row in rows),
    )


def _empty(kind: str) -> Any:
    return "" if kind in ("VARCHAR", "TEXT") else 0


def library(file: sqlite3.Connection, user_id: int) -> None:
    """Artists, albums and tracks, each album by one artist, its tracks spread over the library."""
    at = clock.microseconds(END)
    base = {"user_id": user_id, "created_at": at}

    def named(kind: str, number: int) -> dict[str, Any]:
        name = f"{kind} {number} of the North"
        return {**base, "id": number, "name": name, "match_key": match_key(name)}

    def artists() -> Iterator[dict[str, Any]]:
        for n in range(1, ARTISTS + 1):
            row = named("Artist", n)
            yield {**row, "cross_key": cross_key(row["name"])}

    def albums() -> Iterator[dict[str, Any]]:
        for n in range(1, ALBUMS + 1):
            yield {**named("Album", n), "artist_id": n % ARTISTS + 1}

    def tracks() -> Iterator[dict[str, Any]]:
        for n in range(1, TRACKS + 1):
            album = n % ALBUMS + 1
            yield {**named("Track", n), "album_id": album, "artist_id": album % ARTISTS + 1}

    insert(file, "listening_artist", artists())
    insert(file, "listening_album", albums())
    insert(file, "listening_track", tracks())


def heard(file: sqlite3.Connection, user_id: int, rng: random.Random, plays: int) -> None:
    """Plays at the pace of 170 a day up to the end, the popular ones far more often than others."""
    step = timedelta(days=1) / 170
    start = clock.microseconds(END - plays * step)
    each = step // clock.MICROSECOND

    def rows() -> Iterator[dict[str, Any]]:
        for n in range(plays):
            track = int(TRACKS * rng.random() ** 3) + 1
            album = track % ALBUMS + 1
            yield {
                "user_id": user_id,
                "track_id": track,
                "album_id": album,
                "artist_id": album % ARTISTS + 1,
                "played_at": (start + n * each) // 1_000_000 * 1_000_000,
                "ordinal": 0,
                "exact": 1,
                "source": "lastfm",
            }

    insert(file, "listening_play", rows())


def _runs(file: sqlite3.Connection, user_id: int, rng: random.Random) -> None:
    """A year and more of ended runs, the newest minutes ago."""
    now = clock.microseconds(clock.now())
    step = 400 * 86_400_000_000 // RUNS
    domains = ("listening", "listening", "listening", "collecting")

    def rows() -> Iterator[dict[str, Any]]:
        for n in range(RUNS):
            at = now - (RUNS - n) * step
            good = rng.random() < 0.98
            yield {
                "id": f"pull_{n:016x}",
                "user_id": user_id,
                "provider": "lastfm",
                "domain": rng.choice(domains),
                "sync_type": "scrobbles",
                "source": "pull",
                "stage": "completed" if good else "failed",
                "status": "success" if good else "failed",
                "attempt": 1,
                "queued_at": at,
                "started_at": at,
                "ended_at": at + 1_000_000,
                "items_inserted": 12,
                "last_seq": n,
                "root_run_id": f"pull_{n:016x}",
                "meta": "{}",
            }

    insert(file, "sync_run", rows())


def copies(rng: random.Random, count: int = COPIES) -> Iterator[Copy]:
    """Owned copies, two in three of albums that were heard."""
    for n in range(1, count + 1):
        album = rng.randrange(1, ALBUMS)
        heard = n % 3 > 0
        title = f"Album {album} of the North" if heard else f"Silent {n}"
        artist = f"Artist {album % ARTISTS + 1} of the North" if heard else f"Nobody {n}"
        yield Copy(
            release=Release(
                discogs_id=n,
                title=title,
                credits=(Credit(discogs_id=n, name=artist),),
                year=1960 + n % 60,
                formats=("Vinyl",),
                format_descriptions=("LP", "Album"),
                labels=(Label(name="North", catno=f"N{n}"),),
                genres=("Rock", "Electronic"),
                styles=("Indie Rock",),
            ),
            added_at=END - timedelta(hours=n),
            added_offset_min=-480,
            instance_id=n,
        )
