"""What leaves listening: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import date, datetime
from math import floor
from typing import Annotated, Any, Generic, TypeVar

from annotated_doc import Doc

E = TypeVar("E")


@dataclass(slots=True, kw_only=True)
class Artist:
    """An artist in the library."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    name: Annotated[str, Doc("As the source writes it, without a trailing 'feat.'.")]
    mbid: Annotated[str | None, Doc("MusicBrainz artist id.")]
    url: Annotated[str | None, Doc("Their page on Last.fm.")]
    genre: Annotated[str | None, Doc("One main genre, from the tags people give.")]
    apple_music_url: Annotated[str | None, Doc("Their page on Apple Music.")]


@dataclass(slots=True, kw_only=True)
class Album:
    """An album in the library, of one artist."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    artist_id: Annotated[int, Doc("Whose album it is.")]
    name: Annotated[str, Doc("As the source writes it.")]
    mbid: Annotated[str | None, Doc("MusicBrainz release id.")]
    url: Annotated[str | None, Doc("Its page on Last.fm.")]
    apple_music_url: Annotated[str | None, Doc("Its page on Apple Music.")]
    released_year: Annotated[int | None, Doc("When it came out, by Apple Music's catalogue.")]
    total_tracks: Annotated[int | None, Doc("How many tracks it has, by the same.")]


@dataclass(slots=True, kw_only=True)
class Track:
    """A track in the library, of one artist."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    artist_id: Annotated[int, Doc("Whose track it is.")]
    album_id: Annotated[int | None, Doc("The album it was last heard on.")]
    name: Annotated[str, Doc("As the source writes it.")]
    mbid: Annotated[str | None, Doc("MusicBrainz recording id.")]
    url: Annotated[str | None, Doc("Its page on Last.fm.")]
    duration_ms: Annotated[int | None, Doc("Length in milliseconds.")]
    apple_music_url: Annotated[str | None, Doc("Its page on Apple Music.")]
    preview_url: Annotated[str | None, Doc("A short sound sample.")]


@dataclass(slots=True, kw_only=True)
class Play:
    """One play of one track."""

    id: Annotated[int, Doc("Stable for the life of the database.")]
    played_at: Annotated[datetime, Doc("When it began, UTC, to the second.")]
    source: Annotated[str, Doc("Where it came from, such as lastfm.")]
    track: Annotated[Track, Doc("What was heard.")]
    artist: Annotated[Artist, Doc("Who was heard.")]
    album: Annotated[Album | None, Doc("The album it was heard on, where the source told.")]


@dataclass(slots=True, kw_only=True)
class PlayLine:
    """One play and the names beside it on one level: what a plain list of plays prints."""

    played_at: Annotated[datetime, Doc("When it began, UTC, to the second.")]
    track_id: Annotated[int, Doc("What was heard.")]
    track_name: Annotated[str, Doc("Its name.")]
    track_url: Annotated[str | None, Doc("Its page on Last.fm.")]
    track_apple_music_url: Annotated[str | None, Doc("Its page on Apple Music.")]
    track_preview_url: Annotated[str | None, Doc("A short sound sample.")]
    artist_id: Annotated[int, Doc("Who was heard.")]
    artist_name: Annotated[str, Doc("Their name.")]
    album_id: Annotated[int | None, Doc("The album it was heard on, where the source told.")]
    album_name: Annotated[str | None, Doc("Its name.")]


@dataclass(slots=True, kw_only=True)
class HeardAlbum:
    """An album and when it was heard last."""

    album: Annotated[Album, Doc("What was heard.")]
    artist: Annotated[Artist, Doc("Whose album it is.")]
    last_played_at: Annotated[datetime, Doc("Its newest play.")]


@dataclass(slots=True, kw_only=True)
class Ranked:
    """A place in a top list: an entity and its plays inside the window."""

    entity_id: int
    plays: int
    last_at: datetime


@dataclass(slots=True, kw_only=True)
class TopArtist:
    """An artist's place among the most played of a window."""

    plays: Annotated[int, Doc("Plays inside the window.")]
    last_played_at: Annotated[datetime, Doc("The newest play inside the window.")]
    artist: Annotated[Artist, Doc("Who was heard.")]


@dataclass(slots=True, kw_only=True)
class TopAlbum:
    """An album's place among the most played of a window."""

    plays: Annotated[int, Doc("Plays inside the window.")]
    last_played_at: Annotated[datetime, Doc("The newest play inside the window.")]
    album: Annotated[Album, Doc("What was heard.")]
    artist: Annotated[Artist, Doc("Whose album it is.")]


@dataclass(slots=True, kw_only=True)
class TopTrack:
    """A track's place among the most played of a window."""

    plays: Annotated[int, Doc("Plays inside the window.")]
    last_played_at: Annotated[datetime, Doc("The newest play inside the window.")]
    track: Annotated[Track, Doc("What was heard.")]
    artist: Annotated[Artist, Doc("Whose track it is.")]


