"""Listening in GraphQL: who and what was heard, when, how often, and what of it is owned."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar

import strawberry
from annotated_doc import Doc
from strawberry.types.base import StrawberryList
from strawberry.types.lazy_type import LazyType

from rewind_gql.across import cross_reference
from rewind_gql.domains.collecting import views as collecting
from rewind_gql.domains.listening import queries, views
from rewind_gql.errors import BadInput
from rewind_gql.images.records import Key
from rewind_gql.store.read import Conn
from schema.context import Batch, Info
from schema.enriched import KnownArtist
from schema.filtering import HideableAlbum, HideableArtist, HideableTrack, ListeningNow
from schema.grouping import GroupedAlbum
from schema.ids import number_of
from schema.images import Image, Shown, Wanted, images_of
from schema.listening_counts import Granularity, ListeningCounts, PlaysPoint, Step
from schema.relay import Asked, Connection, Kind, Listing, Node, listing, nested, wanted
from schema.shape import Choice, choices, described, each, edge, shape
from schema.windows import Window

# By its name, for that module imports this one: in GraphQL the two worlds lead to each other.
_ITEM: Any = LazyType("Item", "schema.collecting")
Copies = StrawberryList(_ITEM)


@choices
class LibrarySort(Choice):
    """The order of a list of artists or albums."""

    NAME = "name", "By name, from A to Z."
    PLAYS = "plays", "Most played first, over all time."


@choices
class ChartKind(Choice):
    """What a chart ranks."""

    ARTIST = "artist", "Artists."
    ALBUM = "album", "Albums."
    TRACK = "track", "Tracks."


@choices
class ChartPeriod(Choice):
    """The time that a chart of the source covers."""

    SEVEN_DAYS = "7day", "A week."
    ONE_MONTH = "1month", "A month."
    THREE_MONTHS = "3month", "A quarter of a year."
    SIX_MONTHS = "6month", "Half a year."
    TWELVE_MONTHS = "12month", "A year."
    OVERALL = "overall", "Since the account was opened."


Sort = Annotated[LibrarySort, Doc("The order of the list.")]
Best = Annotated[int, Doc("This many at most, 1 to 50.")]
Id = Annotated[strawberry.ID, Doc("Its global id.")]
V = TypeVar("V")
MOST_RECENT = 20
MOST_KNOWN = 50
NEVER = views.Heard(plays=0, first_played_at=None, last_played_at=None)


async def _portraits(
    artists: Sequence[views.Artist], info: Info, wanted: Wanted
) -> list[Shown | None]:
    """Their picture; none where none was found yet."""
    keys = [Key("listening", "artists", str(artist.id)) for artist in artists]
    return await images_of(info, keys, wanted)


async def _covers(albums: Sequence[views.Album], info: Info, wanted: Wanted) -> list[Shown | None]:
    """Its cover; none where none was found yet."""
    keys = [Key("listening", "albums", str(album.id)) for album in albums]
    return await images_of(info, keys, wanted)


@shape(views.Heard)
class Heard(views.Heard):
    """How much something was heard, over all time."""


@shape(views.Artist)
class Artist(views.Artist, Node, KnownArtist, HideableArtist):
    """An artist in the library."""

    image = each(Image | None, _portraits, looks_at=("id",))

    @edge("Connection[Album]")
    async def albums(self, info: Info, asked: Asked) -> Listing[views.Album]:
        """Their albums, by name."""
        part = asked.part(queries.ALBUMS_BY_ARTIST, queries.NAME_TYPES)
        count = queries.albums_count_by_artist
        return await nested(info, queries.albums_by_artist, self.id, part, count)

    @edge("Connection[Track]")
    async def tracks(self, info: Info, asked: Asked) -> Listing[views.Track]:
        """Their tracks, by name."""
        part = asked.part(queries.TRACKS_BY_ARTIST, queries.NAME_TYPES)
        count = queries.tracks_count_by_artist
        return await nested(info, queries.tracks_by_artist, self.id, part, count)

    @edge("Connection[Play]")
    async def plays(self, info: Info, asked: Asked) -> Listing[views.Play]:
        """Every time they were heard, newest first."""
        part = asked.part(queries.PLAYS_BY_ARTIST, queries.PLAYS_TYPES)
        return await nested(info, queries.plays_by_artist, self.id, part, _artist_plays)

    @edge(Heard)
    async def heard(self, info: Info) -> views.Heard:
        """How much they were heard, over all time."""
        return await info.context.load(queries.heard_by_artist, self.id) or NEVER

    @edge(int | None)
    async def rank(self, info: Info) -> int | None:
        """Their place among the most played of all time; none without a play."""
        return await info.context.load(queries.ranks_by_artist, self.id)

    @edge(list["KnownAlbum"])
    async def top_albums(self, info: Info, first: Best = 10) -> list[views.KnownAlbum]:
        """Their most played albums of all time, of which at least two tracks were heard."""
        return await _best(info, queries.best_albums_by_artist, self.id, first)

    @edge(list["KnownTrack"])
    async def top_tracks(self, info: Info, first: Best = 10) -> list[views.KnownTrack]:
        """Their most played tracks of all time; those never heard fill up the list."""
        return await _best(info, queries.best_tracks_by_artist, self.id, first)

    @edge(list[PlaysPoint])
    async def listening_over_time(
        self,
        info: Info,
        since: Annotated[datetime | None, Doc("From this instant on; the first play's.")] = None,
        until: Annotated[datetime | None, Doc("Up to but without it; the last play's.")] = None,
        granularity: Step = Granularity.YEAR,
    ) -> list[views.PlaysPoint]:
        """Plays of theirs in each UTC day, week, month or year, the oldest first, zeros too."""
        by = granularity.inside
        asked: dict[str, Any] = {"granularity": by, "since": since, "until": until}
        found = await info.context.load(queries.over_time_by_artist, self.id, **asked) or []
        info.context.spend(len(found))
        return found

    @edge(datetime | None)
    async def first_played_at(self, info: Info) -> datetime | None:
        """The first play of theirs."""
        heard = await info.context.load(queries.heard_by_artist, self.id)
        return heard.first_played_at if heard else None

    @edge(datetime | None)
    async def last_played_at(self, info: Info) -> datetime | None:
        """The newest play of theirs."""
        heard = await info.context.load(queries.heard_by_artist, self.id)
        return heard.last_played_at if heard else None

    @edge(Copies)
    async def copies(self, info: Info) -> list[collecting.Item]:
        """Owned copies of their releases, newest added first."""
        return await info.context.load(cross_reference.copies_by_artist, self.id) or []


@shape(views.Album)
class Album(views.Album, Node, HideableAlbum, GroupedAlbum):
    """An album in the library, of one artist."""

    image = each(Image | None, _covers, looks_at=("id",))

    @edge(Artist)
    async def artist(self, info: Info) -> views.Artist | None:
        """Whose album it is."""
        return await info.context.load(queries.artists_by_id, self.artist_id)

    @edge("Connection[Track]")
    async def tracks(self, info: Info, asked: Asked) -> Listing[views.Track]:
        """Tracks last heard on it, by name."""
        part = asked.part(queries.TRACKS_BY_ALBUM, queries.NAME_TYPES)
        count = queries.tracks_count_by_album
        return await nested(info, queries.tracks_by_album, self.id, part, count)

    @edge("Connection[Play]")
    async def plays(self, info: Info, asked: Asked) -> Listing[views.Play]:
        """Every time it was heard, newest first."""
        part = asked.part(queries.PLAYS_BY_ALBUM, queries.PLAYS_TYPES)
        return await nested(info, queries.plays_by_album, self.id, part, _album_plays)

    @edge(Heard)
    async def heard(self, info: Info) -> views.Heard:
        """How much it was heard, over all time."""
        return await info.context.load(queries.heard_by_album, self.id) or NEVER

    @edge(Copies)
    async def copies(self, info: Info) -> list[collecting.Item]:
        """Owned copies of it or of another edition, newest added first."""
        return await info.context.load(cross_reference.copies_by_album, self.id) or []


@shape(views.Track)
class Track(views.Track, Node, HideableTrack):
    """A track in the library, of one artist."""

    @edge(Artist)
    async def artist(self, info: Info) -> views.Artist | None:
        """Whose track it is."""
        return await info.context.load(queries.artists_by_id, self.artist_id)

    @edge(Album | None)
    async def album(self, info: Info) -> views.Album | None:
        """The album it was last heard on."""
        if self.album_id is None:
            return None
        return await info.context.load(queries.albums_by_id, self.album_id)

    @edge("Connection[Play]")
    async def plays(self, info: Info, asked: Asked) -> Listing[views.Play]:
        """Every time it was heard, newest first."""
        part = asked.part(queries.PLAYS_BY_TRACK, queries.PLAYS_TYPES)
        return await nested(info, queries.plays_by_track, self.id, part, _track_plays)

    @edge(Heard)
    async def heard(self, info: Info) -> views.Heard:
        """How much it was heard, over all time."""
        return await info.context.load(queries.heard_by_track, self.id) or NEVER


@shape(views.Play, track=Track, artist=Artist, album=Album | None)
class Play(views.Play, Node):
    """One play of one track."""


@shape(views.KnownAlbum, album=Album, artist=None)
class KnownAlbum(views.KnownAlbum):
    """An album of an artist, and how much it was heard."""


@shape(views.KnownTrack, track=Track, album=Album | None)
class KnownTrack(views.KnownTrack):
    """A track of an artist, and how much it was heard."""


@shape(views.TopArtist, artist=Artist)
class TopArtist(views.TopArtist):
    """An artist's place among the most played of a window."""


