"""The library: its artists, albums and tracks, all of them, by id, and what belongs to whom."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import Select, bindparam, exists, literal, select, true
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.queries.columns import (
    ALL_GRAIN,
    BOUNDED,
    OWNER,
    Bounded,
    bounded,
    by_name,
    name_bounds,
    of,
    ordered,
    own,
)
from rewind_gql.domains.listening.queries.ranking import ALL_TIME as RANK
from rewind_gql.domains.listening.queries.ranking import rank_bounds
from rewind_gql.domains.listening.tables import Album, Artist, Rollup, Track
from rewind_gql.store.columns import Day, Id, among
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn, Read

Sort = Literal["name", "plays"]
V = TypeVar("V")

ARTISTS: dict[Sort, str] = {
    "name": "listening.artists_by_name",
    "plays": "listening.artists_by_plays",
}
ALBUMS: dict[Sort, str] = {
    "name": "listening.albums_by_name",
    "plays": "listening.albums_by_plays",
}
BROWSE_TYPES: dict[Sort, tuple[type, ...]] = {"name": (str, int), "plays": (int, int, int)}
ALBUMS_BY_ARTIST = "listening.albums_by_artist"
TRACKS_BY_ARTIST = "listening.tracks_by_artist"
TRACKS_BY_ALBUM = "listening.tracks_by_album"
NAME_TYPES = (str, int)
LAST_ID = (1 << 63) - 1


async def artists(
    conn: Conn, user_id: int, *, part: Slice, sort: Sort = "name"
) -> Page[views.Artist]:
    """The artists the library shows, by name or most played first.

    Shape: artists without a play are there too, last when sorted by plays.
    """
    if sort == "name":
        return await _by_name(conn, user_id, _ARTISTS_BY_NAME, ARTISTS[sort], part)
    return await _by_plays(conn, user_id, "artist", ARTISTS[sort], part)


async def albums(
    conn: Conn, user_id: int, *, part: Slice, sort: Sort = "name"
) -> Page[views.Album]:
    """The albums the library shows, by name or most played first.

    Shape: albums without a play are there too, last when sorted by plays.
    """
    if sort == "name":
        return await _by_name(conn, user_id, _ALBUMS_BY_NAME, ALBUMS[sort], part)
    return await _by_plays(conn, user_id, "album", ALBUMS[sort], part)


async def artists_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Artist]:
    """The artists with these ids, hidden ones too; unknown ids are left out."""
    return {each.id: each for each in await conn.rows(_ARTISTS_BY_ID, user_id=user_id, ids=ids)}


async def albums_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Album]:
    """The albums with these ids, hidden ones too; unknown ids are left out."""
    return {each.id: each for each in await conn.rows(_ALBUMS_BY_ID, user_id=user_id, ids=ids)}


async def tracks_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Track]:
    """The tracks with these ids, hidden ones too; unknown ids are left out."""
    return {each.id: each for each in await conn.rows(_TRACKS_BY_ID, user_id=user_id, ids=ids)}


async def albums_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int], *, part: Slice
) -> dict[int, Page[views.Album]]:
    """The same part of each of these artists' albums, by name; hidden ones are left out."""
    return await _children(conn, user_id, _ALBUMS_OF_ARTIST, ALBUMS_BY_ARTIST, ids, part)


async def tracks_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int], *, part: Slice
) -> dict[int, Page[views.Track]]:
    """The same part of each of these artists' tracks, by name; hidden ones are left out."""
    return await _children(conn, user_id, _TRACKS_OF_ARTIST, TRACKS_BY_ARTIST, ids, part)


async def tracks_by_album(
    conn: Conn, user_id: int, ids: Sequence[int], *, part: Slice
) -> dict[int, Page[views.Track]]:
    """The same part of the tracks last heard on each of these albums, by name."""
    return await _children(conn, user_id, _TRACKS_OF_ALBUM, TRACKS_BY_ALBUM, ids, part)


@dataclass(slots=True, kw_only=True)
class _Placed(Generic[V]):
    """An item with the key of its place."""

    key: Key
    item: V


@dataclass(slots=True, kw_only=True)
class _Artist:
    name: str
    item: views.Artist


@dataclass(slots=True, kw_only=True)
class _Album:
    name: str
    item: views.Album
    parent_id: int = 0
    place: int = 0


@dataclass(slots=True, kw_only=True)
class _Track:
    name: str
    item: views.Track
    parent_id: int = 0
    place: int = 0


def _page(name: str, found: list[_Placed[V]], part: Slice) -> Page[V]:
    placed = page(name, found, part, key=lambda each: each.key)
    return placed.of([each.item for each in placed.items])


def _named(rows: Iterable[Any]) -> list[_Placed[Any]]:
    return [_Placed(key=(row.name, row.item.id), item=row.item) for row in rows]


async def _by_name(
    conn: Conn, user_id: int, reads: dict[Bounded, Read[Any]], name: str, part: Slice
) -> Page[Any]:
    rows = await conn.rows(
        reads[bounded(part)], user_id=user_id, limit=part.limit + 1, **name_bounds(part)
    )
    return _page(name, _named(rows), part)


