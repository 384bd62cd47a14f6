"""Conflicts in words."""

from typing import get_args

import pytest

from rewind_gql.domains.focus.conflicts import words
from rewind_gql.domains.focus.conflicts.rules import Type

TYPES = get_args(Type)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_words_of_its_own(kind: str) -> None:
    said = {(words.description(each), words.action([each])) for each in TYPES}

    assert len(said) == len(TYPES)
    assert words.description(kind)[0].isupper()


def test_overlaps_are_said_as_devices_expect_it() -> None:
    assert words.description("session_overlap") == (
        "Overlapping sessions detected from different devices"
    )
    assert words.action({"duplicate_session", "session_overlap"}) == (
        "Review overlapping sessions and delete duplicates"
    )
