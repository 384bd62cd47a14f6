"""Windows counted in memory, from their plays as arrays: top lists, totals, plays over time."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.packs import KINDS
from rewind_gql.domains.listening.periods import Span
from rewind_gql.domains.listening.queries import held, sums
from rewind_gql.domains.listening.queries.sums import Counts, Sum
from rewind_gql.store.page import Slice
from rewind_gql.store.read import Conn

Placed = tuple[int, int, datetime]
"""An entity, its plays, and the last of them."""


async def counts(conn: Conn, user_id: int, kind: str, start: datetime, end: datetime) -> Sum | None:
    """What was heard from `start` to before `end`, each entity once, in the order of their numbers.

    None where months are not packed yet: the database has to count.
    """
    found = await held.by_year(conn, user_id, [kind], start, end)
    return None if found is None else sums.added(_parts(found[kind]))


async def different(
    conn: Conn, user_id: int, kind: str, start: datetime, end: datetime
) -> int | None:
    """How many were heard from `start` to before `end`; None as for `counts`."""
    found = await held.by_year(conn, user_id, [kind], start, end)
    return None if found is None else sums.different(_parts(found[kind]))


async def totals(conn: Conn, user_id: int, start: datetime, end: datetime) -> views.Totals | None:
    """The plays from `start` to before `end`, and how many of each kind; None as for `counts`."""
    found = await held.by_year(conn, user_id, KINDS, start, end)
    if found is None:
        return None
    plays = sum(int(part.plays.sum()) for _, part in found["artist"])
    return views.Totals(
        plays=plays, **{f"{kind}s": sums.different(_parts(found[kind])) for kind in KINDS}
    )


async def series(
    conn: Conn, user_id: int, kind: str, ids: Sequence[int], span: Span
) -> list[list[int]] | None:
    """The plays of each of these in every bucket of `span`; None as for `counts`."""
    if span.granularity == "year":
        return await _by_year(conn, user_id, kind, ids, span)
    found = await held.plays(conn, user_id, kind, span.since, span.until)
    if found is None:
        return None
    entities, heard_at = found
    owner = sums.whose(entities, ids)
    chosen = np.flatnonzero(owner >= 0)
    marks = np.array([clock.microseconds(clock.midnight(start)) for start in span.buckets])
    bucket = np.searchsorted(marks, heard_at[chosen], side="right") - 1
    cells = np.bincount(owner[chosen] * marks.size + bucket, minlength=len(ids) * marks.size)
    table: list[list[int]] = cells.reshape(len(ids), marks.size).tolist()
    return table


async def _by_year(
    conn: Conn, user_id: int, kind: str, ids: Sequence[int], span: Span
) -> list[list[int]] | None:
    found = await held.by_year(conn, user_id, [kind], span.since, span.until)
    if found is None:
        return None
    places = {start.year: at for at, start in enumerate(span.buckets)}
    wanted = np.array(ids)
    table = np.zeros((len(ids), len(places)), np.int64)
    for year, part in found[kind]:
        table[:, places[year]] += sums.plays_of(part, wanted)
    told: list[list[int]] = table.tolist()
    return told


def places(found: Sum, *, limit: int, offset: int) -> list[Placed]:
    """Some places, most played first; ties by last play, then age."""
    return _told(sums.first(found, offset + limit)[offset:])


def part_of(found: Sum, part: Slice) -> list[Placed]:
    """The same of a part between two keys, and one more; backward, the last of them first."""
    ranked = sums.last if part.backward else sums.first
    return _told(ranked(found, part.limit + 1, part.after or (), part.before or ()))


def _told(found: Sequence[sums.Placed]) -> list[Placed]:
    return [(entity_id, plays, clock.from_microseconds(at)) for entity_id, plays, at in found]


def _parts(years: held.Years) -> list[Counts]:
    return [part for _, part in years]
