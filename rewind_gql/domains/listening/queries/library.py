"""The library by page number: artists and albums by plays, name or age, and by parts of names."""

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal, NamedTuple

import numpy as np
import orjson
from sqlalchemy import Select, bindparam, exists, func, literal, select
from sqlmodel import col, not_

from rewind_gql import text
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.packs import Array, numbers_of
from rewind_gql.domains.listening.queries.browse import albums_by_id, artists_by_id
from rewind_gql.domains.listening.queries.columns import ALL_GRAIN, OWNER, own
from rewind_gql.domains.listening.queries.counts import (
    albums_count,
    artists_count,
    different,
    heard_by_album,
    heard_by_artist,
)
from rewind_gql.domains.listening.queries.lookup import Lookup
from rewind_gql.domains.listening.queries.named import artists_named, holding
from rewind_gql.domains.listening.queries.ranking import SOME_PLAYS
from rewind_gql.domains.listening.tables import Album, Artist, Rollup
from rewind_gql.store.columns import Day, among
from rewind_gql.store.read import Conn, Read

Sort = Literal["playcount", "name", "recent"]
Order = Literal["asc", "desc"]
Kind = Literal["artist", "album"]
MANY = 400
"""Of more artists or albums, the counts of all are read at once, not those of each."""


class Wanted(NamedTuple):
    """In which order which part of a list is wanted."""

    sort: Sort
    order: Order
    limit: int
    offset: int


async def artists_page(
    conn: Conn, user_id: int, *, wanted: Wanted, search: str = ""
) -> tuple[list[views.KnownArtist], int]:
    """Artists the library shows, those never heard too, and how many there are.

    `search` is a part of their name, whatever its case. Ties go to who was added first.
    """
    if search.strip():
        ids, total = await _found(conn, user_id, "artist", wanted, search, None)
    else:
        total = await artists_count(conn, user_id)
        ids = await _all(conn, user_id, "artist", wanted, total)
    artists = await artists_by_id(conn, user_id, ids)
    heard = await heard_by_artist(conn, user_id, ids)
    known = [views.KnownArtist(artist=artists[each], plays=heard[each].plays) for each in ids]
    return known, total


async def albums_page(
    conn: Conn, user_id: int, *, wanted: Wanted, artist: str = "", search: str = ""
) -> tuple[list[views.KnownAlbum], int]:
    """Albums the library shows, those never heard too, and how many there are.

    `search` is a part of their name, `artist` one of their artist's, whatever its case. Ties go to
    what was added first.
    """
    owners = await artists_named(conn, user_id, artist) if artist.strip() else None
    if search.strip() or owners is not None:
        ids, total = await _found(conn, user_id, "album", wanted, search, owners)
    else:
        total = await albums_count(conn, user_id)
        ids = await _all(conn, user_id, "album", wanted, total)
    albums = await albums_by_id(conn, user_id, ids)
    heard = await heard_by_album(conn, user_id, ids)
    artists = await artists_by_id(conn, user_id, [each.artist_id for each in albums.values()])
    known = [
        views.KnownAlbum(
            album=albums[each], artist=artists[albums[each].artist_id], plays=heard[each].plays
        )
        for each in ids
    ]
    return known, total


async def _found(
    conn: Conn,
    user_id: int,
    kind: Kind,
    wanted: Wanted,
    search: str,
    owners: Sequence[int] | None,
) -> tuple[list[int], int]:
    """A part of what fits, and how much there is: told by its rows, or counted when it has none."""
    asked: dict[str, Any] = {"user_id": user_id, "words": text.match_key(search) if search else ""}
    if owners is not None:
        asked["owners"] = owners
    owned = owners is not None
    if wanted.sort == "playcount":
        ids = np.array(orjson.loads(await conn.value(_IDS[kind, owned], **asked) or "[]"), np.int64)
        return await _by_plays(conn, user_id, kind, ids, wanted), ids.size
    rows = await conn.rows(
        _FOUND[kind, owned, wanted.sort, wanted.order],
        **asked,
        limit=wanted.limit,
        offset=wanted.offset,
    )
    if rows:
        return [row[0] for row in rows], rows[0][1]
    return [], await conn.value(_COUNT[kind, owned], **asked) if wanted.offset else 0


async def _by_plays(conn: Conn, user_id: int, kind: Kind, ids: Array, wanted: Wanted) -> list[int]:
    """A part of these by their plays. Of many, the counts of all are read, not those of each."""
    if ids.size > MANY:
        read, few = _EVER[kind], {}
    else:
        read, few = _EVER_OF[kind], {"ids": ids.tolist()}
    entities, plays = numbers_of(await conn.value(read, user_id=user_id, **few))
    counted = Lookup(entities, plays, 0).of(ids)
    order = np.lexsort((ids, counted if wanted.order == "asc" else -counted))
    found: list[int] = ids[order[wanted.offset : wanted.offset + wanted.limit]].tolist()
    return found


