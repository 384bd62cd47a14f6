"""What lists of belongings need beside their parts: how long they are, and plays by their ids."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col, not_

from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.columns import of_play, own, with_names
from rewind_gql.domains.listening.tables import Album, Play, Track
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read


def _count(table: Any, parent: Any) -> Read[tuple[int, int]]:
    return Read(
        select(parent, func.count())
        .where(own(col(table.user_id)), not_(col(table.hidden)), among(parent, "ids"))
        .group_by(parent)
    )


_ALBUMS_OF_ARTIST = _count(Album, col(Album.artist_id))
_TRACKS_OF_ARTIST = _count(Track, col(Track.artist_id))
_TRACKS_OF_ALBUM = _count(Track, col(Track.album_id))
_PLAYS_BY_ID = Read(
    with_names(select(*of_play()).select_from(Play)).where(
        among(col(Play.id), "ids"), own(col(Play.user_id))
    ),
    views.Play,
)


async def plays_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Play]:
    """The plays with these ids, hidden ones too; unknown ids are left out."""
    return {each.id: each for each in await conn.rows(_PLAYS_BY_ID, user_id=user_id, ids=ids)}


async def albums_count_by_artist(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, int]:
    """How many albums of each of these artists the library shows; artists without are left out."""
    return dict(await conn.rows(_ALBUMS_OF_ARTIST, user_id=user_id, ids=ids))


async def tracks_count_by_artist(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, int]:
    """How many tracks of each of these artists the library shows; artists without are left out."""
    return dict(await conn.rows(_TRACKS_OF_ARTIST, user_id=user_id, ids=ids))


async def tracks_count_by_album(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, int]:
    """How many tracks were last heard on each of these albums; albums without are left out."""
    return dict(await conn.rows(_TRACKS_OF_ALBUM, user_id=user_id, ids=ids))
