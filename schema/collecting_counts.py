"""The shelf in numbers, in GraphQL: totals, what copies are filed under, days, value."""

from typing import Annotated

from annotated_doc import Doc

from rewind_gql.across import sleeve_artists
from rewind_gql.domains.collecting import views
from rewind_gql.domains.listening import queries as listening_queries
from rewind_gql.domains.listening import views as listening_views
from rewind_gql.errors import BadInput
from schema.context import Info
from schema.listening import Artist
from schema.shape import edge, shape

MOST = 1_000
First = Annotated[int, Doc("How many at most: 0 to 1000.")]


@shape(views.Count)
class CollectionCount(views.Count):
    """How many owned copies are filed under one name."""


@shape(views.ArtistCount, discogs_id=int | None)
class CollectedArtist(views.ArtistCount):
    """How many owned copies are by one artist."""

    @edge(Artist | None)
    async def artist(self, info: Info) -> listening_views.Artist | None:
        """The artist as they were heard; none where they were not."""
        heard = await info.context.load(sleeve_artists.heard_by_name, self.name)
        if heard is None:
            return None
        return await info.context.load(listening_queries.artists_by_id, heard)


@shape(
    views.RecordStats,
    formats=list[CollectionCount],
    most_collected_artist=CollectionCount | None,
)
class CollectionStats(views.RecordStats):
    """Owned records in numbers: all of them, or those added in a window."""


@shape(views.DayCount)
class CollectingDay(views.DayCount):
    """How much was added on one day."""


@shape(views.Year, days=list[CollectingDay], busiest=CollectingDay | None)
class CollectingYear(views.Year):
    """What was added in one year, day by day."""


@shape(views.ValuePoint)
class CollectionValue(views.ValuePoint):
    """What the collection was worth in one month, as it was last seen in it."""


@shape(views.Note)
class CollectionNote(views.Note):
    """What the owner noted with a copy in one of their fields."""


@shape(views.NoteField, field_id=int)
class CollectionNoteField(views.NoteField):
    """A field in which the owner notes something with a copy."""


@shape(views.Folder)
class CollectionFolder(views.Folder):
    """A folder of the owner's, and how much is in it."""


@shape(
    views.FilmStats,
    formats=list[CollectionCount],
    resolutions=list[CollectionCount],
    hdr=list[CollectionCount],
    genres=list[CollectionCount],
    decades=list[CollectionCount],
)
class FilmStats(views.FilmStats):
    """Owned films in numbers."""


@shape(views.WatchSummary)
class FilmsWatched(views.WatchSummary):
    """What of the owned films was watched, over the whole collection."""


def some(first: int) -> int:
    """How many of a list that has no pages. Raises `BadInput` beyond 1000."""
    if not 0 <= first <= MOST:
        raise BadInput(f"first must be between 0 and {MOST}", path="first")
    return first
