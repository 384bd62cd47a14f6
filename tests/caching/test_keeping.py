"""Answers in memory: bounded, and given only while they are true."""

from math import inf

import pytest
import time_machine

from rewind_gql.caching.keeping import BESIDE_BYTES, Keeping, Kept
from rewind_gql.caching.numbers import Numbers, written

OLD = Numbers({"listening": 1, "sync": 1}, b"")
NEW = Numbers({"listening": 1, "sync": 2}, b"")
NEWER = Numbers({"listening": 2, "sync": 2}, b"")


def kept(size: int = 10, until: float = inf) -> Kept:
    """An answer of listening."""
    return Kept(b"x" * size, ("listening",), (1,), until, OLD)


def test_an_answer_holds_as_long_as_what_it_was_made_of() -> None:
    answers = Keeping(100_000)
    answers.keep("a", kept(), 1)

    assert answers.find("a", OLD) is not None
    assert answers.find("a", NEW) is not None
    assert answers.find("a", NEWER) is None
    assert len(answers) == answers.size_bytes == 0


def test_an_answer_of_today_is_none_of_tomorrow() -> None:
    answers = Keeping(100_000)

    with time_machine.travel(999.0, tick=False) as at:
        answers.keep("a", kept(until=1_000.0), 1)
        today = answers.find("a", OLD)
        at.shift(1)
        tomorrow = answers.find("a", OLD)

    assert today is not None
    assert tomorrow is None


def test_the_oldest_make_room() -> None:
    answers = Keeping(3 * (BESIDE_BYTES + 11))
    for name in "abc":
        answers.keep(name, kept(), 1)
    answers.find("a", OLD)

    answers.keep("d", kept(), 1)

    assert [answers.last(name) is not None for name in "abcd"] == [True, False, True, True]
    assert answers.size_bytes <= answers.most_bytes


@pytest.mark.parametrize("room", [0, BESIDE_BYTES])
def test_what_would_take_half_the_room_is_not_kept(room: int) -> None:
    answers = Keeping(room)

    answers.keep("a", kept(), 1)

    assert len(answers) == 0


def test_versions_are_written_by_the_alphabet() -> None:
    assert written({"sync": 7, "collecting": 0}) == "collecting=0, sync=7"