@shape(views.TopAlbum, album=Album, artist=Artist)
class TopAlbum(views.TopAlbum):
    """An album's place among the most played of a window."""


@shape(views.TopTrack, track=Track, artist=Artist)
class TopTrack(views.TopTrack):
    """A track's place among the most played of a window."""


@shape(views.ChartPlace)
class ChartPlace(views.ChartPlace):
    """A place in the source's own top list."""


@shape(views.Profile)
class ListeningProfile(views.Profile):
    """The account plays come from, as it describes itself."""


@shape(views.HeardAlbum, album=Album, artist=Artist)
class RecentAlbum(views.HeardAlbum):
    """An album and when it was heard last."""


@shape(views.YearTotals, top_artist=Artist | None)
class ListeningYear(views.YearTotals):
    """How much was heard in a year, and whom most."""


@described
class Listening(ListeningCounts, ListeningNow):
    """Music that was heard."""

    @edge(Connection[Play])
    async def recent(self, info: Info, asked: Asked, window: Window) -> Listing[views.Play]:
        """Plays of a window, newest first."""
        bounds = window.bounds()
        count = partial(queries.plays_count, **bounds)
        part = asked.part(queries.RECENT, queries.RECENT_TYPES)
        query = partial(queries.recent, **bounds, only=wanted(info))
        return await listing(info, query, count, part)

    @edge(Connection[TopArtist])
    async def top_artists(
        self, info: Info, asked: Asked, window: Window
    ) -> Listing[views.TopArtist]:
        """The most played artists of a window; ties by the newest play."""
        bounds = window.bounds()
        count = partial(queries.top_count, kind="artist", **bounds)
        part = asked.part(queries.TOP_ARTISTS, queries.TOP_TYPES)
        return await listing(info, partial(queries.top_artists, **bounds), count, part)

    @edge(Connection[TopAlbum])
    async def top_albums(self, info: Info, asked: Asked, window: Window) -> Listing[views.TopAlbum]:
        """The most played albums of a window; ties by the newest play."""
        bounds = window.bounds()
        count = partial(queries.top_count, kind="album", **bounds)
        part = asked.part(queries.TOP_ALBUMS, queries.TOP_TYPES)
        return await listing(info, partial(queries.top_albums, **bounds), count, part)

    @edge(Connection[TopTrack])
    async def top_tracks(self, info: Info, asked: Asked, window: Window) -> Listing[views.TopTrack]:
        """The most played tracks of a window; ties by the newest play."""
        bounds = window.bounds()
        count = partial(queries.top_count, kind="track", **bounds)
        part = asked.part(queries.TOP_TRACKS, queries.TOP_TYPES)
        return await listing(info, partial(queries.top_tracks, **bounds), count, part)

    @edge(list[RecentAlbum])
    async def recent_albums(
        self,
        info: Info,
        first: Annotated[int, Doc("This many at most, 1 to 20.")] = 10,
    ) -> list[views.HeardAlbum]:
        """Albums among the newest 200 plays, the one heard last first."""
        if not 1 <= first <= MOST_RECENT:
            raise BadInput(f"first must be between 1 and {MOST_RECENT}", path="first")
        return await info.context.ask(queries.recent_albums, limit=first)

    @edge(list[ListeningYear])
    async def years(self, info: Info) -> list[views.YearTotals]:
        """Every UTC year with a play, the newest first."""
        return await info.context.ask(queries.years)

    @edge(Connection[Artist])
    async def artists(
        self, info: Info, asked: Asked, sort: Sort = LibrarySort.NAME
    ) -> Listing[views.Artist]:
        """Every artist in the library."""
        part = asked.part(queries.ARTISTS[sort.inside], queries.BROWSE_TYPES[sort.inside])
        query = partial(queries.artists, sort=sort.inside)
        return await listing(info, query, queries.artists_count, part)

    @edge(Connection[Album])
    async def albums(
        self, info: Info, asked: Asked, sort: Sort = LibrarySort.NAME
    ) -> Listing[views.Album]:
        """Every album in the library."""
        part = asked.part(queries.ALBUMS[sort.inside], queries.BROWSE_TYPES[sort.inside])
        query = partial(queries.albums, sort=sort.inside)
        return await listing(info, query, queries.albums_count, part)

    @edge(Artist | None)
    async def artist(self, info: Info, id: Id) -> views.Artist | None:  # noqa: A002  # the argument's name
        """One artist."""
        return await info.context.load(queries.artists_by_id, number_of("Artist", id))

    @edge(Album | None)
    async def album(self, info: Info, id: Id) -> views.Album | None:  # noqa: A002  # the argument's name
        """One album."""
        return await info.context.load(queries.albums_by_id, number_of("Album", id))

    @edge(Track | None)
    async def track(self, info: Info, id: Id) -> views.Track | None:  # noqa: A002  # the argument's name
        """One track."""
        return await info.context.load(queries.tracks_by_id, number_of("Track", id))

    @edge(list[ChartPlace])
    async def chart(
        self,
        info: Info,
        kind: Annotated[ChartKind, Doc("What it ranks.")],
        period: Annotated[ChartPeriod, Doc("The time it covers.")] = ChartPeriod.OVERALL,
    ) -> list[views.ChartPlace]:
        """The source's own top list, which is complete before our own history is."""
        return await info.context.ask(queries.chart, kind=kind.inside, period=period.inside)

    @edge(ListeningProfile | None)
    async def profile(self, info: Info) -> views.Profile | None:
        """The account plays come from; none before it was first read."""
        return await info.context.ask(queries.profile)


