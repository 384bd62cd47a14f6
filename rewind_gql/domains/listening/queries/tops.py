"""The most played artists, albums and tracks of any window, and how many there are."""

from datetime import datetime, timedelta
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.columns import Bounds
from rewind_gql.domains.listening.queries.counts import COUNT, COUNT_EVER
from rewind_gql.domains.listening.queries.ranking import (
    ABLE,
    ALL_TIME,
    AMONG,
    IN_WINDOW,
    LEADERS,
    MOST,
    Kind,
    rank_bounds,
)
from rewind_gql.domains.listening.queries.window import ALL, bounds, cut, reached
from rewind_gql.store.page import Key, Page, Slice, page
from rewind_gql.store.read import Conn

TOP_ARTISTS = "listening.top_artists"
TOP_ALBUMS = "listening.top_albums"
TOP_TRACKS = "listening.top_tracks"
TOP_TYPES = (int, int, int)

# A short window holds few counts, and few of its plays are those of all-time leaders. A long one
# is quicker through the histories of those that can be on the page, as long as they are few.
LONG = timedelta(days=60)
FEW = 600
MORE_LEADERS = 20


async def top_artists(
    conn: Conn, user_id: int, *, since: datetime | None, until: datetime | None, part: Slice
) -> Page[views.TopArtist]:
    """Artists by plays in [`since`, `until`), most played first; ties by last play, then age.

    Shape: full depth; no artist without a play in the window.
    Source: `listening_rollup`, and the plays of days the window cuts; exact for any window.
    """
    found = await _top(conn, user_id, "artist", since, until, part)
    return page(TOP_ARTISTS, found, part, key=lambda top: _key(top, top.artist.id))


async def top_albums(
    conn: Conn, user_id: int, *, since: datetime | None, until: datetime | None, part: Slice
) -> Page[views.TopAlbum]:
    """Albums by plays in [`since`, `until`), most played first; ties by last play, then age.

    Shape: full depth; plays without an album are left out.
    Source: `listening_rollup`, and the plays of days the window cuts; exact for any window.
    """
    found = await _top(conn, user_id, "album", since, until, part)
    return page(TOP_ALBUMS, found, part, key=lambda top: _key(top, top.album.id))


async def top_tracks(
    conn: Conn, user_id: int, *, since: datetime | None, until: datetime | None, part: Slice
) -> Page[views.TopTrack]:
    """Tracks by plays in [`since`, `until`), most played first; ties by last play, then age.

    Shape: full depth; no track without a play in the window.
    Source: `listening_rollup`, and the plays of days the window cuts; exact for any window.
    """
    found = await _top(conn, user_id, "track", since, until, part)
    return page(TOP_TRACKS, found, part, key=lambda top: _key(top, top.track.id))


async def top_count(
    conn: Conn, user_id: int, *, kind: Kind, since: datetime | None, until: datetime | None
) -> int:
    """How many artists, albums or tracks have a play in [`since`, `until`)."""
    window = await bounds(conn, user_id, since, until)
    if window is None:
        return 0
    return await conn.value(
        (COUNT_EVER if window is ALL else COUNT)[kind], user_id=user_id, **window
    )


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
    start, end, whole = reach
    ways = kind, part.backward
    asked = {"user_id": user_id, **rank_bounds(part)}
    if whole:
        return await conn.rows(ALL_TIME[ways], **asked)
    window = cut(start, end, coarsest="year")
    if end - start > LONG and (floor := await _floor(conn, user_id, kind, window, part)):
        able = await conn.value(ABLE[kind], user_id=user_id, floor=floor, limit=FEW + 1)
        if able <= FEW:
            return await conn.rows(AMONG[ways], **asked, **window, floor=floor)
    return await conn.rows(IN_WINDOW[ways], **asked, **window)


async def _floor(conn: Conn, user_id: int, kind: Kind, window: Bounds, part: Slice) -> int:
    """Plays in the window that everything on this page has at least; 0 when that is not known.

    Nothing can have more plays in a window than ever, so only what has this many plays ever needs
    to be looked at. Backward, the page lies above its cursor. Forward, as soon as so many of those
    that lead all time as a page holds come after the cursor, none on the page has fewer.
    """
    if part.backward:
        return int(part.before[0] or 0) if part.before else 0
    count = part.limit + 1
    plays = await conn.rows(
        LEADERS[kind], user_id=user_id, leaders=2 * count + MORE_LEADERS, **window
    )
    below = int(part.after[0] or 0) if part.after else MOST
    after = sorted((each for each in plays if each < below), reverse=True)
    return after[count - 1] if len(after) >= count else 0
