"""Whether what a search gave back is what was asked for, by its names, in any script."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum
from typing import NamedTuple

from anyascii import anyascii

from rewind_gql.images.records import Candidate
from rewind_gql.text import clean, credited, without_guests


class Likeness(IntEnum):
    """How alike two names are; smaller is closer."""

    SAME = 0
    EDITION = 1
    BEGINS = 2


class Result(NamedTuple):
    """One row of a search: the names it bears and the picture it leads to."""

    artist: str
    title: str
    picture: Candidate


_EDITION_WORDS = (
    r"\b(?:deluxe|remaster(?:s|ed|ing)?|bonus|expanded|anniversary|edition|version|ep|single"
    r"|feat\.?|ft\.?|featuring)(?![^\W_])"
)
_BRACKETED = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\})")
_NAMES_EDITION = re.compile(_EDITION_WORDS, re.IGNORECASE)
_TAIL = re.compile(r"(?<=\S)\s+-\s+(?:EP|Single)\s*$", re.IGNORECASE)
_AMPERSAND = re.compile(r"\s*[&＆]\s*")
_APOSTROPHE = re.compile(r"['’‘ʼ`´]")
_INITIALS = re.compile(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)")
_SPACES = re.compile(r"\s+")
_WORDS = {
    "part": "pt", "volume": "vol", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip
# Accents above and below, and the points of Hebrew and Arabic. What else combines, such as the
# vowel signs of India or the two strokes that tell ga from ka, makes another letter.
_ACCENTS, _POINTS = range(200, 241), range(10, 37)


def search_artist(name: str) -> str:
    """An artist's name as it is searched for: without guests and a catalogue's signs."""
    return _joined(without_guests(credited(name)))


def search_title(title: str) -> str:
    """An album's title as it is searched for: without what only names an edition."""
    kept = _BRACKETED.sub(_unless_edition, clean(title))
    return _joined(_TAIL.sub("", kept)) or _joined(title)


def comparable(name: str) -> str:
    """The form in which two names are compared; a name of signs alone keeps its signs."""
    folded = _folded(name)
    words = "".join(sign if _is_letter(sign) else " " for sign in folded).split()
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return " ".join(_WORDS.get(word, word) for word in words) or _SPACES.sub(" ", folded).strip()


def artist_likeness(wanted: str, given: str) -> Likeness | None:
    """How alike the artist `given` back is; None for another one.

    It may go on behind the wanted name, but not stop before its end. No name at all is let pass.
    """
    asked, found = comparable(search_artist(wanted)), comparable(credited(given))
    if not found:
        return Likeness.BEGINS
    if asked and found in (asked, comparable(credited(wanted))):
        return Likeness.SAME
    return Likeness.BEGINS if _begins(found, asked) else None


def title_likeness(wanted: str, given: str, *, artist: str = "") -> Likeness | None:
    """How alike the album title `given` back is; None for another one.

    Either may go on behind the other. The wanted title may begin with its artist's name.
    """
    found = [
        likeness
        for asked in (wanted, _without_artist(wanted, artist))
        if asked and (likeness := _title_likeness(asked, given)) is not None
    ]
    return min(found, default=None)


def likeness(artist: str, title: str, row: Result) -> tuple[int, ...] | None:
    """How far a row is from the wanted names, by the further of the two first; None: another.

    Without a wanted title it is the artist who is looked for.
    """
    by = artist_likeness(artist, row.artist) if artist else Likeness.SAME
    named = title_likeness(title, row.title, artist=artist) if title else Likeness.SAME
    return None if by is None or named is None else (max(by, named), by + named)


def ranked(artist: str, title: str, rows: Iterable[Result]) -> list[Candidate]:
    """The pictures of the rows that fit: closest names first, then the larger, then as they came.

    Those that only begin alike are left out as soon as one has the very name, and are not `exact`.
    """
    fitting = [(near, row) for row in rows if (near := likeness(artist, title, row)) is not None]
    fitting.sort(key=lambda pair: (pair[0], -(pair[1].picture.width or 0)))
    loose = bool(fitting) and fitting[0][0][0] == Likeness.BEGINS
    return [
        replace(row.picture, exact=not loose)
        for near, row in fitting
        if loose or near[0] < Likeness.BEGINS
    ]


def _title_likeness(wanted: str, given: str) -> Likeness | None:
    asked, found = comparable(wanted), comparable(given)
    if not asked or not found:
        return None
    if asked == found:
        return Likeness.SAME
    if comparable(search_title(wanted)) == comparable(search_title(given)):
        return Likeness.EDITION
    return Likeness.BEGINS if _begins(asked, found) or _begins(found, asked) else None


def _without_artist(title: str, artist: str) -> str:
    """The title without its artist's name in front; empty when it does not begin so."""
    name, whole = comparable(search_artist(artist)), comparable(title)
    return whole.removeprefix(f"{name} ") if name and _begins(whole, name) else ""


def _begins(whole: str, start: str) -> bool:
    """Whether `whole` goes on behind `start`, and does so with another word."""
    return bool(start) and whole.startswith(f"{start} ")


def _unless_edition(bracketed: re.Match[str]) -> str:
    return "" if _NAMES_EDITION.search(bracketed[0]) else bracketed[0]


def _joined(text: str) -> str:
    return _SPACES.sub(" ", _AMPERSAND.sub(" and ", text)).strip()


def _folded(name: str) -> str:
    """Small letters without accents; Latin ones in ASCII, so that ø is o and ß is ss."""
    plain = _INITIALS.sub("", _joined(unicodedata.normalize("NFKC", name)))
    plain = _APOSTROPHE.sub("", plain)
    parts = unicodedata.normalize("NFKD", plain.casefold())
    bare = "".join(sign for sign in parts if not _is_accent(sign))
    whole = unicodedata.normalize("NFC", bare)
    if whole.isascii():
        return whole
    return "".join(
        anyascii(sign) if "LATIN" in unicodedata.name(sign, "") else sign for sign in whole
    ).casefold()


def _is_accent(sign: str) -> bool:
    place = unicodedata.combining(sign)
    return place in _ACCENTS or place in _POINTS


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"
