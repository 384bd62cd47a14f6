"""Which names a rule means."""

import time

import pytest

from rewind_gql.domains.listening.filters.chapters import is_chapter
from rewind_gql.domains.listening.filters.matching import (
    CHAPTERS,
    TAGS,
    Judge,
    Rule,
    expression,
    fold,
    written,
)


def judge(*rules: tuple[str, str]) -> Judge:
    """A judge by rules of these scopes and patterns, numbered from 1."""
    return Judge.of(Rule(id=at, scope=scope, pattern=p) for at, (scope, p) in enumerate(rules, 1))


@pytest.mark.parametrize(
    ("album", "track"),
    [
        ("Moby Dick", "014 - Moby Dick (Unabridged)"),
        ("A Short History of Rain", "(2 of 9) - A Short History *"),
        ("A Short History of Rain", "(12 of 120)-A Short History of Rain"),
        ("MOBY DICK", "014-moby dick, the whale"),
        ("Die Vermessung der Welt", "003 - Die Vermessung"),
    ],
)
def test_a_numbered_chapter_of_its_album_is_one(album: str, track: str) -> None:
    assert is_chapter(fold(album), fold(track))


@pytest.mark.parametrize(
    ("album", "track"),
    [
        ("1000 Forms of Fear", "101 - Elastic Heart"),
        ("Moby Dick", "0014 - Moby Dick (Unabridged)"),
        ("Moby Dick", "14 - Moby Dick (Unabridged)"),
        ("Moby Dick", "014 Moby Dick (Unabridged)"),
        ("Moby Dick", "Moby Dick 014 - Unabridged"),
        ("", "014 - Moby Dick (Unabridged)"),
        ("Dick", "014 - Dick and nobody else"),
        ("Moby Dick", "014 - Moby"),
        ("A Short History", "(1000 of 9) - A Short History"),
    ],
)
def test_what_lacks_a_sign_of_it_is_none(album: str, track: str) -> None:
    assert not is_chapter(fold(album), fold(track))


def test_an_album_rule_finds_its_word_anywhere_in_any_case() -> None:
    rules = judge(("album", "xmas"))

    assert rules.album("A Very XMAS Album") == 1
    assert rules.album("Summer") is None


def test_a_track_rule_finds_its_words_in_the_track_alone() -> None:
    rules = judge(("track", "silent night"))

    assert rules.track("Low", "Christmas", "Silent Night (Live)") == 1
    assert rules.track("Silent Night", "Silent Night", "Dawn") is None


def test_an_artist_rule_wants_the_whole_name() -> None:
    rules = judge(("artist", "simon & garfunkel"))

    assert rules.artist("Simon and Garfunkel", spoken=None) == 1
    assert rules.artist("Simon", spoken=None) is None


def test_an_artist_and_track_rule_wants_a_part_of_the_one_and_the_whole_other() -> None:
    rules = judge(("artist_track", "guaraldi||skating"))

    assert rules.track("Vince Guaraldi Trio", None, "Skating") == 1
    assert rules.track("Vince Guaraldi Trio", None, "Skating Away") is None
    assert rules.track("Jethro Tull", None, "Skating") is None


def test_an_expression_is_looked_for_whatever_the_case() -> None:
    rules = judge(("track_regex", r"kapitel \d+$"))

    assert rules.track("Somebody", None, "Buch Eins, KAPITEL 12") == 1
    assert rules.track("Somebody", None, "Kapitel zwölf") is None


def test_an_expression_that_cannot_be_read_hides_nothing() -> None:
    assert judge(("track_regex", "(")).track("a", "b", "(") is None


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"(.*a){20}$", r"^(\w+\s?)*$"])
def test_no_expression_takes_long(pattern: str) -> None:
    found = expression(pattern)
    assert found is not None
    began = time.perf_counter()

    found("a" * 1_900 + "!")

    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("pattern", ["(", "*", "(?=a)", r"(a)\1", "((a{500}){500}){500}", "[z-a]"])
def test_what_needs_to_go_back_or_is_none_cannot_be_used(pattern: str) -> None:
    assert expression(pattern) is None


def test_the_built_in_rules_read_tags_and_chapters() -> None:
    rules = judge((TAGS, "spoken word"), (CHAPTERS, "numbered"))

    assert rules.artist("Anybody", spoken=True) == 1
    assert rules.artist("Anybody", spoken=False) is None
    assert rules.track("Melville", "Moby Dick", "014 - Moby Dick, part two") == 2
    assert rules.minds_albums


def test_of_several_rules_the_oldest_is_named() -> None:
    rules = judge(("track", "night"), ("track", "silent"), ("artist_track", "low||silent night"))

    assert rules.track("Low", None, "Silent Night") == 1


def test_without_a_rule_nothing_is_hidden() -> None:
    rules = judge()

    assert rules.artist("Low", spoken=True) is None
    assert rules.album("Christmas") is None
    assert rules.track("Low", "Christmas", "Silent Night") is None


def test_patterns_are_saved_in_small_letters_but_for_expressions() -> None:
    assert written("album", "  Merry   XMAS ") == "merry xmas"
    assert written("track_regex", r" \\D{2}\\s$ ") == r"\D{2}\s$"
