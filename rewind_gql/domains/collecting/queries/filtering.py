"""Which owned copies a list leaves: what may be asked for, as conditions and what binds them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from rewind_gql import text
from rewind_gql.domains.collecting.columns import holds, looked_at, mine, own
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
    found = {f"only_{name}": _BOUND.get(name, _same)(value) for name, value in given.items()}
    exact = given.keys() & _EXACT
    return found | {f"only_{name}_exactly": _names(given[name]) for name in sorted(exact)}


def conditions(names: frozenset[str]) -> list[ColumnElement[bool]]:
    """The conditions on `collecting_shelved` for what is asked, in one order for one text.

    What is filed under names, and what has a piece in it, comes as a list of copies that is made
    once, the one from the index of facets, the other from the table read from end to end.
    """
    filed = [col(Shelved.item_id).in_(_filed(name)) for name in sorted(names & FILED.keys())]
    if not names & PIECES.keys():
        return [*filed, *_of_row(names, Shelved, col)]
    line: Any = aliased(Shelved)
    whole = select(line.item_id).where(mine(line), *_of_row(names, line, looked_at))
    return [*filed, col(Shelved.item_id).in_(whole)]


def one_by_one(names: frozenset[str], line: Any) -> list[ColumnElement[bool]]:
    """The same, looked up for each row of `line`, which are few and have the columns `told_by`."""
    filed = [_is_filed(name, line.item_id) for name in sorted(names & FILED.keys())]
    return [*filed, *_of_row(names, line, col)]


def told_by(names: frozenset[str]) -> list[str]:
    """The columns of a copy's own row that tell whether what is asked is true of it."""
    pieces = {column for name in names & PIECES.keys() for column in PIECES[name]}
    return sorted(pieces | {_IN_ROW[name].column for name in names & _IN_ROW.keys()})


def counted(names: frozenset[str]) -> Select[int]:
    """How many copies there are for which what is asked is true."""
    filed = sorted(names & FILED.keys(), key=lambda name: (name not in _ONCE, name))
    if filed and not names - FILED.keys():
        first, *others = filed
        copies = func.count() if first in _ONCE else func.count(col(Facet.item_id).distinct())
        also = [_is_filed(name, col(Facet.item_id)) for name in others]
        return select(copies).select_from(Facet).where(*_under(first, Facet), *also)
    whole = select(func.count()).select_from(Shelved).where(mine(Shelved))
    if not names & PIECES.keys():
        return whole.where(*conditions(names))
    item_id = looked_at(col(Shelved.item_id))
    filed_too = [item_id.in_(_filed(name)) for name in filed]
    return whole.where(*filed_too, *_of_row(names, Shelved, looked_at))


def _same(value: Any) -> Any:
    return value


def _names(values: Sequence[str]) -> list[str]:
    return [text.clean(each) for each in values]


def _keys(values: Sequence[str]) -> list[str]:
    return [text.searched(text.clean(each)) for each in values]


def _piece(value: str) -> str:
    return text.searched(text.clean(value))


FILED: Mapping[str, Kind] = {
    "formats": "format",
    "folders": "folder",
    "genres": "genre",
    "styles": "style",
    "artists": "artist",
    "labels": "label",
    "decades": "decade",
}
"""What copies are filed under, by what asks for it."""
_EXACT = {"formats", "folders"}
_ONCE = {*_EXACT, "decades"}
"""Of these a copy has one at most."""
PIECES: Mapping[str, tuple[str, ...]] = {
    "artist": ("artist_words",),
    "text": ("title_words", "artist_words"),
}
"""In which columns there has to be a piece."""
SOUGHT = frozenset({*FILED, *PIECES})
"""What is not told by a column that lists are in the order of."""


def _under(name: str, facet: Any) -> list[ColumnElement[bool]]:
    return [mine(facet), *_fits(name, facet)]


def _fits(name: str, facet: Any) -> list[ColumnElement[bool]]:
    """Exact names are found by their keys too, for that index has the copies in their order."""
    found = [facet.kind == literal(FILED[name]), among(facet.key, f"only_{name}")]
    return [*found, among(facet.name, f"only_{name}_exactly")] if name in _EXACT else found


def _filed(name: str) -> Any:
    facet: Any = aliased(Facet)
    return select(facet.item_id).where(*_under(name, facet))


def _is_filed(name: str, item_id: Any) -> ColumnElement[bool]:
    facet: Any = aliased(Facet)
    return exists().where(facet.item_id == item_id, own(facet), *_fits(name, facet))


def _of_row(
    names: frozenset[str], line: Any, read: Callable[[Any], Any]
) -> list[ColumnElement[bool]]:
    """What a copy's own row tells; `read` is how its columns are looked at."""
    pieces = [_has_piece(name, line) for name in sorted(names & PIECES.keys())]
    told = [_IN_ROW[name] for name in sorted(names & _IN_ROW.keys())]
    return [*pieces, *(each.holds(read(getattr(line, each.column))) for each in told)]


def _has_piece(name: str, line: Any) -> ColumnElement[bool]:
    piece: Any = bindparam(f"only_{name}")
    return or_(*(holds(getattr(line, column), piece) for column in PIECES[name]))


def _bound_by(name: str, kind: Any) -> Any:
    return bindparam(f"only_{name}", type_=kind)


class _Told(NamedTuple):
    """A column of a copy's row, and what has to be true of it."""

    column: str
    holds: Callable[[Any], ColumnElement[bool]]


_IN_ROW: Mapping[str, _Told] = {
    "first_year": _Told("year", lambda year: year >= _bound_by("first_year", Id)),
    "last_year": _Told("year", lambda year: year.between(1, _bound_by("last_year", Id))),
    "min_rating": _Told("rating", lambda rating: rating >= _bound_by("min_rating", Id)),
    "since": _Told("added_at", lambda at: at >= _bound_by("since", Utc())),
    "until": _Told("added_at", lambda at: at < _bound_by("until", Utc())),
}
WINDOW = frozenset({"since", "until"})
_BOUND: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(FILED, _keys),
    **dict.fromkeys(PIECES, _piece),
}
