"""What leaves collecting: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
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
    community_have: Annotated[int | None, Doc("How many people at Discogs own it.")]
    community_want: Annotated[int | None, Doc("How many people at Discogs want it.")]
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
    match_type: Annotated[str, Doc("One of exact, fuzzy, artist_only, none.")]
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


@dataclass(slots=True, kw_only=True)
class OwnedRelease:
    """An owned copy beside its release."""

    item: Annotated[Item, Doc("The copy.")]
    release: Annotated[Release, Doc("What it is a copy of.")]


@dataclass(slots=True, kw_only=True)
class WantedRelease:
    """A line of the wantlist beside its release."""

    want: Annotated[Want, Doc("The line.")]
    release: Annotated[Release, Doc("What is wanted.")]


@dataclass(slots=True, kw_only=True)
class Note:
    """What the owner noted with a copy in one of their fields."""

    name: Annotated[str, Doc("The field, by the owner's name for it.")]
    value: Annotated[str, Doc("What is noted there.")]


@dataclass(slots=True, kw_only=True)
class NoteField:
    """A field in which the owner notes something with a copy."""

    field_id: Annotated[int, Doc("Its number at Discogs.")]
    name: Annotated[str, Doc("The owner's name for it.")]
    kind: Annotated[str, Doc("Either dropdown or textarea.")]
    options: Annotated[list[str], Doc("The words to choose from; empty for free text.")]


@dataclass(slots=True, kw_only=True)
class Folder:
    """A folder of the owner's, and how much is in it."""

    name: Annotated[str, Doc("The owner's name for it.")]
    copies: Annotated[int, Doc("Copies kept in it.")]


@dataclass(slots=True, kw_only=True)
class Count:
    """How many owned copies are filed under one name."""

    name: Annotated[str, Doc("Such as Vinyl, Rock or 1990s.")]
    copies: Annotated[int, Doc("Owned copies; one copy counts under every genre it has.")]


@dataclass(slots=True, kw_only=True)
class ArtistCount:
    """How many owned copies are by one artist."""

    name: Annotated[str, Doc("As Discogs writes it, number of a namesake and all.")]
    discogs_id: Annotated[int | None, Doc("Artist id at Discogs, where it is known.")]
    copies: Annotated[int, Doc("Owned copies.")]


@dataclass(slots=True, kw_only=True)
class RecordStats:
    """Owned records in numbers: all of them, or those added in a window."""

    total_items: Annotated[int, Doc("Owned copies.")]
    formats: Annotated[list[Count], Doc("Copies by the first format, most first.")]
    wantlist_count: Annotated[int, Doc("Lines of the wantlist; 0 for a window.")]
    unique_artists: Annotated[int, Doc("Artists of the owned releases.")]
    estimated_value: Annotated[
        float | None,
        Doc("Discogs' lowest estimate; for a window the sum of the lowest prices asked."),
    ]
    currency: Annotated[str | None, Doc("ISO 4217 code of that value.")]
    top_genre: Annotated[str | None, Doc("The genre of most copies; ties by name.")]
    oldest_release_year: Annotated[int | None, Doc("Year of the oldest edition.")]
    newest_release_year: Annotated[int | None, Doc("Year of the newest edition.")]
    most_collected_artist: Annotated[Count | None, Doc("The artist of most copies; ties by name.")]
    added_this_year: Annotated[int, Doc("Copies added in the present year.")]


@dataclass(slots=True, kw_only=True)
class DayCount:
    """How much was added on one day."""

    day: Annotated[date, Doc("On the clock each date was written by; UTC for films.")]
    count: Annotated[int, Doc("Records and films added.")]


@dataclass(slots=True, kw_only=True)
class Year:
    """What was added in one year, day by day."""

    year: Annotated[int, Doc("The year.")]
    days: Annotated[list[DayCount], Doc("Days on which something was added, first to last.")]

    @property
    def total(self) -> int:
        """Records and films added that year."""
        return sum(each.count for each in self.days)

    @property
    def busiest(self) -> DayCount | None:
        """The day most was added on, the first of equals."""
        return max(self.days, key=lambda each: each.count, default=None)