async def _all(conn: Conn, user_id: int, kind: Kind, wanted: Wanted, shown: int) -> list[int]:
    """A part of everything. What was played is kept in order; what never was is put behind it."""
    if wanted.sort != "playcount":
        part = {"limit": wanted.limit, "offset": wanted.offset}
        return await conn.rows(_ALL[kind, wanted.sort, wanted.order], user_id=user_id, **part)
    played = await different(conn, user_id, kind, None, None)
    steps = [(_PLAYED[kind, wanted.order], played), (_UNPLAYED[kind], shown - played)]
    if wanted.order == "asc":
        steps.reverse()
    found: list[int] = []
    offset = wanted.offset
    for read, count in steps:
        missing = wanted.limit - len(found)
        if missing > 0 and offset < count:
            found += await conn.rows(read, user_id=user_id, limit=missing, offset=offset)
        offset = max(0, offset - count)
    return found


_TABLES: dict[Kind, Any] = {"artist": Artist, "album": Album}
_SORTS: dict[Kind, tuple[Sort, ...]] = {
    "artist": ("playcount", "name"),
    "album": ("playcount", "name", "recent"),
}
_ORDERS: tuple[Order, ...] = ("asc", "desc")


def _part(statement: Select[Any], key: Any, row_id: Any, order: Order) -> Select[Any]:
    directed = key.asc() if order == "asc" else key.desc()
    ordered = statement.order_by(directed, row_id.asc())
    return ordered.limit(bindparam("limit")).offset(bindparam("offset"))


def _key(table: Any, sort: Sort) -> Any:
    return col(table.match_key if sort == "name" else table.created_at)


def _listed(kind: Kind, sort: Sort, order: Order) -> Read[int]:
    table = _TABLES[kind]
    shown = select(col(table.id)).where(col(table.user_id) == OWNER, not_(col(table.hidden)))
    return Read(_part(shown, _key(table, sort), col(table.id), order), int)


def _ever(kind: Kind) -> list[Any]:
    return [
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(kind),
        col(Rollup.grain) == ALL_GRAIN,
        col(Rollup.bucket) == literal(ALL_TIME, Day()),
    ]


def _played(kind: Kind, order: Order) -> Read[int]:
    ranked = select(col(Rollup.entity_id)).where(*_ever(kind), *SOME_PLAYS)
    return Read(_part(ranked, col(Rollup.plays), col(Rollup.entity_id), order), int)


def _unplayed(kind: Kind) -> Read[int]:
    table = _TABLES[kind]
    played = exists().where(*_ever(kind), col(Rollup.entity_id) == col(table.id))
    shown = select(col(table.id)).where(
        own(col(table.user_id)), not_(col(table.hidden)), not_(played)
    )
    ordered = shown.order_by(col(table.id))
    return Read(ordered.limit(bindparam("limit")).offset(bindparam("offset")), int)


def _fitting(kind: Kind, *, owned: bool, columns: Sequence[Any]) -> Select[Any]:
    """Those whose name holds the words, and whose artist is one of the owners bound."""
    table = _TABLES[kind]
    found = select(*columns).where(not_(col(table.hidden)), holding(col(table.match_key)))
    if owned:
        return found.where(own(col(table.user_id)), among(col(Album.artist_id), "owners"))
    return found.where(col(table.user_id) == OWNER)


def _fitting_page(kind: Kind, owned: bool, sort: Sort, order: Order) -> Read[Any]:
    table = _TABLES[kind]
    found = _fitting(kind, owned=owned, columns=[col(table.id), func.count().over()])
    return Read(_part(found, _key(table, sort), col(table.id), order))


def _counts(kind: Kind, *conditions: Any) -> Read[Any]:
    """The plays of all time, by artist or by album."""
    columns = bulk.gathered(col(Rollup.entity_id)), bulk.gathered(col(Rollup.plays))
    return Read(select(*columns).where(*_ever(kind), *conditions))


_WAYS: list[tuple[Kind, bool]] = [("artist", False), ("album", False), ("album", True)]
_ALL = {
    (kind, sort, order): _listed(kind, sort, order)
    for kind, sorts in _SORTS.items()
    for sort, order in product(sorts[1:], _ORDERS)
}
_PLAYED = {(kind, order): _played(kind, order) for kind, order in product(_TABLES, _ORDERS)}
_UNPLAYED = {kind: _unplayed(kind) for kind in _TABLES}
_FOUND = {
    (kind, owned, sort, order): _fitting_page(kind, owned, sort, order)
    for kind, owned in _WAYS
    for sort, order in product(_SORTS[kind][1:], _ORDERS)
}
_IDS: dict[Any, Read[Any]] = {
    (kind, owned): Read(
        _fitting(kind, owned=owned, columns=[bulk.gathered(col(_TABLES[kind].id))]), lambda ids: ids
    )
    for kind, owned in _WAYS
}
_EVER = {kind: _counts(kind) for kind in _TABLES}
_EVER_OF = {kind: _counts(kind, among(col(Rollup.entity_id), "ids")) for kind in _TABLES}
_COUNT = {
    (kind, owned): Read(_fitting(kind, owned=owned, columns=[func.count()]), int)
    for kind, owned in _WAYS
}
