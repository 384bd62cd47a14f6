"""Entities counted in arrays: plays and the last of them, how many there are, who comes first."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewind_gql.domains.listening.packs import LARGEST, Array
from rewind_gql.store.page import Key

# Entities are counted in an array from the lowest number to the highest: where there are few of
# them between two far numbers, that would be as long for nothing.
SPARSE = 16
SMALL = 50_000

Placed = tuple[int, int, int]
"""An entity, its plays, and the last of them in microseconds."""


class Counts(NamedTuple):
    """Plays and the last of them, in microseconds, of some entities in the order of numbers."""

    entities: Array
    plays: Array
    last_at: Array

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return sum(each.nbytes for each in self)


class Sum(NamedTuple):
    """Counts of times that follow each other, by what they add up to."""

    entities: Array
    plays: Array
    parts: Sequence[Counts]

    def last_at(self, at: Array) -> Array:
        """The last plays of the entities that stand there."""
        wanted = self.entities[at]
        found = np.zeros(at.size, np.int64)
        for part in self.parts:
            place, known = _found(part.entities, wanted)
            found = np.where(known, part.last_at[place], found)  # the parts follow each other
        return found


def counted(entities: Array, at: Array) -> Counts:
    """The plays of each entity, which stand in the order of time; number 0 is none."""
    offset, length = _reach(entities)
    numbers: Array | None = None
    place = entities - offset if offset else entities
    if _is_wide(length, entities.size):
        numbers, place = np.unique(entities, return_inverse=True)
    plays = np.bincount(place)
    last_at = np.zeros(plays.size, np.int64)
    last_at[place] = at  # of one entity the last is kept
    heard = np.flatnonzero(plays > 0)
    names = heard + offset if numbers is None else numbers
    if names.size and names[0] == 0:
        heard, names = heard[1:], names[1:]
    return Counts(names, plays[heard].astype(np.int32), last_at[heard])


def added(parts: Sequence[Counts]) -> Sum:
    """Counts of times that follow each other together."""
    parts = [part for part in parts if part.entities.size]
    offset, length = _extent(parts)
    if _is_wide(length, sum(part.entities.size for part in parts)):
        entities, place = np.unique(joined([each.entities for each in parts]), return_inverse=True)
        # Sums of whole numbers: exact up to 2^53.
        plays = np.bincount(place, weights=joined([each.plays for each in parts]))
        return Sum(entities, plays.astype(np.int32), parts)
    total = np.zeros(length, np.int32)
    for part in parts:
        total[part.entities - offset if offset else part.entities] += part.plays
    heard = np.flatnonzero(total > 0)
    return Sum(heard + offset, total[heard], parts)


def different(parts: Sequence[Counts]) -> int:
    """How many entities there are in some counts."""
    parts = [part for part in parts if part.entities.size]
    offset, length = _extent(parts)
    if _is_wide(length, sum(part.entities.size for part in parts)):
        return int(np.unique(joined([each.entities for each in parts])).size)
    seen = np.zeros(length, bool)
    for part in parts:
        seen[part.entities - offset if offset else part.entities] = True
    return int(np.count_nonzero(seen))


def joined(arrays: Sequence[Array]) -> Array:
    """All these numbers, with 64 bits."""
    return np.concatenate(arrays, dtype=np.int64) if arrays else np.zeros(0, np.int64)


def whose(entities: Array, ids: Sequence[int]) -> Array:
    """Which of `ids` each entity is; -1 for all others."""
    lowest, highest = min(ids), max(ids)
    if _is_wide(highest - lowest, entities.size):
        order = np.argsort(ids)
        known = np.array(ids)[order]
        place = np.searchsorted(known, entities).clip(max=known.size - 1)
        return np.where(known[place] == entities, order[place], -1)
    table = np.full(highest - lowest + 3, -1)
    table[np.array(ids) - lowest + 1] = np.arange(len(ids))
    # What lies beyond either end is taken from there, where nobody stands.
    return table.take(entities - (lowest - 1), mode="clip")


def plays_of(found: Counts, ids: Array) -> Array:
    """The plays of each of these entities; 0 where there are none."""
    place, known = _found(found.entities, ids)
    return np.where(known, found.plays[place], 0) if found.entities.size else known.astype(int)


def first(found: Sum, count: int, after: Key = (), before: Key = ()) -> list[Placed]:
    """So many places, most played first; ties by last play, then age.

    None at `after` or ahead of it, none at `before` or behind it.
    """
    near = _between(found.plays, after, before)
    plays = found.plays[near]
    spare = int(np.count_nonzero(plays == _number(after[0]))) if after else 0
    return _placed(found, near[_most(plays, count + spare)], after, before)[:count]


def last(found: Sum, count: int, after: Key = (), before: Key = ()) -> list[Placed]:
    """So many of the same places from the end, the last one first."""
    near = _between(found.plays, after, before)
    plays = found.plays[near]
    spare = int(np.count_nonzero(plays == _number(before[0]))) if before else 0
    return _placed(found, near[_most(-plays, count + spare)], after, before)[::-1][:count]


def _between(plays: Array, after: Key, before: Key) -> Array:
    """Where as many plays are as two places allow."""
    if not after and not before:
        return np.arange(plays.size)
    most = _number(after[0]) if after else LARGEST
    least = _number(before[0]) if before else 0
    return np.flatnonzero((plays <= most) & (plays >= least))


def _most(height: Array, count: int) -> Array:
    """Where the highest so many stand, and all that are as high as the last of them."""
    if not 0 < count < height.size:
        return np.arange(height.size)
    lowest = int(np.partition(height, height.size - count)[height.size - count])
    return np.flatnonzero(height >= lowest)


def _placed(found: Sum, near: Array, after: Key, before: Key) -> list[Placed]:
    """What stands there, in order, between two places."""
    entities, plays, last_at = found.entities[near], found.plays[near], found.last_at(near)
    order = np.lexsort((entities, -last_at, -plays))
    rows = zip(*(each[order].tolist() for each in (entities, plays, last_at)), strict=True)
    high, low = (_rank(key) if key else None for key in (after, before))
    return [
        (entity_id, count, at)
        for entity_id, count, at in rows
        if (high is None or (-count, -at, entity_id) > high)
        and (low is None or (-count, -at, entity_id) < low)
    ]


def _rank(key: Key) -> tuple[int, int, int]:
    plays, last_at, entity_id = map(_number, key)
    return -plays, -last_at, entity_id


def _number(item: str | float | None) -> int:
    return int(item or 0)


def _found(entities: Array, wanted: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Where entities stand among those in order, and which of them are there at all."""
    if not entities.size:
        return np.zeros(wanted.size, np.int64), np.zeros(wanted.size, bool)
    place = np.searchsorted(entities, wanted).clip(max=entities.size - 1)
    return place, entities[place] == wanted


def _reach(entities: Array) -> tuple[int, int]:
    """What numbers are counted from, and how many there are from there to the highest."""
    if not entities.size:
        return 0, 0
    lowest, highest = int(entities.min()), int(entities.max())
    offset = lowest if lowest > SMALL else 0
    return offset, highest + 1 - offset


def _extent(parts: Sequence[Counts]) -> tuple[int, int]:
    """The same of all entities of some counts, none of which is empty."""
    return _reach(np.array([part.entities[at] for part in parts for at in (0, -1)]))


def _is_wide(length: int, size: int) -> bool:
    return length > SMALL + SPARSE * size
