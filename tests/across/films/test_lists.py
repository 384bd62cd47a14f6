"""Filters on more owned films than a page is first looked for in, and films counted in memory."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rewind_gql.across import films
from rewind_gql.across.films.numbers import Owned, numbers_of
from rewind_gql.domains.collecting import films as shelf
from rewind_gql.domains.collecting import records
from rewind_gql.domains.collecting.queries import Order
from rewind_gql.domains.collecting.queries.browse import NEAR
from rewind_gql.domains.watching import intake as watching
from rewind_gql.domains.watching.records import Movie, MovieDetail, Watch
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice, slice_of
from tests.databases import ME, OTHER

FILMS = NEAR + 40
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Film:
    """An owned film as it is told."""

    number: int
    kind: str
    genres: tuple[str, ...]
    is_watched: bool


def told() -> list[Film]:
    """Oldest first: a western among the oldest alone, dramas all over, most watched."""
    return [
        Film(
            number=at + 1,
            kind=("bluray", "dvd", "digital")[at % 3],
            genres=("Western",) if at < 10 else (("Drama",), ("Drama", "War"), ())[at % 3],
            is_watched=at % 5 > 1,
        )
        for at in range(FILMS)
    ]


async def own(store: Store, owned: list[Film], user: int = ME) -> None:
    """Store the films, an hour apart, and one watch of each that was watched."""
    movies = [Movie(title=f"Film {each.number}", tmdb_id=each.number) for each in owned]
    async with store.write() as conn:
        filed = await watching.file(conn, user, movies)
        pairs = list(zip(filed.ids, owned, strict=True))
        details = [
            MovieDetail(
                movie_id=movie_id,
                tmdb_id=each.number,
                title=f"Film {each.number}",
                year=1950 + each.number % 50,
                genres=each.genres,
            )
            for movie_id, each in pairs
        ]
        await watching.details(conn, user, details, source="tmdb")
        media = [
            records.Media(
                movie_id=movie_id,
                trakt_id=each.number,
                media_type=each.kind,
                collected_at=NOON + each.number * HOUR,
            )
            for movie_id, each in pairs
        ]
        await shelf.media(conn, user, media, source="trakt")
        watches = [
            Watch(movie=movie, source_id=str(each.number), watched_at=NOON)
            for movie, each in zip(movies, owned, strict=True)
            if each.is_watched
        ]
        await watching.watches(conn, user, watches, source="trakt")


async def listed(store: Store, only: films.Only, sort: films.FilmSort, order: Order) -> list[int]:
    """The numbers of all films a filter leaves, page by page."""
    found: list[int] = []
    part: Slice | None = Slice(limit=30)
    while part is not None:
        page = await store.ask(films.films, ME, part=part, sort=sort, order=order, only=only)
        found += [each.movie.tmdb_id or 0 for each in page.items]
        after = page.cursors[-1] if page.has_next else None
        types = films.FILMS_TYPES[sort]
        part = slice_of(films.FILMS[sort], types, first=30, after=after) if after else None
    return found


FILTERS: dict[str, films.Only] = {
    "watched": films.Only(watched=True),
    "not watched": films.Only(watched=False),
    "the oldest": films.Only(genres=["Western"]),
    "dramas not watched": films.Only(genres=["Drama", "War"], watched=False),
    "a piece of a genre on discs": films.Only(genre="aR", formats=["dvd", "bluray"]),
    "a piece of a title, watched": films.Only(text="film 5", watched=True),
}


def fits(only: films.Only, film: Film) -> bool:
    """Whether a film is one of those asked for, said anew."""
    return (
        (only.watched is None or film.is_watched is only.watched)
        and (only.genres is None or bool({*only.genres} & {*film.genres}))
        and (only.genre is None or any(only.genre.lower() in each.lower() for each in film.genres))
        and (only.formats is None or film.kind in only.formats)
        and (only.text is None or only.text in f"film {film.number}")
    )


async def test_a_filter_leaves_the_same_whether_its_films_are_near_or_far(store: Store) -> None:
    owned = told()
    await own(store, owned)
    await own(store, [Film(number=1, kind="dvd", genres=("War",), is_watched=True)], user=OTHER)

    for name, only in FILTERS.items():
        kept = [each.number for each in owned if fits(only, each)]

        assert kept, name
        assert await listed(store, only, "collected_at", "asc") == kept, name
        assert await listed(store, only, "collected_at", "desc") == kept[::-1], name
        by_title = sorted(kept, key=lambda number: f"film {number}")
        assert await listed(store, only, "title", "asc") == by_title, name
        by_year = sorted(kept, key=lambda number: (number % 50, number))
        assert await listed(store, only, "year", "asc") == by_year, name
        assert await store.ask(films.films_count, ME, only=only) == len(kept), name


def test_films_are_counted_by_the_media_they_are_on() -> None:
    owned = Owned(numbers_of("[7, 7,9]", None, "[]", "[1]"))

    among = owned.among(numbers_of("[7,7,8,1]"))

    assert (owned.media, owned.films.tolist()) == (4, [1, 7, 9])
    assert (among.media, among.films.tolist()) == (3, [1, 7])
    assert owned.on(numbers_of("[7,8,10]")) == 2
    assert Owned(numbers_of(None)).on(numbers_of("[7]")) == 0
