"""The ledger's rules that need no database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql.sync.ledger.words import (
    ERROR_CHARS,
    Part,
    backoff,
    fingerprint,
    new_id,
    outcome,
    progress,
    told,
)

STATUSES = ("success", "skipped", "partial", "failed", "in_progress")
PARTS = st.builds(
    Part,
    part=st.just("x"),
    kind=st.just("event"),
    status=st.sampled_from(STATUSES),
    reported=st.none() | st.integers(0, 1_000),
    inserted=st.integers(0, 1_000),
    failed=st.integers(0, 5),
    done=st.none() | st.integers(0, 2_000),
)


def _parts(*statuses: str, failed: int = 0) -> list[Part]:
    return [
        Part(part=str(n), kind="event", status=status, failed=failed)
        for n, status in enumerate(statuses)
    ]


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        (_parts("success", "success"), "success"),
        (_parts("success", "skipped"), "success"),
        (_parts("skipped", "skipped"), "skipped"),
        (_parts("success", "failed"), "partial"),
        (_parts("skipped", "failed"), "partial"),
        (_parts("success", failed=1), "partial"),
        (_parts("partial"), "partial"),
        (_parts("failed", "failed"), "failed"),
        (_parts(), "failed"),
    ],
)
def test_parts_decide_the_outcome(parts: list[Part], status: str) -> None:
    assert outcome(parts) == status


@given(st.dictionaries(st.sampled_from("abc"), PARTS), st.floats(0, 0.9999))
def test_progress_stays_between_its_floor_and_one(parts: dict[str, Part], floor: float) -> None:
    told_ = progress(parts, "abc", floor=floor)

    assert told_ is None or floor <= told_ < 1


@given(st.integers(1, 500), st.integers(60, 604_800))
def test_backoff_is_within_a_fifth_of_the_doubling_and_of_the_interval(
    failures: int, interval_s: int
) -> None:
    wait = backoff(failures, timedelta(seconds=interval_s)).total_seconds()

    exact = min(interval_s, 60 * 2 ** min(failures - 1, 20))
    assert 0.8 * exact <= wait + 1e-6
    assert wait <= 1.2 * exact + 1e-6


def test_texts_are_redacted_before_they_are_cut() -> None:
    text = "x" * (ERROR_CHARS - 10) + " api_key=abcdefghijklmnop"

    kept = told(text)

    assert kept is not None
    assert len(kept) == ERROR_CHARS
    assert "abc" not in kept


def test_ids_tell_how_a_run_came_about() -> None:
    assert [new_id(source).split("_")[0] for source in ("pull", "webhook", "xml_import")] == [
        "pull",
        "wh",
        "xml",
    ]


def test_the_order_of_arguments_does_not_matter() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
