"""What places of top lists show: entities by their ids, with whose they are."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.browse import albums_by_id, artists_by_id, tracks_by_id
from rewind_gql.domains.listening.queries.ranking import Kind
from rewind_gql.store.read import Conn


class Shown(NamedTuple):
    """What a place shows."""

    entity: Any
    artist: views.Artist
    album: views.Album | None = None


async def _artists(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, Shown]:
    artists = await artists_by_id(conn, user_id, ids)
    return {each: Shown(artist, artist) for each, artist in artists.items()}


async def _albums(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, Shown]:
    albums = await albums_by_id(conn, user_id, ids)
    artists = await artists_by_id(conn, user_id, [each.artist_id for each in albums.values()])
    return {each: Shown(album, artists[album.artist_id]) for each, album in albums.items()}


async def _tracks(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, Shown]:
    tracks = await tracks_by_id(conn, user_id, ids)
    homes = [each.album_id for each in tracks.values() if each.album_id is not None]
    albums = await albums_by_id(conn, user_id, homes)
    artists = await artists_by_id(conn, user_id, [each.artist_id for each in tracks.values()])
    return {
        each: Shown(track, artists[track.artist_id], albums.get(track.album_id or 0))
        for each, track in tracks.items()
    }


SHOWN: dict[Kind, Callable[..., Awaitable[dict[int, Shown]]]] = {
    "artist": _artists,
    "album": _albums,
    "track": _tracks,
}
