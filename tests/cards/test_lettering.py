"""Words on a card: measured, cut, and free of what no reader of XML takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql.cards.lettering import ELLIPSIS, MOST_SIGNS, cut, initials, plain, whole, width

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
NORWAY = "\U0001f1f3\U0001f1f4"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a\x00b\x1fc", "a b c"),
        ("one\r\n\ttwo", "one two"),
        ("half\ud800sign", "half sign"),
        ("\ufffe\uffff\U0001ffff", ""),
        ("\u202egnihton\u202c", "gnihton"),
        ("Sigur Rós", "Sigur Rós"),
        ("فيروز", "فيروز"),
    ],
)
def test_only_what_xml_takes_is_left_on_one_line(name: str, expected: str) -> None:
    assert plain(name) == expected


def test_a_name_that_fits_is_whole() -> None:
    assert cut("Low", 100, 12) == "Low"


@given(st.text(max_size=60), st.floats(20, 400), st.sampled_from((12.0, 13.5, 20.0)))
def test_a_cut_name_fits(name: str, room: float, size: float) -> None:
    shown = cut(name, room, size)

    assert width(shown, size) <= room or shown == ELLIPSIS
    assert shown == plain(name) or shown.endswith(ELLIPSIS)


@pytest.mark.parametrize("sign", [FAMILY, NORWAY, "e\u0301", "\U0001f44d\U0001f3fd"])
def test_signs_made_of_several_are_not_torn_apart(sign: str) -> None:
    for room in range(20, 200, 3):
        shown = cut(sign * 30, room, 13.5).removesuffix(ELLIPSIS)

        assert shown == sign * (len(shown) // len(sign))


def test_names_of_ten_thousand_signs_are_cut_without_being_read_through() -> None:
    assert len(cut("W" * 10_000, 140, 13.5)) < 15
    assert len(cut("\u0301" * 10_000, 140, 13.5)) < 200
    assert len(whole("W" * 10_000)) == MOST_SIGNS + 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Fever Ray", "FR"),
        ("Godspeed You! Black Emperor", "GE"),
        ("björk", "B"),
        ("!!!", "!"),
        ("(Sandy) Alex G", "AG"),
        ("宇多田ヒカル", "宇"),
        ("فيروز إنت", "ف"),
        (FAMILY, FAMILY),
        ("", "?"),
        ("\x00", "?"),
    ],
)
def test_initials_stand_for_a_name(name: str, expected: str) -> None:
    assert initials(name) == expected
