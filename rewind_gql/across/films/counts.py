"""Owned films in numbers."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.across.films import numbers
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.filing import decade
from rewind_gql.domains.collecting.tables import Media
from rewind_gql.domains.collecting.views import Count, FilmStats
from rewind_gql.domains.listening.bulk import gathered
from rewind_gql.domains.watching.tables import Movie, MovieGenre
from rewind_gql.store.columns import Utc
from rewind_gql.store.read import Conn, Read

_KINDS: Read[tuple[str, str | None, str | None, int]] = Read(
    select(col(Media.media_type), col(Media.resolution), col(Media.hdr), func.count())
    .where(mine(Media))
    .group_by(col(Media.media_type), col(Media.resolution), col(Media.hdr))
)
_FORMATS: Read[tuple[str, int]] = Read(
    select(col(Media.media_type), func.count()).where(mine(Media)).group_by(col(Media.media_type))
)
_GENRES: Read[tuple[str, str | None]] = Read(
    select(col(MovieGenre.name), gathered(col(MovieGenre.movie_id)))
    .where(mine(MovieGenre))
    .group_by(col(MovieGenre.name))
)
_YEARS: Read[tuple[int, str | None]] = Read(
    select(col(Movie.year), gathered(col(Movie.id)))
    .where(mine(Movie), col(Movie.year).is_not(None))
    .group_by(col(Movie.year))
)
_SINCE = Read(
    select(func.count()).where(
        mine(Media),
        col(Media.collected_at) >= bindparam("since", type_=Utc()),
        col(Media.collected_at) < bindparam("until", type_=Utc()),
    ),
    int,
)


async def film_stats(conn: Conn, user_id: int) -> FilmStats:
    """Owned films in numbers; zeros and empty lists where none is owned.

    Source: counted from the media and films themselves, so it is never behind them.
    """
    formats_, resolutions, hdr = Counter[str](), Counter[str](), Counter[str]()
    for media_type, resolution, range_, count in await conn.rows(_KINDS, user_id=user_id):
        formats_[media_type] += count
        resolutions[resolution or ""] += count
        hdr[range_ or ""] += count
    owned = await numbers.owned(conn, user_id)
    of_decades = defaultdict[str, list[str | None]](list)
    for year, films in await conn.rows(_YEARS, user_id=user_id):
        of_decades[decade(year)].append(films)
    of_genres = {name: [films] for name, films in await conn.rows(_GENRES, user_id=user_id)}
    first = clock.year_start(clock.today())
    window = clock.midnight(first), clock.midnight(clock.next_year(first))
    return FilmStats(
        total_items=sum(formats_.values()),
        total_movies=int(owned.films.size),
        formats=_most_first(formats_),
        resolutions=_most_first(resolutions),
        hdr=_most_first(hdr),
        genres=_most_first(_on(owned, of_genres)),
        decades=[
            Count(name=name, copies=copies)
            for name, copies in sorted(_on(owned, of_decades).items())
        ],
        added_this_year=await conn.value(_SINCE, user_id=user_id, since=window[0], until=window[1]),
    )


def _on(owned: numbers.Owned, films: Mapping[str, Sequence[str | None]]) -> Counter[str]:
    """How many media the films gathered under each name are on, without those that are on none."""
    return +Counter({name: owned.on(numbers.numbers_of(*some)) for name, some in films.items()})


async def formats(conn: Conn, user_id: int) -> list[Count]:
    """Owned media by kind, most first, ties by name."""
    return _most_first(dict(await conn.rows(_FORMATS, user_id=user_id)))


def _most_first(counted: Mapping[str, int]) -> list[Count]:
    """Names by how many there are of each, ties by name; what has no name is left out."""
    ranked = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return [Count(name=name, copies=count) for name, count in ranked if name]
