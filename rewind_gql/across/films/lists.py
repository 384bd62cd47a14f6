"""Owned films in any order, those a filter leaves, by place or by page number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from annotated_doc import Doc
from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlmodel import col

from rewind_gql import clock, text
from rewind_gql.across.films import numbers
from rewind_gql.domains.collecting import views as collecting
from rewind_gql.domains.collecting.columns import holds, mine, own
from rewind_gql.domains.collecting.queries import ORDERS, Order
from rewind_gql.domains.collecting.queries.browse import NEAR
from rewind_gql.domains.collecting.queries.parts import (
    LIMIT,
    Form,
    between,
    check,
    ends,
)
from rewind_gql.domains.collecting.tables import Media
from rewind_gql.domains.listening.bulk import gathered
from rewind_gql.domains.watching import views as watching
from rewind_gql.domains.watching.tables import Movie, MovieGenre, Watch
from rewind_gql.store.columns import Id, Utc, among, coded
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn, Read

FilmSort = Literal["collected_at", "title", "year"]
FILM_SORTS: tuple[FilmSort, ...] = ("collected_at", "title", "year")
FILMS: dict[FilmSort, str] = {sort: f"across.films_by_{sort}" for sort in FILM_SORTS}
FILMS_TYPES: dict[FilmSort, tuple[type, ...]] = {
    "collected_at": (int, int),
    "title": (str, int),
    "year": (int, int),
}
_STATEMENTS = 512  # forms of one list that are remembered; each is a few kilobytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Owned films for which all of this is true; None asks for nothing.

    Of several words one has to fit, as it is written; `genre` is a piece of a genre and `text` one
    of the title, both whatever their case. Collected is half-open.
    """

    formats: Sequence[str] | None = None
    resolutions: Sequence[str] | None = None
    hdr: Sequence[str] | None = None
    genres: Sequence[str] | None = None
    genre: str | None = None
    text: str | None = None
    watched: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY = Only()


@dataclass(slots=True, kw_only=True)
class OwnedFilm:
    """An owned medium beside the film on it."""

    media: Annotated[collecting.Media, Doc("What is owned.")]
    movie: Annotated[watching.Movie, Doc("The film on it.")]


@dataclass(slots=True, kw_only=True)
class _Placed:
    """An owned film beside what its list sorts by."""

    first: Any
    film: OwnedFilm

    def key(self) -> Key:
        """The key as a cursor has it."""
        first = self.first
        at = clock.microseconds(first) if isinstance(first, datetime) else first
        return at, self.film.media.id


async def films(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    sort: FilmSort = "collected_at",
    order: Order = "desc",
    only: Only = EVERY,
) -> Page[OwnedFilm]:
    """Owned films, one for each kind of medium; cursors are of list `FILMS[sort]`.

    Shape: unknown years count as lowest; ties by the medium, in the same direction.
    Raises `BadInput` for another sort or order.
    """
    check(sort, FILM_SORTS, "sort")
    check(order, ORDERS, "order")
    names, form = asked(only), Form.of(part, down=order == "desc")
    given = {"user_id": user_id, **ends(part, timed=sort == "collected_at"), **bound(only)}
    found: list[_Placed] = []
    if names & _SOUGHT and not names & _WINDOW and sort != "year":
        found = await conn.rows(_near(names, sort, form), **given)
    if len(found) <= part.limit:
        found = await conn.rows(_read(names, sort, form), **given)
    placed = page(FILMS[sort], found, part, key=_Placed.key)
    return placed.of([each.film for each in placed.items])


async def films_page(
    conn: Conn,
    user_id: int,
    *,
    sort: FilmSort = "collected_at",
    order: Order = "desc",
    only: Only = EVERY,
    limit: int = 20,
    page: int = 1,
) -> list[OwnedFilm]:
    """The same by page number, from 1. Past the end it is empty."""
    offset = (page - 1) * limit
    after: Key | None = None
    if offset:
        place = _place(asked(only), sort, order)
        last = await conn.first(place, user_id=user_id, offset=offset - 1, **bound(only))
        if last is None:
            return []
        after = (clock.microseconds(last[0]) if sort == "collected_at" else last[0], last[1])
    part = Slice(limit=limit, after=after)
    return (await films(conn, user_id, part=part, sort=sort, order=order, only=only)).items


