"""What conflicts there are, worked out the slow and plain way: every pair looked at."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from tests.domains.focus.conflicts.made import SECOND

Conflict = tuple[str, frozenset[int]]
MINUTE_OF_SECONDS = 60


def conflicts(
    sessions: Iterable[Any],
    *,
    tolerance_s: int = 60,
    skew_warn_s: int = 120,
    dismissed: Sequence[frozenset[int]] = (),
) -> dict[Conflict, bool]:
    """The conflicts among sessions, and whether each is settled without a person."""
    live = [
        each
        for each in sessions
        if each.kind == "focus" and each.state in ("completed", "cancelled")
    ]
    edges: dict[frozenset[int], tuple[str, bool]] = {}
    for one, other in combinations(live, 2):
        pair = frozenset((one.id, other.id))
        verdict = rule(one, other, tolerance_s, skew_warn_s)
        if verdict and not any(pair <= each for each in dismissed):
            edges[pair] = verdict
    found = {}
    for part in parts(edges):
        verdicts = [verdict for pair, verdict in edges.items() if pair <= part]
        kinds = {kind for kind, _ in verdicts}
        kind = kinds.pop() if len(kinds) == 1 else "session_overlap"
        autos = all(auto for _, auto in verdicts) and not kinds
        all_pairs = len(verdicts) == len(part) * (len(part) - 1) / 2
        found[kind, part] = autos and (kind != "duplicate_session" or all_pairs)
    return found


def parts(edges: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """What hangs together by these edges."""
    found: list[frozenset[int]] = []
    for edge in edges:
        touching = [part for part in found if part & edge]
        found = [part for part in found if not part & edge]
        found.append(edge.union(*touching))
    return found


def rule(one: Any, other: Any, tolerance_s: int, skew_warn_s: int) -> tuple[str, bool] | None:
    """The rule for two sessions, in seconds since the earlier of them began."""
    zero = min(one.start_at, other.start_at)
    spans = [
        ((each.start_at - zero) / SECOND, (each.end_at - zero) / SECOND) for each in (one, other)
    ]
    shared = overlap(*spans)
    if shared <= tolerance_s:
        return None
    agreed = all(
        len({getattr(each, name).strip().lower() for each in (one, other)} - {""}) < 2
        for name in ("project", "category")
    )
    (start, end), (begin, stop) = spans
    if abs(start - begin) <= MINUTE_OF_SECONDS and abs(end - stop) <= MINUTE_OF_SECONDS:
        return "duplicate_session", agreed
    if agreed and shared / min(end - start, stop - begin) >= 0.9:
        return "duplicate_session", True
    skews = one.skew_ms / 1000, other.skew_ms / 1000
    right = [(a - skew, b - skew) for (a, b), skew in zip(spans, skews, strict=True)]
    if max(map(abs, skews)) > skew_warn_s and overlap(*right) <= tolerance_s:
        return "clock_skew", True
    return "session_overlap", False


def overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How much two spans share; below nothing where they are apart."""
    return min(one[1], other[1]) - max(one[0], other[0])


def covered(sessions: Iterable[Any]) -> float:
    """Seconds in which at least one of these ran, found by walking through every second."""
    seconds: set[int] = set()
    for each in sessions:
        seconds.update(range(int(each.start_at.timestamp()), int(each.end_at.timestamp())))
    return len(seconds)
