"""Listening over REST."""

from typing import Annotated, Any

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.across.pictures import images_by_entity
from rewind_gql.domains.listening import queries, views
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image as Cover
from rewind_gql.rest.answers import Cache
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.parts import Image, PageNumber, attachment
from rewind_gql.rest.shim import Call
from rewind_gql.store.read import Conn

RecentLimit = Annotated[int, Ge(1), Le(50), Doc("Scrobbles on a page.")]


class RecentTrack(TypedDict):
    """What was heard."""

    id: int
    name: str
    url: str | None
    apple_music_url: str | None
    preview_url: str | None


class RecentArtist(TypedDict):
    """Who was heard."""

    id: int
    name: str


class RecentAlbum(TypedDict):
    """The album it was heard on; all null where the source named none."""

    id: int | None
    name: str | None
    image: Image | None


class Scrobble(TypedDict):
    """One play."""

    track: RecentTrack
    artist: RecentArtist
    album: RecentAlbum
    scrobbled_at: str


class Recent(TypedDict):
    """Plays, newest first."""

    data: list[Scrobble]


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
    plays, covers = await call.ask(_recent, limit=limit, page=page, since=since, until=until)
    links = call.links
    printed = {album_id: attachment(cover, links) for album_id, cover in covers.items()}
    return {"data": [_scrobble(play, printed.get(play.album_id or 0)) for play in plays]}


async def _recent(
    conn: Conn, user_id: int, /, **asked: Any
) -> tuple[list[views.PlayLine], dict[int, Cover]]:
    """Plays, and the covers of the albums among them."""
    plays = await queries.recent_page(conn, user_id, **asked)
    albums = {str(play.album_id) for play in plays if play.album_id is not None}
    keys = [Key("listening", "albums", album_id) for album_id in albums]
    covers = await images_by_entity(conn, user_id, keys) if keys else {}
    return plays, {int(key.entity_id): cover for key, cover in covers.items()}


def _scrobble(play: views.PlayLine, cover: Image | None) -> Scrobble:
    return {
        "track": {
            "id": play.track_id,
            "name": play.track_name,
            "url": play.track_url,
            "apple_music_url": play.track_apple_music_url,
            "preview_url": play.track_preview_url,
        },
        "artist": {"id": play.artist_id, "name": play.artist_name},
        "album": {"id": play.album_id, "name": play.album_name, "image": cover},
        "scrobbled_at": clock.iso(play.played_at),
    }


ROUTES = (
    REWIND.page(
        "/listening/recent",
        recent,
        cache=Cache("private", 30),
        name="getListeningRecent",
        tag="Listening",
    ),
)
