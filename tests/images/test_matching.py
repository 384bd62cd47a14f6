"""Names: what is searched for, what counts as the same, and what comes first."""

import pytest

from rewind_gql.images.matching import (
    Likeness,
    Result,
    artist_likeness,
    comparable,
    ranked,
    search_artist,
    search_title,
    title_likeness,
)
from rewind_gql.images.records import Candidate

SAME, EDITION, BEGINS = Likeness


def row(artist: str, title: str = "", width: int = 600) -> Result:
    url = f"https://example.org/{artist}/{title}/{width}"
    return Result(artist, title, Candidate(source="test", url=url, width=width))


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("Beyoncé feat. Jay-Z", "Beyoncé"),
        ("Massive Attack ft. Hope Sandoval", "Massive Attack"),
        ("Iron & Wine", "Iron and Wine"),
        ("Nirvana (2)", "Nirvana"),
        ("Smiths, The", "The Smiths"),
    ],
)
def test_an_artist_is_searched_for_alone(name: str, searched: str) -> None:
    assert search_artist(name) == searched


@pytest.mark.parametrize(
    ("title", "searched"),
    [
        ("Rumours (Super Deluxe)", "Rumours"),
        ("Pet Sounds [2001 Remastered Version]", "Pet Sounds"),
        ("Marquee Moon (Remaster) [Bonus Tracks]", "Marquee Moon"),
        ("Drukqs - EP", "Drukqs"),
        ("Teardrop - Single", "Teardrop"),
        ("Mellon Collie (30th Anniversary) & More", "Mellon Collie and More"),
        ("Live (At the Roxy)", "Live (At the Roxy)"),
        ("Epic (Episode One)", "Epic (Episode One)"),
        ("(Deluxe)", "(Deluxe)"),
        ("( )", "( )"),
    ],
)
def test_an_album_is_searched_for_without_its_edition(title: str, searched: str) -> None:
    assert search_title(title) == searched


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sessions Volume Three", "sessions, vol. 3"),
        ("Part One", "Pt. 1"),
        ("Don’t Look Back", "Dont look back"),
        ("The Wall", "Wall"),
        ("Sigur Rós", "SIGUR ROS"),
        ("Røyksopp", "Royksopp"),
        ("R.E.M.", "REM"),
        ("Takk...", "Takk…"),
        ("Кино", "КИНО"),
        ("Μίκης", "ΜΙΚΗΣ"),
        ("ﾎﾞｸ", "ボク"),
        ("فيروز", "فَيرُوز"),
        ("Ｌｏｗ", "Low"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
    ],
)
def test_two_spellings_compare_equal(one: str, other: str) -> None:
    assert comparable(one) == comparable(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("がん", "かん"), ("!!!", "???"), ("( )", "()()"), ("कुल", "कल"), ("Low", "Lów Tide")],
)
def test_two_names_stay_apart(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@pytest.mark.parametrize(
    ("wanted", "given", "likeness"),
    [
        ("The Cure", "Cure", SAME),
        ("The Cure", "The Cure Live Band", BEGINS),
        ("The Cure", "Obscure", None),
        ("Tom Waits", "Tom", None),
        ("Iron & Wine", "Iron and Wine", SAME),
        ("Nirvana (2)", "Nirvana", SAME),
        ("Beyoncé feat. Jay-Z", "Beyonce", SAME),
        ("Yes", "Yes Sir Boss", BEGINS),
        ("Yes", "Yesterday", None),
        ("坂本龍一", "坂本龍一", SAME),
        ("Anybody", "", BEGINS),
        ("!!!", "!!!", SAME),
    ],
)
def test_how_alike_two_artists_are(wanted: str, given: str, likeness: Likeness | None) -> None:
    assert artist_likeness(wanted, given) == likeness


@pytest.mark.parametrize(
    ("wanted", "given", "artist", "likeness"),
    [
        ("Debut", "Debut", "", SAME),
        ("Debut", "Debut (Remastered)", "", EDITION),
        ("Debut (Deluxe)", "Debut", "", EDITION),
        ("Sessions Volume Three", "Sessions, Vol. 3", "", SAME),
        ("Blue", "Blueprint", "", None),
        ("Blue", "Blue Train", "", BEGINS),
        ("Blue Train", "Blue", "", BEGINS),
        ("Blur: The Best Of", "The Best Of", "Blur", SAME),
        ("Blur", "Blur", "Blur", SAME),
        ("Blur", "", "Blur", None),
        ("Группа крови", "группа крови", "Кино", SAME),
    ],
)
def test_how_alike_two_albums_are(
    wanted: str, given: str, artist: str, likeness: Likeness | None
) -> None:
    assert title_likeness(wanted, given, artist=artist) == likeness


def test_the_very_name_comes_first_and_leaves_no_room_for_likes() -> None:
    rows = [row("Joni Mitchell", "Blue Train", 2000), row("Joni Mitchell", "Blue")]

    found = ranked("Joni Mitchell", "Blue", rows)

    assert [each.url for each in found] == [rows[1].picture.url]
    assert found[0].exact


def test_a_like_name_is_better_than_nothing_and_says_so() -> None:
    found = ranked("Yes", "", [row("Yesterday"), row("Yes Sir Boss")])

    assert [(each.url.split("/")[3], each.exact) for each in found] == [("Yes Sir Boss", False)]


def test_the_plain_edition_comes_before_a_larger_deluxe_one() -> None:
    rows = [row("Low", "Hats (Deluxe Edition)", 3000), row("Low", "Hats", 300)]

    found = ranked("Low", "Hats", rows)

    assert [each.width for each in found] == [300, 3000]
    assert all(each.exact for each in found)


def test_of_equal_names_the_larger_picture_comes_first_and_ties_stay_as_they_came() -> None:
    rows = [row("Low", "Hats", 300), row("LOW", "Hats", 1000), row("low", "Hats", 1000)]

    found = ranked("Low", "Hats", rows)

    assert [each.url for each in found] == [rows[at].picture.url for at in (1, 2, 0)]


def test_another_artists_album_of_that_name_is_none() -> None:
    assert ranked("Low", "Hats", [row("Blue Nile", "Hats")]) == []
