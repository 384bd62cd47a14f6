"""What the queries of collecting are put together from: columns, and parts of long lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, tuple_, type_coerce
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting.columns import Credited, Labels, Tracklist, Words
from rewind_gql.domains.collecting.tables import Release
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Id
from rewind_gql.store.page import Key, Slice

LIMIT = bindparam("limit", type_=Id)
ITEM_FIELDS = ("id", "release_id", "folder", "rating", "added_at", "added_offset_min")
WANT_FIELDS = ("id", "release_id", "rating", "notes", "added_at", "added_offset_min")
MATCH_FIELDS = (
    "item_id",
    "album_id",
    "album_name",
    "artist_name",
    "plays",
    "last_played_at",
    "match_type",
    "confidence",
    "added_at",
)
_RELEASE_FIELDS = (
    "id",
    "discogs_id",
    "title",
    "year",
    "country",
    "released",
    "community_have",
    "community_want",
    "lowest_price",
    "currency",
    "for_sale",
)
_RELEASE_LISTS: tuple[tuple[str, Any, Any], ...] = (
    ("artists", Release.credits, Credited()),
    ("formats", Release.formats, Words()),
    ("format_descriptions", Release.format_descriptions, Words()),
    ("labels", Release.labels, Labels()),
    ("genres", Release.genres, Words()),
    ("styles", Release.styles, Words()),
    ("tracklist", Release.tracklist, Tracklist()),
)


def columns(table: Any, names: Sequence[str], prefix: str = "") -> list[ColumnElement[Any]]:
    """Columns of `table` under the names a view's fields have."""
    return [col(getattr(table, name)).label(f"{prefix}{name}") for name in names]


def release_columns(prefix: str = "") -> list[ColumnElement[Any]]:
    """All that a release's view shows; a cover from its own page before one from a list."""
    lists = [
        type_coerce(col(column), kind).label(f"{prefix}{name}")
        for name, column, kind in _RELEASE_LISTS
    ]
    cover = func.coalesce(col(Release.detail_cover_url), col(Release.cover_url))
    return [*columns(Release, _RELEASE_FIELDS, prefix), *lists, cover.label(f"{prefix}cover_url")]


def downwards(statement: Any, keys: Sequence[Any], *, backward: bool) -> Any:
    """A part of the list that runs down by `keys`: between two places, read from either end."""
    place = [col(key) for key in keys]
    above, below = (
        tuple_(*(bindparam(f"{end}_{at}", type_=key.type) for at, key in enumerate(keys)))
        for end in ("after", "before")
    )
    order = [key.asc() if backward else key.desc() for key in place]
    between = statement.where(tuple_(*place) < above, tuple_(*place) > below)
    return between.order_by(*order).limit(LIMIT)


def bounds(asked: Slice, width: int) -> dict[str, Any]:
    """The parameters of `downwards`, whose keys are two (a date, an id) or three (plays before).

    An end that is not given lies beyond everything stored.
    """
    given = {"after": asked.after or _HIGHEST, "before": asked.before or _LOWEST}
    places = {
        f"{end}_{at}": value
        for end, key in given.items()
        for at, value in enumerate(_stored(key[-width:]))
    }
    return {**places, "limit": asked.limit + 1}


@dataclass(frozen=True, slots=True)
class Form:
    """Which form of statement reads a part of a list that runs up or down by any keys."""

    down: bool = True
    backward: bool = False
    after: bool = False
    before: bool = False

    @classmethod
    def of(cls, part: Slice, *, down: bool) -> "Form":
        """The form that answers this part."""
        return cls(down, part.backward, part.after is not None, part.before is not None)


def between(statement: Any, keys: Sequence[Any], form: Form) -> Any:
    """A statement in the order of `keys`, with only what lies between the places the form has.

    Unlike `downwards` it asks for nothing where there is no end, so that any keys will do.
    """
    for end, given, below in (
        ("after", form.after, form.down),
        ("before", form.before, not form.down),
    ):
        if given:
            place = tuple_(*(bindparam(f"{end}_{at}", type_=_wide(k)) for at, k in enumerate(keys)))
            statement = statement.where(tuple_(*keys) < place if below else tuple_(*keys) > place)
    falling = form.down is not form.backward
    return statement.order_by(*(key.desc() if falling else key.asc() for key in keys))


def ends(part: Slice, *, timed: bool) -> dict[str, Any]:
    """What binds `between` to a part; the first key is an instant where the list is `timed`.

    Raises `BadInput` for an instant that no year has.
    """
    found: dict[str, Any] = {"limit": part.limit + 1}
    for end, key in (("after", part.after), ("before", part.before)):
        if key is not None:
            values = [instant(key[0]) if timed else key[0], *key[1:]]
            found |= {f"{end}_{at}": value for at, value in enumerate(values)}
    return found


def instant(value: Any) -> datetime:
    """The instant in a cursor. Raises `BadInput` where there is no such instant."""
    try:
        return clock.from_microseconds(value)
    except OverflowError as wrong:
        raise BadInput("This cursor is not one of ours") from wrong


def _wide(key: Any) -> Any:
    """The type of a key's parameter: a cursor may hold any number of 64 bits."""
    return Id if key.type.python_type is int else key.type


def check(given: str, known: Sequence[str], path: str) -> None:
    """Raises `BadInput` for a word that is not among those known."""
    if given not in known:
        raise BadInput(f"{path} must be one of {', '.join(known)}", path=path)


def _stored(key: Key) -> list[Any]:
    """A cursor's key as the columns hold it."""
    values: list[Any] = [*key]
    values[-2] = instant(values[-2])
    if len(values) == len(_HIGHEST):
        values[0] = max(-1, min(values[0], _MOST_PLAYS))
    return values


_MOST_PLAYS = (1 << 31) - 1
_HIGHEST: Key = (
    _MOST_PLAYS,
    clock.microseconds(datetime(9999, 12, 31, tzinfo=UTC)),
    (1 << 63) - 1,
)
_LOWEST: Key = (-1, clock.microseconds(datetime(1, 1, 2, tzinfo=UTC)), 0)
