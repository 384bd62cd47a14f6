"""Plays over time: of some artists, albums or tracks, bucket by bucket."""

from collections.abc import Sequence
from datetime import datetime
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
    starts = span.buckets
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
    points = await few_series(conn, user_id, kind="artist", ids=ids, span=span)
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
