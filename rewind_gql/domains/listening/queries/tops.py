"""The most played artists, albums and tracks of any window, and how many there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries import packed
from rewind_gql.domains.listening.queries.counts import different
from rewind_gql.domains.listening.queries.ranking import (
    ALL_TIME,
    IN_WINDOW,
    VIEWS,
    Kind,
    rank_bounds,
)
from rewind_gql.domains.listening.queries.shown import SHOWN
from rewind_gql.domains.listening.queries.window import cut, reached
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn

TOP_ARTISTS = "listening.top_artists"
TOP_ALBUMS = "listening.top_albums"
TOP_TRACKS = "listening.top_tracks"
TOP_TYPES = (int, int, int)


async def top_artists(
    conn: Conn, user_id: int, *, since: datetime | None, until: datetime | None, part: Slice
) -> Page[views.TopArtist]:
    """Artists by plays in [`since`, `until`), most played first; ties by last play, then age.

    Shape: full depth; no artist without a play in the window.
    Source: plays packed by month, else `listening_rollup` and the days cut; exact for any window.
    """
    found = await _top(conn, user_id, "artist", since, until, part)
    return page(TOP_ARTISTS, found, part, key=lambda top: _key(top, top.artist.id))


async def top_albums(
    conn: Conn, user_id: int, *, since: datetime | None, until: datetime | None, part: Slice
) -> Page[views.TopAlbum]:
    """Albums by plays in [`since`, `until`), most played first; ties by last play, then age.

    Shape: full depth; plays without an album are left out.
    Source: plays packed by month, else `listening_rollup` and the days cut; exact for any window.
    """
    found = await _top(conn, user_id, "album", since, until, part)
    return page(TOP_ALBUMS, found, part, key=lambda top: _key(top, top.album.id))


async def top_tracks(
    conn: Conn, user_id: int, *, since: datetime | None, until: datetime | None, part: Slice
) -> Page[views.TopTrack]:
    """Tracks by plays in [`since`, `until`), most played first; ties by last play, then age.

    Shape: full depth; no track without a play in the window.
    Source: plays packed by month, else `listening_rollup` and the days cut; exact for any window.
    """
    found = await _top(conn, user_id, "track", since, until, part)
    return page(TOP_TRACKS, found, part, key=lambda top: _key(top, top.track.id))


async def top_count(
    conn: Conn, user_id: int, *, kind: Kind, since: datetime | None, until: datetime | None
) -> int:
    """How many artists, albums or tracks have a play in [`since`, `until`)."""
    return await different(conn, user_id, kind, since, until)


def _key(top: views.TopArtist | views.TopAlbum | views.TopTrack, entity_id: int) -> Key:
    return top.plays, clock.microseconds(top.last_played_at), entity_id


async def _top(
    conn: Conn,
    user_id: int,
    kind: Kind,
    since: datetime | None,
    until: datetime | None,
    part: Slice,
) -> list[Any]:
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return []
    start, end = reach.start, reach.end
    ways = kind, part.backward
    asked = {"user_id": user_id, **rank_bounds(part)}
    if reach.whole:
        return await conn.rows(ALL_TIME[ways], **asked)
    if found := await packed.counts(conn, user_id, kind, start, end):
        return await _shown(conn, user_id, kind, packed.part_of(found, part))
    return await conn.rows(IN_WINDOW[ways], **asked, **cut(start, end, coarsest="year"))


async def _shown(
    conn: Conn, user_id: int, kind: Kind, places: Sequence[packed.Placed]
) -> list[Any]:
    """Places with the entities that stand there."""
    shown = await SHOWN[kind](conn, user_id, [entity_id for entity_id, *_ in places])
    view = VIEWS[kind]
    found = []
    for entity_id, plays, last_at in places:
        each = shown[entity_id]
        whose = {kind: each.entity, "artist": each.artist}
        found.append(view(plays=plays, last_played_at=last_at, **whose))
    return found
