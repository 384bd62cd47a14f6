"""What sources are asked about the library, whom of it they are asked about, and when again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col, not_

from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.enrichment.records import Wanted
from rewind_gql.domains.listening.library import VARIOUS_ARTISTS_KEY
from rewind_gql.domains.listening.queries.columns import ALL_GRAIN, OWNER
from rewind_gql.domains.listening.tables import Album, Artist, Enrichment, Rollup, Track
from rewind_gql.store.columns import Day, Utc
from rewind_gql.store.read import Conn, Read

DAY = timedelta(days=1)
FIRST_RETRY = timedelta(hours=1)
LAST_RETRY = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something sources can be asked about: how many at a time, and when again; None: never.

    `again` is after something was found, `missed` after nothing was there to find.
    """

    name: str
    kind: str
    most: int
    again: timedelta | None = None
    missed: timedelta | None = None

    def due(self, now: datetime, *, found: bool) -> datetime | None:
        """When to ask again after an answer."""
        wait = self.again if found else self.missed
        return None if wait is None else now + wait


TAGS = Task(name="tags", kind="artist", most=500)
BIOS = Task(name="bio", kind="artist", most=100, again=90 * DAY, missed=90 * DAY)
SIMILAR = Task(name="similar", kind="artist", most=200, again=90 * DAY, missed=90 * DAY)
ARTIST_LINKS = Task(name="artist_link", kind="artist", most=100, missed=30 * DAY)
TRACK_LINKS = Task(name="track_link", kind="track", most=200)
ALBUM_FACTS = Task(name="album_facts", kind="album", most=200, again=90 * DAY, missed=90 * DAY)
ARTIST_MBIDS = Task(name="artist_mbid", kind="artist", most=200, missed=180 * DAY)
ALBUM_MBIDS = Task(name="album_mbid", kind="album", most=200, missed=180 * DAY)


def retry(now: datetime, attempts: int) -> datetime:
    """When to ask again after so many errors in a row."""
    wait: timedelta = FIRST_RETRY * 4 ** min(attempts - 1, 10)
    return now + min(wait, LAST_RETRY)


async def wanted(
    conn: Conn, user_id: int, *, task: Task, now: datetime, limit: int | None = None
) -> list[Wanted]:
    """What is to be asked about now: never asked about yet, or due again.

    Shape: at most `task.most` or `limit`, artists and albums most played first, tracks newest
    first; what is hidden is left out.
    """
    most = task.most if limit is None else limit
    return await conn.rows(_WANTED[task.name], user_id=user_id, now=now, limit=most)


async def remaining(conn: Conn, user_id: int, *, task: Task, now: datetime) -> int:
    """How many are to be asked about now."""
    return await conn.value(_REMAINING[task.name], user_id=user_id, now=now)


_BY = aliased(Artist)
_TABLES: Mapping[str, Any] = {"artist": Artist, "album": Album, "track": Track}
# Beyond not being hidden: where the answer is not there already, and there is a way to ask.
_OPEN: Mapping[str, Any] = {
    "tags": None,
    "bio": None,
    "similar": None,
    "artist_link": col(Artist.apple_music_url).is_(None),
    "track_link": col(Track.apple_music_url).is_(None),
    "album_facts": col(Album.apple_music_id).is_not(None),
    "artist_mbid": col(Artist.mbid).is_(None),
    "album_mbid": col(Album.mbid).is_(None),
}


def _due(task: Task, *columns: Any) -> Select[Any]:
    """The rows of the task's table that are to be asked about."""
    table = _TABLES[task.kind]
    asked = and_(
        col(Enrichment.user_id) == OWNER,
        col(Enrichment.task) == literal(task.name),
        col(Enrichment.entity_id) == col(table.id),
    )
    found: Select[Any] = (
        select(*columns)
        .select_from(table)
        .outerjoin(Enrichment, asked)
        .where(col(table.user_id) == OWNER, not_(col(table.hidden)))
        .where(
            or_(
                col(Enrichment.entity_id).is_(None),
                col(Enrichment.due_at) <= bindparam("now", type_=Utc()),
            )
        )
    )
    if task.kind == "artist":
        found = found.where(col(Artist.match_key) != VARIOUS_ARTISTS_KEY)
    extra = _OPEN[task.name]
    return found if extra is None else found.where(extra)


def _wanted(task: Task) -> Read[Wanted]:
    table = _TABLES[task.kind]
    attempts = func.coalesce(col(Enrichment.attempts), 0).label("attempts")
    columns = [table.id, table.name, table.mbid, table.apple_music_id.label("apple_id"), attempts]
    if task.kind == "artist":
        return Read(_most_played(task, *columns, table.name.label("artist")), Wanted)
    columns.append(col(_BY.name).label("artist"))
    if task.kind == "album":
        found = _most_played(task, *columns)
        return Read(found.join(_BY, col(_BY.id) == table.artist_id), Wanted)
    found = (
        _due(task, *columns, col(Album.name).label("album"))
        .join(_BY, col(_BY.id) == table.artist_id)
        .outerjoin(Album, col(Album.id) == table.album_id)
        .order_by(table.id.desc())
        .limit(bindparam("limit"))
    )
    return Read(found, Wanted)


def _most_played(task: Task, *columns: Any) -> Select[Any]:
    table = _TABLES[task.kind]
    plays = and_(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(task.kind),
        col(Rollup.entity_id) == table.id,
        col(Rollup.grain) == ALL_GRAIN,
        col(Rollup.bucket) == literal(ALL_TIME, Day()),
    )
    return (
        _due(task, *columns)
        .outerjoin(Rollup, plays)
        .order_by(func.coalesce(col(Rollup.plays), 0).desc(), table.id)
        .limit(bindparam("limit"))
    )


TASKS = {
    task.name: task
    for task in (
        TAGS, BIOS, SIMILAR, ARTIST_LINKS, TRACK_LINKS, ALBUM_FACTS, ARTIST_MBIDS, ALBUM_MBIDS,
    )
}  # fmt: skip
_WANTED = {name: _wanted(task) for name, task in TASKS.items()}
_REMAINING = {name: Read(_due(task, func.count()), int) for name, task in TASKS.items()}
