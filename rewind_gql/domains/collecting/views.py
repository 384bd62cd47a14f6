"""What leaves collecting: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Annotated

from annotated_doc import Doc


@dataclass(slots=True, kw_only=True)
class Label:
    """A label and the catalogue number under it."""

    name: Annotated[str, Doc("The label's name.")]
    catno: Annotated[str | None, Doc("Catalogue number; absent where the sleeve has none.")]


@dataclass(slots=True, kw_only=True)
class TrackLine:
    """One line of a release's tracklist."""

    position: Annotated[str, Doc("Such as A1; empty for a heading.")]
    title: Annotated[str, Doc("Title of the track or heading.")]
    duration: Annotated[str, Doc("Minutes and seconds, such as 4:45; empty where unknown.")]


@dataclass(slots=True, kw_only=True)
class Release:
    """A release: one pressing or edition, owned or wanted."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    discogs_id: Annotated[int, Doc("Release id at Discogs.")]
    title: Annotated[str, Doc("As Discogs writes it.")]
    year: Annotated[int | None, Doc("Year of this edition.")]
    artists: Annotated[list[str], Doc("Main artists as credited, in the sleeve's order.")]
    formats: Annotated[list[str], Doc("Such as Vinyl or CD, the main one first.")]
    format_descriptions: Annotated[list[str], Doc("Such as LP, Album, Reissue.")]
    labels: Annotated[list[Label], Doc("Labels and catalogue numbers.")]
    genres: Annotated[list[str], Doc("Discogs genres.")]
    styles: Annotated[list[str], Doc("Discogs styles.")]
    country: Annotated[str | None, Doc("Country of the edition.")]
    released: Annotated[str | None, Doc("Date as printed; parts may be 00 where unknown.")]
    tracklist: Annotated[list[TrackLine], Doc("Empty until the release's page was read.")]
    lowest_price: Annotated[float | None, Doc("Lowest price asked on Discogs' marketplace.")]
    currency: Annotated[str | None, Doc("ISO 4217 code of that price.")]
    for_sale: Annotated[int | None, Doc("Copies on offer on Discogs' marketplace.")]
    cover_url: Annotated[str | None, Doc("Cover at Discogs.")]

    @property
    def discogs_url(self) -> str:
        """The release's public page at Discogs."""
        return f"https://www.discogs.com/release/{self.discogs_id}"


@dataclass(slots=True, kw_only=True)
class Item:
    """One owned copy of a release."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    release_id: Annotated[int, Doc("What it is a copy of.")]
    folder: Annotated[str | None, Doc("The folder it is kept in.")]
    rating: Annotated[int, Doc("1 to 5; 0 is unrated.")]
    added_at: Annotated[datetime, Doc("When it was added to the collection.")]
    added_offset_min: Annotated[int, Doc("Offset from UTC of that date as written, in minutes.")]


@dataclass(slots=True, kw_only=True)
class Want:
    """One line of the wantlist."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    release_id: Annotated[int, Doc("What is wanted.")]
    rating: Annotated[int, Doc("1 to 5; 0 is unrated.")]
    notes: Annotated[str | None, Doc("The owner's own words.")]
    added_at: Annotated[datetime | None, Doc("When it was put on the list.")]
    added_offset_min: Annotated[int, Doc("Offset from UTC of that date as written, in minutes.")]


@dataclass(slots=True, kw_only=True)
class Match:
    """What of an owned copy was heard, and how sure that is."""

    item_id: Annotated[int, Doc("The copy.")]
    album_id: Annotated[int | None, Doc("The album it was found to be; none for artist_only.")]
    album_name: Annotated[str | None, Doc("That album's name.")]
    artist_name: Annotated[str | None, Doc("The artist it was found under.")]
    plays: Annotated[int, Doc("Plays of all editions; for artist_only, of all their albums.")]
    last_played_at: Annotated[datetime | None, Doc("The newest of those plays.")]
    match_type: Annotated[str, Doc("exact, fuzzy, artist_only or none.")]
    confidence: Annotated[float, Doc("1 exact; 0.9 or 0.7 fuzzy; 0.5 artist_only; 0 none.")]
    added_at: Annotated[datetime, Doc("When the copy was added.")]


@dataclass(slots=True, kw_only=True)
class MatchedItem:
    """An owned copy beside what of it was heard."""

    item: Annotated[Item, Doc("The copy.")]
    release: Annotated[Release, Doc("What it is a copy of.")]
    match: Annotated[Match, Doc("What of it was heard.")]


@dataclass(slots=True, kw_only=True)
class MatchSummary:
    """The cross-reference in numbers, over the whole collection."""

    items: Annotated[int, Doc("Copies compared.")]
    total_matches: Annotated[int, Doc("Copies with any match, by artist only and unheard too.")]
    album_matches: Annotated[int, Doc("Copies matched to an album, exactly or fuzzily.")]
    listened_count: Annotated[int, Doc("Of those, the ones that were heard.")]
    unlistened_count: Annotated[int, Doc("Copies without a play.")]

    @property
    def listen_rate(self) -> float:
        """Copies with any match as a share of all, from 0 to 1; 0 where nothing is owned."""
        return self.total_matches / self.items if self.items else 0.0


@dataclass(slots=True, kw_only=True)
class Pin:
    """The owner's word on what a copy is."""

    item_id: Annotated[int, Doc("The copy.")]
    album_id: Annotated[int | None, Doc("The album it is; none says that it was never heard.")]
    created_at: Annotated[datetime, Doc("When this was said.")]


def as_written(at: datetime, offset_min: int) -> str:
    """An instant in the offset it was written with: `2026-02-03T21:14:07-08:00`."""
    return at.astimezone(timezone(timedelta(minutes=offset_min))).isoformat(timespec="seconds")
