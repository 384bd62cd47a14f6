"""Which heard album a copy is: each rule, each guard, and the same answer in any order."""

import random
from datetime import datetime
from typing import Any

import pytest

from rewind_gql import text
from rewind_gql.domains.collecting import matching
from tests.domains.collecting.made import DAY, NOON

ARTIST = "Maren Voss"


def album(album_id: int, name: str, plays: int = 0, artist: str = ARTIST, **more: Any) -> Any:
    return matching.Album(
        id=album_id,
        name=name,
        artist_name=artist,
        artist_key=text.cross_key(artist),
        title_key=text.title_key(name),
        plays=plays,
        last_played_at=more.pop("last", None),
        **more,
    )


def owned(title: str, *artists: str, **more: Any) -> matching.Owned:
    return matching.Owned(
        item_id=1,
        added_at=NOON,
        title_key=text.title_key(title),
        artist_keys=[text.cross_key(artist) for artist in artists or (ARTIST,)],
        **more,
    )


def find(copy: matching.Owned, *albums: matching.Album) -> tuple[str, float, str | None, int]:
    found = matching.match(copy, matching.Heard(albums)).match
    return found.match_type, found.confidence, found.album_name, found.plays


LIBRARY = (
    album(1, "Glass Harbour", 150),
    album(2, "Slow Lantern", 40),
    album(3, "North Atlas II", 12, "The Cold Maps"),
    album(4, "Paper Sun (Remastered)", 0, "Ida Lund"),
)


@pytest.mark.parametrize(
    ("title", "artist", "expected"),
    [
        ("Glass Harbour", ARTIST, ("exact", 1.0, "Glass Harbour", 150)),
        ("Glass Harbur", ARTIST, ("fuzzy", 0.9, "Glass Harbour", 150)),
        ("Glas Harbur", ARTIST, ("fuzzy", 0.7, "Glass Harbour", 150)),
        ("An Other Shore", ARTIST, ("artist_only", 0.5, None, 190)),
        ("North Atlas III", "Cold Maps, The", ("artist_only", 0.5, None, 12)),
        ("Paper Sun", "Ida Lund (3)", ("exact", 1.0, "Paper Sun (Remastered)", 0)),
        ("Unheard", "Nobody", ("none", 0.0, None, 0)),
    ],
)
def test_the_first_rule_that_hits_decides(
    title: str, artist: str, expected: tuple[str, float, str | None, int]
) -> None:
    assert find(owned(title, artist), *LIBRARY) == expected


def test_exact_sums_all_editions_and_takes_the_latest_play() -> None:
    editions = (
        album(1, "Glass Harbour", 10, last=NOON),
        album(2, "Glass Harbour (Deluxe Edition)", 30, last=NOON - DAY),
        album(3, "Glass Harbour - EP", 5, last=NOON + DAY),
        album(4, "Glass Harbour (Live)", 99),
    )

    found = matching.match(owned("Glass Harbour [Explicit]"), matching.Heard(editions))

    assert found.match.plays == 45
    assert found.match.last_played_at == NOON + DAY
    assert found.match.album_id == 2
    assert found.albums == [1, 2, 3]


def test_fuzzy_sums_the_editions_of_what_it_finds() -> None:
    found = find(
        owned("Glass Harbur"), album(1, "Glass Harbour", 3), album(2, "Glass Harbour EP", 4)
    )

    assert found == ("fuzzy", 0.9, "Glass Harbour EP", 7)


def test_the_nearest_title_wins_and_plays_part_equals() -> None:
    near, far = album(1, "Glass Harbours", 1), album(2, "Glass Harbor", 90)

    assert find(owned("Glass Harbour"), near, far)[2] == "Glass Harbor"
    assert find(owned("Glass Harbours"), far, album(3, "Glass Harbourz", 1))[2] == "Glass Harbourz"


@pytest.mark.parametrize(
    ("title", "heard"),
    [
        ("Atlas II", "Atlas III"),
        ("Atlas IV", "Atlas V"),
        ("Harbour 1", "Harbour 2"),
        ("Harbours", "Harbours 2"),
        ("Live 1999", "Live 1998"),
        ("Tens", "Zens"),
        ("Glass Harbour", "Glass Harbour X"),
    ],
)
def test_near_titles_of_other_numbers_or_few_letters_are_not_one(title: str, heard: str) -> None:
    assert find(owned(title), album(1, heard, 5))[0] == "artist_only"


def test_a_title_that_is_another_heard_album_is_not_taken_for_a_near_one() -> None:
    hidden = album(1, "Glass Harbor", hidden=True)

    found = find(owned("Glass Harbor"), hidden, album(2, "Glass Harbour", 7))

    assert found == ("artist_only", 0.5, None, 7)


def test_hidden_albums_are_never_found() -> None:
    assert find(owned("Glass Harbour"), album(1, "Glass Harbour", 7, hidden=True))[0] == "none"


