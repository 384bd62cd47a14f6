"""What is hidden, and why, for many things at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal, null, select
from sqlmodel import col

from rewind_gql.domains.listening.filters import views
from rewind_gql.domains.listening.queries.columns import own
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.store.columns import Flag, among
from rewind_gql.store.read import Conn, Read


async def visibility_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, views.Visibility]:
    """Whether each of these artists is hidden, and why."""
    return await _said(conn, user_id, _ARTISTS, ids)


async def visibility_by_album(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, views.Visibility]:
    """Whether each of these albums is hidden, itself or with its artist, and why."""
    return await _said(conn, user_id, _ALBUMS, ids)


async def visibility_by_track(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, views.Visibility]:
    """Whether each of these tracks is hidden, itself or with its artist, and why.

    One heard on a hidden album is not hidden for that; only its plays on it are.
    """
    return await _said(conn, user_id, _TRACKS, ids)


@dataclass(slots=True)
class _Said:
    id: int
    hidden: bool
    hidden_by: int | None
    shown: bool | None
    artist_hidden: bool
    artist_hidden_by: int | None


async def _said(
    conn: Conn, user_id: int, read: Read[_Said], ids: Sequence[int]
) -> dict[int, views.Visibility]:
    rows = await conn.rows(read, user_id=user_id, ids=ids)
    return {row.id: _visibility(row) for row in rows}


def _visibility(said: _Said) -> views.Visibility:
    return views.Visibility(
        hidden=said.hidden,
        filter_id=said.artist_hidden_by if said.artist_hidden else said.hidden_by,
        shown=said.shown,
        by_artist=said.artist_hidden,
    )


def _read(table: Any) -> Read[_Said]:
    return Read(
        select(
            col(table.id),
            col(table.hidden),
            col(table.hidden_by),
            col(table.shown),
            col(Artist.hidden).label("artist_hidden"),
            col(Artist.hidden_by).label("artist_hidden_by"),
        )
        .join(Artist, col(Artist.id) == col(table.artist_id))
        .where(own(table.user_id), among(col(table.id), "ids")),
        _Said,
    )


_ARTISTS = Read(
    select(
        col(Artist.id),
        col(Artist.hidden),
        col(Artist.hidden_by),
        col(Artist.shown),
        literal(False, Flag()).label("artist_hidden"),
        null().label("artist_hidden_by"),
    ).where(own(Artist.user_id), among(col(Artist.id), "ids")),
    _Said,
)
_ALBUMS, _TRACKS = _read(Album), _read(Track)
