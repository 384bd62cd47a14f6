"""What an invented life is made of: what was heard, what is owned, what is wanted."""

from dataclasses import dataclass
from datetime import datetime

FOLDERS = {1: "Uncategorized", 4471234: "Jazz", 4471377: "Living room"}
FIELDS = {1: "Media Condition", 2: "Sleeve Condition", 3: "Notes"}


@dataclass(frozen=True, slots=True)
class Listen:
    """One play of one track, in the words a scrobbler would send; "" where it knows nothing."""

    at: datetime
    artist: str
    album: str
    track: str
    artist_mbid: str
    album_mbid: str
    track_mbid: str
    album_artist: str = ""  # only where it is not the track's artist, as on compilations
    duration_s: int = 0


@dataclass(frozen=True, slots=True)
class SleeveArtist:
    """An artist as printed on a release: Discogs name, credited variant, word to the next one."""

    id: int
    name: str
    anv: str = ""
    join: str = ""


@dataclass(frozen=True, slots=True)
class SleeveLabel:
    """A label and the release's number in its catalogue, "none" where it has no number."""

    id: int
    name: str
    catno: str


@dataclass(frozen=True, slots=True)
class SleeveFormat:
    """What the music is pressed on; `qty` is text, as Discogs sends it."""

    name: str
    qty: str
    text: str = ""
    descriptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sleeve:
    """One release as Discogs describes it. `master_id` and `year` are 0 where unknown."""

    release_id: int
    master_id: int
    title: str
    year: int
    artists: tuple[SleeveArtist, ...]
    labels: tuple[SleeveLabel, ...]
    formats: tuple[SleeveFormat, ...]
    genres: tuple[str, ...]
    styles: tuple[str, ...]
    country: str
    released: str
    tracklist: tuple[tuple[str, str, str], ...]  # position, title, duration
    have: int
    want: int
    lowest_price: float | None
    for_sale: int
    notes: str
    barcode: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy on the shelf; two copies of one release share the sleeve."""

    instance_id: int
    sleeve: Sleeve
    folder_id: int
    rating: int
    added_at: datetime
    notes: tuple[tuple[int, str], ...]  # field id, value


@dataclass(frozen=True, slots=True)
class Want:
    """One release on the wantlist."""

    sleeve: Sleeve
    added_at: datetime
    rating: int
    notes: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who lives this life, and under which names the services know her."""

    registered_at: datetime
    lastfm: str = "marenok"
    discogs: str = "maren_ok"
    discogs_id: int = 7712345
    real_name: str = "Maren"
    country: str = "Norway"
    time_zone: str = "Europe/Oslo"


@dataclass(frozen=True, slots=True)
class Life:
    """One person's listening and shelf; listens and copies are oldest first."""

    person: Person
    listens: tuple[Listen, ...]
    copies: tuple[Copy, ...]
    wants: tuple[Want, ...]
    listening_now: Listen | None
