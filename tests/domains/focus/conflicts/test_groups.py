"""Which sessions hang together, and what each group of them is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql.domains.focus.conflicts.groups import cover, groups
from rewind_gql.domains.focus.conflicts.rules import Limits, Row
from tests.domains.focus.conflicts import oracle
from tests.domains.focus.conflicts.made import MINUTE, row

spans = st.tuples(
    st.integers(0, 240), st.sampled_from([1, 2, 20, 21, 25, 60, 180]), st.integers(-1, 1)
)
words = st.sampled_from(["", "a", "A", "b"])
skews = st.sampled_from([0, 0, 0, 121_000, 600_000, -1_500_000])
many_rows = st.lists(st.tuples(spans, words, skews), max_size=14).map(
    lambda made: [
        row(at, start + odd / 60, start + odd / 60 + length, project=project, skew_ms=skew)
        for at, ((start, length, odd), project, skew) in enumerate(made)
    ]
)
dismissals = st.lists(st.frozensets(st.integers(0, 13), min_size=2, max_size=4), max_size=3)


@given(many_rows, dismissals, st.sampled_from([0, 60, 300]))
def test_groups_are_what_looking_at_every_pair_gives(
    rows: list[Row], dismissed: list[frozenset[int]], tolerance_s: int
) -> None:
    by_session: dict[int, set[int]] = {}
    for number, each in enumerate(dismissed):
        for session_id in each:
            by_session.setdefault(session_id, set()).add(number)

    found = groups(rows, Limits(tolerance_s=tolerance_s), by_session)

    assert {(group.type, group.ids): group.auto for group in found} == oracle.conflicts(
        rows, tolerance_s=tolerance_s, dismissed=dismissed
    )


@given(many_rows)
def test_a_cover_meets_all_that_its_rows_meet(rows: list[Row]) -> None:
    chosen = cover(rows)

    assert oracle.covered(chosen) == oracle.covered(rows)
    assert {each.id for each in chosen} <= {each.id for each in rows}
    for one, _, third in zip(chosen, chosen[1:], chosen[2:], strict=False):
        assert one.end_at < third.start_at


def test_very_many_sessions_at_one_time_are_one_group_soon() -> None:
    rows = [row(at, at % 2 / 2, 25, project="a") for at in range(20_000)]

    (group,) = groups(rows, Limits(), {})

    assert (group.type, group.auto, len(group.rows)) == ("duplicate_session", True, 20_000)


@pytest.mark.parametrize(
    ("rows", "suggestion"),
    [
        pytest.param([row(1, 0, 25), row(2, 0, 25)], "KEEP_ONE", id="duplicates"),
        pytest.param([row(1, 0, 25), row(2, 20, 45)], "MERGE", id="one thing"),
        pytest.param(
            [row(1, 0, 25, project="a"), row(2, 20, 45, project="b")], "TRIM_EARLIER", id="two"
        ),
        pytest.param(
            [row(1, 0, 25, project="a"), row(2, 0.5, 60, project="b")], "KEEP_ONE", id="no room"
        ),
        pytest.param([row(1, 0, 25, skew_ms=1_200_000), row(2, 20, 45)], "KEEP_ALL", id="a clock"),
        pytest.param([row(1, 0, 500), row(2, 400, 900)], "TRIM_EARLIER", id="too long as one"),
        pytest.param([row(1, 0, 120), row(2, 0, 30), row(3, 60, 90)], "MERGE", id="two inside one"),
    ],
)
def test_the_suggestion_is_what_loses_least(rows: list[Any], suggestion: str) -> None:
    (group,) = groups(rows, Limits(), {})

    assert group.suggestion == suggestion


def test_names_of_groups_depend_on_type_and_sessions_alone() -> None:
    (one,) = groups([row(1, 0, 25), row(2, 0, 25)], Limits(), {})
    (later,) = groups([row(2, 0, 26), row(1, 0, 25)], Limits(), {})
    (other,) = groups([row(1, 0, 25), row(2, 20, 45)], Limits(), {})

    assert one.fingerprint == later.fingerprint
    assert one.fingerprint != other.fingerprint
    assert one.rows[0].length == 25 * MINUTE
