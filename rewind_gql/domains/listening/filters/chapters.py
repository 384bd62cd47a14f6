"""The numbered chapters by which an audiobook in a player gives itself away."""

import re

# Three digits and no more, or how many of how many; then a dash, and what is left.
_NUMBERED = re.compile(
    r"(?:[0-9]{3}(?![0-9])|\([0-9]{1,3} of [0-9]{1,3}\))\s*-\s*(?P<rest>.+)", re.ASCII | re.DOTALL
)
_NOT_WORD = re.compile(r"[\W_]+")
SHORTEST_ALBUM = 5
SHORTEST_REST = 8


def is_chapter(album: str, track: str) -> bool:
    """Whether a track, folded, is a numbered chapter of the album it is on.

    Behind its number it must repeat the album's name or be part of it, and both must be long
    enough for that to mean something.
    """
    numbered = _NUMBERED.match(track)
    if numbered is None:
        return False
    book, rest = _plain(album), _plain(numbered["rest"])
    if len(book) < SHORTEST_ALBUM or len(rest) < SHORTEST_REST:
        return False
    return book in rest or rest in book


def _plain(text: str) -> str:
    return _NOT_WORD.sub(" ", text.lower().replace("*", "")).strip()
