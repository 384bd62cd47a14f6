"""Copies, wants and releases as the pretend Discogs writes them."""

import pytest

from rewind_gql.demo.records import SleeveArtist, SleeveFormat, SleeveLabel
from rewind_gql.demo.upstreams.discogs_release import release, spoken
from rewind_gql.demo.upstreams.discogs_rows import basic, copy_row, want_row
from tests.demo.upstreams.shelves import copy, sleeve, want


def test_a_copy_has_its_own_number_beside_its_release() -> None:
    row = copy_row(copy(7), owner=True)

    assert (row["id"], row["basic_information"]["id"], row["instance_id"]) == (7, 7, 800_007)


def test_a_copy_is_dated_by_the_pacific_clock() -> None:
    winter, summer = copy_row(copy(0), owner=True), copy_row(copy(60), owner=True)

    assert winter["date_added"] == "2026-03-01T03:23:29-08:00"
    assert summer["date_added"] == "2026-04-30T03:23:29-07:00"


def test_only_its_owner_reads_the_notes_of_a_copy() -> None:
    noted = copy(1, notes=((1, "Mint (M)"),))

    assert copy_row(noted, owner=True)["notes"] == [{"field_id": 1, "value": "Mint (M)"}]
    assert "notes" not in copy_row(noted, owner=False)


def test_a_copy_without_notes_has_no_such_key() -> None:
    assert "notes" not in copy_row(copy(1), owner=True)


def test_a_want_is_known_by_its_release() -> None:
    row = want_row(want(500), "maren_ok", owner=True)

    assert (row["id"], row["rating"], row["notes"]) == (500, 4, "Under 300 kr")
    assert row["resource_url"].endswith("/users/maren_ok/wants/500")


def test_quantities_are_text_and_empty_parts_are_left_out() -> None:
    bare = sleeve(1, formats=(SleeveFormat("CD", "5"),))

    assert basic(bare, owner=True)["formats"] == [{"name": "CD", "qty": "5"}]


def test_artists_keep_their_numbers_and_credits() -> None:
    pair = (SleeveArtist(1, "Nirvana (2)", join="/"), SleeveArtist(194, "Various", anv="V. A."))

    artists = basic(sleeve(1, artists=pair), owner=True)["artists"]

    assert [(each["name"], each["anv"], each["join"]) for each in artists] == [
        ("Nirvana (2)", "", "/"),
        ("Various", "V. A.", ""),
    ]


def test_no_master_and_no_year_are_zero() -> None:
    row = basic(sleeve(1, master_id=0, year=0), owner=True)

    assert (row["master_id"], row["master_url"], row["year"]) == (0, None, 0)
    assert (row["thumb"], row["cover_image"]) == ("", "")


def test_strangers_see_no_pictures() -> None:
    assert basic(sleeve(1), owner=True)["thumb"].startswith("https://")
    assert basic(sleeve(1), owner=False)["thumb"] == ""
    assert release(sleeve(1), currency="USD", owner=False)["images"][0]["uri"] == ""


def test_a_release_tells_its_tracks_and_headings() -> None:
    row = release(sleeve(1), currency="USD", owner=True)

    assert row["tracklist"] == [
        {"position": "", "type_": "heading", "title": "Side one", "duration": ""},
        {"position": "A1", "type_": "track", "title": "Heroes", "duration": "6:45"},
    ]


def test_a_release_tells_its_community_and_barcode() -> None:
    row = release(sleeve(1), currency="USD", owner=True)

    assert (row["community"]["have"], row["community"]["want"]) == (4211, 1322)
    assert row["identifiers"][0]["value"] == "7 30003 70731 9"
    assert row["artists_sort"] == "Nirvana"
    assert row["uri"].endswith("/1-Nirvana-Title-001")


def test_a_price_follows_the_currency() -> None:
    prices = [
        release(sleeve(1), currency=code, owner=True)["lowest_price"] for code in ("USD", "GBP")
    ]

    assert prices == [10.0, 7.8]


def test_a_release_nobody_sells_has_no_price() -> None:
    unsold = sleeve(1, lowest_price=None, for_sale=0, labels=(SleeveLabel(1, "Own", "none"),))

    row = release(unsold, currency="EUR", owner=True)

    assert (row["lowest_price"], row["num_for_sale"]) == (None, 0)


@pytest.mark.parametrize(
    ("released", "expected"),
    [
        ("1999-03-18", "18 Mar 1999"),
        ("1999-03-00", "Mar 1999"),
        ("1977-00-00", "1977"),
        ("1999", "1999"),
        ("", ""),
    ],
)
def test_a_date_is_spoken_as_far_as_it_is_known(released: str, expected: str) -> None:
    assert spoken(released) == expected
