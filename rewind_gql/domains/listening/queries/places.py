"""Top lists by page number: places with their totals, of any window, of one artist's tracks."""

from collections.abc import Sequence
from datetime import datetime

from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries import packed
from rewind_gql.domains.listening.queries.counts import LONG, different
from rewind_gql.domains.listening.queries.ranking import (
    ALL_TIME_PLACES,
    ARTIST_COUNT,
    ARTIST_PLACES,
    MONTH_PLACES,
    WINDOW_PLACES,
    YEAR_PLACES,
    Kind,
)
from rewind_gql.domains.listening.queries.window import cut, reached, single
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
    Source: `listening_rollup`, and the plays of days the window cuts; exact for any window.
    """
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return []
    start, end = reach.start, reach.end
    asked = {"user_id": user_id, "limit": limit, "offset": offset}
    if reach.whole:
        return await conn.rows(ALL_TIME_PLACES[kind], **asked)
    bucket = single(start, end)
    if bucket and bucket[0] == "year":
        return await conn.rows(YEAR_PLACES[kind], **asked, year=bucket[1])
    if bucket and bucket[0] == "month":
        return await conn.rows(MONTH_PLACES[kind], **asked, month=bucket[1])
    if reach.length > LONG and (found := await packed.counts(conn, user_id, kind, start, end)):
        return [
            views.Ranked(entity_id=entity_id, plays=plays, last_at=last_at)
            for entity_id, plays, last_at in packed.places(found, limit=limit, offset=offset)
        ]
    window = cut(start, end, coarsest="year")
    return await conn.rows(WINDOW_PLACES[kind], **asked, **window)


async def top_total(conn: Conn, user_id: int, *, kind: Kind, since: Instant, until: Instant) -> int:
    """How many places `top_places` has."""
    return await different(conn, user_id, kind, since, until)


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
