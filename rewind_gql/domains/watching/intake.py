"""Records → rows of watching, idempotent: the only writer of its source rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import col

from rewind_gql import clock, text
from rewind_gql.domains.base import Stored, Touched, may_go
from rewind_gql.domains.watching import derive, films, records
from rewind_gql.domains.watching.columns import mine, own
from rewind_gql.domains.watching.films import Row, row_of
from rewind_gql.domains.watching.tables import Movie, Watch
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

DETAIL_AGAIN_AFTER = timedelta(days=30)
DETAIL_RETRY_AFTER = timedelta(days=1)

_WATCH = ("movie_id", "watched_at", "user_rating")
_TOLD = (
    "tagline",
    "overview",
    "runtime_min",
    "vote_average",
    "certification",
    "poster_path",
    "backdrop_path",
)
_KNOWN_WATCHES = Read(
    select(col(Watch.id), col(Watch.source_id), *(getattr(Watch, name) for name in _WATCH)).where(
        mine(Watch),
        col(Watch.source) == bindparam("source"),
        among(col(Watch.source_id), "source_ids"),
    ),
    row_of("id", "source_id", *_WATCH),
)
_DETAILED = Read(
    select(
        *(col(getattr(Movie, name)) for name in ("id", "tmdb_id", "imdb_id", "title", "year")),
        col(Movie.detail_at),
    ).where(own(Movie), among(col(Movie.id), "ids")),
    row_of("id", "tmdb_id", "imdb_id", "title", "year", "detail_at"),
)
_ALL_WATCHES = Read(
    select(col(Watch.id), col(Watch.source_id)).where(
        mine(Watch), col(Watch.source) == bindparam("source")
    ),
    row_of("id", "source_id"),
)
_BY_TMDB = Read(
    select(col(Movie.id), col(Movie.tmdb_id)).where(
        mine(Movie), among(col(Movie.tmdb_id), "tmdb_ids")
    ),
    row_of("id", "tmdb_id"),
)


@dataclass(slots=True)
class Filed:
    """What became of a batch of films: the id of each, in its order, and how many are new."""

    ids: list[int] = field(default_factory=list)
    inserted: int = 0
    updated: int = 0

    @property
    def touched(self) -> Touched:
        """The films, where any of them is new."""
        return Touched(movies={*self.ids} if self.inserted else set())


async def file(conn: Writing, user_id: int, batch: Sequence[records.Movie]) -> Filed:
    """Store films by the numbers they are known by; the same film twice is one row.

    What a film database told of a film is kept; numbers that are new are added to it.
    """
    if not batch:
        return Filed()
    stored = await films.load(conn, user_id, batch)
    updated = await films.learn(conn, user_id, batch, stored)
    if inserted := await films.add(conn, user_id, batch, stored):
        stored = await films.load(conn, user_id, batch)
    ids = [row["id"] for movie in batch if (row := stored.of(movie)) is not None]
    return Filed(ids, inserted, updated)


async def movies(
    conn: Writing, user_id: int, batch: Sequence[records.Movie], *, source: str
) -> Stored:
    """Store films alone, as `file` does."""
    filed = await file(conn, user_id, batch)
    skipped = len(batch) - filed.inserted - filed.updated
    return Stored(filed.inserted, filed.updated, max(0, skipped), filed.touched)


async def watches(
    conn: Writing, user_id: int, batch: Sequence[records.Watch], *, source: str
) -> Stored:
    """Store watches with their films; each is known by what its source calls it."""
    told_last = {watch.source_id: watch for watch in batch}
    filed = await file(conn, user_id, [watch.movie for watch in told_last.values()])
    held = await conn.rows(_KNOWN_WATCHES, user_id=user_id, source=source, source_ids=[*told_last])
    known = {row["source_id"]: row for row in held}
    stored = Stored(skipped=len(batch) - len(told_last), touched=filed.touched)
    fresh: list[Row] = []
    for movie_id, watch in zip(filed.ids, told_last.values(), strict=True):
        row = {
            "movie_id": movie_id,
            "watched_at": watch.watched_at,
            "user_rating": watch.user_rating,
        }
        old = known.get(watch.source_id)
        if old is not None and all(old[name] == value for name, value in row.items()):
            stored.skipped += 1
            continue
        stored.inserted += old is None
        stored.updated += old is not None
        fresh.append({"user_id": user_id, "source": source, "source_id": watch.source_id, **row})
    await upsert(conn, Watch, fresh, key=("user_id", "source", "source_id"), update=_WATCH)
    return stored


async def remove_watches_except(
    conn: Writing, user_id: int, source: str, source_ids: set[str], *, confirmed: bool = False
) -> Stored:
    """Remove a source's watches that a complete walk did not see; `updated` counts what went.

    Raises `Shrunk` when nothing is left there, or more than a fifth would go, until a person has
    `confirmed` it.
    """
    held = await conn.rows(_ALL_WATCHES, user_id=user_id, source=source)
    gone = [row["id"] for row in held if row["source_id"] not in source_ids]
    if not gone:
        return Stored()
    may_go(len(gone), len(held), left=len(source_ids), confirmed=confirmed)
    mine_ = col(Watch.user_id) == user_id
    await conn.execute(delete(Watch).where(mine_, among(col(Watch.id), "gone")), {"gone": gone})
    return Stored(updated=len(gone))


async def details(
    conn: Writing, user_id: int, batch: Sequence[records.MovieDetail], *, source: str
) -> Stored:
    """Store what a film database tells of films; it is asked again after a month.

    A film whose number at the database another film has already learns all but the number.
    """
    told_last = {detail.movie_id: detail for detail in batch}
    known = {
        row["id"]: row for row in await conn.rows(_DETAILED, user_id=user_id, ids=sorted(told_last))
    }
    if not known:
        return Stored(skipped=len(batch))
    numbers = sorted({each.tmdb_id for each in told_last.values()})
    taken = {
        row["tmdb_id"]: row["id"]
        for row in await conn.rows(_BY_TMDB, user_id=user_id, tmdb_ids=numbers)
    }
    now = clock.now()
    rows = [_detail_row(told_last[at], known[at], taken, now) for at in sorted(known)]
    whose = col(Movie.user_id) == user_id
    await conn.execute(update(Movie).where(whose, col(Movie.id) == bindparam("at")), rows)
    await derive.words(
        conn, user_id, {row["at"]: (row["genres"], row["directors"]) for row in rows}
    )
    first = sum(old["detail_at"] is None for old in known.values())
    return Stored(first, len(known) - first, len(batch) - len(known))


def _detail_row(detail: records.MovieDetail, old: Row, taken: dict[int, int], now: datetime) -> Row:
    """The row of a film with its details; `taken` grows by the number it gets."""
    free = taken.setdefault(detail.tmdb_id, old["id"]) == old["id"]
    return {
        "at": old["id"],
        "tmdb_id": old["tmdb_id"] or (detail.tmdb_id if free else None),
        "imdb_id": detail.imdb_id or old["imdb_id"],
        "title": detail.title,
        "title_key": text.searched(detail.title),
        "year": detail.year or old["year"],
        **{name: getattr(detail, name) for name in _TOLD},
        "genres": [*detail.genres],
        "directors": [*detail.directors],
        "detail_at": now,
        "detail_due_at": now + DETAIL_AGAIN_AFTER,
    }


async def details_failed(conn: Writing, user_id: int, movie_ids: Sequence[int]) -> None:
    """Note that the database could not be asked for these films now; it is asked in a day."""
    await _again(conn, user_id, movie_ids, DETAIL_RETRY_AFTER)


async def details_unknown(conn: Writing, user_id: int, movie_ids: Sequence[int]) -> None:
    """Note that the database does not know these films; it is asked again in a month."""
    await _again(conn, user_id, movie_ids, DETAIL_AGAIN_AFTER)


async def _again(conn: Writing, user_id: int, movie_ids: Sequence[int], after: timedelta) -> None:
    whose = col(Movie.user_id) == user_id
    tried = update(Movie).where(whose, among(col(Movie.id), "tried"))
    await conn.execute(tried.values(detail_due_at=clock.now() + after), {"tried": [*movie_ids]})