async def films_count(conn: Conn, user_id: int, *, only: Only = EVERY) -> int:
    """How many owned media a filter leaves."""
    if only.watched is not None:
        others = replace(only, watched=None)
        read = _films(asked(others))
        kept = numbers.Owned(await conn.value(read, user_id=user_id, **bound(others)))
        seen = kept.among(await numbers.watched(conn, user_id)).media
        return seen if only.watched else kept.media - seen
    return await conn.value(_count(asked(only)), user_id=user_id, **bound(only))


async def film(conn: Conn, user_id: int, media_id: int) -> OwnedFilm | None:
    """One owned medium with its film; None where there is none of that id."""
    return await conn.first(_ONE, user_id=user_id, media_id=media_id)


def asked(only: Only) -> frozenset[str]:
    """The names of what is asked for: the form of statement that answers."""
    return frozenset(each.name for each in fields(only) if getattr(only, each.name) is not None)


def bound(only: Only) -> dict[str, Any]:
    """What binds the conditions of `only`, by their names."""
    given = {name: getattr(only, name) for name in asked(only)}
    return {f"only_{name}": _BOUND.get(name, _same)(value) for name, value in given.items()}


def _same(value: Any) -> Any:
    return value


def _words(values: Sequence[str]) -> list[str]:
    return [text.clean(each) for each in values]