@described
class ListeningQuery:
    """Where questions about music begin."""

    @edge(Listening)
    def listening(self) -> Listening:
        """Music that was heard."""
        return Listening()


NODES = {
    "Artist": Kind(queries.artists_by_id),
    "Album": Kind(queries.albums_by_id),
    "Track": Kind(queries.tracks_by_id),
    "Play": Kind(queries.plays_by_id),
}


async def _best(info: Info, batch: Batch[int, list[V]], artist_id: int, first: int) -> list[V]:
    """The first few of what an artist is known by, for all artists at once."""
    if not 1 <= first <= MOST_KNOWN:
        raise BadInput(f"first must be between 1 and {MOST_KNOWN}", path="first")
    found = await info.context.load(batch, artist_id, limit=first) or []
    info.context.spend(len(found))
    return found


async def _plays(
    heard: Callable[..., Awaitable[dict[int, views.Heard]]],
    conn: Conn,
    user_id: int,
    ids: Sequence[int],
) -> dict[int, int]:
    """The plays of each, off the rollups."""
    return {key: each.plays for key, each in (await heard(conn, user_id, ids)).items()}


_artist_plays = partial(_plays, queries.heard_by_artist)
_album_plays = partial(_plays, queries.heard_by_album)
_track_plays = partial(_plays, queries.heard_by_track)
