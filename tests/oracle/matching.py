"""Which heard album an owned copy should be, by the rules alone, one copy at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

EDITION = re.compile(r" \((?:Deluxe Edition|Remastered|\d{4} Remaster)\)$")
SURE = {1: 0.9, 2: 0.7}


@dataclass(frozen=True, kw_only=True)
class Album:
    """A heard album."""

    id: int
    artist: str
    title: str
    plays: int


@dataclass(frozen=True, kw_only=True)
class Match:
    """What a copy is, how sure that is, and the plays that counts."""

    match_type: str
    confidence: float
    plays: int


def match(artists: Sequence[str], title: str, albums: Sequence[Album]) -> Match:
    """What a copy of this title by these artists is among the albums heard."""
    names = {_artist(name) for name in artists}
    theirs = [album for album in albums if _artist(album.artist) in names]
    same = [album for album in theirs if _title(album.title) == _title(title)]
    if same:
        return Match(match_type="exact", confidence=1.0, plays=sum(a.plays for a in same))
    near = _near(title, theirs)
    if near:
        return near
    if theirs:
        plays = sum(album.plays for album in theirs)
        return Match(match_type="artist_only", confidence=0.5, plays=plays)
    return Match(match_type="none", confidence=0.0, plays=0)


def _near(title: str, albums: Sequence[Album]) -> Match | None:
    """The album one or two letters away: the nearest, of those the most played, then the first."""
    wanted = _title(title)
    close = [
        (apart, -sum(a.plays for a in same), min(a.id for a in same), same)
        for other in {_title(album.title) for album in albums}
        for same in [[a for a in albums if _title(a.title) == other]]
        if (apart := distance(wanted, other)) in SURE
        and min(len(wanted), len(other)) >= 6
        and _numbers(wanted) == _numbers(other)
    ]
    if not close:
        return None
    apart = min(each[0] for each in close)
    nearest = [each[3] for each in close if each[0] == apart]
    # The most played single edition decides between titles that are equally near.
    best = min(nearest, key=lambda same: min((-album.plays, album.id) for album in same))
    plays = sum(album.plays for album in best)
    return Match(match_type="fuzzy", confidence=SURE[apart], plays=plays)


def _artist(name: str) -> str:
    """A name as both sides would write it."""
    plain = re.sub(r" \(\d+\)$", "", name).lower().replace("&", "and")
    return plain.removeprefix("the ")


def _title(title: str) -> str:
    """A title without what names its edition."""
    plain = title
    while EDITION.search(plain):
        plain = EDITION.sub("", plain)
    return plain.lower().removeprefix("the ")


def _numbers(title: str) -> list[str]:
    """The numbers in a title, Roman ones as words of their letters."""
    return re.findall(r"\d+|\b[ivx]+\b", title)


def distance(one: str, other: str) -> int:
    """How many letters have to be put in, taken out or changed."""
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        last, row[0] = row[0], at
        for to, mark in enumerate(other, 1):
            last, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, last + (sign != mark))
    return row[-1]
