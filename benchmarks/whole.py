"""A database in which every read of listening and collecting has something to find."""

import asyncio
import random
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel

from benchmarks import database
from benchmarks.database import END, SECRET, insert
from rewind_gql import clock
from rewind_gql.across import cross_reference, wantlist
from rewind_gql.auth import keys, users
from rewind_gql.domains.collecting import account, films, intake
from rewind_gql.domains.collecting import derive as shelf
from rewind_gql.domains.collecting.records import Folder, Media, NoteField, Want
from rewind_gql.domains.listening import derive
from rewind_gql.domains.watching import intake as watching
from rewind_gql.domains.watching.records import Movie, MovieDetail, Watch
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store, Writing

RECORDS = FILMS = 10_000
WANTS = 1_000
MONTHS = 120
FORM = 2  # raise when what is built changes
BATCH = 500
GENRES = (
    *("Rock", "Pop", "Metal", "Jazz", "Folk", "Hip-Hop", "Electronic", "Ambient", "Soul"),
    *("Punk", "Indie", "Classical", "Reggae", "Blues", "Country", "House", "Techno", "Shoegaze"),
)
FILM_GENRES = ("Drama", "Comedy", "Crime", "Western", "Horror", "Music", "War", "Mystery")

Told = Callable[[str], None]


