"""Which plays are new: pure pairing, without a database."""

import time
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from rewind_gql.domains.listening.reconcile import Heard, Kept, reconcile
from tests.domains.listening.plays import NOON, SECOND


def heard(
    after: int = 0,
    *,
    exact: bool = True,
    album_id: int | None = None,
    spread_s: int | None = None,
) -> Heard:
    """A play of the one track, so many seconds after noon."""
    return Heard(
        track_id=1,
        artist_id=1,
        album_id=album_id,
        album_artist_id=None if album_id is None else 1,
        played_at=NOON + after * SECOND,
        exact=exact and spread_s is None,
        hidden=False,
        spread_s=spread_s,
    )


def kept(
    row_id: int,
    after: int = 0,
    ordinal: int = 0,
    *,
    exact: bool = True,
    spread_s: int | None = None,
    source: str = "",
) -> Kept:
    """A stored play of that track."""
    known = exact and spread_s is None
    at = NOON + after * SECOND
    return Kept(row_id, 1, None, at, ordinal, known, False, spread_s, source)


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


HOUR = 3_600


@pytest.mark.parametrize(("after", "new"), [(0, 0), (3_599, 0), (3_600, 1), (-1, 1)])
def test_a_play_known_to_the_hour_meets_any_of_that_hour(after: int, new: int) -> None:
    plan = reconcile([heard(spread_s=HOUR)], [kept(1, after)])

    assert (len(plan.new), plan.changed) == (new, {})


@pytest.mark.parametrize(("after", "new"), [(0, 0), (3_599, 0), (3_600, 1), (-1, 1)])
def test_an_exact_play_takes_over_one_known_to_its_hour(after: int, new: int) -> None:
    plan = reconcile([heard(after)], [kept(1, spread_s=HOUR)])

    assert len(plan.new) == new
    if not new:
        assert (plan.changed[1].exact, plan.changed[1].spread_s) == (True, None)
        assert plan.changed[1].played_at == NOON + after * SECOND


def test_a_play_known_to_the_minute_takes_over_one_known_to_the_hour() -> None:
    plan = reconcile([heard(600, exact=False)], [kept(1, spread_s=HOUR)])

    assert (plan.new, places(list(plan.changed.values()))) == ([], [(NOON + 600 * SECOND, 0)])
    assert (plan.changed[1].exact, plan.changed[1].spread_s) == (False, None)


def test_a_play_known_to_the_hour_changes_none_that_is_known_better() -> None:
    plan = reconcile([heard(spread_s=HOUR)], [kept(1, 600, exact=False)])

    assert (plan.new, plan.changed) == ([], {})


def test_of_stretches_that_may_hold_a_play_the_one_ending_first_is_taken() -> None:
    plan = reconcile([heard(30), heard(2_000)], [kept(1, spread_s=HOUR), kept(2, exact=False)])

    assert plan.new == []
    assert plan.changed[2].played_at == NOON + 30 * SECOND
    assert plan.changed[1].played_at == NOON + 2_000 * SECOND


def test_one_stretch_said_twice_in_a_batch_is_one_play() -> None:
    plan = reconcile([heard(spread_s=HOUR), heard(spread_s=HOUR), heard(HOUR, spread_s=HOUR)], [])

    assert places(plan.new) == [(NOON, 0), (NOON + HOUR * SECOND, 0)]


def test_stretches_that_reach_into_each_other_share_the_plays_kept() -> None:
    stretches = [heard(spread_s=12 * HOUR), heard(spread_s=HOUR)]

    plan = reconcile(stretches, [kept(1, 600), kept(2, 5 * HOUR)])

    assert plan.new == []


@pytest.mark.parametrize(
    ("after", "source", "new"),
    [(120, "other", 0), (-120, "other", 0), (121, "other", 1), (5, "this", 1)],
)
def test_another_source_may_tell_of_a_play_a_little_off(after: int, source: str, new: int) -> None:
    plan = reconcile([heard(after)], [kept(1, source=source)], source="this")

    assert (len(plan.new), plan.changed) == (new, {})


def test_each_play_of_another_source_answers_for_one() -> None:
    rows = [kept(1, 0, source="other"), kept(2, 80, source="other")]

    plan = reconcile([heard(at) for at in (3, 83, 163)], rows, source="this")

    assert places(plan.new) == [(NOON + 163 * SECOND, 0)]


def test_a_play_of_its_own_instant_goes_before_one_a_little_off() -> None:
    rows = [kept(1, 0, source="other"), kept(2, 60, source="this")]

    plan = reconcile([heard(60), heard(2)], rows, source="this")

    assert (plan.new, plan.changed) == ([], {})


def test_new_plays_keep_the_order_of_the_batch() -> None:
    plays = [heard(90), heard(0), heard(30)]

    assert reconcile(plays, []).new == plays


def test_thousands_of_plays_of_one_track_are_paired_quickly() -> None:
    plays = [heard(at % 50_000, exact=at % 3 > 0) for at in range(30_000)]
    rows = [kept(at, at * 7 % 50_000, at // 50_000, source="other") for at in range(30_000)]

    started = time.perf_counter()
    plan = reconcile(plays, rows, source="this")

    assert len(plan.new) < len(plays)
    assert time.perf_counter() - started < 10
