"""Whether what a catalogue gave back bears the names that were asked for."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from rewind_gql.images.matching import Likeness, artist_likeness, title_likeness

R = TypeVar("R")

Nearness = tuple[int, int]
"""How far artist and title are from those wanted, the further of the two first."""


def near_track(artist: str, title: str, given_artist: str, given_title: str) -> Nearness | None:
    """How near a song is to the one wanted; None for another song, or another's.

    A title may differ in what only tells an edition; it may not go on with other words, for that
    is another recording. Guests may stand behind the artist.
    """
    by = artist_likeness(artist, given_artist)
    named = title_likeness(title, given_title)
    if by is None or named is None or named > Likeness.EDITION or not given_artist:
        return None
    return max(int(by), int(named)), int(by) + int(named)


def same_album(artist: str, title: str | None, given_title: str) -> bool:
    """Whether an album is an edition of the one wanted."""
    if not title:
        return False
    named = title_likeness(title, given_title, artist=artist)
    return named is not None and named <= Likeness.EDITION


def same_artist(wanted: str, given: str) -> bool:
    """Whether an artist is the one wanted, and not only called alike."""
    return bool(given) and artist_likeness(wanted, given) == Likeness.SAME


def nearest(rows: Iterable[R], near: Callable[[R], Nearness | None]) -> R | None:
    """The row that is nearest, of several the first; None when none is near at all."""
    fitting = [(found, at, row) for at, row in enumerate(rows) if (found := near(row)) is not None]
    return min(fitting, key=lambda each: each[:2])[2] if fitting else None
