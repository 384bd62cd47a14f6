"""Top artists, albums and tracks over REST."""

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_doc import Doc
from annotated_types import Ge
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import queries, views
from rewind_gql.errors import BadInput
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.listening.parts import (
    CACHE,
    TAG,
    PeriodName,
    Pictures,
    Sparkled,
    Sparklines,
    TopLimit,
    covers_of,
    sparkled,
)
from rewind_gql.rest.rewind.parts import Image, PageNumber, Pagination, pagination
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

ArtistId = Annotated[
    int | None, Ge(1), Doc("Only this artist's tracks. Goes with periods and dates.")
]
ArtistName = Annotated[
    str | None,
    Doc("Only tracks of the most played artist whose name holds this. Not beside `artist_id`."),
]


class Placed(Sparkled):
    """A place in a top list."""

    rank: int
    id: int
    name: str
    detail: str
    playcount: int
    image: Image | None
    url: str
    apple_music_url: str | None
    preview_url: str | None


class PlacedArtist(Placed):
    """An artist's place."""

    genre: str | None


class PlacedTrack(Placed):
    """A track's place, and the album it was last heard on."""

    album_id: int | None
    album_name: str | None
    album_apple_music_url: str | None
    album_released_year: int | None
    album_total_tracks: int | None


class TopArtists(TypedDict):
    """A page of the most played artists."""

    period: str
    data: list[PlacedArtist]
    pagination: Pagination


class TopAlbums(TypedDict):
    """A page of the most played albums."""

    period: str
    data: list[Placed]
    pagination: Pagination


class TopTracks(TypedDict):
    """A page of the most played tracks, and whose alone they are."""

    period: str
    artist_id: int | None
    data: list[PlacedTrack]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a top list with its pictures."""

    found: views.TopList[Any]
    covers: dict[Key, Cover]


async def top_artists(
    call: Call,
    *,
    period: PeriodName = "7day",
    page: PageNumber = 1,
    limit: TopLimit = 10,
    window: clock.Window,
    include_sparklines: Sparklines = False,
) -> TopArtists:
    """Top artists

    The most played artists of a period that ends today, or of the dates given in its place; ties
    go to the newest play. Every play that is not hidden counts, and the list has any depth.
    """
    asked = queries.Asked(period, window, include_sparklines, limit, page)
    listed = await call.ask(_top, kind="artist", asked=asked)
    pictures = Pictures(listed.covers, call.links)
    found = listed.found
    return {
        "period": period,
        "data": [_artist(row, found, pictures) for row in found.rows],
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def top_albums(
    call: Call,
    *,
    period: PeriodName = "7day",
    page: PageNumber = 1,
    limit: TopLimit = 10,
    window: clock.Window,
    include_sparklines: Sparklines = False,
) -> TopAlbums:
    """Top albums

    The most played albums of a period that ends today, or of the dates given in its place; plays
    without an album are left out.
    """
    asked = queries.Asked(period, window, include_sparklines, limit, page)
    listed = await call.ask(_top, kind="album", asked=asked)
    pictures = Pictures(listed.covers, call.links)
    found = listed.found
    return {
        "period": period,
        "data": [_album(row, found, pictures) for row in found.rows],
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def top_tracks(
    call: Call,
    *,
    period: PeriodName = "7day",
    page: PageNumber = 1,
    limit: TopLimit = 10,
    window: clock.Window,
    include_sparklines: Sparklines = False,
    artist_id: ArtistId = None,
    artist_name: ArtistName = None,
) -> TopTracks:
    """Top tracks

    The most played tracks of a period that ends today, or of the dates given in its place; of one
    artist alone where one is named.
    """
    if artist_id is not None and artist_name is not None:
        raise BadInput("Give artist_id or artist_name, not both", path="artist_name")
    if artist_name is not None and not artist_name.strip():
        raise BadInput("Invalid artist_name: it is empty", path="artist_name")
    asked = queries.Asked(period, window, include_sparklines, limit, page)
    if artist_id is None and artist_name is None:
        listed = await call.ask(_top, kind="track", asked=asked)
    else:
        name = artist_name or ""
        listed = await call.ask(_top_of, artist_id=artist_id, name=name, asked=asked)
    pictures = Pictures(listed.covers, call.links)
    found = listed.found
    return {
        "period": period,
        "artist_id": found.artist_id,
        "data": [_track(row, found, pictures) for row in found.rows],
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def _top(conn: Conn, user_id: int, /, **asked: Any) -> Listed:
    found = await queries.top_list(conn, user_id, today=clock.today(), **asked)
    return await _pictured(conn, user_id, found)


async def _top_of(conn: Conn, user_id: int, /, **asked: Any) -> Listed:
    found = await queries.top_tracks_of(conn, user_id, today=clock.today(), **asked)
    return await _pictured(conn, user_id, found)


async def _pictured(conn: Conn, user_id: int, found: views.TopList[Any]) -> Listed:
    """Artists show themselves, albums and tracks their covers."""
    shown: list[views.Artist | views.Album | views.Track] = [row.entity for row in found.rows]
    artists = [each.id for each in shown if isinstance(each, views.Artist)]
    albums = [each.id for each in shown if isinstance(each, views.Album)]
    homes = [each.album_id for each in shown if isinstance(each, views.Track)]
    covers = await covers_of(conn, user_id, artists=artists, albums=[*albums, *homes])
    return Listed(found=found, covers=covers)


def _artist(
    row: views.TopRow[views.Artist], found: views.TopList[Any], pictures: Pictures
) -> PlacedArtist:
    artist = row.entity
    return {
        "rank": row.rank,
        "id": artist.id,
        "name": artist.name,
        "detail": "",
        "playcount": row.plays,
        "image": pictures.artist(artist.id),
        "url": artist.url or "",
        "apple_music_url": artist.apple_music_url,
        "preview_url": None,
        "genre": artist.genre,
        **sparkled(row.points, found.granularity),
    }


def _album(row: views.TopRow[views.Album], found: views.TopList[Any], pictures: Pictures) -> Placed:
    album = row.entity
    return {
        "rank": row.rank,
        "id": album.id,
        "name": album.name,
        "detail": row.artist.name,
        "playcount": row.plays,
        "image": pictures.album(album.id),
        "url": album.url or "",
        "apple_music_url": album.apple_music_url,
        "preview_url": None,
        **sparkled(row.points, found.granularity),
    }


def _track(
    row: views.TopRow[views.Track], found: views.TopList[Any], pictures: Pictures
) -> PlacedTrack:
    track, album = row.entity, row.album
    return {
        "rank": row.rank,
        "id": track.id,
        "name": track.name,
        "detail": row.artist.name,
        "playcount": row.plays,
        "image": pictures.album(track.album_id),
        "url": track.url or "",
        "apple_music_url": track.apple_music_url,
        "preview_url": track.preview_url,
        "album_id": track.album_id,
        "album_name": album.name if album else None,
        "album_apple_music_url": album.apple_music_url if album else None,
        "album_released_year": album.released_year if album else None,
        "album_total_tracks": album.total_tracks if album else None,
        **sparkled(row.points, found.granularity),
    }


ROUTES = (
    REWIND.page(
        "/listening/top/artists", top_artists, cache=CACHE, name="getListeningTopArtists", tag=TAG
    ),
    REWIND.page(
        "/listening/top/albums", top_albums, cache=CACHE, name="getListeningTopAlbums", tag=TAG
    ),
    REWIND.page(
        "/listening/top/tracks",
        top_tracks,
        cache=CACHE,
        name="getListeningTopTracks",
        tag=TAG,
        refuses=(404,),
    ),
)
