"""Names and titles fold to the same key exactly when they mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql import text


@pytest.mark.parametrize(
    ("sleeve", "heard"),
    [
        ("Ride (2)", "Ride"),
        ("Ride*", "Ride"),
        ("Ride (12)*", "ride"),
        ("Doors, The", "The Doors"),
        ("Doors , The (3)", "Doors"),
        ("Rita Mitsouko, Les", "Les Rita Mitsouko"),
        ("Certain Ratio, A", "A Certain Ratio"),
        ("Belle & Sebastian", "Belle and Sebastian"),
        ("Sigur Rós", "Sigur Ros"),
        ("Ænima", "Aenima"),
        ("ＢＯＲＩＳ", "Boris"),
        ("Guns N’ Roses", "Guns N' Roses"),
        ("R.E.M.", "REM"),
        ("AC/DC", "AC DC"),
        ("Various", "Various Artists"),
        ("  The   Fall ", "the fall"),
    ],
)
def test_cross_key_is_one_for_spellings_of_one_artist(sleeve: str, heard: str) -> None:
    assert text.cross_key(sleeve) == text.cross_key(heard)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("!!!", "+/-"),
        ("Tyler, The Creator", "Tyler"),
        ("Борис", "Boris"),
        ("Blink-182", "Blink"),
        ("A-ha", "Ha"),
        ("Various", "Variety"),
    ],
)
def test_cross_key_keeps_artists_apart(one: str, other: str) -> None:
    assert text.cross_key(one) != text.cross_key(other)


@pytest.mark.parametrize("name", ["The", "The The", "(2)", "*", "&", "A", "Die", "..."])
def test_cross_key_of_a_name_that_is_all_ornament_is_not_empty(name: str) -> None:
    assert text.cross_key(name)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Nirvana (2)", "Nirvana"),
        ("Ride*", "Ride"),
        ("Persuader, The", "The Persuader"),
        ("Doors, The (3)", "The Doors"),
        ("Tyler, The Creator", "Tyler, The Creator"),
        ("(2)", "(2)"),
    ],
)
def test_credited_is_what_a_sleeve_prints(written: str, printed: str) -> None:
    assert text.credited(written) == printed


@pytest.mark.parametrize(
    "title",
    [
        "Glass Harbour (Remastered)",
        "Glass Harbour [Explicit]",
        "Glass Harbour (Re-Mastered 2009)",
        "Glass Harbour - 2011 - Remaster",
        "Glass Harbour (Deluxe Edition) [2009 Remaster]",
        "Glass Harbour (50th Anniversary / Super Deluxe Edition)",
        "Glass Harbour: 20th Anniversary Edition",
        "Glass Harbour (Collector’s Edition)",
        "Glass Harbour (Mono)",
        "Glass Harbour (Stereo Mix)",
        "Glass Harbour (Bonus Track Version)",
        "Glass Harbour (Re-Issue)",
        "Glass Harbour - EP",
        "Glass Harbour EP",
        "Glass Harbour - Single",
        "Glass Harbour – Remastered 2011",
        "Glass Harbour (Surround)",
        "The Glass Harbour",
        "Glass Harbour, The",
    ],
)
def test_title_key_is_one_for_all_editions(title: str) -> None:
    assert text.title_key(title) == "glass harbour"


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Glass Harbour (Live)", "glass harbour live"),
        ("Glass Harbour (Live) (Deluxe)", "glass harbour live"),
        ("Glass Harbour (Deluxe) (Live)", "glass harbour live"),
        ("Glass Harbour - Live - Remastered", "glass harbour live"),
        ("Glass Harbour (Acoustic Version)", "glass harbour acoustic version"),
        ("Glass Harbour (Instrumental)", "glass harbour instrumental"),
        ("Glass Harbour (Volume 2)", "glass harbour volume 2"),
        ("Glass Harbour, Pt. 2 (Deluxe)", "glass harbour pt 2"),
        ("Glass Harbour (Version 2)", "glass harbour version 2"),
        ("Glass Harbour (Maren's Version)", "glass harbour marens version"),
        ("Glass Harbour (2001)", "glass harbour 2001"),
    ],
)
def test_title_key_keeps_what_names_another_recording(title: str, key: str) -> None:
    assert text.title_key(title) == key


@pytest.mark.parametrize("title", ["(Remastered)", "Deluxe", "EP", "- Deluxe", "The", "[Mono]"])
def test_title_key_of_a_title_that_is_all_suffix_is_not_empty(title: str) -> None:
    assert text.title_key(title)


@given(st.text(alphabet=st.characters(codec="latin-1", categories=("L", "N", "P", "Zs"))))
def test_keys_do_not_change_with_case_or_outer_spaces(name: str) -> None:
    padded = f"  {name.upper()} "

    assert text.cross_key(padded) == text.cross_key(name)
    assert text.title_key(padded) == text.title_key(name)
