"""What is known to find pictures of albums and artists by."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import and_, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Pictured, numbers
from rewind_gql.domains.listening.queries.columns import OWNER, own
from rewind_gql.domains.listening.tables import Album, Artist, Rollup
from rewind_gql.images.records import Thing
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read

DOMAIN = "listening"

_APPLE_ID = re.compile(r"/(\d+)(?:[?#]|$)", re.ASCII)


@dataclass(slots=True, kw_only=True)
class _Facts:
    id: int
    artist: str
    title: str | None = None
    mbid: str | None
    apple_music_url: str | None


_ALBUMS = Read(
    select(
        col(Album.id),
        col(Artist.name).label("artist"),
        col(Album.name).label("title"),
        col(Album.mbid),
        col(Album.apple_music_url),
    )
    .join(Artist, col(Artist.id) == col(Album.artist_id))
    .where(own(Album.user_id), among(col(Album.id), "ids")),
    _Facts,
)
_ARTISTS = Read(
    select(
        col(Artist.id),
        col(Artist.name).label("artist"),
        col(Artist.mbid),
        col(Artist.apple_music_url),
    ).where(own(Artist.user_id), among(col(Artist.id), "ids")),
    _Facts,
)


def _most_played(table: Any, kind: str, *shown: Any) -> Read[int]:
    plays = and_(
        col(Rollup.user_id) == table.user_id,
        col(Rollup.kind) == kind,
        col(Rollup.entity_id) == table.id,
        col(Rollup.grain) == "all",
        col(Rollup.bucket) == clock.EPOCH.date(),
    )
    return Read(
        select(col(table.id))
        .outerjoin(Rollup, plays)
        .where(col(table.user_id) == OWNER, *shown)
        .order_by(func.coalesce(Rollup.plays, 0).desc(), col(table.id)),
        int,
    )


_ALBUM_IDS = _most_played(Album, "album", ~col(Album.hidden))
_ARTIST_IDS = _most_played(Artist, "artist", ~col(Artist.hidden))


async def albums(conn: Conn, user_id: int, ids: Sequence[str]) -> dict[str, Thing]:
    """What is known of albums; hidden ones as well."""
    return await _things(conn, user_id, ids, _ALBUMS, "albums")


async def artists(conn: Conn, user_id: int, ids: Sequence[str]) -> dict[str, Thing]:
    """What is known of artists; hidden ones as well."""
    return await _things(conn, user_id, ids, _ARTISTS, "artists")


async def album_ids(conn: Conn, user_id: int) -> list[str]:
    """Every album that is not hidden, most played first."""
    return [str(each) for each in await conn.rows(_ALBUM_IDS, user_id=user_id)]


async def artist_ids(conn: Conn, user_id: int) -> list[str]:
    """Every artist that is not hidden, most played first."""
    return [str(each) for each in await conn.rows(_ARTIST_IDS, user_id=user_id)]


async def _things(
    conn: Conn, user_id: int, ids: Sequence[str], read: Read[_Facts], kind: str
) -> dict[str, Thing]:
    found = await conn.rows(read, user_id=user_id, ids=numbers(ids))
    return {str(facts.id): _thing(facts, kind) for facts in found}


def _thing(facts: _Facts, kind: str) -> Thing:
    apple = _APPLE_ID.search(facts.apple_music_url or "")
    return Thing(
        domain=DOMAIN,
        entity_type=kind,
        entity_id=str(facts.id),
        artist=facts.artist,
        title=facts.title or "",
        mbid=facts.mbid or "",
        apple_id=apple[1] if apple else "",
    )


PICTURES: Mapping[str, Pictured] = MappingProxyType(
    {"albums": Pictured(albums, album_ids), "artists": Pictured(artists, artist_ids)}
)
