"""Plays, newest first: of everything, and of artists, albums and tracks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, true
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.queries.columns import (
    FOREVER,
    OWNER,
    by_time,
    named_page,
    of_play,
    ordered,
    own,
    time_bounds,
    with_names,
)
from rewind_gql.domains.listening.tables import Play
from rewind_gql.store.columns import Id, Utc
from rewind_gql.store.page import Page, Slice, page
from rewind_gql.store.read import Conn, Read, Wanted

Instant = datetime | None

RECENT = "listening.recent"
RECENT_TYPES = (int, int)
PLAYS_BY_ARTIST = "listening.plays_by_artist"
PLAYS_BY_ALBUM = "listening.plays_by_album"
PLAYS_BY_TRACK = "listening.plays_by_track"
PLAYS_TYPES = (int, int)


async def recent(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    since: Instant = None,
    until: Instant = None,
    only: Wanted = None,
) -> Page[views.Play]:
    """Plays in [`since`, `until`), newest first; of plays of one instant, the last stored first.

    With `only` these fields of each, and its place in the list.
    Source: `listening_play`, walked in its order; a page costs the same wherever it lies.
    """
    found = await conn.rows(
        _RECENT[part.backward].only(only),
        user_id=user_id,
        limit=part.limit + 1,
        **time_bounds(part, since, until),
    )
    return page(RECENT, found, part, key=lambda play: (clock.microseconds(play.played_at), play.id))


async def recent_page(
    conn: Conn,
    user_id: int,
    *,
    limit: int = 20,
    page: int = 1,
    since: Instant = None,
    until: Instant = None,
) -> list[views.PlayLine]:
    """The same by page number, from 1, each play on one level; a page past the end is empty.

    Everything before the page is walked past, so a late page costs more; cursors do not.
    """
    return await conn.rows(
        _RECENT_PAGE,
        user_id=user_id,
        limit=limit,
        offset=(page - 1) * limit,
        since=since or clock.EPOCH,
        until=until or FOREVER,
    )


async def plays_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int], *, part: Slice
) -> dict[int, Page[views.Play]]:
    """The same part of each of these artists' plays, newest first.

    Source: `listening_play`; for each artist no more plays are read than are asked for, but for
    hidden ones among them.
    """
    return await _by(conn, user_id, "artist", ids, part, PLAYS_BY_ARTIST)


async def plays_by_album(
    conn: Conn, user_id: int, ids: Sequence[int], *, part: Slice
) -> dict[int, Page[views.Play]]:
    """The same part of the plays heard on each of these albums, newest first."""
    return await _by(conn, user_id, "album", ids, part, PLAYS_BY_ALBUM)


async def plays_by_track(
    conn: Conn, user_id: int, ids: Sequence[int], *, part: Slice
) -> dict[int, Page[views.Play]]:
    """The same part of each of these tracks' plays, newest first."""
    return await _by(conn, user_id, "track", ids, part, PLAYS_BY_TRACK)


@dataclass(slots=True, kw_only=True)
class _Child:
    """A play, whose it is, and what parts it from others of its instant."""

    parent_id: int
    place: int
    tie: int
    play: views.Play


async def _by(
    conn: Conn, user_id: int, kind: str, ids: Sequence[int], part: Slice, name: str
) -> dict[int, Page[views.Play]]:
    found = await conn.rows(
        _BY[kind, part.backward],
        user_id=user_id,
        parents=[(each,) for each in ids],
        limit=part.limit + 1,
        **time_bounds(part),
    )
    children: defaultdict[int, list[_Child]] = defaultdict(list)
    for child in sorted(found, key=lambda child: child.place):
        children[child.parent_id].append(child)
    return {each: _plays(name, children[each], part) for each in ids}


def _plays(name: str, children: list[_Child], part: Slice) -> Page[views.Play]:
    placed = page(
        name,
        children,
        part,
        key=lambda child: (clock.microseconds(child.play.played_at), child.tie),
    )
    return placed.of([child.play for child in placed.items])


def _recent(*, backward: bool) -> Read[views.Play]:
    keys = col(Play.played_at), col(Play.id)
    return Read(
        with_names(select(*of_play()).select_from(Play))
        .where(col(Play.user_id) == OWNER, not_(col(Play.hidden)), by_time(keys[1]))
        .order_by(*ordered(keys, backward=not backward))
        .limit(bindparam("limit")),
        views.Play,
        keys=("id", "played_at"),
    )


_RECENT = {backward: _recent(backward=backward) for backward in (False, True)}
_RECENT_PAGE = Read(
    named_page(
        select(Play).where(
            col(Play.user_id) == OWNER,
            not_(col(Play.hidden)),
            col(Play.played_at) >= bindparam("since", type_=Utc()),
            col(Play.played_at) < bindparam("until", type_=Utc()),
        )
    ),
    views.PlayLine,
)
# What orders plays of one instant is what the index of each parent ends with.
_PARENTS: dict[str, tuple[Any, Any, Any]] = {
    "artist": (col(Play.artist_id), col(Play.id), own(col(Play.user_id))),
    "album": (col(Play.album_id), col(Play.id), own(col(Play.user_id))),
    "track": (col(Play.track_id), col(Play.ordinal), col(Play.user_id) == OWNER),
}


def _by_parent(kind: str, *, backward: bool) -> Read[_Child]:
    parent, tie, mine = _PARENTS[kind]
    parents = bulk.rows("parents", id=Id)
    ids: Select[Any] = (
        select(col(Play.id).label("id"))
        .where(parent == parents.c.id, mine)
        .where(not_(col(Play.hidden)), by_time(tie))
        .order_by(*ordered([col(Play.played_at), tie], backward=not backward))
        .limit(bindparam("limit"))
    )
    each = bulk.each(ids, parents)
    children = select(
        parents.c.id.label("parent_id"),
        each.c.key.label("place"),
        tie.label("tie"),
        *of_play("play__"),
    )
    source = children.select_from(parents).join(each, true())
    return Read(with_names(source.join(Play, col(Play.id) == each.c.value)), _Child)


_BY = {(kind, way): _by_parent(kind, backward=way) for kind in _PARENTS for way in (False, True)}