@dataclass(slots=True, kw_only=True)
class Heard:
    """How much something was heard, over all time."""

    plays: Annotated[int, Doc("Plays that are not hidden.")]
    first_played_at: Annotated[datetime | None, Doc("The oldest of them.")]
    last_played_at: Annotated[datetime | None, Doc("The newest of them.")]


@dataclass(slots=True, kw_only=True)
class KnownArtist:
    """An artist in the library, and how much they were heard."""

    artist: Annotated[Artist, Doc("Who it is.")]
    plays: Annotated[int, Doc("Plays over all time.")]


@dataclass(slots=True, kw_only=True)
class KnownAlbum:
    """An album in the library, and how much it was heard."""

    album: Annotated[Album, Doc("What it is.")]
    artist: Annotated[Artist, Doc("Whose album it is.")]
    plays: Annotated[int, Doc("Plays over all time.")]


@dataclass(slots=True, kw_only=True)
class KnownTrack:
    """A track in the library, and how much it was heard."""

    track: Annotated[Track, Doc("What it is.")]
    album: Annotated[Album | None, Doc("The album it was last heard on.")]
    plays: Annotated[int, Doc("Plays over all time.")]


@dataclass(slots=True, kw_only=True)
class LikeArtist:
    """An artist in the library who is said to be like another."""

    artist: Annotated[Artist, Doc("Who it is.")]
    plays: Annotated[int, Doc("Plays over all time.")]
    score: Annotated[float, Doc("How like they are: 0 to 1.")]


@dataclass(slots=True, kw_only=True)
class ArtistPage:
    """All that is told of one artist."""

    artist: Annotated[Artist, Doc("Who it is.")]
    tags: Annotated[list[dict[str, Any]] | None, Doc("Tags with their weights.")]
    bio_summary: Annotated[str | None, Doc("Who they are, in short.")]
    bio_content: Annotated[str | None, Doc("Who they are.")]
    bio_at: Annotated[datetime | None, Doc("When that was asked for.")]
    heard: Annotated[Heard, Doc("How much they were heard.")]
    rank: Annotated[int | None, Doc("Their place among all artists; none without a play.")]
    tracks: Annotated[int, Doc("Tracks of theirs that were heard.")]
    albums: Annotated[int, Doc("Albums of theirs in the library, heard or not.")]
    top_albums: Annotated[list[KnownAlbum], Doc("Most played first.")]
    top_tracks: Annotated[list[KnownTrack], Doc("Most played first.")]
    similar: Annotated[list[LikeArtist], Doc("The most alike first.")]
    years: Annotated[list[int], Doc("Plays by year, from the first one on.")]


@dataclass(slots=True, kw_only=True)
class AlbumPage:
    """All that is told of one album."""

    album: Annotated[Album, Doc("What it is.")]
    artist: Annotated[Artist, Doc("Whose album it is.")]
    heard: Annotated[Heard, Doc("How much it was heard.")]
    tracks: Annotated[list[KnownTrack], Doc("Tracks last heard on it, most played first.")]


@dataclass(slots=True, kw_only=True)
class DayCount:
    """The plays of one day."""

    day: Annotated[date, Doc("UTC date.")]
    plays: Annotated[int, Doc("Plays on that day.")]


@dataclass(slots=True, kw_only=True)
class PlaysPoint:
    """The plays of one day, week, month or year."""

    start: Annotated[date, Doc("Its first day.")]
    plays: Annotated[int, Doc("Plays inside it.")]


@dataclass(slots=True, kw_only=True)
class MonthCount:
    """The plays of one month."""

    month: Annotated[date, Doc("First day of the month, UTC.")]
    plays: Annotated[int, Doc("Plays in that month.")]


@dataclass(slots=True, kw_only=True)
class Totals:
    """How much was heard in a window."""

    plays: Annotated[int, Doc("Plays inside the window.")]
    artists: Annotated[int, Doc("Distinct artists among them.")]
    albums: Annotated[int, Doc("Distinct albums among them.")]
    tracks: Annotated[int, Doc("Distinct tracks among them.")]


@dataclass(slots=True, kw_only=True)
class Run:
    """Consecutive days, each with a play."""

    days: Annotated[int, Doc("How many days.")]
    start: Annotated[date | None, Doc("The first of them; none where there are none.")]
    end: Annotated[date | None, Doc("The last of them.")]
    plays: Annotated[int, Doc("Plays on all of these days.")]


@dataclass(slots=True, kw_only=True)
class Streaks:
    """Days in a row on which something was heard."""

    current: Annotated[Run, Doc("The newest, if it goes on to today or yesterday; else none.")]
    longest: Annotated[Run, Doc("The longest; of equally long ones, the earliest.")]


@dataclass(slots=True, kw_only=True)
class MonthTotals:
    """How much was heard in a month, and how many different things."""

    month: Annotated[date, Doc("First day of the month.")]
    plays: Annotated[int, Doc("Plays in that month.")]
    artists: Annotated[int, Doc("Distinct artists among them.")]
    albums: Annotated[int, Doc("Distinct albums among them.")]
    tracks: Annotated[int, Doc("Distinct tracks among them.")]


