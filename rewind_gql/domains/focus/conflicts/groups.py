"""Sessions that hang together by contradicting each other, and what each such group is."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from rewind_gql import clock
from rewind_gql.domains.focus.conflicts.rules import (
    LONGEST,
    SAME_TIME,
    Finding,
    Limits,
    Row,
    Type,
    fold,
    judge,
)

Dismissed = Mapping[int, set[int]]
"""By session, the conflicts it was in that were dismissed. Two that share one get along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Two or more sessions that form one conflict, oldest first."""

    rows: tuple[Row, ...]
    type: Type
    auto: bool
    suggestion: str

    @property
    def ids(self) -> frozenset[int]:
        """Its sessions."""
        return frozenset(row.id for row in self.rows)

    @property
    def fingerprint(self) -> str:
        """The same for the same type and sessions, whenever they are found."""
        return fingerprint(self.type, sorted(self.ids))


def fingerprint(kind: Type, parts: Iterable[object]) -> str:
    """What names a conflict: its type and what it is between."""
    named = ":".join([kind, *map(str, parts)])
    return hashlib.sha256(named.encode()).hexdigest()


def groups(rows: Iterable[Row], limits: Limits, dismissed: Dismissed) -> list[Group]:
    """Every group among `rows`, oldest first. A session is in one group at most."""
    found = []
    for run in _runs(rows, limits):
        apart = any(row.id in dismissed for row in run)
        parts = _parted(run, limits, dismissed) if apart else [run]
        found += [_group(part, limits, dismissed) for part in parts if len(part) > 1]
    return sorted(found, key=lambda group: order(group.rows[0]))


def order(row: Row) -> tuple[datetime, datetime, int]:
    """The order of sessions in time."""
    return (row.start_at, row.end_at, row.id)


def cover(rows: Iterable[Row]) -> list[Row]:
    """As few of `rows` as fill the same time: whatever meets one of them meets one of these."""
    chosen: list[Row] = []
    for row in sorted(rows, key=order):
        if chosen and row.end_at <= chosen[-1].end_at:
            continue
        while len(chosen) > 1 and chosen[-2].end_at >= row.start_at:
            chosen.pop()
        if chosen and chosen[-1].start_at == row.start_at:
            chosen.pop()
        chosen.append(row)
    return chosen


def _runs(rows: Iterable[Row], limits: Limits) -> Iterator[list[Row]]:
    """What hangs together when nothing was dismissed.

    In order of their starts, a session meets one before it exactly if it meets the one that
    lasts longest, for what is too short to meet anything is left out.
    """
    run: list[Row] = []
    reach = clock.EPOCH
    for row in sorted((row for row in rows if row.length > limits.tolerance), key=order):
        if run and reach - row.start_at > limits.tolerance:
            run.append(row)
            reach = max(reach, row.end_at)
        else:
            if run:
                yield run
            run, reach = [row], row.end_at
    if run:
        yield run


def _pairs(run: Sequence[Row], limits: Limits) -> Iterator[tuple[Row, Row]]:
    """Every two sessions of a run that share more than what is tolerated."""
    before: list[Row] = []
    for row in run:
        before = [each for each in before if each.end_at - row.start_at > limits.tolerance]
        yield from ((each, row) for each in before)
        before.append(row)


def _apart(dismissed: Dismissed) -> Callable[[Row, Row], bool]:
    def were_dismissed(one: Row, other: Row) -> bool:
        first, second = dismissed.get(one.id), dismissed.get(other.id)
        return bool(first and second and first & second)

    return were_dismissed


def _parted(run: Sequence[Row], limits: Limits, dismissed: Dismissed) -> list[list[Row]]:
    """What still hangs together when dismissed pairs do not count."""
    apart = _apart(dismissed)
    part_of = {row.id: [row] for row in run}
    for one, other in _pairs(run, limits):
        mine, theirs = part_of[one.id], part_of[other.id]
        if mine is not theirs and not apart(one, other):
            mine += theirs
            part_of |= {row.id: mine for row in theirs}
    distinct = {id(part): part for part in part_of.values()}
    return [sorted(part, key=order) for part in distinct.values()]


def _group(rows: Sequence[Row], limits: Limits, dismissed: Dismissed) -> Group:
    finding = _twins(rows, limits, dismissed) or _common(rows, limits, dismissed)
    return Group(
        rows=tuple(rows),
        type=finding.type,
        auto=finding.auto,
        suggestion=_suggestion(rows, finding),
    )


def _twins(rows: Sequence[Row], limits: Limits, dismissed: Dismissed) -> Finding | None:
    """What is wrong with sessions that all begin and end together.

    Only a short cut past all their pairs, of which there can be very many.
    """
    starts, ends = [row.start_at for row in rows], [row.end_at for row in rows]
    together = max(starts) - min(starts) <= SAME_TIME and max(ends) - min(ends) <= SAME_TIME
    meet = min(ends) - max(starts) > limits.tolerance
    if not together or not meet or any(row.id in dismissed for row in rows):
        return None
    return Finding("duplicate_session", _agreed(rows))


def _common(rows: Sequence[Row], limits: Limits, dismissed: Dismissed) -> Finding:
    """What is wrong with all the pairs alike; where they differ, it is an overlap for a person.

    Duplicates take care of themselves only if each is one of every other: two short sessions
    inside a long one are duplicates of it, but not of each other.
    """
    apart = _apart(dismissed)
    pairs = 0
    autos = True
    kind: Type | None = None
    for one, other in _pairs(rows, limits):
        finding = None if apart(one, other) else judge(one, other, limits)
        if finding is None:
            continue
        if finding.type == "session_overlap" or kind not in {None, finding.type}:
            return Finding("session_overlap", False)
        kind = finding.type
        pairs += 1
        autos = autos and finding.auto
    every = pairs == len(rows) * (len(rows) - 1) // 2
    return Finding(kind or "session_overlap", autos and (every or kind == "clock_skew"))


def _agreed(rows: Sequence[Row]) -> bool:
    """Whether all name one project and one category, where they name any."""
    projects = {fold(row.project) for row in rows} - {""}
    categories = {fold(row.category) for row in rows} - {""}
    return len(projects) <= 1 and len(categories) <= 1


def _suggestion(rows: Sequence[Row], finding: Finding) -> str:
    """The resolution that seems best, as its name.

    Of an overlap: one session if all is about one thing, else the earlier one cut short where
    enough of it is left.
    """
    if finding.type == "clock_skew":
        return "KEEP_ALL"
    if finding.type == "duplicate_session" and finding.auto:
        return "KEEP_ONE"
    whole = max(row.end_at for row in rows) - rows[0].start_at
    if _agreed(rows) and whole <= LONGEST:
        return "MERGE"
    left = [after.start_at - before.start_at for before, after in pairwise(rows)]
    return "TRIM_EARLIER" if all(gap >= SAME_TIME for gap in left) else "KEEP_ONE"
