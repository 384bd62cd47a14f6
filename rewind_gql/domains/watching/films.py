"""The part of intake that finds, for every film that is named, the row it is already."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from rewind_gql import clock, text
from rewind_gql.domains.watching import records
from rewind_gql.domains.watching.columns import mine
from rewind_gql.domains.watching.tables import Movie
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

Row = dict[str, Any]

NUMBERS = ("tmdb_id", "trakt_id", "imdb_id")
_NAMES = ("id", *NUMBERS, "title", "year", "detail_at")
_BLANK: Row = {
    "tagline": None,
    "overview": None,
    "runtime_min": None,
    "vote_average": None,
    "certification": None,
    "poster_path": None,
    "backdrop_path": None,
    "genres": [],
    "directors": [],
    "detail_at": None,
    "detail_due_at": clock.EPOCH,
}


def row_of(*names: str) -> Callable[..., Row]:
    """A maker of rows as dictionaries, for a `Read` of these columns."""

    def make(*cells: Any) -> Row:
        return dict(zip(names, cells, strict=True))

    return make


_KNOWN = Read(
    select(*(getattr(Movie, name) for name in _NAMES)).where(
        mine(Movie),
        or_(
            among(col(Movie.tmdb_id), "tmdb_ids"),
            among(col(Movie.trakt_id), "trakt_ids"),
            among(col(Movie.imdb_id), "imdb_ids"),
        ),
    ),
    row_of(*_NAMES),
)


class Films:
    """The stored films that some records may be, found by the strongest number they share.

    TMDB's number decides; Trakt's and IMDb's count only where they do not contradict it.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._by: dict[str, dict[Any, Row]] = {name: {} for name in NUMBERS}
        for row in sorted(rows, key=lambda each: each["id"]):
            self.add(row)

    def add(self, row: Row) -> None:
        """Let a row be found by every number it has."""
        for name in NUMBERS:
            if row[name] is not None:
                self._by[name].setdefault(row[name], row)

    def of(self, movie: records.Movie) -> Row | None:
        """The row a film is stored in; None for one that is new."""
        for name in NUMBERS:
            found = self._by[name].get(getattr(movie, name))
            if found is not None and _agree(found, movie):
                return found
        return None

    def taken(self, name: str, number: Any) -> bool:
        """Whether a film has that number."""
        return number in self._by[name]


def _agree(row: Row, movie: records.Movie) -> bool:
    return movie.tmdb_id is None or row["tmdb_id"] in (None, movie.tmdb_id)


async def load(conn: Writing, user_id: int, batch: Iterable[records.Movie]) -> Films:
    """Every stored film that shares a number with one of these."""
    movies = [*batch]
    numbers = {
        f"{name}s": sorted({getattr(m, name) for m in movies if getattr(m, name) is not None})
        for name in NUMBERS
    }
    return Films(await conn.rows(_KNOWN, user_id=user_id, **numbers))


async def add(conn: Writing, user_id: int, batch: Iterable[records.Movie], stored: Films) -> int:
    """Store those films that are not `stored` yet, each once; returns how many.

    One that another writer stores at the same time is left as that writer has it. Trakt's number
    goes to the film that had it first.
    """
    rows: list[Row] = []
    fresh = Films(())
    for movie in batch:
        if stored.of(movie) is not None:
            continue
        row = fresh.of(movie)
        if row is None:
            unknown = dict.fromkeys(NUMBERS)
            row = {"id": len(rows), **unknown, "title": movie.title, "year": movie.year}
            row["title_key"] = text.searched(movie.title)
            rows.append(row)
        row |= _numbers(row, movie, stored, fresh)
        fresh.add(row)
    if rows:
        make: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
        added = make(Movie).on_conflict_do_nothing()
        for row in rows:
            del row["id"]
        await conn.execute(added, [{**_BLANK, "user_id": user_id, **row} for row in rows])
    return len(rows)


async def learn(conn: Writing, user_id: int, batch: Iterable[records.Movie], stored: Films) -> int:
    """Note numbers that are new of `stored` films, and what undescribed ones are called.

    Returns how many changed. A number another film has is not taken from it.
    """
    changed: dict[int, Row] = {}
    for movie in batch:
        row = stored.of(movie)
        if row is not None and (fresh := _news(row, movie, stored)):
            row |= fresh
            stored.add(row)
            changed[row["id"]] = row
    rows = [
        {
            "at": movie_id,
            "title_key": text.searched(changed[movie_id]["title"]),
            **{name: changed[movie_id][name] for name in (*NUMBERS, "title", "year")},
        }
        for movie_id in sorted(changed)
    ]
    if rows:
        whose = col(Movie.user_id) == user_id
        await conn.execute(update(Movie).where(whose, col(Movie.id) == bindparam("at")), rows)
    return len(rows)


def _news(row: Row, movie: records.Movie, stored: Films) -> Row:
    """What a record adds to the row of its film."""
    fresh = _numbers(row, movie, stored)
    if row["detail_at"] is None:
        named = {"title": movie.title, "year": movie.year or row["year"]}
        fresh |= {name: value for name, value in named.items() if row[name] != value}
    return fresh


def _numbers(row: Row, movie: records.Movie, *known: Films) -> Row:
    """The numbers of a record that its row lacks and no other film has."""
    return {
        name: number
        for name in NUMBERS
        if row[name] is None
        and (number := getattr(movie, name)) is not None
        and not any(films.taken(name, number) for films in known)
    }