async def _by_plays(
    conn: Conn, user_id: int, kind: Literal["artist", "album"], name: str, part: Slice
) -> Page[Any]:
    """What was played comes first; in either direction the second statement runs where needed."""
    found: list[_Placed[Any]] = []
    for steps in (_played, _unplayed) if not part.backward else (_unplayed, _played):
        missing = part.limit + 1 - len(found)
        if missing > 0:
            found += await steps(conn, user_id, kind, part, missing)
    return _page(name, found, part)


async def _played(
    conn: Conn, user_id: int, kind: Literal["artist", "album"], part: Slice, limit: int
) -> list[_Placed[Any]]:
    bound = {**rank_bounds(part), "limit": limit}
    rows = await conn.rows(RANK[kind, part.backward], user_id=user_id, **bound)
    return [
        _Placed(key=(row.plays, clock.microseconds(row.last_played_at), item.id), item=item)
        for row in rows
        for item in (getattr(row, kind),)
    ]


async def _unplayed(
    conn: Conn, user_id: int, kind: Literal["artist", "album"], part: Slice, limit: int
) -> list[_Placed[Any]]:
    low = part.after[2] if part.after and part.after[0] == 0 else 0
    high = part.before[2] if part.before else LAST_ID
    if part.before and part.before[0] != 0:
        return []
    rows = await conn.rows(
        _UNPLAYED[kind, part.backward], user_id=user_id, low=low, high=high, limit=limit
    )
    return [_Placed(key=(0, 0, row.id), item=row) for row in rows]


async def _children(
    conn: Conn,
    user_id: int,
    reads: dict[Bounded, Read[Any]],
    name: str,
    ids: Sequence[int],
    part: Slice,
) -> dict[int, Page[Any]]:
    rows = await conn.rows(
        reads[bounded(part)],
        user_id=user_id,
        parents=[(each,) for each in ids],
        limit=part.limit + 1,
        **name_bounds(part),
    )
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.place):
        found[row.parent_id].append(row)
    return {each: _page(name, _named(found[each]), part) for each in ids}


_ROWS: dict[Any, tuple[Any, Any]] = {
    Artist: (views.Artist, _Artist),
    Album: (views.Album, _Album),
    Track: (views.Track, _Track),
}


def _list(table: Any, form: Bounded) -> Read[Any]:
    """All of a table by name."""
    view, row = _ROWS[table]
    keys = col(table.match_key), col(table.id)
    return Read(
        select(keys[0].label("name"), *of(view, table, "item__"))
        .where(col(table.user_id) == OWNER, not_(col(table.hidden)), *by_name(*keys, form))
        .order_by(*ordered(keys, backward=form[0]))
        .limit(bindparam("limit")),
        row,
    )


_ARTISTS_BY_NAME = {form: _list(Artist, form) for form in BOUNDED}
_ALBUMS_BY_NAME = {form: _list(Album, form) for form in BOUNDED}


def _by_id(table: Any) -> Read[Any]:
    view, _ = _ROWS[table]
    found = select(*of(view, table)).where(among(col(table.id), "ids"), own(col(table.user_id)))
    return Read(found, view)


_ARTISTS_BY_ID: Read[views.Artist] = _by_id(Artist)
_ALBUMS_BY_ID: Read[views.Album] = _by_id(Album)
_TRACKS_BY_ID: Read[views.Track] = _by_id(Track)


def _of_parent(table: Any, parent: Any, form: Bounded) -> Read[Any]:
    """What belongs to each of some parents, by name."""
    view, row = _ROWS[table]
    parents = bulk.rows("parents", id=Id)
    keys = col(table.match_key), col(table.id)
    ids: Select[Any] = (
        select(col(table.id).label("id"))
        .where(col(table.user_id) == OWNER, parent == parents.c.id)
        .where(not_(col(table.hidden)), *by_name(*keys, form))
        .order_by(*ordered(keys, backward=form[0]))
        .limit(bindparam("limit"))
    )
    each = bulk.each(ids, parents)
    return Read(
        select(
            keys[0].label("name"),
            parents.c.id.label("parent_id"),
            each.c.key.label("place"),
            *of(view, table, "item__"),
        )
        .select_from(parents)
        .join(each, true())
        .join(table, keys[1] == each.c.value),
        row,
    )


_ALBUMS_OF_ARTIST = {form: _of_parent(Album, col(Album.artist_id), form) for form in BOUNDED}
_TRACKS_OF_ARTIST = {form: _of_parent(Track, col(Track.artist_id), form) for form in BOUNDED}
_TRACKS_OF_ALBUM = {form: _of_parent(Track, col(Track.album_id), form) for form in BOUNDED}


def _without_plays(table: Any, kind: str, *, backward: bool) -> Read[Any]:
    view, _ = _ROWS[table]
    played = exists().where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(kind),
        col(Rollup.entity_id) == col(table.id),
        col(Rollup.grain) == ALL_GRAIN,
        col(Rollup.bucket) == literal(ALL_TIME, Day()),
    )
    return Read(
        select(*of(view, table))
        .where(
            own(col(table.user_id)),
            not_(col(table.hidden)),
            col(table.id) > bindparam("low", type_=Id),
            col(table.id) < bindparam("high", type_=Id),
            not_(played),
        )
        .order_by(*ordered([col(table.id)], backward=backward))
        .limit(bindparam("limit")),
        view,
    )


_UNPLAYED = {
    (kind, way): _without_plays(table, kind, backward=way)
    for kind, table in (("artist", Artist), ("album", Album))
    for way in (False, True)
}
