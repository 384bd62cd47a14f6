"""What leaves listening: dataclasses whose fields carry their words."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from annotated_doc import Doc


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
class DayCount:
    """The plays of one day."""

    day: Annotated[date, Doc("UTC date.")]
    plays: Annotated[int, Doc("Plays on that day.")]


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
