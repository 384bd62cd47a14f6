"""Cursors and pages."""

import pytest

from rewind_gql.errors import BadInput
from rewind_gql.store.page import Slice, cursor, page, parse_cursor, slice_of


def test_a_cursor_comes_back_as_its_key() -> None:
    text = cursor("plays", (12, "a", None))

    assert parse_cursor("plays", text, types=(int, str, type(None))) == (12, "a", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "💿",
        "AAAA",
        "=" * 9,
        cursor("other", (1,)),
        cursor("plays", ("1",)),
        "bnVsbA",
        cursor("plays", (True,)),
        cursor("plays", (1, 2)),
        cursor("plays", (1 << 63,)),
    ],
)
def test_a_damaged_or_foreign_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_cursor("plays", text, types=(int,))


@pytest.mark.parametrize(
    "asked",
    [{"first": 1, "last": 1}, {"first": -1}, {"first": 201}, {"last": 201}, {"last": -1}],
)
def test_a_slice_that_makes_no_sense_is_refused(asked: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        slice_of("plays", (int,), **asked)  # type: ignore[arg-type]


def test_forward_the_extra_item_tells_of_more() -> None:
    found = page("n", [1, 2, 3], Slice(limit=2), key=lambda n: (n,))

    assert (found.items, found.has_next, found.has_previous) == ([1, 2], True, False)


def test_backward_items_come_in_the_lists_own_order() -> None:
    asked = Slice(limit=2, backward=True, before=(9,))

    found = page("n", [8, 7, 6], asked, key=lambda n: (n,))

    assert (found.items, found.has_next, found.has_previous) == ([7, 8], True, True)
