"""Years over REST: each in a line, and one looked back on."""

from dataclasses import dataclass
from typing import Annotated, NotRequired

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql.domains.listening import queries, views
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.listening.parts import (
    CACHE,
    TAG,
    Name,
    Pictures,
    Sparkled,
    Sparklines,
    covers_of,
    lasting,
    named,
    sparkled,
    year_within,
)
from rewind_gql.rest.rewind.parts import Image
from rewind_gql.rest.shim import Call, Said
from rewind_gql.store.read import Conn

Year = Annotated[int, Doc("From 2000 to next year.")]
Month = Annotated[int | None, Ge(1), Le(12), Doc("Only this month of it.")]


class YearLine(TypedDict):
    """A year in numbers."""

    year: int
    total_scrobbles: int
    unique_artists: int
    unique_albums: int
    unique_tracks: int
    top_artist: Name | None


class Years(TypedDict):
    """Every year with a play, the newest first."""

    data: list[YearLine]


class TopArtist(Sparkled):
    """One of the most played artists."""

    id: int
    name: str
    scrobbles: int
    apple_music_url: str | None
    image: Image | None


class TopAlbum(TopArtist):
    """One of the most played albums, and whose it is."""

    artist: str


class TopTrack(Sparkled):
    """One of the most played tracks, and whose it is."""

    id: int
    name: str
    artist: str
    scrobbles: int
    apple_music_url: str | None
    preview_url: str | None


class MonthLine(TypedDict):
    """A month in numbers."""

    month: str
    scrobbles: int
    unique_artists: int
    unique_albums: int


class Review(TypedDict):
    """A year, or one month of it, looked back on."""

    year: int
    month: NotRequired[int]
    total_scrobbles: int
    unique_artists: int
    unique_albums: int
    unique_tracks: int
    top_artists: list[TopArtist]
    top_albums: list[TopAlbum]
    top_tracks: list[TopTrack]
    monthly: list[MonthLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A year looked back on, with its pictures."""

    found: views.YearReview
    covers: dict[Key, Cover]


async def years(call: Call) -> Years:
    """All year summaries

    Every UTC year with a play that is not hidden, the newest first; ties for the top artist go by
    name.
    """
    found = await call.ask(queries.years)
    return {"data": [_year(each) for each in found]}


async def year_in_review(
    call: Call, *, year: Year, month: Month = None, include_sparklines: Sparklines = False
) -> Said:
    """Year in review

    A UTC year or month in numbers and top tens. Plays over time are by month for a year, by day for
    a month; a year has its months with a play, too.
    """
    chosen = year_within(year)
    reviewed = await call.ask(_review, year=chosen, month=month, sparklines=include_sparklines)
    found, pictures = reviewed.found, Pictures(reviewed.covers, call.links)
    totals, grain = found.totals, found.granularity
    body: Review = {
        "year": chosen,
        **({} if month is None else {"month": month}),  # type: ignore[typeddict-item]  # an int when it is there
        "total_scrobbles": totals.plays,
        "unique_artists": totals.artists,
        "unique_albums": totals.albums,
        "unique_tracks": totals.tracks,
        "top_artists": [_artist(row, grain, pictures) for row in found.artists],
        "top_albums": [_album(row, grain, pictures) for row in found.albums],
        "top_tracks": [_track(row, grain) for row in found.tracks],
        "monthly": [_month(each) for each in found.months],
    }
    return Said(200, body, lasting(chosen).headers)


async def _review(
    conn: Conn, user_id: int, /, *, year: int, month: int | None, sparklines: bool
) -> Reviewed:
    found = await queries.year_review(conn, user_id, year=year, month=month, sparklines=sparklines)
    artists = [row.entity.id for row in found.artists]
    albums = [row.entity.id for row in found.albums]
    covers = await covers_of(conn, user_id, artists=artists, albums=albums)
    return Reviewed(found=found, covers=covers)


def _year(each: views.YearTotals) -> YearLine:
    return {
        "year": each.year,
        "total_scrobbles": each.plays,
        "unique_artists": each.artists,
        "unique_albums": each.albums,
        "unique_tracks": each.tracks,
        "top_artist": named(each.top_artist) if each.top_artist else None,
    }


def _artist(row: views.TopRow[views.Artist], grain: str | None, pictures: Pictures) -> TopArtist:
    return {
        "id": row.entity.id,
        "name": row.entity.name,
        "scrobbles": row.plays,
        "apple_music_url": row.entity.apple_music_url,
        "image": pictures.artist(row.entity.id),
        **sparkled(row.points, grain),
    }


def _album(row: views.TopRow[views.Album], grain: str | None, pictures: Pictures) -> TopAlbum:
    return {
        "id": row.entity.id,
        "name": row.entity.name,
        "artist": row.artist.name,
        "scrobbles": row.plays,
        "apple_music_url": row.entity.apple_music_url,
        "image": pictures.album(row.entity.id),
        **sparkled(row.points, grain),
    }


def _track(row: views.TopRow[views.Track], grain: str | None) -> TopTrack:
    return {
        "id": row.entity.id,
        "name": row.entity.name,
        "artist": row.artist.name,
        "scrobbles": row.plays,
        "apple_music_url": row.entity.apple_music_url,
        "preview_url": row.entity.preview_url,
        **sparkled(row.points, grain),
    }


def _month(each: views.MonthTotals) -> MonthLine:
    return {
        "month": each.month.isoformat()[:7],
        "scrobbles": each.plays,
        "unique_artists": each.artists,
        "unique_albums": each.albums,
    }


ROUTES = (
    REWIND.page("/listening/years", years, cache=CACHE, name="listListeningYears", tag=TAG),
    REWIND.page(
        "/listening/year/{year}",
        year_in_review,
        cache=CACHE,
        returns=Review,
        name="getListeningYearInReview",
        tag=TAG,
    ),
)
