"""What is said of sources and runs, told from their views alone."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rewind_gql.sync import judged, views

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def run(**given: Any) -> views.Run:
    """A run of which only this is known."""
    return views.Run(**{**dict.fromkeys(field.name for field in fields(views.Run)), **given})


def source(**given: Any) -> views.Source:
    """A source that is due every ten minutes."""
    known: dict[str, Any] = dict.fromkeys(field.name for field in fields(views.Source))
    return views.Source(**{**known, "paused": False, "interval_s": 600, **given})


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "fresh"), (15, "fresh"), (15.1, "late"), (30, "late"), (30.1, "stale"), (1e4, "stale")],
)
def test_freshness_goes_by_the_sources_own_interval(minutes: float, said: str) -> None:
    last = NOON - minutes * MINUTE

    assert judged.freshness(source(last_success_at=last), NOON) == said


def test_a_source_without_a_good_run_and_one_that_is_paused_say_so() -> None:
    assert judged.freshness(source(), NOON) == "never"
    assert judged.freshness(source(paused=True, last_success_at=NOON), NOON) == "paused"


def test_the_rest_takes_as_long_as_what_is_behind_lets_expect() -> None:
    under_way = run(started_at=NOON, progress=0.25)

    assert judged.eta_s(under_way, NOON + MINUTE) == 180


@pytest.mark.parametrize(
    "given",
    [{}, {"started_at": NOON}, {"started_at": NOON, "progress": 1.0, "ended_at": NOON}],
)
def test_nothing_is_said_of_the_rest_where_nothing_is_known(given: dict[str, Any]) -> None:
    assert judged.eta_s(run(**given), NOON) is None


def test_duration_is_until_the_end_or_until_now() -> None:
    assert judged.duration_ms(run(), NOON) is None
    assert judged.duration_ms(run(started_at=NOON), NOON + MINUTE) == 60_000
    ended = run(started_at=NOON, ended_at=NOON + MINUTE)
    assert judged.duration_ms(ended, NOON + 5 * MINUTE) == 60_000


@pytest.mark.parametrize(
    ("given", "cancel", "retry"),
    [
        ({"source_id": 1}, True, False),
        ({"source_id": 1, "cancel_requested_at": NOON}, False, False),
        ({"source_id": 1, "ended_at": NOON}, False, True),
        ({"ended_at": NOON}, False, False),
    ],
)
def test_what_can_be_asked_of_a_run(given: dict[str, Any], cancel: bool, retry: bool) -> None:
    assert (judged.can_cancel(run(**given)), judged.can_retry(run(**given))) == (cancel, retry)


@pytest.mark.parametrize(
    ("kind", "retryable"),
    [("network", True), ("rate_limit", True), ("lost", True), ("auth", False), ("data", False)],
)
def test_a_failure_says_whether_trying_again_may_help(kind: str, retryable: bool) -> None:
    failure = judged.failure(run(error="words", error_kind=kind, error_code="17"))

    assert failure == judged.Failure(kind=kind, code="17", message="words", retryable=retryable)


def test_a_run_without_an_error_has_no_failure() -> None:
    assert judged.failure(run()) is None
