"""Which plays are new: pure pairing, without a database."""

from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from rewind_gql.domains.listening.reconcile import Heard, Kept, reconcile
from tests.domains.listening.plays import NOON, SECOND


def heard(after: int = 0, *, exact: bool = True, album_id: int | None = None) -> Heard:
    """A play of the one track, so many seconds into the minute."""
    return Heard(
        track_id=1,
        artist_id=1,
        album_id=album_id,
        album_artist_id=None if album_id is None else 1,
        played_at=NOON + after * SECOND,
        exact=exact,
        hidden=False,
    )


def kept(row_id: int, after: int = 0, ordinal: int = 0, *, exact: bool = True) -> Kept:
    """A stored play of that track."""
    return Kept(row_id, 1, None, NOON + after * SECOND, ordinal, exact, False)


def places(plays: list[Any]) -> list[tuple[datetime, int]]:
    """When they are, with their ordinals."""
    return sorted((play.played_at, play.ordinal) for play in plays)


def test_what_is_kept_is_not_new() -> None:
    plan = reconcile([heard(), heard()], [kept(1), kept(2, ordinal=1)])

    assert (plan.new, plan.changed) == ([], {})


def test_a_new_play_takes_the_lowest_free_ordinal() -> None:
    plan = reconcile([heard(), heard(), heard()], [kept(1, ordinal=0), kept(2, ordinal=2)])

    assert places(plan.new) == [(NOON, 1)]


@pytest.mark.parametrize("order", list(permutations([0, 20, 40])))
def test_exact_plays_take_over_loose_ones_in_any_order(order: tuple[int, ...]) -> None:
    loose = [kept(1, exact=False), kept(2, ordinal=1, exact=False)]

    plan = reconcile([heard(after) for after in order], loose)

    assert len(plan.new) == 1
    assert set(plan.changed) == {1, 2}
    found = places(plan.new + list(plan.changed.values()))
    assert [at for at, _ in found] == [NOON + after * SECOND for after in (0, 20, 40)]
    assert len(set(found)) == 3


def test_an_exact_play_at_the_minute_keeps_the_place_it_takes_over() -> None:
    plan = reconcile([heard(0)], [kept(1, ordinal=1, exact=False)])

    assert places(list(plan.changed.values())) == [(NOON, 1)]
    assert plan.changed[1].exact


def test_a_loose_play_meets_an_exact_one_of_its_own_batch() -> None:
    plan = reconcile([heard(exact=False), heard(30)], [])

    assert [play.exact for play in plan.new] == [True]


def test_loose_plays_of_one_batch_do_not_meet_each_other() -> None:
    plan = reconcile([heard(exact=False), heard(exact=False)], [])

    assert places(plan.new) == [(NOON, 0), (NOON, 1)]


def test_a_kept_exact_play_is_never_taken_over() -> None:
    plan = reconcile([heard(20)], [kept(1, 10)])

    assert places(plan.new) == [(NOON + 20 * SECOND, 0)]
    assert plan.changed == {}


def test_an_album_that_turns_up_is_kept_with_its_play() -> None:
    plan = reconcile([heard(10, album_id=7)], [kept(1, 10)])

    assert plan.changed[1].album_id == 7
    assert plan.touched.days == {NOON.date()}


def test_only_what_changes_is_touched() -> None:
    plan = reconcile([heard(10)], [kept(1, 10)])

    assert (plan.touched.days, plan.touched.artists) == (set(), set())
