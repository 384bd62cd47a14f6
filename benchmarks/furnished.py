"""The database of the GraphQL benchmark: the library of the others, and films, focus, pictures."""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import database
from rewind_gql import clock
from rewind_gql.auth import keys, users
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store

PLAYS = 125_000
FORM = 1  # raise when what is added changes
FILMS = 600
SESSIONS = 3_000
_USER = 1


async def build() -> tuple[Settings, str]:
    """Make it unless it is there; gives its settings and a fresh key without a limit."""
    folder = Path("build", f"bench-graphql-{database.FORM}-{FORM}")
    made = Settings(data_dir=folder, secret=database.SECRET)  # type: ignore[arg-type]  # it is read as one
    if not (folder / "furnished").exists():
        library, _ = await database.build(PLAYS)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(library.data_dir, folder)
        with sqlite3.connect(folder / "rewind.db") as file:
            _pictures(file)
            _films(file)
            _sessions(file)
        file.close()
        (folder / "furnished").touch()
    await migrate.upgrade(made.url)  # it may have been built before a new migration
    store = await Store.open(made.url)
    async with store.write() as conn:
        user_id = await users.ensure_default(conn)
        pepper = keys.pepper(made.secret_bytes())
        asked: dict[str, Any] = {"name": "graphql", "scope": "admin", "rate_limit_rpm": 1_000_000}
        _, key = await keys.create(conn, user_id, pepper=pepper, **asked)
    await store.close()
    return made, key


def _pictures(file: sqlite3.Connection) -> None:
    """A picture of every album."""
    at = clock.microseconds(database.END)

    def blobs() -> Iterator[dict[str, Any]]:
        for n in range(1, database.ALBUMS + 1):
            yield {
                "hash": f"{n:064x}",
                "media_type": "image/jpeg",
                "size_bytes": 90_000,
                "width": 1000,
                "height": 1000,
                "thumbhash": "3OcRJYB4d3h/iIeHeEh3eIhw+j3A",
                "dominant_color": "#204060",
                "accent_color": "#e0a030",
                "palette": "[]",
            }

    def pictures() -> Iterator[dict[str, Any]]:
        for n in range(1, database.ALBUMS + 1):
            yield {
                "user_id": _USER,
                "domain": "listening",
                "entity_type": "albums",
                "entity_id": str(n),
                "outcome": "found",
                "source": "itunes",
                "content_hash": f"{n:064x}",
                "version": 1,
                "facts": "{}",
                "created_at": at,
                "updated_at": at,
            }

    database.insert(file, "images_blob", blobs())
    database.insert(file, "images_picture", pictures())


def _films(file: sqlite3.Connection) -> None:
    """Films, each on one medium."""
    at = clock.microseconds(database.END)
    hour = timedelta(hours=1) // clock.MICROSECOND

    def movies() -> Iterator[dict[str, Any]]:
        for n in range(1, FILMS + 1):
            title = f"Film {n} of the North"
            made = {"id": n, "user_id": _USER, "title": title, "title_key": title.lower()}
            yield {**made, "year": 1950 + n % 70, "genres": '["Drama"]', "directors": "[]"}

    def media() -> Iterator[dict[str, Any]]:
        for n in range(1, FILMS + 1):
            kept = {"id": n, "user_id": _USER, "movie_id": n, "media_type": "bluray"}
            yield {**kept, "collected_at": at - n * hour}

    database.insert(file, "watching_movie", movies())
    database.insert(file, "collecting_media", media())


def _sessions(file: sqlite3.Connection) -> None:
    """Sessions of focus, one every three hours."""
    at = clock.microseconds(database.END)
    hour = timedelta(hours=1) // clock.MICROSECOND

    def rows() -> Iterator[dict[str, Any]]:
        for n in range(1, SESSIONS + 1):
            began = at - n * 3 * hour
            yield {
                "id": n,
                "user_id": _USER,
                "client_session_id": f"{n:032x}",
                "source": "cli",
                "start_at": began,
                "end_at": began + hour // 2,
                "duration_min": 30.0,
                "kind": "focus",
                "category": "work",
                "project": "North",
                "state": "completed",
                "received_at": began + hour,
            }

    database.insert(file, "focus_session", rows())
