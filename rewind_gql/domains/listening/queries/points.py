"""Plays over time: of some artists, albums or tracks, bucket by bucket."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from rewind_gql import clock
from rewind_gql.clock import Grain
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.periods import Granularity, Span, check_points
from rewind_gql.domains.listening.queries import packed
from rewind_gql.domains.listening.queries.counts import Kind
from rewind_gql.domains.listening.queries.window import chosen, cut, lifetime
from rewind_gql.store.columns import Day, month_of, week_of, year_of
from rewind_gql.store.read import Conn, Read

Instant = datetime | None


async def series(
    conn: Conn, user_id: int, *, kind: Kind, ids: Sequence[int], span: Span
) -> dict[int, list[int]]:
    """The plays of each of these in every bucket of `span`, oldest first, zeros too.

    Only plays inside the span's window count, also where its first or last bucket is longer.
    Source: the plays of the window in memory, for so many have counts that it takes longer to find
    them; where they are not packed, `few_series`.
    """
    if not ids or span.since >= span.until:
        return await few_series(conn, user_id, kind=kind, ids=ids, span=span)
    chosen = [*dict.fromkeys(ids)]
    counted = await packed.series(conn, user_id, kind, chosen, span)
    if counted is None:
        return await few_series(conn, user_id, kind=kind, ids=ids, span=span)
    return dict(zip(chosen, counted, strict=True))


async def few_series(
    conn: Conn, user_id: int, *, kind: Kind, ids: Sequence[int], span: Span
) -> dict[int, list[int]]:
    """The same of a few, however long the window.

    Source: `listening_rollup`, and the plays of days the window cuts.
    """
    places = {bucket: at for at, bucket in enumerate(span.buckets)}
    points = {each: [0] * len(places) for each in ids}
    if not points or span.since >= span.until:
        return points
    window = cut(span.since, span.until, coarsest=_COARSEST[span.granularity])
    rows = await conn.rows(
        _SERIES[kind, span.granularity], user_id=user_id, ids=[*points], **window
    )
    for entity_id, bucket, plays in rows:
        points[entity_id][places[bucket]] += plays
    return points


async def over_time_by_artist(
    conn: Conn,
    user_id: int,
    ids: Sequence[int],
    *,
    granularity: Granularity,
    since: Instant = None,
    until: Instant = None,
) -> dict[int, list[views.PlaysPoint]]:
    """Plays of each of these artists in every UTC bucket of [`since`, `until`), oldest first.

    Open ends are the first and the last play of all.
    Raises `BadInput` for more than 10,000 buckets.
    """
    life = await lifetime(conn, user_id)
    if life is None:
        return {}
    span = Span(granularity, since or life[0], until or life[1] + clock.MICROSECOND)
    check_points(span)
    points = await few_series(conn, user_id, kind="artist", ids=ids, span=span)
    starts = span.buckets
    return {
        each: [
            views.PlaysPoint(start=start, plays=plays)
            for start, plays in zip(starts, counted, strict=True)
        ]
        for each, counted in points.items()
    }


_COARSEST: dict[Granularity, Grain] = {
    "day": "day",
    "week": "day",
    "month": "month",
    "year": "year",
}
_STARTS: dict[Granularity, Any] = {
    "day": lambda bucket: bucket,
    "week": lambda bucket: week_of(bucket, type_=Day()),
    "month": lambda bucket: month_of(bucket, type_=Day()),
    "year": lambda bucket: year_of(bucket, type_=Day()),
}


def _series(kind: Kind, granularity: Granularity) -> Read[Any]:
    found = chosen(kind).subquery("parts")
    bucket = _STARTS[granularity](found.c.bucket).label("start")
    plays = func.sum(found.c.plays)
    return Read(select(found.c.entity_id, bucket, plays).group_by(found.c.entity_id, bucket))


_KINDS: tuple[Kind, ...] = ("artist", "album", "track")
_SERIES = {
    (kind, granularity): _series(kind, granularity) for kind in _KINDS for granularity in _STARTS
}
