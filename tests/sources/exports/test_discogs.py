"""Discogs' collection and wantlist files."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rewind_gql.demo import files
from rewind_gql.demo.records import Life
from rewind_gql.domains.collecting.records import Copy, Label
from rewind_gql.sources.base import Unreadable
from rewind_gql.sources.exports.discogs import (
    parse_added,
    parse_artists,
    parse_labels,
    parse_rating,
)
from rewind_gql.sources.exports.formats import parse_formats
from tests.sources.exports.conftest import contents

HEADER = (
    "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added,"
    "Collection Media Condition,Collection Where from\n"
)
ROW = "WIGLP 1,Low,Hey What,Sub Pop,LP,,2021,{id},Jazz,{date},Mint (M),\n"

Make = Callable[..., Path]


def row(number: int = 7, date: str = "2023-04-23 04:36:10") -> str:
    """A line of the collection."""
    return ROW.format(id=number, date=date)


def test_a_whole_collection_is_read(tmp_path: Path, life: Life) -> None:
    path = tmp_path / "x"
    files.collection_csv(life, path)

    found = contents(path)

    assert (found.formats, found.rejects) == (["discogs-collection-csv"], [])
    assert [(copy.release.discogs_id, copy.added_at) for copy in found.records] == [
        (copy.sleeve.release_id, copy.added_at) for copy in life.copies
    ]


def test_a_whole_wantlist_is_read(tmp_path: Path, life: Life) -> None:
    path = tmp_path / "x"
    files.wantlist_csv(life, path)

    found = contents(path)

    assert (found.formats, found.rejects) == (["discogs-wantlist-csv"], [])
    assert [want.release.discogs_id for want in found.records] == [
        want.sleeve.release_id for want in life.wants
    ]
    assert {want.added_at for want in found.records} == {None}


def test_the_owners_own_columns_are_notes(file: Make) -> None:
    copy: Copy = contents(file(HEADER + row())).records[0]

    assert copy.notes == (("Media Condition", "Mint (M)"),)
    assert (copy.folder, copy.rating, copy.instance_id) == ("Jazz", 0, None)


def test_copies_of_one_release_are_counted_through_the_file(file: Make) -> None:
    found = contents(file(HEADER + row(7) + row(8) + row(7) + row(7)))

    counted = [(copy.release.discogs_id, copy.copy_no) for copy in found.records]
    assert counted == [(7, 0), (8, 0), (7, 1), (7, 2)]


def test_the_notes_of_a_copy_may_have_lines(file: Make) -> None:
    quoted = row().replace("Mint (M)", '"One,\r\ntwo ""three"""')

    copy: Copy = contents(file(HEADER + quoted + row(8))).records[0]

    assert copy.notes == (("Media Condition", 'One,\ntwo "three"'),)


@pytest.mark.parametrize(
    ("number", "date", "reason"),
    [
        ("", "2023-04-23 04:36:10", "release_id"),
        ("7a", "2023-04-23 04:36:10", "release_id"),
        ("9" * 30, "2023-04-23 04:36:10", "release_id"),
        ("7", "", "not a date of a known form"),
        ("7", "04/23/2023 04:36", "not a date of a known form"),
        ("7", "2023-02-30 04:36:10", "not a date of a known form"),
    ],
)
def test_a_bad_row_is_refused_and_the_next_one_lands(
    file: Make, number: str, date: str, reason: str
) -> None:
    found = contents(file(HEADER + ROW.format(id=number, date=date) + row(8)))

    assert [copy.release.discogs_id for copy in found.records] == [8]
    assert [(place, reason in why) for place, why in found.refused] == [("line 2", True)]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-10 12:00:00", datetime(2026, 1, 10, 20, tzinfo=UTC)),
        ("2026-07-10 12:00:00", datetime(2026, 7, 10, 19, tzinfo=UTC)),
        ("23/04/2023 04:36", datetime(2023, 4, 23, 11, 36, tzinfo=UTC)),
    ],
)
def test_dates_are_by_the_clock_in_california(text: str, at: datetime) -> None:
    assert parse_added(text) == at


@pytest.mark.parametrize("text", ["6", "-1", "four", "4.5"])
def test_a_rating_is_up_to_five_stars(text: str) -> None:
    with pytest.raises(Unreadable, match="is not 0 to 5"):
        parse_rating(text)


@pytest.mark.parametrize(
    ("text", "names", "descriptions"),
    [
        ("5xLP, Comp, RE, RM", ("Vinyl",), ("LP", "Compilation", "Reissue", "Remastered")),
        ('12", EP, 180', ("Vinyl",), ('12"', "EP", "180")),
        ("2xCass, Album", ("Cassette",), ("Album",)),
        ("CD", ("CD",), ()),
        (
            "LP, Album, Ltd + CD, Album",
            ("Vinyl", "CD"),
            ("LP", "Album", "Limited Edition", "Album"),
        ),
        ("Wax Cylinder", ("Wax Cylinder",), ()),
        ("", (), ()),
    ],
)
def test_formats_get_their_long_words(
    text: str, names: tuple[str, ...], descriptions: tuple[str, ...]
) -> None:
    assert parse_formats(text) == (names, descriptions)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Nirvana (2), Various", ["Nirvana (2)", "Various"]),
        ("Tyler, The Creator", ["Tyler, The Creator"]),
        ("Emerson, Lake & Palmer", ["Emerson, Lake & Palmer"]),
        ("Low", ["Low"]),
    ],
)
def test_artists_are_parted_where_the_comma_parts_them(text: str, names: list[str]) -> None:
    assert parse_artists({"artist": text}) == names


def test_labels_go_with_their_numbers_where_these_are_as_many() -> None:
    assert parse_labels("4AD, Sub Pop", "CAD 1, none") == (
        Label(name="4AD", catno="CAD 1"),
        Label(name="Sub Pop"),
    )
    assert parse_labels("4AD", "CAD 1, CAD 2") == (Label(name="4AD", catno="CAD 1, CAD 2"),)
    assert parse_labels("", "none") == ()
