"""Which heard album an owned copy is: a pure function of names, identifiers and the owner's word.

The first rule that hits decides: the owner's word; an identifier both sides have; the same title
by the same artist, all editions together; nearly the same title; at least the artist; nothing.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rapidfuzz.distance import Levenshtein

from rewind_gql import text
from rewind_gql.domains.collecting import views

VARIOUS = text.cross_key("Various")
FUZZY_CONFIDENCE = {1: 0.9, 2: 0.7}
SHORTEST_FUZZY = 6  # in shorter titles two letters are too much of the whole
SHARED_TRACKS = 0.5
FEWEST_SHARED = 3  # that many titles are not shared by chance

_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"\b(?=[ivx]+\b)x{0,3}(?:ix|iv|v?i{0,3})\b")


@dataclass(slots=True, kw_only=True)
class Album:
    """A heard album: its keys, its plays, and what else is known of it.

    A hidden one is never an answer; it only tells that its title is taken.
    """

    id: int
    name: str
    artist_name: str
    artist_key: str
    title_key: str
    plays: int = 0
    last_played_at: datetime | None = None
    hidden: bool = False
    year: int | None = None
    identifiers: Collection[str] = ()
    tracks: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Owned:
    """An owned copy: its title, the keys of its artists in order, and what else is known of it.

    `pinned` says that the owner decided: `pinned_album` it is, or, without one, none.
    """

    item_id: int
    added_at: datetime
    title_key: str
    artist_keys: Sequence[str]
    year: int | None = None
    identifiers: Collection[str] = ()
    tracks: frozenset[str] = frozenset()
    pinned: bool = False
    pinned_album: int | None = None


@dataclass(slots=True, kw_only=True)
class Found:
    """What a copy was found to be, and every album whose plays that counts."""

    match: views.Match
    albums: list[int] = field(default_factory=list)


class Heard:
    """The heard albums that may be looked at, found by key instead of one by one."""

    def __init__(self, albums: Iterable[Album]) -> None:
        self.by_id: dict[int, Album] = {}
        self.by_identifier: dict[str, list[Album]] = defaultdict(list)
        self.by_artist: dict[str, dict[str, list[Album]]] = defaultdict(dict)
        self.taken: dict[str, set[str]] = defaultdict(set)
        for album in sorted(albums, key=lambda each: each.id):
            self.by_id[album.id] = album
            self.taken[album.artist_key].add(album.title_key)
            if album.hidden:
                continue
            titles = self.by_artist[album.artist_key]
            titles.setdefault(album.title_key, []).append(album)
            for identifier in album.identifiers:
                self.by_identifier[identifier].append(album)

    def editions(self, album: Album) -> list[Album]:
        """An album with the other editions of it."""
        titles = self.by_artist.get(album.artist_key, {})
        others = [each for each in titles.get(album.title_key, ()) if each is not album]
        return [album, *others]


def match_all(copies: Iterable[Owned], heard: Heard) -> list[Found]:
    """What each copy is, in their order."""
    return [match(copy, heard) for copy in copies]


def match(owned: Owned, heard: Heard) -> Found:
    """What one copy is among the albums `heard`; the same answer whatever their order."""
    if owned.pinned:
        pinned = heard.by_id.get(owned.pinned_album or 0)
        if owned.pinned_album is None:
            return _none(owned)
        if pinned is not None:
            return _exact(owned, heard.editions(pinned), named=pinned)
    same = _identified(owned, heard) or _same_title(owned, heard)
    if same:
        return _exact(owned, same)
    near = _near_title(owned, heard) or _same_tracks(owned, heard)
    return near or _artist_only(owned, heard) or _none(owned)


def _identified(owned: Owned, heard: Heard) -> list[Album]:
    """Albums of the copy's artists that bear an identifier of it, with their editions."""
    albums = [each for known in owned.identifiers for each in heard.by_identifier.get(known, ())]
    return [
        edition
        for album in albums
        if album.artist_key in owned.artist_keys
        for edition in heard.editions(album)
    ]


def _same_title(owned: Owned, heard: Heard) -> list[Album]:
    """Albums of the copy's artists under its title; compilations must not contradict it."""
    found: list[Album] = []
    for artist in dict.fromkeys(owned.artist_keys):
        albums = heard.by_artist.get(artist, {}).get(owned.title_key, ())
        found += [each for each in albums if artist != VARIOUS or _agrees(owned, each)]
    return found


def _agrees(owned: Owned, album: Album) -> bool:
    """Whether the year or half the tracks bear a compilation out; unknown ones count as borne."""
    signs = []
    if owned.year is not None and album.year is not None:
        signs.append(owned.year == album.year)
    if owned.tracks and album.tracks:
        signs.append(_share(owned, album) >= SHARED_TRACKS)
    return any(signs) or not signs


