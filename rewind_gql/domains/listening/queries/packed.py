"""Windows of months added up in memory, from the packs of whole months and the days around them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, bindparam, literal, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.packs import (
    ENTITIES,
    INSTANTS,
    KINDS,
    PLAYS,
    Array,
    Counts,
    counts_of,
)
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.queries.window import parts, pieces
from rewind_gql.domains.listening.tables import Breadth, Pack, Rollup
from rewind_gql.store.columns import Day, Utc
from rewind_gql.store.page import Key, Slice
from rewind_gql.store.read import Conn, Read

# So many months that are not packed, such as the present one between two syncs, are read as counts.
MOST_MISSING = 2
# Entities are counted in an array from the lowest number to the highest: where there are few of
# them between two far numbers, that would be as long for nothing.
SPARSE = 64
SMALL = 1_000_000

Placed = tuple[int, int, datetime]
"""An entity, its plays, and the last of them."""


async def counts(
    conn: Conn, user_id: int, kind: str, start: datetime, end: datetime
) -> Counts | None:
    """What was heard from `start` to before `end`, each entity once, in the order of their numbers.

    None where no whole month lies between, or months are not packed yet: the database has to count.
    """
    first, last = _whole(start, end)
    if first >= last:
        return None
    rows = await conn.rows(_PACKS[kind], user_id=user_id, since=first, until=last)
    missing = [row[0] for row in rows if row[1] is None]
    if len(missing) > MOST_MISSING:
        return None
    window = pieces(start, end, first, last, missing)
    around = counts_of(await conn.value(_AROUND[kind], user_id=user_id, **window))
    months = [row for row in rows if row[1] is not None]
    whole = Counts(
        _joined((row[1] for row in months), ENTITIES),
        _joined((row[2] for row in months), PLAYS),
        _joined((row[3] for row in months), INSTANTS),
    )
    return _summed(whole, around)


async def different(
    conn: Conn, user_id: int, kinds: Sequence[str], start: datetime, end: datetime
) -> list[int] | None:
    """How many of each kind were heard from `start` to before `end`; None as for `counts`.

    Of a month at either end it is kept when something in it was first and last heard there.
    """
    first, last = _whole(start, end)
    if first >= last:
        return None
    found = []
    for kind in kinds:
        rows = await conn.rows(_NAMES[kind], user_id=user_id, since=first, until=last)
        missing = [month for month, packed in rows if packed is None]
        if len(missing) > MOST_MISSING:
            return None
        ends = [(month, start, end) for month in (*_cut(start, end, first, last), *missing)]
        around = counts_of([await conn.value(_HEARD[kind], user_id=user_id, ends=ends), None, None])
        whole = _joined((packed for _, packed in rows if packed is not None), ENTITIES)
        found.append(_number(np.concatenate([whole, around.entities])))
    return found


def places(found: Counts, *, limit: int, offset: int) -> list[Placed]:
    """Some places, most played first; ties by last play, then age."""
    return _told(_first(found, offset + limit)[offset:], found)


def part_of(found: Counts, part: Slice) -> list[Placed]:
    """The same of a part between two keys, and one more; backward, the last of them first."""
    inside = np.ones(found.entities.size, bool)
    if part.after:
        inside &= _behind(found, part.after)
    if part.before:
        inside &= ~_behind(found, part.before) & ~_at(found, part.before)
    chosen = Counts(*(each[inside] for each in found))
    count = part.limit + 1
    order = _last(chosen, count) if part.backward else _first(chosen, count)
    return _told(order, chosen)


def _told(order: Array, found: Counts) -> list[Placed]:
    columns = (each[order].tolist() for each in found)
    return [
        (entity_id, plays, clock.from_microseconds(at))
        for entity_id, plays, at in zip(*columns, strict=True)
    ]


def _first(found: Counts, count: int) -> Array:
    """Where the first so many places are, in their order."""
    plays = found.plays
    near = np.arange(plays.size)
    if 0 < count < plays.size:
        near = np.flatnonzero(plays >= np.partition(plays, plays.size - count)[plays.size - count])
    return near[_ranked(Counts(*(each[near] for each in found)))][:count]


def _last(found: Counts, count: int) -> Array:
    """Where the last so many places are, the last one first."""
    plays = found.plays
    near = np.arange(plays.size)
    if 0 < count < plays.size:
        near = np.flatnonzero(plays <= np.partition(plays, count - 1)[count - 1])
    return near[_ranked(Counts(*(each[near] for each in found)))][::-1][:count]


def _ranked(found: Counts) -> Array:
    return np.lexsort((found.entities, -found.last_at, -found.plays))


def _behind(found: Counts, key: Key) -> NDArray[np.bool_]:
    """What comes after a place."""
    plays, last, entity = (int(each or 0) for each in key)
    later = (found.last_at < last) | ((found.last_at == last) & (found.entities > entity))
    behind: NDArray[np.bool_] = (found.plays < plays) | ((found.plays == plays) & later)
    return behind


def _at(found: Counts, key: Key) -> NDArray[np.bool_]:
    plays, last, entity = (int(each or 0) for each in key)
    same = (found.plays == plays) & (found.last_at == last)
    there: NDArray[np.bool_] = same & (found.entities == entity)
    return there


def _whole(start: datetime, end: datetime) -> tuple[date, date]:
    """The whole months of a window: the first of them, and the one after the last."""
    first, last = clock.month_start(start.date()), clock.month_start(end.date())
    return first if start == clock.midnight(first) else clock.next_month(first), last


def _cut(start: datetime, end: datetime, first: date, last: date) -> list[date]:
    """The months of which a window holds only a part; at least one whole month lies between."""
    before = clock.month_start(start.date())
    found = [] if before == first else [before]
    return found if end == clock.midnight(last) else [*found, last]


def _joined(blobs: Iterable[bytes], kind: np.dtype[Any]) -> Array:
    return np.frombuffer(b"".join(blobs), kind).astype(np.int64)


def _summed(whole: Counts, around: Counts) -> Counts:
    """Counts of each entity together. Those of whole months stand in the order of time."""
    entities = np.concatenate([whole.entities, around.entities])
    plays = np.concatenate([whole.plays, around.plays])
    if not entities.size:
        return around
    lowest = int(entities.min())
    length = int(entities.max()) - lowest + 1
    if length > SMALL + SPARSE * entities.size:
        numbers, at = np.unique(entities, return_inverse=True)
    else:
        numbers, at = np.arange(lowest, lowest + length), entities - lowest
    # Sums of whole numbers: exact up to 2^53.
    total = np.bincount(at, weights=plays, minlength=numbers.size).astype(np.int64)
    last_at = np.zeros(numbers.size, np.int64)
    split = whole.entities.size
    last_at[at[:split]] = whole.last_at  # of one entity the last is kept, that of its last month
    np.maximum.at(last_at, at[split:], around.last_at)
    heard = np.flatnonzero(total)
    return Counts(numbers[heard], total[heard], last_at[heard])


def _number(entities: Array) -> int:
    """How many different ones there are."""
    if not entities.size:
        return 0
    lowest = int(entities.min())
    length = int(entities.max()) - lowest + 1
    if length > SMALL + SPARSE * entities.size:
        return int(np.unique(entities).size)
    seen = np.zeros(length, bool)
    seen[entities - lowest] = True
    return int(np.count_nonzero(seen))


def _months(kind: str, *columns: Any) -> Read[Any]:
    """Every month with a play, oldest first, with its pack if there is one."""
    packed = and_(
        col(Pack.user_id) == OWNER,
        col(Pack.kind) == literal(kind),
        col(Pack.month) == col(Breadth.bucket),
    )
    return Read(
        select(col(Breadth.bucket), *columns)
        .outerjoin(Pack, packed)
        .where(
            col(Breadth.user_id) == OWNER,
            col(Breadth.grain) == literal("month"),
            col(Breadth.bucket) >= bindparam("since", type_=Day()),
            col(Breadth.bucket) < bindparam("until", type_=Day()),
        )
        .order_by(col(Breadth.bucket))
    )


def _around(kind: str) -> Read[Any]:
    """What lies around the packs: days, plays of cut days, months that are not packed."""
    found = parts(kind).subquery("parts")
    return Read(
        select(
            bulk.gathered(found.c.entity_id),
            bulk.gathered(found.c.plays),
            bulk.gathered(bulk.micros(found.c.last_at)),
        )
    )


_ENDS = bulk.rows("ends", month=Day, since=Utc, until=Utc)


def _heard(kind: str) -> Read[Any]:
    """What has a play in the bound part of these months. An outer join keeps its order."""
    inside = and_(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(kind),
        col(Rollup.grain) == literal("month"),
        col(Rollup.bucket) == _ENDS.c.month,
        col(Rollup.last_at) >= _ENDS.c.since,
        col(Rollup.first_at) < _ENDS.c.until,
    )
    found = select(bulk.gathered(col(Rollup.entity_id)))
    return Read(found.select_from(_ENDS).outerjoin(Rollup, inside), lambda told: told)


_PACKS = {
    kind: _months(kind, col(Pack.entities), col(Pack.plays), col(Pack.last_at)) for kind in KINDS
}
_NAMES = {kind: _months(kind, col(Pack.entities)) for kind in KINDS}
_AROUND = {kind: _around(kind) for kind in KINDS}
_HEARD = {kind: _heard(kind) for kind in KINDS}
