"""What a source must hand us of collecting: clean, frozen, in our words."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One main artist of a release, in the order of its cover. `name` keeps Discogs' " (2)".

    `discogs_id` is None where a file tells only the name. `anv` is the name on this sleeve, where
    it is another one; `join` is what stands between it and the next.
    """

    discogs_id: int | None
    name: str
    join: str = ""
    anv: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label and the catalogue number under it."""

    name: str
    catno: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release as lists describe it. `year` None where unknown."""

    discogs_id: int
    title: str
    credits: tuple[Credit, ...]
    year: int | None = None
    master_id: int | None = None
    cover_url: str | None = None
    thumb_url: str | None = None
    formats: tuple[str, ...] = ()
    format_descriptions: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One owned copy. From the API it has an `instance_id`; from a file it has not.

    `copy_no` counts the copies of one release within one file: 0, 1, …
    """

    release: Release
    added_at: datetime
    added_offset_min: int
    instance_id: int | None = None
    copy_no: int = 0
    folder: str | None = None
    rating: int = 0
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One line of the wantlist."""

    release: Release
    added_at: datetime | None
    added_offset_min: int = 0
    rating: int = 0
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLine:
    """One line of a tracklist."""

    position: str
    title: str
    duration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDetail:
    """What only a release's own page tells. Prices are in the currency asked for.

    `identifiers` name the album elsewhere, such as `mbid:…` of MusicBrainz or `apple:…`.
    """

    discogs_id: int
    tracklist: tuple[TrackLine, ...] = ()
    country: str | None = None
    released: str | None = None
    community_have: int | None = None
    community_want: int | None = None
    lowest_price: float | None = None
    currency: str | None = None
    for_sale: int | None = None
    cover_url: str | None = None
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What the provider takes the whole collection to be worth, in hundredths of a currency."""

    currency: str
    minimum_cents: int
    median_cents: int
    maximum_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of the owner's."""

    folder_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteField:
    """A field for notes on a copy; `options` are the words a list to choose from has."""

    field_id: int
    name: str
    kind: str = ""
    options: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A film owned on a medium. `movie_id` is that of the film as it is stored here.

    `media_type` is one of `MEDIA_TYPES`; the rest is in the provider's own words.
    """

    movie_id: int
    trakt_id: int | None
    media_type: str
    collected_at: datetime
    raw_type: str | None = None
    resolution: str | None = None
    hdr: str | None = None
    audio: str | None = None
    audio_channels: str | None = None


MEDIA_TYPES = ("bluray", "uhd_bluray", "hddvd", "dvd", "digital", "other")
"""The kinds of media that films are kept on; `other` are discs and tapes without a kind here."""