def _share(owned: Owned, album: Album) -> float:
    """The share of common track titles in the shorter list."""
    return len(owned.tracks & album.tracks) / min(len(owned.tracks), len(album.tracks))


def _near_title(owned: Owned, heard: Heard) -> Found | None:
    """The album of the copy's artists whose title is one or two letters away."""
    best: tuple[int, int, int] | None = None
    for artist in dict.fromkeys(owned.artist_keys):
        if owned.title_key in heard.taken.get(artist, ()):
            continue  # this title is another album of theirs
        for title, albums in heard.by_artist.get(artist, {}).items():
            distance = Levenshtein.distance(owned.title_key, title, score_cutoff=2)
            if distance in FUZZY_CONFIDENCE and _may_be(owned.title_key, title):
                first = _first(albums)
                best = min(best or (9, 0, 0), (distance, -first.plays, first.id))
    if best is None:
        return None
    albums = heard.editions(heard.by_id[best[2]])
    return _album(owned, albums, "fuzzy", FUZZY_CONFIDENCE[best[0]])


def _may_be(title: str, other: str) -> bool:
    """Whether two near titles can be one: long enough, and with the same numbers."""
    return (
        min(len(title), len(other)) >= SHORTEST_FUZZY
        and _DIGITS.findall(title) == _DIGITS.findall(other)
        and _ROMAN.findall(title) == _ROMAN.findall(other)
    )


def _same_tracks(owned: Owned, heard: Heard) -> Found | None:
    """The compilation that has half the copy's tracks, whatever it is called."""
    if VARIOUS not in owned.artist_keys or not owned.tracks:
        return None
    best: tuple[float, int, int] | None = None
    for albums in heard.by_artist.get(VARIOUS, {}).values():
        for album in albums:
            if len(owned.tracks & album.tracks) >= FEWEST_SHARED:
                rank = (-_share(owned, album), -album.plays, album.id)
                best = min(best or rank, rank)
    if best is None or -best[0] < SHARED_TRACKS:
        return None
    return _album(owned, [heard.by_id[best[2]]], "fuzzy", FUZZY_CONFIDENCE[2])


def _artist_only(owned: Owned, heard: Heard) -> Found | None:
    """All albums of the copy's artists together. "Various" is nobody to have heard."""
    albums = [
        album
        for artist in dict.fromkeys(owned.artist_keys)
        if artist != VARIOUS
        for editions in heard.by_artist.get(artist, {}).values()
        for album in editions
    ]
    if not albums:
        return None
    artist = albums[0].artist_key
    named = _first([album for album in albums if album.artist_key == artist])
    return Found(match=_match(owned, albums, named.artist_name, None, "artist_only", 0.5))


def _exact(owned: Owned, albums: Sequence[Album], named: Album | None = None) -> Found:
    return _album(owned, albums, "exact", 1.0, named)


def _album(
    owned: Owned,
    albums: Sequence[Album],
    match_type: str,
    confidence: float,
    named: Album | None = None,
) -> Found:
    albums = [*{album.id: album for album in albums}.values()]
    shown = named or _first(albums)
    found = _match(owned, albums, shown.artist_name, shown, match_type, confidence)
    return Found(match=found, albums=sorted(album.id for album in albums))


def _first(albums: Sequence[Album]) -> Album:
    """The most played one, the oldest of equals."""
    return min(albums, key=lambda each: (-each.plays, each.id))


def _none(owned: Owned) -> Found:
    return Found(match=_match(owned, (), None, None, "none", 0.0))


def _match(
    owned: Owned,
    albums: Sequence[Album],
    artist_name: str | None,
    album: Album | None,
    match_type: str,
    confidence: float,
) -> views.Match:
    played = [each.last_played_at for each in albums if each.last_played_at is not None]
    return views.Match(
        item_id=owned.item_id,
        album_id=album.id if album else None,
        album_name=album.name if album else None,
        artist_name=artist_name,
        plays=sum(each.plays for each in albums),
        last_played_at=max(played, default=None),
        match_type=match_type,
        confidence=confidence,
        added_at=owned.added_at,
    )


def identifiers(mbid: str | None, apple_music_url: str | None) -> tuple[str, ...]:
    """What an album is known by elsewhere: `mbid:…` at MusicBrainz, `apple:…` at Apple Music."""
    apple = re.search(r"/(\d+)(?:[?#]|$)", apple_music_url or "")
    found = (f"mbid:{mbid}" if mbid else "", f"apple:{apple[1]}" if apple else "")
    return tuple(each for each in found if each)
