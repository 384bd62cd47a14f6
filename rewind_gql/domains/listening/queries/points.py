"""Plays over time: of some artists, albums or tracks, bucket by bucket."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import select

from rewind_gql import clock
from rewind_gql.clock import Grain
from rewind_gql.domains.listening import bulk, views
from rewind_gql.domains.listening.packs import numbers_of
from rewind_gql.domains.listening.periods import Granularity, Span, check_points
from rewind_gql.domains.listening.queries import packed
from rewind_gql.domains.listening.queries.counts import Kind
from rewind_gql.domains.listening.queries.runs import FIRST_DAY, day_number
from rewind_gql.domains.listening.queries.window import chosen, cut, lifetime
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
# The counts of so few are found sooner than theirs among all plays of a window.
FEW = 4


async def series(
    conn: Conn, user_id: int, *, kind: Kind, ids: Sequence[int], span: Span
) -> dict[int, list[int]]:
    """The plays of each of these in every bucket of `span`, oldest first, zeros too.

    Only plays inside the span's window count, also where its first or last bucket is longer.
    Source: `listening_rollup`, and the plays of days the window cuts.
    """
    known = list(dict.fromkeys(ids))
    if len(known) > FEW and span.since < span.until:
        counted = await packed.series(conn, user_id, kind, known, span)
        if counted is not None:
            return dict(zip(known, counted, strict=True))
    return await _counted(conn, user_id, kind, ids, span, span.buckets)


async def _counted(
    conn: Conn, user_id: int, kind: Kind, ids: Sequence[int], span: Span, starts: Sequence[date]
) -> dict[int, list[int]]:
    """The same, counted by the database and added up in memory."""
    if not ids or span.since >= span.until:
        return {each: [0] * len(starts) for each in ids}
    window = cut(span.since, span.until, coarsest=_COARSEST[span.granularity])
    lists = await conn.value(_PARTS[kind], user_id=user_id, ids=ids, **window)
    entities, days, plays = numbers_of(lists)
    first = FIRST_DAY.toordinal()
    marks = np.array([start.toordinal() - first for start in starts])
    known = np.unique(ids)
    row = np.searchsorted(known, entities) * len(starts)
    cells = row + np.searchsorted(marks, days, side="right") - 1
    # Sums of whole numbers: exact up to 2^53.
    sums = np.bincount(cells, weights=plays, minlength=len(known) * len(starts))
    table = sums.astype(np.int64).reshape(len(known), len(starts))
    return {each: table[at].tolist() for at, each in enumerate(known.tolist())}


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
    starts = span.buckets
    points = await _counted(conn, user_id, "artist", ids, span, starts)
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


def _parts(kind: Kind) -> Read[Any]:
    found = chosen(kind).subquery("parts").c
    days = bulk.gathered(day_number(found.bucket))
    return Read(select(bulk.gathered(found.entity_id), days, bulk.gathered(found.plays)))


_KINDS: tuple[Kind, ...] = ("artist", "album", "track")
_PARTS = {kind: _parts(kind) for kind in _KINDS}