async def build(plays: int, folder: Path, tell: Told) -> tuple[Settings, str]:
    """Make the database unless it is there; gives its settings and a fresh key without a limit.

    `tell` is told of each step of what takes its time.
    """
    made = Settings(data_dir=folder / f"{plays}-{_form()}", secret=SECRET, answer_cache_mb=0)  # type: ignore[arg-type]
    done = made.data_dir / "complete"
    if not done.exists():
        await asyncio.to_thread(shutil.rmtree, made.data_dir, ignore_errors=True)
        await migrate.upgrade(made.url)
        await _fill(made, plays, tell)
        done.touch()
    store = await Store.open(made.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        asked: dict[str, Any] = {"name": "reads", "scope": "admin", "rate_limit_rpm": 1_000_000}
        pepper = keys.pepper(made.secret_bytes())
        _, key = await keys.create(conn, user_id, pepper=pepper, **asked)
    await store.close()
    return made, key


def _form() -> str:
    """What tells this form of the database from others: its tables as they are now, too."""
    tables = sorted(SQLModel.metadata.tables.values(), key=lambda table: table.name)
    names = [
        [table.name, *map(str, table.columns), *sorted(str(index.name) for index in table.indexes)]
        for table in tables
        if table.name.startswith(("listening_", "collecting_", "watching_"))
    ]
    return f"{FORM}-{zlib.crc32(repr(names).encode()):08x}"


async def _fill(made: Settings, plays: int, tell: Told) -> None:
    store = await Store.open(made.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
    rng = random.Random(plays)
    tell("writing plays")
    with sqlite3.connect(made.data_dir / "rewind.db") as file:
        database.library(file, user_id)
        database.heard(file, user_id, rng, plays)
        _known(file, user_id)
        insert(file, "collecting_value", _worth(user_id))
    file.close()
    tell("shelving records")
    await shelve_records(store, user_id, rng, owned=RECORDS, wanted=WANTS)
    tell("shelving films")
    await shelve_films(store, user_id, count=FILMS)
    tell("counting plays")
    async with store.write() as conn:
        await derive.rebuild(conn, user_id)
        await derive.gaps(conn, user_id)
    tell("comparing")
    async with store.write() as conn:
        await cross_reference.refresh(conn, user_id)
        await wantlist.refresh(conn, user_id)
        await shelf.match_count(conn, user_id)
    await store.close()


def _known(file: sqlite3.Connection, user_id: int) -> None:
    """Genres, artists that are like others, a few that are hidden, and the account."""
    for at, name in enumerate(GENRES):
        file.execute("UPDATE listening_artist SET genre = ? WHERE id % 20 = ?", (name, at))
    file.execute("UPDATE listening_artist SET hidden = 1 WHERE id % 100 = 50")
    for table in ("album", "track"):
        file.execute(f"UPDATE listening_{table} SET hidden = 1 WHERE artist_id % 100 = 50")
    insert(file, "listening_similar", _similar(user_id))
    profile = {"user_id": user_id, "name": "someone", "registered_at": clock.microseconds(END) // 2}
    insert(file, "listening_profile", iter([profile]))


def _similar(user_id: int) -> Iterator[dict[str, Any]]:
    for artist in range(1, database.ARTISTS + 1):
        for rank in range(1, 21):
            other = (artist * 31 + rank * 17) % database.ARTISTS + 1
            name = f"Artist {other} of the North" if rank % 3 else f"Nobody {other}"
            yield {
                "user_id": user_id,
                "artist_id": artist,
                "rank": rank,
                "match_key": name.lower(),
                "name": name,
                "score": 1 / rank,
            }


def _worth(user_id: int) -> Iterator[dict[str, Any]]:
    month = date(END.year, END.month, 1)
    for back in range(MONTHS):
        yield {
            "user_id": user_id,
            "month": month.toordinal() - date(1970, 1, 1).toordinal(),
            "currency": "EUR",
            "minimum_cents": 1_000_000 - back,
            "median_cents": 2_000_000 - back,
            "maximum_cents": 4_000_000 - back,
            "items": RECORDS,
            "seen_at": clock.microseconds(clock.midnight(month)),
        }
        month = clock.month_start(month - clock.DAY)


async def shelve_records(
    store: Store, user_id: int, rng: random.Random, *, owned: int, wanted: int
) -> None:
    """So many records owned and so many others wanted, with a folder and a field for notes."""
    copies = list(database.copies(rng, owned + wanted))
    wants = [
        Want(release=copy.release, added_at=END - timedelta(days=at))
        for at, copy in enumerate(copies[owned:])
    ]
    folders = [Folder(folder_id=1, name="Shelf")]
    fields = [NoteField(field_id=1, name="Where it came from")]

    async def store_copies(conn: Writing, batch: Sequence[Any]) -> None:
        await intake.copies(conn, user_id, batch, source="discogs")

    async def store_wants(conn: Writing, batch: Sequence[Any]) -> None:
        await intake.wants(conn, user_id, batch, source="discogs")

    await _in_batches(store, copies[:owned], store_copies)
    await _in_batches(store, wants, store_wants)
    async with store.write() as conn:
        await account.names(conn, user_id, folders=folders, fields=fields)
        await shelf.rebuild(conn, user_id)


async def shelve_films(store: Store, user_id: int, *, count: int) -> None:
    """So many films, two in three of them watched, one in eight on two kinds of medium."""

    async def store_films(conn: Writing, batch: Sequence[Any]) -> None:
        filed = await watching.file(conn, user_id, [_movie(number) for number in batch])
        stored = list(zip(filed.ids, batch, strict=True))
        await watching.details(conn, user_id, [_detail(*each) for each in stored], source="tmdb")
        media = [each for known in stored for each in _media(*known)]
        await films.media(conn, user_id, media, source="trakt")
        watches = [_watch(number) for number in batch if number % 3]
        await watching.watches(conn, user_id, watches, source="trakt")

    await _in_batches(store, range(1, count + 1), store_films)


async def _in_batches(
    store: Store, rows: Sequence[Any], write: Callable[[Writing, Sequence[Any]], Any]
) -> None:
    for at in range(0, len(rows), BATCH):
        async with store.write() as conn:
            await write(conn, rows[at : at + BATCH])


def _movie(number: int) -> Movie:
    return Movie(title=f"Film {number} of the South", year=1930 + number % 96, tmdb_id=number)


def _detail(movie_id: int, number: int) -> MovieDetail:
    count = len(FILM_GENRES)
    genres = {FILM_GENRES[number % count], FILM_GENRES[number // 7 % count]}
    return MovieDetail(
        movie_id=movie_id,
        tmdb_id=number,
        title=f"Film {number} of the South",
        year=1930 + number % 96,
        overview="What happens in it. " * 8,
        runtime_min=90 + number % 60,
        genres=tuple(sorted(genres)),
        directors=(f"Director {number % 700}",),
    )


def _media(movie_id: int, number: int) -> Iterator[Media]:
    kinds = ("bluray", "uhd_bluray", "dvd", "digital")
    for at in range(1 + (number % 8 == 0)):
        yield Media(
            movie_id=movie_id,
            trakt_id=number,
            media_type=kinds[(number + at) % len(kinds)],
            collected_at=END - timedelta(hours=7 * number),
            resolution=("uhd_4k", "hd_1080p", None)[number % 3],
            hdr=("dolby_vision", None)[number % 2],
        )


def _watch(number: int) -> Watch:
    return Watch(
        movie=_movie(number), source_id=str(number), watched_at=END - timedelta(hours=5 * number)
    )