def _latin(value: str) -> str:
    """A piece in small Latin letters, as the databases make them of stored words."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text.clean(value))


def _one_of(column: Any, name: str) -> Callable[[], ColumnElement[bool]]:
    return lambda: among(col(column), f"only_{name}")


def _has_genre() -> ColumnElement[bool]:
    return holds(func.lower(coded(col(MovieGenre.name))), bindparam("only_genre"))


def _genres(condition: Callable[[], ColumnElement[bool]]) -> Callable[[], ColumnElement[bool]]:
    def made() -> ColumnElement[bool]:
        found = select(col(MovieGenre.movie_id)).where(mine(MovieGenre), condition())
        return col(Media.movie_id).in_(found)

    return made


def _watched() -> ColumnElement[bool]:
    seen = select(col(Watch.movie_id)).where(mine(Watch))
    found: ColumnElement[bool] = col(Media.movie_id).in_(seen)
    return found == bindparam("only_watched")


_CONDITIONS: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "formats": _one_of(Media.media_type, "formats"),
    "resolutions": _one_of(Media.resolution, "resolutions"),
    "hdr": _one_of(Media.hdr, "hdr"),
    "genres": _genres(lambda: among(col(MovieGenre.name), "only_genres")),
    "genre": _genres(_has_genre),
    "text": lambda: holds(col(Movie.title_key), bindparam("only_text")),
    "watched": _watched,
    "since": lambda: col(Media.collected_at) >= bindparam("only_since", type_=Utc()),
    "until": lambda: col(Media.collected_at) < bindparam("only_until", type_=Utc()),
}
_BOUND: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("formats", "resolutions", "hdr", "genres"), _words),
    "genre": _latin,
    "text": lambda value: text.searched(text.clean(value)),
}
# What is told by lists of films that are made first. Pieces of titles are looked for one by one.
_SOUGHT = frozenset({"genres", "genre", "watched"})
_WINDOW = frozenset({"since", "until"})


def _has(condition: Callable[[], ColumnElement[bool]]) -> Callable[[], ColumnElement[bool]]:
    def made() -> ColumnElement[bool]:
        of_it = col(MovieGenre.movie_id) == col(Media.movie_id)
        return exists().where(of_it, own(MovieGenre), condition())

    return made


def _was_watched() -> ColumnElement[bool]:
    found: ColumnElement[bool] = exists().where(
        col(Watch.movie_id) == col(Media.movie_id), own(Watch)
    )
    return found == bindparam("only_watched")


# The same of a few films, each looked at by itself.
_ONE_BY_ONE = {
    **_CONDITIONS,
    "genres": _has(lambda: among(col(MovieGenre.name), "only_genres")),
    "genre": _has(_has_genre),
    "watched": _was_watched,
}
_KEYS: dict[FilmSort, Any] = {
    "collected_at": col(Media.collected_at),
    "title": col(Movie.title_key),
    "year": func.coalesce(col(Movie.year), 0),
}


def _places(sort: FilmSort) -> tuple[Any, Any]:
    return _KEYS[sort], col(Media.id)


def _from(sort: FilmSort | None, names: frozenset[str], *shown: Any) -> Any:
    """Media with their films, whose they are said of the table the list is in the order of."""
    found = select(*shown).join_from(Media, Movie, col(Movie.id) == col(Media.movie_id))
    whose = (mine(Media), own(Movie)) if sort != "title" else (own(Media), mine(Movie))
    return found.where(*whose, *(_CONDITIONS[name]() for name in sorted(names)))


def film_columns() -> list[ColumnElement[Any]]:
    """The columns of an `OwnedFilm` under `film`."""
    return [
        col(getattr(table, each.name)).label(f"film__{part}__{each.name}")
        for part, table, view in (
            ("media", Media, collecting.Media),
            ("movie", Movie, watching.Movie),
        )
        for each in fields(view)
    ]


@lru_cache(_STATEMENTS)
def _read(names: frozenset[str], sort: FilmSort, form: Form) -> Read[_Placed]:
    """A part of the list. Where it has to be sorted, that is done with nothing but the places."""
    if sort == "year":
        places = _from(sort, names, _KEYS[sort].label("first"), col(Media.id).label("media_id"))
        return _shown(between(places, _places(sort), form), form)
    found = _from(sort, names, _KEYS[sort].label("first"), *film_columns())
    return Read(between(found, _places(sort), form).limit(LIMIT), _Placed)


@lru_cache(_STATEMENTS)
def _near(names: frozenset[str], sort: FilmSort, form: Form) -> Read[_Placed]:
    """The same looked for only among the first films, with the filter or without.

    A part that is found whole among them is the part.
    """
    every = _from(sort, frozenset(), _KEYS[sort].label("first"), col(Media.id).label("media_id"))
    first = between(every, _places(sort), form).limit(NEAR).subquery("near").c
    found = select(first.first, first.media_id).join(Media, col(Media.id) == first.media_id)
    found = found.join(Movie, col(Movie.id) == col(Media.movie_id))
    found = found.where(*(_ONE_BY_ONE[name]() for name in sorted(names)))
    return _shown(between(found, [first.first, first.media_id], _onward(form)), form)


def _onward(form: Form) -> Form:
    return Form(down=form.down, backward=form.backward)


def _shown(places: Any, form: Form) -> Read[_Placed]:
    """What stands at these places, which is much wider than they are."""
    place = places.limit(LIMIT).subquery("place").c
    found = select(place.first, *film_columns()).select_from(place.media_id.table)
    found = found.join(Media, col(Media.id) == place.media_id)
    found = found.join(Movie, col(Movie.id) == col(Media.movie_id))
    return Read(between(found, [place.first, place.media_id], _onward(form)), _Placed)


@lru_cache(_STATEMENTS)
def _place(names: frozenset[str], sort: FilmSort, order: Order) -> Read[tuple[Any, int]]:
    last = between(_from(sort, names, *_places(sort)), _places(sort), Form(down=order == "desc"))
    return Read(last.limit(1).offset(bindparam("offset", type_=Id)))


@lru_cache(_STATEMENTS)
def _count(names: frozenset[str]) -> Read[int]:
    return Read(_whole(names, func.count()), int)


@lru_cache(_STATEMENTS)
def _films(names: frozenset[str]) -> Read[numbers.Numbers]:
    """The film of every medium a filter leaves."""
    return Read(_whole(names, gathered(col(Media.movie_id))), numbers.numbers_of)


def _whole(names: frozenset[str], shown: Any) -> Any:
    """All media a filter leaves, with their films only where those are looked at."""
    if "text" in names:
        return _from(None, names, shown)
    found = select(shown).select_from(Media).where(mine(Media))
    return found.where(*(_CONDITIONS[name]() for name in sorted(names)))


_ONE = Read(
    _from(
        None,
        frozenset(),
        *(column.label(column.name.removeprefix("film__")) for column in film_columns()),
    ).where(col(Media.id) == bindparam("media_id", type_=Id)),
    OwnedFilm,
)
