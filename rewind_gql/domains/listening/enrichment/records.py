"""What sources find out about artists, albums and tracks that were heard."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """A word listeners give an artist, and how many mean it: 100 for the most common one."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An artist, album or track that a source is to be asked about.

    `attempts` were in vain until now; `artist` is whose it is, an artist's own name; `album` is the
    album of a track.
    """

    id: int
    artist: str
    name: str
    mbid: str | None = None
    album: str | None = None
    apple_id: str | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of asking about one of them; with an `error` nothing did, and it is asked again."""

    wanted: Wanted
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistTags(Looked):
    """Every tag of an artist, the most common first."""

    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistBio(Looked):
    """What is written about an artist; None where nothing is."""

    summary: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Somebody like an artist: from 0 to 1, how much."""

    name: str
    score: float
    mbid: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarArtists(Looked):
    """Who is like an artist, the nearest first."""

    artists: tuple[Alike, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Apple:
    """What something is at Apple Music."""

    id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistLink(Looked):
    """An artist's page at Apple Music; None where there is none of that name."""

    link: Apple | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLink(Looked):
    """A track's page at Apple Music, with its artist's and, where it is the same, its album's."""

    link: Apple | None = None
    preview_url: str | None = None
    duration_ms: int | None = None
    artist: Apple | None = None
    album: Apple | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumFacts(Looked):
    """What a catalogue says of an album; None for what it does not say."""

    released_year: int | None = None
    total_tracks: int | None = None
    url: str | None = None
    compilation: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified(Looked):
    """A MusicBrainz id; None where nothing bears the name beyond doubt."""

    mbid: str | None = None
