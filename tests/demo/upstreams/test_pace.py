"""Counting requests to refuse the ones too many."""

import time

from rewind_gql.demo.upstreams.pace import Bucket, Window


def test_a_bucket_holds_two_seconds_worth() -> None:
    bucket = Bucket(5)

    assert [bucket.take() for _ in range(12)] == [True] * 10 + [False] * 2


def test_a_bucket_fills_again_at_its_rate() -> None:
    bucket = Bucket(20)
    while bucket.take():
        pass

    time.sleep(0.06)

    assert bucket.take()


def test_a_window_counts_what_it_let_through() -> None:
    window = Window(2, 60)

    assert [window.take() for _ in range(3)] == [True, True, False]
    assert window.used == 2


def test_a_window_may_be_asked_for_a_smaller_limit() -> None:
    window = Window(10, 60)
    window.take()

    assert window.take(1) is False


def test_a_window_moves_on() -> None:
    window = Window(1, 0.05)
    window.take()

    time.sleep(0.06)

    assert window.used == 0
    assert window.take()