def test_any_of_several_artists_will_do_and_artist_only_adds_them_up() -> None:
    albums = (album(1, "One", 3, "A"), album(2, "Two", 4, "B"), album(3, "Three", 9, "C"))

    assert find(owned("Two", "A", "B"), *albums) == ("exact", 1.0, "Two", 4)
    assert find(owned("Else", "A", "B", "A"), *albums) == ("artist_only", 0.5, None, 7)


def test_artist_only_names_the_first_credited_that_was_heard() -> None:
    albums = (album(1, "One", 3, "B"), album(2, "Two", 40, "C"))

    found = matching.match(owned("Else", "A", "B", "C"), matching.Heard(albums)).match

    assert found.artist_name == "B"


def test_identifiers_come_before_names() -> None:
    copy = owned("Tide Tables", identifiers=("mbid:abc",))
    albums = (album(1, "Tide Tables", 5), album(2, "Gezeiten", 8, identifiers=("mbid:abc",)))

    assert find(copy, *albums) == ("exact", 1.0, "Gezeiten", 8)


def test_identifiers_count_only_where_both_sides_have_them() -> None:
    copy = owned("Tide Tables", identifiers=("mbid:abc",))

    assert find(copy, album(1, "Tide Tables", 5))[:3] == ("exact", 1.0, "Tide Tables")


@pytest.mark.parametrize(
    ("mbid", "url", "expected"),
    [
        (None, None, ()),
        ("abc", None, ("mbid:abc",)),
        (None, "https://music.apple.com/us/album/tide/1440?uo=4", ("apple:1440",)),
        ("abc", "https://music.apple.com/no/album/1440", ("mbid:abc", "apple:1440")),
        (None, "https://music.apple.com/no/artist/tide", ()),
    ],
)
def test_identifiers_of_a_heard_album(
    mbid: str | None, url: str | None, expected: tuple[str, ...]
) -> None:
    assert matching.identifiers(mbid, url) == expected


VARIOUS = "Various Artists"


def test_various_is_various_artists() -> None:
    found = find(owned("Night Bus 3", "Various"), album(1, "Night Bus 3", 6, VARIOUS))

    assert found == ("exact", 1.0, "Night Bus 3", 6)


def test_nobody_hears_various_as_an_artist() -> None:
    assert find(owned("Night Bus 3", "Various"), album(1, "Else", 6, VARIOUS))[0] == "none"


def test_compilations_of_one_title_part_by_year_and_tracks() -> None:
    heard = album(1, "Best", 6, VARIOUS, year=1999, tracks=frozenset("abcd"))

    same_year = owned("Best", "Various", year=1999, tracks=frozenset("wxyz"))
    same_tracks = owned("Best", "Various", year=2001, tracks=frozenset("abyz"))
    neither = owned("Best", "Various", year=2001, tracks=frozenset("awyz"))
    unknown = owned("Best", "Various")

    kinds = [find(copy, heard)[0] for copy in (same_year, same_tracks, neither, unknown)]
    assert kinds == ["exact", "exact", "none", "exact"]


def test_half_the_tracks_find_a_compilation_of_another_name() -> None:
    heard = album(1, "Night Bus (UK)", 6, VARIOUS, tracks=frozenset("abc"))

    enough = owned("The Night Bus Comes", "Various", tracks=frozenset("abcdefgh"))
    too_few = owned("The Night Bus Comes", "Various", tracks=frozenset("abdefgh"))

    assert find(enough, heard) == ("fuzzy", 0.7, "Night Bus (UK)", 6)
    assert find(too_few, heard)[0] == "none"


def test_the_owners_word_stands_above_all_rules() -> None:
    albums = (
        album(1, "Glass Harbour", 5),
        album(2, "Else", 8, "Other"),
        album(3, "Else EP", 1, "Other"),
    )

    pinned = owned("Glass Harbour", pinned=True, pinned_album=3)
    denied = owned("Glass Harbour", pinned=True)
    lost = owned("Glass Harbour", pinned=True, pinned_album=99)

    assert find(pinned, *albums) == ("exact", 1.0, "Else EP", 9)
    assert find(denied, *albums) == ("none", 0.0, None, 0)
    assert find(lost, *albums) == ("exact", 1.0, "Glass Harbour", 5)


@pytest.mark.parametrize("seed", range(30))
def test_the_answer_does_not_depend_on_the_order_of_albums(seed: int) -> None:
    dice = random.Random(seed)
    titles = [
        "Harbour",
        "Harbours",
        "Harbour EP",
        "Harbor",
        "Harbour II",
        "Harbour (Live)",
        "Tides",
    ]

    def last() -> datetime | None:
        return dice.choice([None, NOON, NOON + DAY])

    albums = [
        album(at, dice.choice(titles), dice.randrange(3), dice.choice("AB"), last=last())
        for at in range(1, 15)
    ]
    copies = [owned(title, "A", "B") for title in titles]
    expected = matching.match_all(copies, matching.Heard(albums))

    dice.shuffle(albums)

    assert matching.match_all(copies, matching.Heard(albums)) == expected