@dataclass(slots=True, kw_only=True)
class YearTotals:
    """How much was heard in a year, and whom most."""

    year: Annotated[int, Doc("Calendar year.")]
    plays: Annotated[int, Doc("Plays in that year.")]
    artists: Annotated[int, Doc("Distinct artists among them.")]
    albums: Annotated[int, Doc("Distinct albums among them.")]
    tracks: Annotated[int, Doc("Distinct tracks among them.")]
    top_artist: Annotated[Artist | None, Doc("Most played that year; ties by name.")] = None


@dataclass(slots=True, kw_only=True)
class GenreCount:
    """The plays of one genre."""

    name: Annotated[str, Doc("The genre; Other for all smaller ones together.")]
    plays: Annotated[int, Doc("Plays of artists of that genre.")]


@dataclass(slots=True, kw_only=True)
class GenrePeriod:
    """The genres heard in a week, month or year."""

    start: Annotated[date, Doc("First day of the period.")]
    genres: Annotated[list[GenreCount], Doc("Most played first, ties by name; then the rest.")]
    plays: Annotated[int, Doc("Plays of artists that have a genre.")]


@dataclass(slots=True, kw_only=True)
class Stats:
    """Listening in numbers."""

    totals: Annotated[Totals, Doc("How much was heard.")]
    registered_at: Annotated[datetime | None, Doc("When the account was opened.")]
    first_played_at: Annotated[datetime | None, Doc("The first play there is.")]
    days: Annotated[int, Doc("How many days the plays are spread over, at least 1.")]
    years: Annotated[int, Doc("Whole years since the account was opened; 0 where not known.")]

    @property
    def plays_per_day(self) -> float:
        """Plays on an average day, to one decimal."""
        return floor(self.totals.plays / self.days * 10 + 0.5) / 10


@dataclass(slots=True, kw_only=True)
class Profile:
    """The account plays come from, as it describes itself."""

    name: Annotated[str, Doc("User name at the source.")]
    url: Annotated[str | None, Doc("Public page of the account.")]
    country: Annotated[str | None, Doc("Country, as the account gives it.")]
    plays: Annotated[int | None, Doc("Plays by the source's own count, hidden ones included.")]
    registered_at: Annotated[datetime | None, Doc("When the account was opened.")]


@dataclass(slots=True, kw_only=True)
class ChartPlace:
    """A place in the source's own top list; complete before our own history is."""

    rank: Annotated[int, Doc("From 1, without gaps.")]
    plays: Annotated[int, Doc("Plays by the source's count.")]
    name: Annotated[str, Doc("Artist, album or track.")]
    artist_name: Annotated[str, Doc("Whose it is; the artist's own name for artists.")]


@dataclass(slots=True, kw_only=True)
class Gaps:
    """How much enrichment and attribution leave open, as of the newest sync."""

    artists_without_link: Annotated[int, Doc("Shown artists without an Apple Music address.")]
    played_artists_without_link: Annotated[int, Doc("Of those, the ones with 5 plays or more.")]
    tracks_not_enriched: Annotated[int, Doc("Shown tracks never looked up at iTunes.")]
    album_artist_mismatches: Annotated[
        int, Doc("Tracks on an album of another artist, Various Artists left out.")
    ]


@dataclass(slots=True, kw_only=True)
class TopRow(Generic[E]):
    """A line of a top list, with all that is shown in it."""

    rank: Annotated[int, Doc("From 1, without gaps, not shared.")]
    plays: Annotated[int, Doc("Plays inside the window.")]
    entity: Annotated[E, Doc("The artist, album or track.")]
    artist: Annotated[Artist, Doc("Whose it is; the artist themselves.")]
    album: Annotated[Album | None, Doc("Of a track: what it was last heard on.")]
    points: Annotated[list[int] | None, Doc("Plays over time; None where not asked for.")]


@dataclass(slots=True, kw_only=True)
class TopList(Generic[E]):
    """A page of a top list."""

    rows: Annotated[list[TopRow[E]], Doc("Most played first.")]
    total: Annotated[int, Doc("How many places the whole list has.")]
    artist_id: Annotated[int | None, Doc("Whose tracks alone they are.")]
    granularity: Annotated[str | None, Doc("What each point stands for; None without points.")]


@dataclass(slots=True, kw_only=True)
class YearReview:
    """A year, or a month of one, looked back on."""

    totals: Annotated[Totals, Doc("How much was heard.")]
    artists: Annotated[list[TopRow[Artist]], Doc("The most played artists.")]
    albums: Annotated[list[TopRow[Album]], Doc("The most played albums.")]
    tracks: Annotated[list[TopRow[Track]], Doc("The most played tracks.")]
    months: Annotated[list[MonthTotals], Doc("Its months with a play; none for a month.")]
    granularity: Annotated[str | None, Doc("What each point stands for; None without points.")]
