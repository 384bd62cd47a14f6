"""One artist and one album over REST."""

from typing import Any

from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import queries, views
from rewind_gql.errors import NotFound
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.listening.parts import (
    CACHE,
    TAG,
    EntityId,
    Granularity,
    Name,
    Pictures,
    covers_of,
    named,
)
from rewind_gql.rest.rewind.parts import Image
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn


class Tag(TypedDict):
    """A tag, and how many give it, of 100."""

    name: str
    count: float


class DatedPoint(TypedDict):
    """Plays from an instant on, for one bucket."""

    at: str
    count: int


class DatedSparkline(TypedDict):
    """Plays over time, the oldest first, none left out."""

    granularity: Granularity
    points: list[DatedPoint]


class BestAlbum(TypedDict):
    """An album of the artist."""

    id: int
    name: str
    playcount: int
    apple_music_url: str | None
    image: Image | None


class BestTrack(TypedDict):
    """A track of the artist, and the album it was last heard on."""

    id: int
    name: str
    album_id: int | None
    album_name: str | None
    scrobble_count: int
    apple_music_url: str | None
    preview_url: str | None
    image: Image | None


class LikeArtist(TypedDict):
    """An artist in the library who is said to be like this one."""

    id: int
    name: str
    genre: str | None
    your_scrobble_count: int
    similarity_score: float
    image: Image | None


class Artist(TypedDict):
    """All that is known of an artist."""

    id: int
    name: str
    mbid: str | None
    url: str | None
    apple_music_url: str | None
    playcount: int
    scrobble_count: int
    first_scrobbled_at: str | None
    last_played_at: str | None
    all_time_rank: int | None
    distinct_tracks: int
    distinct_albums: int
    genre: str | None
    tags: list[Tag] | None
    bio_summary: str | None
    bio_content: str | None
    bio_synced_at: str | None
    image: Image | None
    sparkline: DatedSparkline | None
    top_albums: list[BestAlbum]
    top_tracks: list[BestTrack]
    similar_artists: list[LikeArtist]


class AlbumTrack(TypedDict):
    """A track of the album."""

    id: int
    name: str
    scrobble_count: int
    apple_music_url: str | None
    preview_url: str | None


class Album(TypedDict):
    """All that is known of an album."""

    id: int
    name: str
    mbid: str | None
    url: str | None
    apple_music_url: str | None
    playcount: int
    first_scrobbled_at: str | None
    image: Image | None
    artist: Name
    tracks: list[AlbumTrack]


async def artist(call: Call, *, id: EntityId) -> Artist:  # noqa: A002  # the parameter's name
    """Artist detail

    An artist with everything heard of them that is not hidden; hidden artists are told too, as
    never heard. Albums need two tracks that were heard to be among the top ones.
    """
    page, covers = await call.ask(_artist_page, artist_id=id)
    pictures = Pictures(covers, call.links)
    known, heard = page.artist, page.heard
    return {
        "id": known.id,
        "name": known.name,
        "mbid": known.mbid,
        "url": known.url,
        "apple_music_url": known.apple_music_url,
        "playcount": heard.plays,
        "scrobble_count": heard.plays,
        "first_scrobbled_at": _instant(heard.first_played_at),
        "last_played_at": _instant(heard.last_played_at),
        "all_time_rank": page.rank,
        "distinct_tracks": page.tracks,
        "distinct_albums": page.albums,
        "genre": known.genre,
        "tags": page.tags,  # type: ignore[typeddict-item]  # stored as they are printed
        "bio_summary": page.bio_summary,
        "bio_content": page.bio_content,
        "bio_synced_at": _instant(page.bio_at),
        "image": pictures.artist(known.id),
        "sparkline": _sparkline(page),
        "top_albums": [_best_album(each, pictures) for each in page.top_albums],
        "top_tracks": [_best_track(each, pictures) for each in page.top_tracks],
        "similar_artists": [_like(each, pictures) for each in page.similar],
    }


async def album(call: Call, *, id: EntityId) -> Album:  # noqa: A002  # the parameter's name
    """Album detail

    An album with the tracks that were last heard on it, the most played first, those without a
    play too.
    """
    page, covers = await call.ask(_album_page, album_id=id)
    known, heard = page.album, page.heard
    return {
        "id": known.id,
        "name": known.name,
        "mbid": known.mbid,
        "url": known.url,
        "apple_music_url": known.apple_music_url,
        "playcount": heard.plays,
        "first_scrobbled_at": _instant(heard.first_played_at),
        "image": Pictures(covers, call.links).album(known.id),
        "artist": named(page.artist),
        "tracks": [
            {
                "id": each.track.id,
                "name": each.track.name,
                "scrobble_count": each.plays,
                "apple_music_url": each.track.apple_music_url,
                "preview_url": each.track.preview_url,
            }
            for each in page.tracks
        ],
    }


async def _artist_page(
    conn: Conn, user_id: int, /, *, artist_id: int
) -> tuple[views.ArtistPage, dict[Key, Cover]]:
    found = await queries.artist_page(conn, user_id, artist_id=artist_id, today=clock.today())
    if found is None:
        raise NotFound("No artist has this id")
    artists = [artist_id, *(each.artist.id for each in found.similar)]
    albums = [each.album.id for each in found.top_albums]
    homes = [each.track.album_id for each in found.top_tracks]
    covers = await covers_of(conn, user_id, artists=artists, albums=[*albums, *homes])
    return found, covers


async def _album_page(
    conn: Conn, user_id: int, /, *, album_id: int
) -> tuple[views.AlbumPage, dict[Key, Cover]]:
    found = await queries.album_page(conn, user_id, album_id=album_id)
    if found is None:
        raise NotFound("No album has this id")
    return found, await covers_of(conn, user_id, albums=[album_id])


def _instant(at: Any) -> str | None:
    return clock.iso(at) if at else None


def _sparkline(page: views.ArtistPage) -> DatedSparkline | None:
    first = page.heard.first_played_at
    if first is None:
        return None
    points: list[DatedPoint] = [
        {"at": f"{year:04}-01-01T00:00:00.000Z", "count": count}
        for year, count in enumerate(page.years, start=first.year)
    ]
    return {"granularity": "year", "points": points}


def _best_album(known: views.KnownAlbum, pictures: Pictures) -> BestAlbum:
    return {
        "id": known.album.id,
        "name": known.album.name,
        "playcount": known.plays,
        "apple_music_url": known.album.apple_music_url,
        "image": pictures.album(known.album.id),
    }


def _best_track(known: views.KnownTrack, pictures: Pictures) -> BestTrack:
    return {
        "id": known.track.id,
        "name": known.track.name,
        "album_id": known.track.album_id,
        "album_name": known.album.name if known.album else None,
        "scrobble_count": known.plays,
        "apple_music_url": known.track.apple_music_url,
        "preview_url": known.track.preview_url,
        "image": pictures.album(known.track.album_id),
    }


def _like(like: views.LikeArtist, pictures: Pictures) -> LikeArtist:
    return {
        "id": like.artist.id,
        "name": like.artist.name,
        "genre": like.artist.genre,
        "your_scrobble_count": like.plays,
        "similarity_score": like.score,
        "image": pictures.artist(like.artist.id),
    }


ROUTES = (
    REWIND.page(
        "/listening/artists/{id}",
        artist,
        cache=CACHE,
        name="getListeningArtist",
        tag=TAG,
        refuses=(404,),
    ),
    REWIND.page(
        "/listening/albums/{id}",
        album,
        cache=CACHE,
        name="getListeningAlbum",
        tag=TAG,
        refuses=(404,),
    ),
)
