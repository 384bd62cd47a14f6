"""Rows → rows of watching: the genres and directors that lists of films are filtered by."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlmodel import col

from rewind_gql.domains.base import Touched
from rewind_gql.domains.watching.columns import mine
from rewind_gql.domains.watching.tables import Movie, MovieDirector, MovieGenre
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

_WORDS: Read[tuple[int, list[str], list[str]]] = Read(
    select(col(Movie.id), col(Movie.genres), col(Movie.directors)).where(mine(Movie))
)


async def derive(conn: Writing, user_id: int, touched: Touched) -> None:
    """Nothing of watching is counted yet; a film's words are written with the film itself."""


async def rebuild(conn: Writing, user_id: int) -> None:
    """Write the words of every film again."""
    films = await conn.rows(_WORDS, user_id=user_id)
    await words(conn, user_id, {movie_id: (genres, crew) for movie_id, genres, crew in films})


async def words(
    conn: Writing, user_id: int, films: Mapping[int, tuple[Sequence[str], Sequence[str]]]
) -> None:
    """Replace the genres and directors of these films, by their ids."""
    for table, at in ((MovieGenre, 0), (MovieDirector, 1)):
        rows = [
            {"movie_id": movie_id, "name": name, "user_id": user_id}
            for movie_id, both in sorted(films.items())
            for name in sorted({*both[at]})
        ]
        await _replace(conn, user_id, table, [*films], rows)


async def _replace(
    conn: Writing, user_id: int, table: Any, movie_ids: list[int], rows: list[dict[str, Any]]
) -> None:
    whose = col(table.user_id) == user_id
    stale = delete(table).where(whose, among(col(table.movie_id), "movies"))
    await conn.execute(stale, {"movies": movie_ids})
    if rows:
        await conn.execute(insert(table), rows)
