"""Plays of any window as arrays: months that are packed, kept in memory, and the rest read."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from sqlalchemy import and_, bindparam, literal, select
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

Window = tuple[datetime, datetime]
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


_PACKS: Held[tuple[str, int], Array] = Held(MOST_PACKS_BYTES)
_YEARS: Held[tuple[str, tuple[int | None, ...]], Counts] = Held(MOST_YEARS_BYTES)


async def plays(
    conn: Conn, user_id: int, kinds: Sequence[str], start: datetime, end: datetime
) -> dict[str, Array] | None:
    """These kinds of numbers of the plays from `start` to before `end`, oldest first.

    None where too many months are not packed yet: the database has to count.
    """
    months = await _months(conn, user_id, start, end)
    return None if months is None else await _read(conn, user_id, kinds, months, (start, end))


async def by_year(
    conn: Conn, user_id: int, kinds: Sequence[str], start: datetime, end: datetime
) -> dict[str, Years] | None:
    """What was heard of these kinds from `start` to before `end`, year by year.

    None as for `plays`. Years that lie inside as a whole are counted once and kept.
    """
    months = await _months(conn, user_id, start, end)
    if months is None:
        return None
    found: dict[str, Years] = {kind: [] for kind in kinds}
    for year, group in groupby(months, lambda each: each[0].year):
        first = date(year, 1, 1)
        whole = clock.midnight(first), clock.midnight(clock.next_year(first))
        window = max(start, whole[0]), min(end, whole[1])
        asked: dict[str, Any] = {
            "months": list(group),
            "window": window,
            "is_whole": window == whole,
        }
        for kind, counts in (await _year(conn, user_id, kinds, **asked)).items():
            found[kind].append((year, counts))
    return found


async def _months(conn: Conn, user_id: int, start: datetime, end: datetime) -> Months | None:
    """The months of a window; None where too many are not packed."""
    first, last = clock.month_start(start.date()), (end - clock.MICROSECOND).date()
    months: Months = await conn.rows(_MONTHS, user_id=user_id, first=first, last=last)
    return None if sum(stamp is None for _, stamp in months) > MOST_MISSING else months


async def _year(
    conn: Conn,
    user_id: int,
    kinds: Sequence[str],
    *,
    months: Months,
    window: Window,
    is_whole: bool,
) -> dict[str, Counts]:
    """What was heard of these kinds in a year, or in the part of it that lies in a window."""
    stamps = tuple(stamp for _, stamp in months)
    is_whole = is_whole and None not in stamps
    found = {kind: _YEARS.get((kind, stamps)) for kind in kinds} if is_whole else {}
    absent = [kind for kind in kinds if found.get(kind) is None]
    if absent:
        read = await _read(conn, user_id, [*absent, AT], months, window)
        for kind in absent:
            found[kind] = counts = counted(read[kind], read[AT])
            if is_whole:
                _YEARS.put((kind, stamps), counts)
    return {kind: counts for kind, counts in found.items() if counts is not None}


async def _read(
    conn: Conn, user_id: int, kinds: Sequence[str], months: Months, window: Window
) -> dict[str, Array]:
    """Kinds of numbers of the plays of these months that lie in a window."""
    packs = {kind: await _packs(conn, user_id, kind, months) for kind in kinds}
    cut = [(month, stamp) for month, stamp in months if _inside(month, *window)]
    instants = packs.get(AT) or await _packs(conn, user_id, AT, cut)
    parts: dict[str, list[Array]] = {kind: [] for kind in kinds}
    for month, stamp in months:
        inside = _inside(month, *window)
        if stamp is None:
            since, until = inside or _bounds(month)
            found = await plays_between(conn, user_id, since, until)
        else:
            found = {kind: packs[kind][stamp] for kind in kinds}
            if inside:
                found = _cut(found, instants[stamp], inside)
        for kind in kinds:
            parts[kind].append(found[kind])
    return {kind: joined(each) for kind, each in parts.items()}


def _cut(found: dict[str, Array], instants: Array, window: Window) -> dict[str, Array]:
    """What lies in a window of plays heard at these instants."""
    marks = [clock.microseconds(at) for at in window]
    at, before = np.searchsorted(instants, marks).tolist()
    return {kind: each[at:before] for kind, each in found.items()}


def _bounds(month: date) -> Window:
    return clock.midnight(month), clock.midnight(clock.next_month(month))


def _inside(month: date, start: datetime, end: datetime) -> Window | None:
    """The part of a month that lies in the window; None where all of it does."""
    since, until = _bounds(month)
    if start <= since and until <= end:
        return None
    return max(start, since), min(end, until)


async def _packs(conn: Conn, user_id: int, kind: str, months: Months) -> dict[int, Array]:
    """The packs of one kind by their stamps; those that are not kept yet are read."""
    found: dict[int, Array] = {}
    absent = []
    for month, stamp in months:
        if stamp is None:
            continue
        kept = _PACKS.get((kind, stamp))
        if kept is None:
            absent.append((month,))
        else:
            found[stamp] = kept
    if absent:
        for stamp, numbers in await conn.rows(_NUMBERS, user_id=user_id, kind=kind, months=absent):
            found[stamp] = np.frombuffer(numbers, PACKED[kind])
            _PACKS.put((kind, stamp), found[stamp])
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
_ABSENT = bulk.rows("months", month=Day)
_ABSENT_PACK = and_(
    col(Pack.user_id) == OWNER,
    col(Pack.kind) == bindparam("kind"),
    col(Pack.month) == _ABSENT.c.month,
)
# An outer join keeps its order: the months first.
_NUMBERS: Read[Any] = Read(
    select(col(Pack.stamp), col(Pack.numbers)).select_from(_ABSENT).outerjoin(Pack, _ABSENT_PACK)
)
