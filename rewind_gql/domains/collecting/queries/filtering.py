"""Which owned copies a list leaves: what may be asked for, as conditions and what binds them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from rewind_gql import text
from rewind_gql.domains.collecting.columns import holds, mine
from rewind_gql.domains.collecting.filing import Kind
from rewind_gql.domains.collecting.tables import Facet, Shelved
from rewind_gql.store.columns import Id, Utc, among


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Copies for which all of this is true; None asks for nothing.

    Of several names one has to fit. Formats are told apart by case, as the first format of a
    release; genres, styles, artists, labels and decades are not. `text` is a piece of the title or
    of an artist's name, `artist` of an artist's name. Years are inclusive, added is half-open.
    """

    formats: Sequence[str] | None = None
    genres: Sequence[str] | None = None
    styles: Sequence[str] | None = None
    artists: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    decades: Sequence[str] | None = None
    folders: Sequence[str] | None = None
    artist: str | None = None
    text: str | None = None
    first_year: int | None = None
    last_year: int | None = None
    min_rating: int | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY = Only()


def asked(only: Only) -> frozenset[str]:
    """The names of what is asked for: the form of statement that answers."""
    return frozenset(each.name for each in fields(only) if getattr(only, each.name) is not None)


def bound(only: Only) -> dict[str, Any]:
    """What binds the conditions of `only`, by their names."""
    given = {name: getattr(only, name) for name in asked(only)}
    return {f"only_{name}": _BOUND.get(name, _same)(value) for name, value in given.items()}


def conditions(names: frozenset[str]) -> list[ColumnElement[bool]]:
    """The conditions on `collecting_shelved` for what is asked, in one order for one text."""
    return [_CONDITIONS[name]() for name in sorted(names)]


def _same(value: Any) -> Any:
    return value


def _names(values: Sequence[str]) -> list[str]:
    return [text.clean(each) for each in values]


def _keys(values: Sequence[str]) -> list[str]:
    return [text.searched(text.clean(each)) for each in values]


def _piece(value: str) -> str:
    return text.searched(text.clean(value))


def _filed_under(kind: Kind, name: str, by: Any = Facet.key) -> Callable[[], ColumnElement[bool]]:
    """By a list of copies, which the index of facets has ready, and not copy by copy."""

    def condition() -> ColumnElement[bool]:
        filed = select(col(Facet.item_id)).where(
            mine(Facet), col(Facet.kind) == literal(kind), among(col(by), f"only_{name}")
        )
        return col(Shelved.item_id).in_(filed)

    return condition


def _piece_of(*columns: str) -> Callable[[str], Callable[[], ColumnElement[bool]]]:
    """By a list of copies too: the table is read once from end to end, not row by row."""

    def named(name: str) -> Callable[[], ColumnElement[bool]]:
        def condition() -> ColumnElement[bool]:
            line: Any = aliased(Shelved)
            piece: Any = bindparam(f"only_{name}")
            found = [holds(getattr(line, column), piece) for column in columns]
            whole = select(line.item_id).where(mine(line), or_(*found))
            return col(Shelved.item_id).in_(whole)

        return condition

    return named


def _bound_by(name: str, kind: Any) -> Any:
    return bindparam(f"only_{name}", type_=kind)


_CONDITIONS: Mapping[str, Callable[[], ColumnElement[bool]]] = {
    "formats": _filed_under("format", "formats", Facet.name),
    "folders": _filed_under("folder", "folders", Facet.name),
    "genres": _filed_under("genre", "genres"),
    "styles": _filed_under("style", "styles"),
    "artists": _filed_under("artist", "artists"),
    "labels": _filed_under("label", "labels"),
    "decades": _filed_under("decade", "decades"),
    "artist": _piece_of("artist_words")("artist"),
    "text": _piece_of("title_words", "artist_words")("text"),
    "first_year": lambda: col(Shelved.year) >= _bound_by("first_year", Id),
    "last_year": lambda: col(Shelved.year).between(1, _bound_by("last_year", Id)),
    "min_rating": lambda: col(Shelved.rating) >= _bound_by("min_rating", Id),
    "since": lambda: col(Shelved.added_at) >= _bound_by("since", Utc()),
    "until": lambda: col(Shelved.added_at) < _bound_by("until", Utc()),
}
_BOUND: Mapping[str, Callable[[Any], Any]] = {
    "formats": _names,
    "folders": _names,
    **dict.fromkeys(("genres", "styles", "artists", "labels", "decades"), _keys),
    "artist": _piece,
    "text": _piece,
}
