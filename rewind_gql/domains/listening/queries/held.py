"""Plays of any window as arrays: months that are packed, kept in memory, and the rest read."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain, groupby
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from sqlalchemy import Text, and_, bindparam, literal, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.packs import AT, PACKED, Array, plays_between
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.queries.sums import Counts, counted, joined
from rewind_gql.domains.listening.tables import Breadth, Pack
from rewind_gql.store.columns import Day
from rewind_gql.store.read import Conn, Read

# So many months that are not packed, such as the present one between two syncs, are read as plays.
MOST_MISSING = 2
MOST_PACKS_BYTES = 48 << 20
"""What a process keeps of packs: the plays of some two and a half million, at 20 bytes each."""
MOST_YEARS_BYTES = 32 << 20
"""What it keeps of years that were counted."""

Key = tuple[str, int]
"""The kind and the stamp of a pack."""
Window = tuple[datetime, datetime]
Part = dict[str, Array]
"""Kinds of numbers of the plays of a month, oldest first."""
Months = list[tuple[date, int | None]]
"""Months with a play, oldest first, each with the stamp of its packs if it has any."""
Years = list[tuple[int, Counts]]
"""What was heard in each year, oldest first; a year without a play is left out."""


class Sized(Protocol):
    """What takes memory."""

    @property
    def nbytes(self) -> int:
        """How much."""
        ...


K = TypeVar("K")
V = TypeVar("V", bound=Sized)


class Held(Generic[K, V]):
    """What was made of packs, by their stamps; what was not asked for the longest makes room.

    A stamp is never given twice, so that what is kept under it is true in every state of every
    database.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._found: OrderedDict[K, V] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: K) -> V | None:
        """What is kept, if it is."""
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep this as well."""
        if key in self._found or value.nbytes > self._most_bytes:
            return
        self._found[key] = value
        self.size_bytes += value.nbytes
        while self.size_bytes > self._most_bytes:
            _, gone = self._found.popitem(last=False)
            self.size_bytes -= gone.nbytes


_PACKS: Held[Key, Array] = Held(MOST_PACKS_BYTES)
_YEARS: Held[tuple[str, tuple[int | None, ...]], Counts] = Held(MOST_YEARS_BYTES)


async def plays(
    conn: Conn, user_id: int, kind: str, start: datetime, end: datetime
) -> tuple[Array, Array] | None:
    """Whose each play from `start` to before `end` is and when it was heard, oldest first.

    None where too many months are not packed yet: the database has to count.
    """
    months = await _months(conn, user_id, start, end)
    if months is None:
        return None
    kinds = kind, AT
    packs = await _packs(conn, user_id, _wanted(kinds, months))
    found = await _read(conn, user_id, kinds, _Year(0, months, (start, end)), packs)
    return found[kind], found[AT]


async def parts(
    conn: Conn, user_id: int, kinds: Sequence[str], start: datetime, end: datetime
) -> list[Part] | None:
    """The same month by month, for whoever need not have a million numbers in a row."""
    months = await _months(conn, user_id, start, end)
    if months is None:
        return None
    packs = await _packs(conn, user_id, _wanted(kinds, months))
    return await _parts(conn, user_id, kinds, _Year(0, months, (start, end)), packs)


def before(found: Sequence[Part], marks: Array) -> Array:
    """How many of the instants in these parts come before each mark, in microseconds."""
    order = np.argsort(marks, kind="stable")
    ordered = marks[order]
    some = [part[AT] for part in found if part[AT].size]
    edges = np.searchsorted(ordered, [instants[0] for instants in some]).tolist()
    counts = np.zeros(marks.size, np.int64)
    total = 0
    for instants, at, after in zip(some, edges, [*edges, marks.size][1:], strict=True):
        counts[order[at:after]] = total + np.searchsorted(instants, ordered[at:after])
        total += instants.size
    return counts


async def by_year(
    conn: Conn, user_id: int, kinds: Sequence[str], start: datetime, end: datetime
) -> dict[str, Years] | None:
    """What was heard of these kinds from `start` to before `end`, year by year.

    None as for `plays`. Years that lie inside as a whole are counted once and kept.
    """
    months = await _months(conn, user_id, start, end)
    if months is None:
        return None
    years = list(_years(months, start, end))
    found: dict[tuple[str, int], Counts] = {}
    absent: list[tuple[_Year, list[str]]] = []
    for each in years:
        kept = {kind: each.kept(kind) for kind in kinds}
        found |= {(kind, each.year): counts for kind, counts in kept.items() if counts}
        if lacking := [kind for kind in kinds if kept[kind] is None]:
            absent.append((each, [*lacking, AT]))
    wanted = chain.from_iterable(_wanted(lacking, each.months) for each, lacking in absent)
    packs = await _packs(conn, user_id, wanted)
    for each, lacking in absent:
        read = await _read(conn, user_id, lacking, each, packs)
        for kind in lacking[:-1]:
            found[kind, each.year] = each.keep(kind, counted(read[kind], read[AT]))
    return {kind: [(each.year, found[kind, each.year]) for each in years] for kind in kinds}


class _Year(NamedTuple):
    """A year, or the part of it that lies in a window."""

    year: int
    months: Months
    window: Window
    is_whole: bool = False

    def kept(self, kind: str) -> Counts | None:
        """What is kept of it, if it is."""
        return _YEARS.get((kind, self._stamps)) if self.is_whole else None

    def keep(self, kind: str, counts: Counts) -> Counts:
        """The counts, kept where they are those of all the year."""
        if self.is_whole and None not in self._stamps:
            _YEARS.put((kind, self._stamps), counts)
        return counts

    @property
    def _stamps(self) -> tuple[int | None, ...]:
        return tuple(stamp for _, stamp in self.months)


def _years(months: Months, start: datetime, end: datetime) -> Iterator[_Year]:
    """The years of a window that have a play."""
    for year, group in groupby(months, lambda each: each[0].year):
        first = date(year, 1, 1)
        whole = clock.midnight(first), clock.midnight(clock.next_year(first))
        window = max(start, whole[0]), min(end, whole[1])
        yield _Year(year, list(group), window, window == whole)


async def _months(conn: Conn, user_id: int, start: datetime, end: datetime) -> Months | None:
    """The months of a window; None where too many are not packed."""
    first, last = clock.month_start(start.date()), (end - clock.MICROSECOND).date()
    months: Months = await conn.rows(_MONTHS, user_id=user_id, first=first, last=last)
    return None if sum(stamp is None for _, stamp in months) > MOST_MISSING else months


async def _read(
    conn: Conn, user_id: int, kinds: Sequence[str], part: _Year, packs: dict[Key, Array]
) -> dict[str, Array]:
    """Kinds of numbers of the plays of a part, from packs where there are any."""
    found = await _parts(conn, user_id, kinds, part, packs)
    return {kind: joined([month[kind] for month in found]) for kind in kinds}


async def _parts(
    conn: Conn, user_id: int, kinds: Sequence[str], part: _Year, packs: dict[Key, Array]
) -> list[Part]:
    """The same, month by month."""
    # None but the first and the last can be cut.
    ends = {each: _inside(each, *part.window) for each, _ in (*part.months[:1], *part.months[-1:])}
    parts: list[Part] = []
    for month, stamp in part.months:
        inside = ends.get(month)
        if stamp is None:
            since, until = inside or _bounds(month)
            read = await plays_between(conn, user_id, since, until)
            found = {kind: read[kind] for kind in kinds}
        else:
            found = {kind: packs[kind, stamp] for kind in kinds}
            if inside:
                marks = [clock.microseconds(at) for at in inside]
                first, after = np.searchsorted(packs[AT, stamp], marks).tolist()
                found = {kind: each[first:after] for kind, each in found.items()}
        parts.append(found)
    return parts


def _bounds(month: date) -> Window:
    return clock.midnight(month), clock.midnight(clock.next_month(month))


def _inside(month: date, start: datetime, end: datetime) -> Window | None:
    """The part of a month that lies in the window; None where all of it does."""
    since, until = _bounds(month)
    if start <= since and until <= end:
        return None
    return max(start, since), min(end, until)


def _wanted(kinds: Sequence[str], months: Months) -> Iterator[tuple[Key, date]]:
    """The packs of some months, those that there are."""
    for month, stamp in months:
        if stamp is not None:
            yield from (((kind, stamp), month) for kind in kinds)


async def _packs(conn: Conn, user_id: int, wanted: Iterable[tuple[Key, date]]) -> dict[Key, Array]:
    """These packs; those that are not kept yet are read, all at once."""
    found: dict[Key, Array] = {}
    absent = []
    for key, month in wanted:
        kept = _PACKS.get(key)
        if kept is None:
            absent.append((key[0], month))
        else:
            found[key] = kept
    if absent:
        for kind, stamp, numbers in await conn.rows(_NUMBERS, user_id=user_id, packs=absent):
            found[kind, stamp] = np.frombuffer(numbers, PACKED[kind])
            _PACKS.put((kind, stamp), found[kind, stamp])
    return found


_PACKED = and_(
    col(Pack.user_id) == OWNER,
    col(Pack.kind) == literal(AT),
    col(Pack.month) == col(Breadth.bucket),
)
_MONTHS: Read[Any] = Read(
    select(col(Breadth.bucket), col(Pack.stamp))
    .outerjoin(Pack, _PACKED)
    .where(
        col(Breadth.user_id) == OWNER,
        col(Breadth.grain) == literal("month"),
        col(Breadth.bucket) >= bindparam("first", type_=Day()),
        col(Breadth.bucket) <= bindparam("last", type_=Day()),
    )
    .order_by(col(Breadth.bucket))
)
_WANTED = bulk.rows("packs", kind=Text, month=Day)
_IS_WANTED = and_(
    col(Pack.user_id) == OWNER,
    col(Pack.kind) == _WANTED.c.kind,
    col(Pack.month) == _WANTED.c.month,
)
# An outer join keeps its order: those that are wanted first.
_NUMBERS: Read[Any] = Read(
    select(col(Pack.kind), col(Pack.stamp), col(Pack.numbers))
    .select_from(_WANTED)
    .outerjoin(Pack, _IS_WANTED)
)
