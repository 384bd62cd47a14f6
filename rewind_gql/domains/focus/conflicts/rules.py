"""The rules by which two sessions contradict each other, without a database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Type = Literal[
    "session_overlap", "duplicate_session", "session_mismatch", "clock_skew", "preference_conflict"
]

SAME_TIME = timedelta(seconds=60)
LONGEST = timedelta(hours=12)
"""No session is longer, so nothing that began earlier can reach into another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on sessions disagree: an overlap, and a clock that is off, worth a word."""

    tolerance_s: int = 60
    skew_warn_s: int = 120

    @property
    def tolerance(self) -> timedelta:
        """The longest overlap that is none."""
        return timedelta(seconds=self.tolerance_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A stored session, with all that a resolution may look at or change."""

    id: int
    client_session_id: UUID
    device_id: str | None
    source: str
    start_at: datetime
    end_at: datetime
    duration_min: float
    planned_min: float | None
    kind: str
    category: str
    project: str
    note: str
    state: str
    cancel_reason: str | None
    merged_into: int | None
    revision: int
    payload_hash: str
    skew_ms: int
    received_at: datetime

    @property
    def counts(self) -> bool:
        """Whether it can contradict another: time of focus that was neither merged nor deleted."""
        return self.kind == "focus" and self.state in {"completed", "cancelled"}

    @property
    def length(self) -> timedelta:
        """From its start to its end."""
        return self.end_at - self.start_at


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a pair, and whether that can be settled without a person."""

    type: Type
    auto: bool


def judge(one: Row, other: Row, limits: Limits) -> Finding | None:
    """The first rule that fits two sessions; None when they get along. Either order will do."""
    shared = min(one.end_at, other.end_at) - max(one.start_at, other.start_at)
    if shared <= limits.tolerance:
        return None
    agreed = agree(one, other)
    if _same(one.start_at, other.start_at) and _same(one.end_at, other.end_at):
        return Finding("duplicate_session", agreed)
    if agreed and shared * 10 >= min(one.length, other.length) * 9:
        return Finding("duplicate_session", True)
    if _only_the_clock(one, other, limits):
        return Finding("clock_skew", True)
    return Finding("session_overlap", False)


def agree(one: Row, other: Row) -> bool:
    """Whether project and category are the same, where both say them. Case does not matter."""
    return match(one.project, other.project) and match(one.category, other.category)


def match(one: str, other: str) -> bool:
    """Whether two texts are the same, or one of them says nothing."""
    first, second = fold(one), fold(other)
    return not first or not second or first == second


def fold(text: str) -> str:
    """A text as it is compared: without case, or space around it."""
    return text.strip().casefold()


def _same(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= SAME_TIME


def _only_the_clock(one: Row, other: Row, limits: Limits) -> bool:
    """Whether a clock is off and, all clocks put right, the overlap is gone."""
    if max(abs(one.skew_ms), abs(other.skew_ms)) <= limits.skew_warn_s * 1000:
        return False
    ahead, beyond = (timedelta(milliseconds=row.skew_ms) for row in (one, other))
    end = min(one.end_at - ahead, other.end_at - beyond)
    return end - max(one.start_at - ahead, other.start_at - beyond) <= limits.tolerance
