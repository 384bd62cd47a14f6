"""Plays over REST: the newest, any window of them, and the albums heard last."""

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import queries, views
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.answers import Cache
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.params import Range
from rewind_gql.rest.rewind.listening.parts import (
    CACHE,
    TAG,
    Name,
    Pictures,
    covers_of,
    named,
)
from rewind_gql.rest.rewind.parts import Image, PageNumber, Pagination, pagination
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

RecentLimit = Annotated[int, Ge(1), Le(50), Doc("Scrobbles on a page.")]
AlbumsLimit = Annotated[int, Ge(1), Le(20), Doc("Albums at most.")]
HistoryLimit = Annotated[int, Ge(1), Le(200), Doc("Scrobbles on a page.")]
ArtistPart = Annotated[str, Doc("A part of the artist's name, whatever its case.")]
AlbumPart = Annotated[str, Doc("A part of the album's name, whatever its case.")]
SOON = Cache("private", 30)


class HeardTrack(TypedDict):
    """What was heard."""

    id: int
    name: str
    url: str | None
    apple_music_url: str | None
    preview_url: str | None


class HeardOn(TypedDict):
    """The album it was heard on; all null where the source named none."""

    id: int | None
    name: str | None
    image: Image | None


class Scrobble(TypedDict):
    """One play."""

    track: HeardTrack
    artist: Name
    album: HeardOn
    scrobbled_at: str


class Recent(TypedDict):
    """Plays, newest first."""

    data: list[Scrobble]


class History(TypedDict):
    """A page of plays, newest first."""

    data: list[Scrobble]
    pagination: Pagination


class RecentAlbum(TypedDict):
    """An album."""

    id: int
    name: str
    url: str | None
    apple_music_url: str | None
    image: Image | None


class HeardAlbum(TypedDict):
    """An album and when it was heard last."""

    album: RecentAlbum
    artist: Name
    last_scrobbled_at: str


class RecentAlbums(TypedDict):
    """Albums, the one heard last first."""

    data: list[HeardAlbum]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Plays with the covers of their albums, and how many there are."""

    plays: list[views.PlayLine]
    covers: dict[Key, Cover]
    total: int = 0


async def recent(
    call: Call,
    *,
    limit: RecentLimit = 10,
    page: PageNumber = 1,
    window: clock.Window,
) -> Recent:
    """Recent scrobbles

    Plays that are not hidden, newest first; those of one second, the later stored first. A page
    past the end is empty.
    """
    since, until = window
    found = await call.ask(_recent, limit=limit, page=page, since=since, until=until)
    pictures = Pictures(found.covers, call.links)
    return {"data": [_scrobble(play, pictures) for play in found.plays]}


async def history(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: HistoryLimit = 50,
    window: Range,
    artist: ArtistPart = "",
    album: AlbumPart = "",
) -> History:
    """Listening history

    Plays that are not hidden, newest first, of a range and of artists and albums by parts of their
    names; where both are given, both must fit. The album shown is the one that was heard.
    """
    since, until = window
    asked = {"since": since, "until": until, "artist": artist, "album": album}
    found = await call.ask(_history, page=page, limit=limit, **asked)
    pictures = Pictures(found.covers, call.links)
    return {
        "data": [_scrobble(play, pictures) for play in found.plays],
        "pagination": pagination(page=page, limit=limit, total=found.total),
    }


async def recent_albums(call: Call, *, limit: AlbumsLimit = 10) -> RecentAlbums:
    """Recently played albums

    Albums among the newest 200 plays, each at its newest one. Whose album it is may be another than
    who was heard, such as Various Artists.
    """
    albums, covers = await call.ask(_recent_albums, limit=limit)
    pictures = Pictures(covers, call.links)
    return {"data": [_album(each, pictures) for each in albums]}


async def _recent(conn: Conn, user_id: int, /, **asked: Any) -> Page:
    plays = await queries.recent_page(conn, user_id, **asked)
    return Page(plays=plays, covers=await _covers(conn, user_id, plays))


async def _history(conn: Conn, user_id: int, /, **asked: Any) -> Page:
    plays, total = await queries.plays_page(conn, user_id, **asked)
    return Page(plays=plays, covers=await _covers(conn, user_id, plays), total=total)


async def _covers(conn: Conn, user_id: int, plays: list[views.PlayLine]) -> dict[Key, Cover]:
    return await covers_of(conn, user_id, albums=[play.album_id for play in plays])


async def _recent_albums(
    conn: Conn, user_id: int, /, *, limit: int
) -> tuple[list[views.HeardAlbum], dict[Key, Cover]]:
    found = await queries.recent_albums(conn, user_id, limit=limit)
    return found, await covers_of(conn, user_id, albums=[each.album.id for each in found])


def _scrobble(play: views.PlayLine, pictures: Pictures) -> Scrobble:
    return {
        "track": {
            "id": play.track_id,
            "name": play.track_name,
            "url": play.track_url,
            "apple_music_url": play.track_apple_music_url,
            "preview_url": play.track_preview_url,
        },
        "artist": {"id": play.artist_id, "name": play.artist_name},
        "album": {
            "id": play.album_id,
            "name": play.album_name,
            "image": pictures.album(play.album_id),
        },
        "scrobbled_at": clock.iso(play.played_at),
    }


def _album(heard: views.HeardAlbum, pictures: Pictures) -> HeardAlbum:
    album = heard.album
    return {
        "album": {
            "id": album.id,
            "name": album.name,
            "url": album.url,
            "apple_music_url": album.apple_music_url,
            "image": pictures.album(album.id),
        },
        "artist": named(heard.artist),
        "last_scrobbled_at": clock.iso(heard.last_played_at),
    }


ROUTES = (
    REWIND.page("/listening/recent", recent, cache=SOON, name="getListeningRecent", tag=TAG),
    REWIND.page(
        "/listening/recent/albums",
        recent_albums,
        cache=SOON,
        name="getListeningRecentAlbums",
        tag=TAG,
    ),
    REWIND.page("/listening/history", history, cache=CACHE, name="getListeningHistory", tag=TAG),
)
