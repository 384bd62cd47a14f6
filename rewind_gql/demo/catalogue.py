"""The music of the invented life: real albums, read from the text files in `catalogue/`.

A file is a corner of music, a line is an album:
`Artist|Album|Year|Genre + Genre: Style, Style|Label|Track; Track`. A track by somebody else, as on
a compilation, is `Artist ~ Track`. No album: songs that were never on one. No tracks: an album that
is only owned or wanted.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

VARIOUS = "Various Artists"
LONG_CORNERS = frozenset({"classical", "jazz"})  # where a track lasts longer than a song


@dataclass(frozen=True, slots=True)
class Song:
    """One track of an album and how long it plays."""

    artist: str
    title: str
    duration_s: int


@dataclass(frozen=True, slots=True)
class Album:
    """One album; without a title its songs are loose, without songs it is never played."""

    artist: str
    title: str
    year: int
    genres: tuple[str, ...]
    styles: tuple[str, ...]
    label: str
    corner: str
    songs: tuple[Song, ...]


@cache
def albums() -> tuple[Album, ...]:
    """Every album of the catalogue, files by name, lines in their order."""
    folder = files("rewind_gql.demo") / "catalogue"
    texts = sorted(
        (entry.name.removesuffix(".txt"), entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".txt")
    )
    return tuple(
        parse_album(line, corner) for corner, text in texts for line in text.splitlines() if line
    )


def parse_album(line: str, corner: str) -> Album:
    """One line of a catalogue file. Raises `ValueError` when it has not its six fields."""
    artist, title, year, kind, label, tracks = line.split("|")
    genres, _, styles = kind.partition(": ")
    return Album(
        artist=artist,
        title=title,
        year=int(year),
        genres=tuple(genres.split(" + ")),
        styles=tuple(styles.split(", ")) if styles else (),
        label=label,
        corner=corner,
        songs=tuple(_song(artist, track, corner) for track in tracks.split("; ") if track),
    )


def number(*words: str) -> int:
    """A stable number for these words, below 2**32, the same in every process."""
    return crc32("/".join(words).encode())


def mbid(*words: str) -> str:
    """A well-formed invented MusicBrainz id for these words, or "" for about one in nine."""
    return "" if number(*words) % 9 == 0 else str(uuid5(NAMESPACE_URL, "/".join(words)))


def _song(artist: str, track: str, corner: str) -> Song:
    """One track of an album line, with a length that never changes."""
    own, mark, title = track.partition(" ~ ")
    by, name = (own, title) if mark else (artist, track)
    spread = number("length", by, name)
    length = 150 + spread % 170 + (spread >> 9) % 60
    return Song(by, name, length * 2 if corner in LONG_CORNERS else length)