@dataclass(slots=True, kw_only=True)
class ValuePoint:
    """What the collection was worth in one month, as it was last seen in it."""

    month: Annotated[date, Doc("The first day of the month.")]
    currency: Annotated[str, Doc("ISO 4217 code.")]
    minimum: Annotated[float, Doc("Discogs' lowest estimate.")]
    median: Annotated[float, Doc("Discogs' middle estimate.")]
    maximum: Annotated[float, Doc("Discogs' highest estimate.")]
    lowest_asked: Annotated[float | None, Doc("Sum of the lowest prices asked for the copies.")]
    copies: Annotated[int, Doc("Owned copies then.")]
    seen_at: Annotated[datetime, Doc("When this was last seen.")]


@dataclass(slots=True, kw_only=True)
class HeardWant:
    """A wanted release that is heard already."""

    want: Annotated[Want, Doc("The line of the wantlist.")]
    album_id: Annotated[int, Doc("The album it is.")]
    plays: Annotated[int, Doc("Plays of all its editions.")]
    last_played_at: Annotated[datetime | None, Doc("The newest of those plays.")]
    match_type: Annotated[str, Doc("Either exact or fuzzy.")]
    confidence: Annotated[float, Doc("1 exact; 0.9 or 0.7 fuzzy.")]


@dataclass(slots=True, kw_only=True)
class Media:
    """A film owned on one kind of medium."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    movie_id: Annotated[int, Doc("The film.")]
    media_type: Annotated[str, Doc("One of bluray, uhd_bluray, hddvd, dvd, digital, other.")]
    raw_type: Annotated[str | None, Doc("The provider's own word for the medium.")]
    resolution: Annotated[str | None, Doc("Such as uhd_4k or hd_1080p.")]
    hdr: Annotated[str | None, Doc("Such as dolby_vision or hdr10.")]
    audio: Annotated[str | None, Doc("Such as dolby_atmos or dts_hd_ma.")]
    audio_channels: Annotated[str | None, Doc("Such as 7.1.")]
    collected_at: Annotated[datetime, Doc("When it was added to the collection.")]


@dataclass(slots=True, kw_only=True)
class FilmStats:
    """Owned films in numbers. A film owned on two kinds of media counts twice, but as one movie."""

    total_items: Annotated[int, Doc("Media owned.")]
    total_movies: Annotated[int, Doc("Films owned, each once.")]
    formats: Annotated[list[Count], Doc("Media by kind, most first.")]
    resolutions: Annotated[list[Count], Doc("Media by resolution, where it is known.")]
    hdr: Annotated[list[Count], Doc("Media by high dynamic range, where there is one.")]
    genres: Annotated[list[Count], Doc("Media by the film's genres; under each that it has.")]
    decades: Annotated[list[Count], Doc("Media by the film's decade, oldest first.")]
    added_this_year: Annotated[int, Doc("Media added in the present UTC year.")]


@dataclass(slots=True, kw_only=True)
class WatchSummary:
    """What of the owned films was watched, over the whole collection."""

    total_owned: Annotated[int, Doc("Media owned.")]
    total_movies: Annotated[int, Doc("Films owned, each once.")]
    total_watched: Annotated[int, Doc("Of those films, the ones that were watched.")]
    watched_items: Annotated[int, Doc("Media whose film was watched.")]

    @property
    def total_unwatched(self) -> int:
        """Of those films, the ones that were not watched."""
        return self.total_movies - self.total_watched

    @property
    def watch_rate(self) -> float:
        """Films watched as a share of those owned, from 0 to 1; 0 where nothing is owned."""
        return self.total_watched / self.total_movies if self.total_movies else 0.0
