"""All that is told of one artist or one album."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql.domains.listening import periods, views
from rewind_gql.domains.listening.queries.belonging import albums_count_by_artist
from rewind_gql.domains.listening.queries.browse import artists_by_id
from rewind_gql.domains.listening.queries.columns import of, own
from rewind_gql.domains.listening.queries.counts import heard_by_album, heard_by_artist
from rewind_gql.domains.listening.queries.known import (
    best_albums_by_artist,
    best_tracks_by_album,
    best_tracks_by_artist,
    like_by_artist,
    played_tracks_by_artist,
    ranks_by_artist,
)
from rewind_gql.domains.listening.queries.points import series
from rewind_gql.domains.listening.tables import Album, Artist
from rewind_gql.store.columns import Id
from rewind_gql.store.read import Conn, Read

MOST_TRACKS = 10_000
"""No album has more tracks; a limit all the same."""


@dataclass(slots=True, kw_only=True)
class _Told:
    tags: list[dict[str, Any]] | None
    bio_summary: str | None
    bio_content: str | None
    bio_at: datetime | None


@dataclass(slots=True, kw_only=True)
class _Row:
    artist: views.Artist
    told: _Told


async def artist_page(
    conn: Conn, user_id: int, *, artist_id: int, today: date
) -> views.ArtistPage | None:
    """An artist with what was heard of them, hidden ones too; None when there is none of that id.

    Of a hidden artist nothing counts as heard.
    """
    row = await conn.first(_ARTIST, user_id=user_id, artist_id=artist_id)
    if row is None:
        return None
    ids = [artist_id]
    heard = (await heard_by_artist(conn, user_id, ids))[artist_id]
    years: list[int] = []
    if span := periods.drawn("overall", today, heard.first_played_at):
        years = (await series(conn, user_id, kind="artist", ids=ids, span=span))[artist_id]
    return views.ArtistPage(
        artist=row.artist,
        tags=row.told.tags,
        bio_summary=row.told.bio_summary,
        bio_content=row.told.bio_content,
        bio_at=row.told.bio_at,
        heard=heard,
        rank=(await ranks_by_artist(conn, user_id, ids)).get(artist_id),
        tracks=(await played_tracks_by_artist(conn, user_id, ids)).get(artist_id, 0),
        albums=(await albums_count_by_artist(conn, user_id, ids)).get(artist_id, 0),
        top_albums=(await best_albums_by_artist(conn, user_id, ids)).get(artist_id, []),
        top_tracks=(await best_tracks_by_artist(conn, user_id, ids)).get(artist_id, []),
        similar=(await like_by_artist(conn, user_id, ids)).get(artist_id, []),
        years=years,
    )


async def album_page(conn: Conn, user_id: int, *, album_id: int) -> views.AlbumPage | None:
    """An album with what was heard of it, hidden ones too; None when there is none of that id.

    Of an album that is part of another it is that one.
    """
    album = await conn.first(_ALBUM, user_id=user_id, album_id=album_id)
    if album is None:
        return None
    ids = [album_id := album.id]
    artists = await artists_by_id(conn, user_id, [album.artist_id])
    tracks = await best_tracks_by_album(conn, user_id, ids, limit=MOST_TRACKS)
    return views.AlbumPage(
        album=album,
        artist=artists[album.artist_id],
        heard=(await heard_by_album(conn, user_id, ids))[album_id],
        tracks=tracks.get(album_id, []),
    )


_ASKED = bindparam("album_id", type_=Id)
_GROUP = select(col(Album.group_id)).where(col(Album.id) == _ASKED, own(col(Album.user_id)))
_ALBUM = Read(
    select(*of(views.Album, Album)).where(
        col(Album.id) == func.coalesce(_GROUP.scalar_subquery(), _ASKED), own(col(Album.user_id))
    ),
    views.Album,
)
_ARTIST = Read(
    select(*of(views.Artist, Artist, "artist__"), *of(_Told, Artist, "told__")).where(
        col(Artist.id) == bindparam("artist_id", type_=Id), own(col(Artist.user_id))
    ),
    _Row,
)
