"""The columns views are made of, and the bounds that keyset pages are read between."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal_column, or_, select
from sqlmodel import SQLModel, col

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.tables import Album, Artist, Play, Track
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Id, Utc
from rewind_gql.store.page import Key, Slice

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
OWNER = bindparam("user_id", type_=Id)
# Stands in the text of a statement, for only so a database sees that the index of ranks fits.
ALL_GRAIN: ColumnElement[str] = literal_column("'all'")
YEAR_GRAIN: ColumnElement[str] = literal_column("'year'")

Bounds = dict[str, Any]


def of(view: type, table: type[SQLModel], prefix: str = "") -> list[ColumnElement[Any]]:
    """The columns of `table` that `view` has fields for, named for them."""
    columns: Any = table.__table__.c  # type: ignore[attr-defined]  # every table model has one
    return [columns[field.name].label(prefix + field.name) for field in fields(view)]


def of_play(prefix: str = "") -> list[ColumnElement[Any]]:
    """The columns of a play with its track, artist and album; see `with_names`."""
    return [
        col(Play.id).label(f"{prefix}id"),
        col(Play.played_at).label(f"{prefix}played_at"),
        col(Play.source).label(f"{prefix}source"),
        *of(views.Track, Track, f"{prefix}track__"),
        *of(views.Artist, Artist, f"{prefix}artist__"),
        *of(views.Album, Album, f"{prefix}album__"),
    ]


def of_line() -> list[ColumnElement[Any]]:
    """The columns of a `PlayLine`; see `with_names`."""
    tables = {"track": Track, "artist": Artist, "album": Album}
    columns: list[ColumnElement[Any]] = [col(Play.played_at).label("played_at")]
    for field in fields(views.PlayLine)[1:]:
        kind, name = field.name.split("_", 1)
        columns.append(getattr(tables[kind], name).label(field.name))
    return columns


def with_names(plays: Select[Any]) -> Select[Any]:
    """Plays with their track, artist and album; outer joins keep the order of the plays."""
    return (
        plays.outerjoin(Track, col(Track.id) == col(Play.track_id))
        .outerjoin(Artist, col(Artist.id) == col(Play.artist_id))
        .outerjoin(Album, col(Album.id) == col(Play.album_id))
    )


def named_page(plays: Select[Any]) -> Select[Any]:
    """A page of these plays, the newest first, each on one line with its names.

    The page is cut first, so that names are looked up for its plays alone.
    """
    newest = (col(Play.played_at).desc(), col(Play.id).desc())
    page = (
        plays.with_only_columns(col(Play.id).label("id"))
        .order_by(*newest)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
        .subquery("page")
    )
    lines = select(*of_line()).select_from(page).join(Play, col(Play.id) == page.c.id)
    return with_names(lines).order_by(*newest)


def own(column: Any) -> ColumnElement[bool]:
    """The row is this user's, said so that a database does not look rows up by it.

    Every row of a user is too many where ids are given; SQLite without statistics tries that way.
    """
    mine: ColumnElement[bool] = column + 0 == OWNER
    return mine


def by_time(tie: Any) -> ColumnElement[bool]:
    """Plays between two places in the order of time, both left out."""
    at = col(Play.played_at)
    low_at, low_tie = bindparam("low_at", type_=Utc()), bindparam("low_tie", type_=Id)
    high_at, high_tie = bindparam("high_at", type_=Utc()), bindparam("high_tie", type_=Id)
    return and_(
        at >= low_at,
        at <= high_at,
        or_(at > low_at, tie > low_tie),
        or_(at < high_at, tie < high_tie),
    )


def time_bounds(
    part: Slice, since: datetime | None = None, until: datetime | None = None
) -> Bounds:
    """What binds `by_time` to a window and to a part of its plays, newest first."""
    low, high = (since or clock.EPOCH, -1), (until or FOREVER, -1)
    if part.after:
        high = min(high, _place(part.after))
    if part.before:
        low = max(low, _place(part.before))
    return {"low_at": low[0], "low_tie": low[1], "high_at": high[0], "high_tie": high[1]}


def instant(value: Any) -> datetime:
    """The instant in a cursor. Raises `BadInput` where there is no such instant."""
    try:
        return clock.from_microseconds(value)
    except OverflowError as wrong:
        raise BadInput("This cursor is not one of ours") from wrong


def _place(key: Key) -> tuple[datetime, int]:
    at, tie = key
    return instant(at), int(tie or 0)


Bounded = tuple[bool, bool, bool]
"""Which form of a read: backward, after a key, before a key."""

BOUNDED: Sequence[Bounded] = [
    (backward, after, before)
    for backward in (False, True)
    for after in (False, True)
    for before in (False, True)
]


def bounded(part: Slice) -> Bounded:
    """The form of read that answers this part."""
    return part.backward, part.after is not None, part.before is not None


def by_name(name: Any, row_id: Any, form: Bounded) -> list[ColumnElement[bool]]:
    """Rows between the places a form has, in the order of names, both left out."""
    found: list[ColumnElement[bool]] = []
    if form[1]:
        low, low_id = bindparam("low_name", type_=name.type), bindparam("low_id", type_=Id)
        found += [name >= low, or_(name > low, row_id > low_id)]
    if form[2]:
        high, high_id = bindparam("high_name", type_=name.type), bindparam("high_id", type_=Id)
        found += [name <= high, or_(name < high, row_id < high_id)]
    return found


def name_bounds(part: Slice) -> Bounds:
    """What binds `by_name` to a part."""
    found: Bounds = {}
    if part.after:
        found["low_name"], found["low_id"] = part.after
    if part.before:
        found["high_name"], found["high_id"] = part.before
    return found


def ordered(keys: Sequence[Any], *, backward: bool) -> list[ColumnElement[Any]]:
    """The keys in their order or against it."""
    return [key.desc() if backward else key.asc() for key in keys]
