"""Owned records in numbers, over REST."""

from typing import Annotated

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.across import sleeve_artists
from rewind_gql.domains.collecting import queries, views
from rewind_gql.images.views import Image as Picture
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.collecting.parts import CACHE, TAG, Named, Names, counts
from rewind_gql.rest.rewind.parts import number
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

ArtistsLimit = Annotated[int, Ge(1), Le(100), Doc("How many artists.")]
YearAsked = Annotated[
    int | None, Ge(0), Le(9999), Doc("From 2000 to the next; the present UTC year unless told.")
]
MEDIA = ("vinyl", "cd", "cassette")


class ByFormat(TypedDict):
    """Copies by the four kinds of medium that clients know."""

    vinyl: int
    cd: int
    cassette: int
    other: int


class CollectionTotals(TypedDict):
    """Owned records in numbers."""

    total_items: int
    by_format: ByFormat
    wantlist_count: int | None
    unique_artists: int | None
    estimated_value: float | None
    top_genre: str | None
    oldest_release_year: int | None
    newest_release_year: int | None
    most_collected_artist: Named | None
    added_this_year: int | None
    currency: str | None


class CollectionStats(CollectionTotals):
    """The same, and once more under the name that some clients look for."""

    data: CollectionTotals


class CollectedArtist(TypedDict):
    """An artist and how many copies are theirs; `discogs_id` is 0 where it is not known."""

    name: str
    discogs_id: int
    image_url: str | None
    release_count: int


class CollectedArtists(TypedDict):
    """Artists by owned copies, most first."""

    data: list[CollectedArtist]


class CollectingDay(TypedDict):
    """How much was added on a day."""

    date: str
    count: int


class CollectingYear(TypedDict):
    """What was added in a year, day by day."""

    year: int
    days: list[CollectingDay]
    total: int
    max_day: CollectingDay


async def stats(call: Call, *, window: clock.Window) -> CollectionStats:
    """Collection stats

    All owned records in numbers, or those added in a window; then nothing is counted as wanted. The
    value is Discogs' lowest estimate, for a window the sum of the lowest prices asked.
    """
    found = await call.ask(queries.record_stats, since=window.since, until=window.until)
    printed = _totals(found)
    return {**printed, "data": printed}


def _totals(found: views.RecordStats) -> CollectionTotals:
    most, value = found.most_collected_artist, found.estimated_value
    return {
        "total_items": found.total_items,
        "by_format": _by_format(found.formats),
        "wantlist_count": found.wantlist_count,
        "unique_artists": found.unique_artists,
        "estimated_value": None if value is None else number(value),
        "top_genre": found.top_genre,
        "oldest_release_year": found.oldest_release_year,
        "newest_release_year": found.newest_release_year,
        "most_collected_artist": {"name": most.name, "count": most.copies} if most else None,
        "added_this_year": found.added_this_year,
        "currency": found.currency,
    }


def _by_format(formats: list[views.Count]) -> ByFormat:
    counted = dict.fromkeys((*MEDIA, "other"), 0)
    for each in formats:
        name = each.name.lower()
        counted[name if name in MEDIA else "other"] += each.copies
    return {
        "vinyl": counted["vinyl"],
        "cd": counted["cd"],
        "cassette": counted["cassette"],
        "other": counted["other"],
    }


async def formats(call: Call) -> Names:
    """Format breakdown

    Owned copies by their main format, most first, ties by name.
    """
    return {"data": counts(await call.ask(queries.filed_under, kind="format"))}


async def genres(call: Call) -> Names:
    """Genre breakdown

    Owned copies by genre, most first, ties by name; a copy counts under each genre it has.
    """
    return {"data": counts(await call.ask(queries.filed_under, kind="genre"))}


async def artists(call: Call, *, limit: ArtistsLimit = 20) -> CollectedArtists:
    """Top collected artists

    Artists by owned copies, most first, ties by name, with the picture of the artist heard.
    """
    found, images = await call.ask(_artists, limit)
    links = call.links
    return {
        "data": [
            {
                "name": each.name,
                "discogs_id": each.discogs_id or 0,
                "image_url": links.sized(image, "medium")
                if (image := images.get(each.name))
                else None,
                "release_count": each.copies,
            }
            for each in found
        ]
    }


async def _artists(
    conn: Conn, user_id: int, limit: int
) -> tuple[list[views.ArtistCount], dict[str, Picture]]:
    found = await queries.artists(conn, user_id, limit=limit)
    names = [each.name for each in found]
    return found, await sleeve_artists.images_by_name(conn, user_id, names) if names else {}


async def calendar(call: Call, *, year: YearAsked = None) -> CollectingYear:
    """Collection calendar

    Records and films added in a year, day by day; days without any are left out.
    """
    found = await call.ask(queries.calendar, year=year)
    busiest = found.busiest
    return {
        "year": found.year,
        "days": [_day(each) for each in found.days],
        "total": found.total,
        "max_day": _day(busiest) if busiest else {"date": "", "count": 0},
    }


def _day(each: views.DayCount) -> CollectingDay:
    return {"date": each.day.isoformat(), "count": each.count}


ROUTES = (
    REWIND.page("/collecting/stats", stats, cache=CACHE, name="getCollectingStats", tag=TAG),
    REWIND.page("/collecting/formats", formats, cache=CACHE, name="listCollectingFormats", tag=TAG),
    REWIND.page("/collecting/genres", genres, cache=CACHE, name="listCollectingGenres", tag=TAG),
    REWIND.page("/collecting/artists", artists, cache=CACHE, name="listCollectingArtists", tag=TAG),
    REWIND.page(
        "/collecting/calendar", calendar, cache=CACHE, name="getCollectingCalendar", tag=TAG
    ),
)
