"""Tables whose quotes, cells and lines are not as they should be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.exports.conftest import Contents, contents

GHAN = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"

Make = Callable[..., Path]


def play(track: str, number: int = 0) -> str:
    """A line with one play."""
    return f"{1_773_540_842 + number},,Low,,,,{track},\n"


def tracks(found: Contents) -> list[str]:
    """The tracks that were read."""
    return [each.track for each in found.records]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ('"One, two"', "One, two"),
        ('"One ""two"""', 'One "two"'),
        ('One "two"', 'One "two"'),
        ('"One" (live)', "One (live)"),
        ('"One\ntwo"', "One two"),
        ("One\x00two", "One two"),
        ("  One\ttwo  ", "One two"),
        ("\ufeffOne", "\ufeffOne"),
    ],
)
def test_quotes_and_odd_signs_in_a_name(file: Make, cell: str, name: str) -> None:
    found = contents(file(GHAN + play(cell) + play("Next", 60)))

    assert (tracks(found), found.rejects) == ([name, "Next"], [])


def test_a_quote_that_never_closes_costs_one_line(file: Make) -> None:
    after = [play(f"{number}", number) for number in range(300)]

    found = contents(file(GHAN + play("Before") + play('"Open') + "".join(after)))

    assert tracks(found) == ["Before", *(str(number) for number in range(300))]
    assert found.refused == [("line 3", "a quote is not closed")]


def test_a_quote_that_never_closes_at_the_end_of_the_file(file: Make) -> None:
    found = contents(file(GHAN + play('"Open') + play("Last", 60)))

    assert tracks(found) == ["Last"]
    assert found.refused == [("line 2", "a quote is not closed")]


def test_a_quote_that_takes_in_the_next_row_costs_one_line(file: Make) -> None:
    quoted = '"1773540902","","Low","","","","Two",""\n'

    found = contents(file(GHAN + '"1773540842","","Low","","","","One,""\n' + quoted + quoted))

    assert tracks(found) == ["Two", "Two"]
    assert [place for place, _ in found.refused] == ["line 2"]


def test_too_many_cells_are_refused(file: Make) -> None:
    found = contents(file(GHAN + play("One, two") + play("Next", 60)))

    assert tracks(found) == ["Next"]
    assert found.refused == [("line 2", "9 cells where there should be 8")]


@pytest.mark.parametrize("size", [200_000, 10_000_000])
def test_a_cell_of_megabytes_costs_its_row(file: Make, size: int) -> None:
    found = contents(file(GHAN + play("x" * size) + play("Next", 60)))

    assert tracks(found) == ["Next"]
    assert [place for place, _ in found.refused] == ["line 2"]
    assert len(found.rejects[0].raw) <= 2_000


def test_a_line_of_megabytes_inside_a_quote_costs_two_lines(file: Make) -> None:
    found = contents(file(GHAN + play('"Open') + "x" * 3_000_000 + "\n" + play("Next", 60)))

    assert tracks(found) == ["Next"]
    assert [place for place, _ in found.refused] == ["line 2", "line 3"]


def test_lines_are_counted_over_blank_ones_and_quoted_ones(file: Make) -> None:
    rows = "\n" + play('"One\ntwo"') + "\n,,,,,,,\n" + "bad,,Low,,,,Three,\n"

    found = contents(file(GHAN + rows))

    assert [place for place, _ in found.refused] == ["line 7"]


def test_a_name_too_long_to_be_one_is_refused(file: Make) -> None:
    found = contents(file(GHAN + play("x" * 3_000)))

    assert found.refused == [("line 2", "the track's name has 3000 characters")]


def test_every_line_broken_in_the_worst_way_is_still_quick(file: Make) -> None:
    found = contents(file(GHAN + play('"Open') * 20_001))

    assert len(found.records) + len(found.rejects) <= 20_001
    assert found.rejects
