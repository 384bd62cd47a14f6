"""The library over REST: its artists and its albums, page by page."""

from typing import Annotated, Any, Literal

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
    covers_of,
    named,
)
from rewind_gql.rest.rewind.parts import Image, PageNumber, Pagination, pagination
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

PageLimit = Annotated[int, Ge(1), Le(100), Doc("Items on a page.")]
ArtistSort = Annotated[Literal["playcount", "name"], Doc("By plays or by name.")]
AlbumSort = Annotated[
    Literal["playcount", "name", "recent"], Doc("By plays, by name or by when it was first heard.")
]
Direction = Annotated[queries.Order, Doc("Upwards or downwards.")]
Search = Annotated[str, Doc("A part of the name, whatever its case.")]
ArtistPart = Annotated[str, Doc("A part of the artist's name, whatever its case.")]


class ListedArtist(TypedDict):
    """An artist in the library."""

    id: int
    name: str
    playcount: int
    genre: str | None
    url: str
    apple_music_url: str | None
    image: Image | None


class Artists(TypedDict):
    """A page of artists."""

    data: list[ListedArtist]
    pagination: Pagination


class ListedAlbum(TypedDict):
    """An album in the library."""

    id: int
    name: str
    artist: Name
    playcount: int
    url: str
    apple_music_url: str | None
    image: Image | None


class Albums(TypedDict):
    """A page of albums."""

    data: list[ListedAlbum]
    pagination: Pagination


async def artists(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: PageLimit = 20,
    sort: ArtistSort = "playcount",
    order: Direction = "desc",
    search: Search = "",
) -> Artists:
    """Browse artists

    Every artist that is not hidden, with all plays of theirs that are not; those without a play
    too. Equals are in the order they were found in.
    """
    wanted = queries.Wanted(sort, order, limit, (page - 1) * limit)
    known, total, covers = await call.ask(_artists, wanted=wanted, search=search)
    pictures = Pictures(covers, call.links)
    return {
        "data": [_artist(each, pictures) for each in known],
        "pagination": pagination(page=page, limit=limit, total=total),
    }


async def albums(
    call: Call,
    *,
    page: PageNumber = 1,
    limit: PageLimit = 20,
    sort: AlbumSort = "playcount",
    order: Direction = "desc",
    artist: ArtistPart = "",
    search: Search = "",
) -> Albums:
    """Browse albums

    Every album that is not hidden, with all plays of it that are not; those without a play too.
    Equals are in the order they were found in.
    """
    wanted = queries.Wanted(sort, order, limit, (page - 1) * limit)
    known, total, covers = await call.ask(_albums, wanted=wanted, artist=artist, search=search)
    pictures = Pictures(covers, call.links)
    return {
        "data": [_album(each, pictures) for each in known],
        "pagination": pagination(page=page, limit=limit, total=total),
    }


async def _artists(
    conn: Conn, user_id: int, /, **asked: Any
) -> tuple[list[views.KnownArtist], int, dict[Key, Cover]]:
    known, total = await queries.artists_page(conn, user_id, **asked)
    covers = await covers_of(conn, user_id, artists=[each.artist.id for each in known])
    return known, total, covers


async def _albums(
    conn: Conn, user_id: int, /, **asked: Any
) -> tuple[list[views.KnownAlbum], int, dict[Key, Cover]]:
    known, total = await queries.albums_page(conn, user_id, **asked)
    covers = await covers_of(conn, user_id, albums=[each.album.id for each in known])
    return known, total, covers


def _artist(known: views.KnownArtist, pictures: Pictures) -> ListedArtist:
    artist = known.artist
    return {
        "id": artist.id,
        "name": artist.name,
        "playcount": known.plays,
        "genre": artist.genre,
        "url": artist.url or "",
        "apple_music_url": artist.apple_music_url,
        "image": pictures.artist(artist.id),
    }


def _album(known: views.KnownAlbum, pictures: Pictures) -> ListedAlbum:
    album = known.album
    return {
        "id": album.id,
        "name": album.name,
        "artist": named(known.artist),
        "playcount": known.plays,
        "url": album.url or "",
        "apple_music_url": album.apple_music_url,
        "image": pictures.album(album.id),
    }


ROUTES = (
    REWIND.page("/listening/artists", artists, cache=CACHE, name="listListeningArtists", tag=TAG),
    REWIND.page("/listening/albums", albums, cache=CACHE, name="listListeningAlbums", tag=TAG),
)
