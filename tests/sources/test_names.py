"""Names as every source hands them on."""

import pytest

from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.names import artist_of, name_if_any, name_of, plain


def test_a_name_is_one_line() -> None:
    assert name_of(" Hey\tWhat\n\x00 ", "track") == "Hey What"


@pytest.mark.parametrize("text", ["", "  \n", None, 7, {"#text": "Low"}])
def test_what_is_no_name_is_refused(text: object) -> None:
    with pytest.raises(Unreadable, match="the track has no name"):
        name_of(text, "track")


@pytest.mark.parametrize("text", ["x" * 2_001, "é" * 1_001, "ﷺ" * 70])
def test_a_name_that_no_index_could_hold_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match=f"the track's name has {len(text)} characters"):
        name_of(text, "track")


def test_an_artist_comes_without_guests() -> None:
    assert artist_of("Massive Attack feat. Mos Def") == "Massive Attack"


def test_an_empty_name_may_be_none() -> None:
    assert [name_if_any(text, "album") for text in ("", " ", None, "Low")] == [
        *(None, None, None),
        "Low",
    ]


def test_a_longer_text_keeps_its_lines_and_loses_what_no_database_holds() -> None:
    assert plain(" One\r\ntwo\x00 ") == "One\ntwo"
