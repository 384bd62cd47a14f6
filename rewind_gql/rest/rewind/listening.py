"""Listening over REST."""

from collections.abc import Sequence
from typing import Annotated

from annotated_doc import Doc
from annotated_types import Ge, Le
from typing_extensions import TypedDict

from rewind_gql import clock
from rewind_gql.domains.listening import queries, views
from rewind_gql.rest.answers import Cache
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.rewind.parts import Image, PageNumber
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
    conn: Conn,
    user_id: int,
    *,
    limit: RecentLimit = 10,
    page: PageNumber = 1,
    window: clock.Window,
) -> list[views.PlayLine]:
    """Recent scrobbles

    Plays that are not hidden, newest first; those of one second, the later stored first. A page
    past the end is empty.
    """
    since, until = window
    return await queries.recent_page(
        conn, user_id, limit=limit, page=page, since=since, until=until
    )


def print_recent(plays: Sequence[views.PlayLine]) -> Recent:
    """Plays as clients of this API know them."""
    return {"data": [_scrobble(play) for play in plays]}


def _scrobble(play: views.PlayLine) -> Scrobble:
    return {
        "track": {
            "id": play.track_id,
            "name": play.track_name,
            "url": play.track_url,
            "apple_music_url": play.track_apple_music_url,
            "preview_url": play.track_preview_url,
        },
        "artist": {"id": play.artist_id, "name": play.artist_name},
        "album": {"id": play.album_id, "name": play.album_name, "image": None},
        "scrobbled_at": clock.iso(play.played_at),
    }


ROUTES = (
    REWIND.get(
        "/listening/recent",
        recent,
        wire=print_recent,
        cache=Cache("private", 30),
        name="getListeningRecent",
        tag="Listening",
    ),
)
