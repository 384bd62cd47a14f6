"""What is playing now, over REST."""

from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.across.pictures import images_by_entity
from rewind_gql.domains.listening.playing import NowPlaying
from rewind_gql.images.records import Key
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.parts import Image, attachment
from rewind_gql.rest.shim import Call


class PlayingArtist(TypedDict):
    """Who is heard; without an id where the library has them not yet."""

    id: int | None
    name: str
    apple_music_url: str | None


class PlayingAlbum(TypedDict):
    """The album, as far as it is known."""

    id: int | None
    name: str | None
    image: Image | None


class PlayingTrack(TypedDict):
    """What is heard."""

    id: int | None
    name: str
    artist: PlayingArtist
    album: PlayingAlbum
    url: str | None
    apple_music_url: str | None
    preview_url: str | None


class Playing(TypedDict):
    """What is playing, or what was heard last; nothing at all where nobody can tell."""

    is_playing: bool
    track: PlayingTrack | None
    scrobbled_at: str | None


async def now_playing(call: Call) -> Playing:
    """Now playing

    What a player says it plays, else what Last.fm says, asked at most once in some seconds and for
    three seconds at most. When that fails nothing is playing; it is never an error.
    """
    desk = call.desk
    found = await desk.players.now(desk.store, desk.settings, desk.jobs, call.user_id)
    if found is None:
        return {"is_playing": False, "track": None, "scrobbled_at": None}
    cover = None
    if found.album_id is not None:
        key = Key("listening", "albums", str(found.album_id))
        cover = attachment((await call.ask(images_by_entity, [key])).get(key), call.links)
    return {
        "is_playing": found.is_playing,
        "track": _track(found, cover),
        "scrobbled_at": clock.iso(found.played_at) if found.played_at else None,
    }


def _track(found: NowPlaying, cover: Image | None) -> PlayingTrack:
    return {
        "id": found.track_id,
        "name": found.track_name,
        "artist": {
            "id": found.artist_id,
            "name": found.artist_name,
            "apple_music_url": found.artist_apple_music_url,
        },
        "album": {"id": found.album_id, "name": found.album_name, "image": cover},
        "url": found.track_url,
        "apple_music_url": found.track_apple_music_url,
        "preview_url": found.track_preview_url,
    }


ROUTES = (
    REWIND.page(
        "/listening/now-playing",
        now_playing,
        cache=None,
        name="getListeningNowPlaying",
        tag="Listening",
    ),
)
