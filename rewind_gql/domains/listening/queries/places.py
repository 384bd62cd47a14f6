"""Top lists by page number: places with their totals, of any window, of one artist's tracks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries import packed
from rewind_gql.domains.listening.queries.counts import different
from rewind_gql.domains.listening.queries.ranking import (
    ALL_TIME_PLACES,
    ARTIST_COUNT,
    ARTIST_PLACES,
    MONTH_PLACES,
    WINDOW_PLACES,
    YEAR_PLACES,
    Kind,
)
from rewind_gql.domains.listening.queries.sums import Sum
from rewind_gql.domains.listening.queries.window import Reach, cut, reached, single
from rewind_gql.store.read import Conn

Instant = datetime | None


async def top_places(
    conn: Conn,
    user_id: int,
    *,
    kind: Kind,
    since: Instant,
    until: Instant,
    limit: int = 10,
    offset: int = 0,
) -> list[views.Ranked]:
    """What is most played in [`since`, `until`), behind `offset` places; ties as `top_artists`.

    Shape: at most `limit`; behind the last place, none.
    Source: plays packed by month, else `listening_rollup` and the days cut; exact for any window.
    """
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return []
    found = await _in_memory(conn, user_id, kind, reach)
    if found is not None:
        return _ranked(found, limit, offset)
    return await _kept(conn, kind, reach, {"user_id": user_id, "limit": limit, "offset": offset})


async def top_page(
    conn: Conn,
    user_id: int,
    *,
    kind: Kind,
    since: Instant,
    until: Instant,
    limit: int = 10,
    offset: int = 0,
) -> tuple[list[views.Ranked], int]:
    """The same, and how many places there are."""
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return [], 0
    found = await _in_memory(conn, user_id, kind, reach)
    if found is not None:
        return _ranked(found, limit, offset), found.entities.size
    asked = {"user_id": user_id, "limit": limit, "offset": offset}
    places = await _kept(conn, kind, reach, asked)
    return places, await different(conn, user_id, kind, since, until)


async def _in_memory(conn: Conn, user_id: int, kind: Kind, reach: Reach) -> Sum | None:
    """A window counted from its plays, unless its counts are kept in order or not packed."""
    if reach.whole or single(reach.start, reach.end):
        return None
    return await packed.counts(conn, user_id, kind, reach.start, reach.end)


def _ranked(found: Sum, limit: int, offset: int) -> list[views.Ranked]:
    return [
        views.Ranked(entity_id=entity_id, plays=plays, last_at=last_at)
        for entity_id, plays, last_at in packed.places(found, limit=limit, offset=offset)
    ]


async def _kept(conn: Conn, kind: Kind, reach: Reach, asked: dict[str, Any]) -> list[views.Ranked]:
    """Places as the database ranks its counts."""
    if reach.whole:
        return await conn.rows(ALL_TIME_PLACES[kind], **asked)
    bucket = single(reach.start, reach.end)
    if bucket and bucket[0] == "year":
        return await conn.rows(YEAR_PLACES[kind], **asked, year=bucket[1])
    if bucket and bucket[0] == "month":
        return await conn.rows(MONTH_PLACES[kind], **asked, month=bucket[1])
    window = cut(reach.start, reach.end, coarsest="year")
    return await conn.rows(WINDOW_PLACES[kind], **asked, **window)


async def artist_places(
    conn: Conn,
    user_id: int,
    *,
    artist_id: int,
    since: Instant,
    until: Instant,
    limit: int = 10,
    offset: int = 0,
) -> tuple[list[views.Ranked], int]:
    """The same of one artist's tracks alone, and how many places there are."""
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return [], 0
    window = cut(reach.start, reach.end, coarsest="year")
    asked = {"user_id": user_id, "artist_id": artist_id, **window}
    total = await conn.value(ARTIST_COUNT, **asked)
    places: Sequence[views.Ranked] = ()
    if offset < total:
        places = await conn.rows(ARTIST_PLACES, **asked, limit=limit, offset=offset)
    return list(places), total
