"""Rows → views of watching: films by any of their numbers, and when they were watched."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.watching import views
from rewind_gql.domains.watching.columns import mine, own
from rewind_gql.domains.watching.tables import Movie, Watch
from rewind_gql.store.columns import Id, among
from rewind_gql.store.read import Conn, Read

MOVIE_FIELDS = tuple(each.name for each in fields(views.Movie))
WATCH_FIELDS = tuple(each.name for each in fields(views.Watch))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A film whose details are due, and what it can be found by."""

    id: int
    tmdb_id: int | None
    imdb_id: str | None
    title: str
    year: int | None


_MOVIE = select(*(getattr(Movie, name) for name in MOVIE_FIELDS))
_MOVIES_BY_ID = Read(_MOVIE.where(own(Movie), among(col(Movie.id), "ids")), views.Movie)
_BY_TMDB = Read(_MOVIE.where(mine(Movie), among(col(Movie.tmdb_id), "ids")), views.Movie)
_BY_TRAKT = Read(_MOVIE.where(mine(Movie), among(col(Movie.trakt_id), "ids")), views.Movie)
_WATCH = select(*(getattr(Watch, name) for name in WATCH_FIELDS)).where(own(Watch))
_WATCHES_BY_ID = Read(_WATCH.where(among(col(Watch.id), "ids")), views.Watch)
# Watches of an unknown time come last, on both databases.
_WATCHES = Read(
    _WATCH.where(among(col(Watch.movie_id), "ids")).order_by(
        col(Watch.movie_id),
        col(Watch.watched_at).is_(None),
        col(Watch.watched_at).desc(),
        col(Watch.id).desc(),
    ),
    views.Watch,
)
_COUNT = Read(
    select(func.count()).select_from(Watch).where(
        mine(Watch), col(Watch.source) == bindparam("source")
    ),
    int,
)  # fmt: skip
_NEWEST: Read[tuple[datetime | None]] = Read(
    select(func.max(col(Watch.watched_at))).where(
        mine(Watch), col(Watch.source) == bindparam("source")
    )
)
_DUE = Read(
    select(*(getattr(Movie, each.name) for each in fields(Wanted)))
    .where(mine(Movie), col(Movie.detail_due_at) <= bindparam("now"))
    .order_by(col(Movie.detail_due_at), col(Movie.id))
    .limit(bindparam("limit", type_=Id)),
    Wanted,
)


async def movies_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Movie]:
    """Films by their ids; ids that are not the user's are left out."""
    return {movie.id: movie for movie in await conn.rows(_MOVIES_BY_ID, user_id=user_id, ids=ids)}


async def movies_by_tmdb(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Movie]:
    """Films by their numbers at TMDB; those that are not here are left out."""
    found = await conn.rows(_BY_TMDB, user_id=user_id, ids=ids)
    return {movie.tmdb_id: movie for movie in found if movie.tmdb_id is not None}


async def movies_by_trakt(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Movie]:
    """Films by their numbers at Trakt; those that are not here are left out."""
    found = await conn.rows(_BY_TRAKT, user_id=user_id, ids=ids)
    return {movie.trakt_id: movie for movie in found if movie.trakt_id is not None}


async def watches_by_movie(
    conn: Conn, user_id: int, movie_ids: Sequence[int]
) -> dict[int, list[views.Watch]]:
    """Every watch of each film, newest first, those of an unknown time last; none is left out."""
    watches: dict[int, list[views.Watch]] = {}
    for watch in await conn.rows(_WATCHES, user_id=user_id, ids=movie_ids):
        watches.setdefault(watch.movie_id, []).append(watch)
    return watches


async def watches_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Watch]:
    """Watches by their ids; ids that are not the user's are left out."""
    return {watch.id: watch for watch in await conn.rows(_WATCHES_BY_ID, user_id=user_id, ids=ids)}


async def watch_count(conn: Conn, user_id: int, *, source: str) -> int:
    """How many watches a source has told of."""
    return await conn.value(_COUNT, user_id=user_id, source=source)


async def newest_watch(conn: Conn, user_id: int, *, source: str) -> datetime | None:
    """When the newest watch a source told of was; None without any."""
    return (await conn.value(_NEWEST, user_id=user_id, source=source))[0]


async def pending_details(conn: Conn, user_id: int, *, limit: int) -> list[Wanted]:
    """Films whose details are due: those never asked for first.

    One that failed is due again after a day, one that was told of after a month.
    """
    return await conn.rows(_DUE, user_id=user_id, now=clock.now(), limit=limit)
