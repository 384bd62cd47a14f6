"""What is known to find posters of films by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import select
from sqlmodel import col

from rewind_gql.domains.base import Pictured, numbers
from rewind_gql.domains.watching.columns import mine, own
from rewind_gql.domains.watching.tables import Movie
from rewind_gql.images.records import Thing
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read

DOMAIN = "watching"
MOVIES = "movies"


@dataclass(slots=True, kw_only=True)
class _Facts:
    id: int
    title: str
    year: int | None
    tmdb_id: int | None


_MOVIES = Read(
    select(col(Movie.id), col(Movie.title), col(Movie.year), col(Movie.tmdb_id))
    .where(own(Movie), among(col(Movie.id), "ids")),
    _Facts,
)  # fmt: skip
_IDS = Read(select(col(Movie.id)).where(mine(Movie)).order_by(col(Movie.id).desc()), int)


async def movies(conn: Conn, user_id: int, ids: Sequence[str]) -> dict[str, Thing]:
    """What is known of films by their ids here."""
    found = await conn.rows(_MOVIES, user_id=user_id, ids=numbers(ids))
    return {str(facts.id): _thing(facts) for facts in found}


async def movie_ids(conn: Conn, user_id: int) -> list[str]:
    """Every film, the newest here first."""
    return [str(each) for each in await conn.rows(_IDS, user_id=user_id)]


def _thing(facts: _Facts) -> Thing:
    return Thing(
        domain=DOMAIN,
        entity_type=MOVIES,
        entity_id=str(facts.id),
        title=facts.title,
        year=facts.year,
        tmdb_id="" if facts.tmdb_id is None else str(facts.tmdb_id),
    )


PICTURES: Mapping[str, Pictured] = MappingProxyType({MOVIES: Pictured(movies, movie_ids)})
