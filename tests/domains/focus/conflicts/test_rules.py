"""Which rule a pair of sessions falls under."""

from datetime import timedelta
from typing import Any

import pytest

from rewind_gql.domains.focus.conflicts.rules import Finding, Limits, judge
from tests.domains.focus.conflicts.made import row

MINUTE_MS = 60_000
Span = tuple[float, float]
AUTO_DUPLICATE = Finding("duplicate_session", True)
DUPLICATE = Finding("duplicate_session", False)
SKEW = Finding("clock_skew", True)
OVERLAP = Finding("session_overlap", False)


def found(
    one: Span,
    other: Span,
    first: dict[str, Any] | None = None,
    second: dict[str, Any] | None = None,
) -> Finding | None:
    rows = row(1, *one, **(first or {})), row(2, *other, **(second or {}))
    assert judge(*rows, Limits()) == judge(*reversed(rows), Limits())
    return judge(*rows, Limits())


@pytest.mark.parametrize(
    ("one", "other", "finding"),
    [
        pytest.param((0, 25), (25, 50), None, id="back to back"),
        pytest.param((0, 25), (30, 50), None, id="apart"),
        pytest.param((0, 25), (24, 49), None, id="as much as is tolerated"),
        pytest.param((0, 25), (23.99, 49), OVERLAP, id="a little more"),
        pytest.param((0, 25), (1, 26), AUTO_DUPLICATE, id="a minute apart at both ends"),
        pytest.param((0, 25), (0, 27), AUTO_DUPLICATE, id="one inside the other"),
        pytest.param((0, 100), (10, 110), AUTO_DUPLICATE, id="nine tenths shared"),
        pytest.param((0, 100), (10.1, 110), OVERLAP, id="less than nine tenths shared"),
        pytest.param((0, 1), (0, 1), None, id="too short to share more than is tolerated"),
    ],
)
def test_times_decide(one: Span, other: Span, finding: Finding | None) -> None:
    assert found(one, other) == finding


@pytest.mark.parametrize(
    ("first", "second", "finding"),
    [
        ({"project": "Thesis"}, {"project": "Thesis"}, AUTO_DUPLICATE),
        ({"project": "Thesis"}, {"project": " thesis "}, AUTO_DUPLICATE),
        ({"project": "Thesis"}, {"project": ""}, AUTO_DUPLICATE),
        ({"project": "Thesis"}, {"project": "Garden"}, DUPLICATE),
        ({"category": "work"}, {"category": "rest"}, DUPLICATE),
        ({"category": "work", "project": "a"}, {"category": "work", "project": "b"}, DUPLICATE),
    ],
)
def test_what_begins_and_ends_together_is_a_duplicate_settled_alone_if_words_agree(
    first: dict[str, Any], second: dict[str, Any], finding: Finding
) -> None:
    assert found((0, 25), (0.5, 25.5), first, second) == finding


def test_most_of_the_time_shared_is_a_duplicate_only_if_words_agree() -> None:
    assert found((0, 25), (0, 60), {"project": "a"}, {"project": "b"}) == OVERLAP


@pytest.mark.parametrize(
    ("skew_min", "finding"),
    [(20, SKEW), (-20, OVERLAP), (2, OVERLAP), (4, SKEW), (3, OVERLAP)],
)
def test_an_overlap_that_only_a_wrong_clock_made_is_told_apart(
    skew_min: int, finding: Finding
) -> None:
    ahead = {"skew_ms": skew_min * MINUTE_MS}

    assert found((0, 25), (20, 45), ahead) == finding


def test_a_clock_off_by_what_is_not_worth_a_word_explains_nothing() -> None:
    off = {"skew_ms": 120_000}

    assert found((0, 25), (23.5, 45), off) == OVERLAP
    assert found((0, 25), (23.5, 45), {"skew_ms": 120_001}) == SKEW


def test_two_clocks_off_alike_explain_nothing() -> None:
    off = {"skew_ms": 20 * MINUTE_MS}

    assert found((0, 25), (20, 45), off, off) == OVERLAP


def test_a_duplicate_is_one_whatever_the_clocks_say() -> None:
    assert found((0, 25), (0, 25), {"skew_ms": 60 * MINUTE_MS}) == AUTO_DUPLICATE


def test_tolerance_is_as_long_as_it_is_set() -> None:
    rows = row(1, 0, 25), row(2, 24.5, 45)

    assert judge(*rows, Limits(tolerance_s=0)) == OVERLAP
    assert judge(*rows, Limits(tolerance_s=30)) is None
    assert Limits(tolerance_s=30).tolerance == timedelta(seconds=30)
