"""A listening library written straight into its tables, for tests of what stands beside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import col

from rewind_gql import clock, text
from rewind_gql.domains.listening.tables import Album, Artist, Rollup, Track
from rewind_gql.store.engine import Store, Writing
from rewind_gql.store.upsert import upsert
from tests.databases import ME
from tests.domains.collecting.made import NOON


@dataclass(kw_only=True)
class Heard:
    """An album with so many plays, the last at `last`."""

    artist: str
    album: str
    plays: int = 0
    last: datetime = NOON
    hidden: bool = False
    mbid: str | None = None
    tracks: tuple[str, ...] = ()


async def hear(store: Store, *albums: Heard, user: int = ME) -> dict[str, int]:
    """Write albums with their artists, tracks and all-time plays; ids by the album's name."""
    async with store.write() as conn:
        return {each.album: await _album(conn, user, each) for each in albums}


async def artist_ids(store: Store, user: int = ME) -> dict[str, int]:
    """Every heard artist's id by name."""
    async with store.write() as conn:
        columns = select(col(Artist.name), col(Artist.id)).where(col(Artist.user_id) == user)
        rows: Any = (await conn.execute(columns)).fetchall()
        return dict(map(tuple, rows))


async def _album(conn: Writing, user: int, each: Heard) -> int:
    artist = {
        "user_id": user,
        "match_key": text.match_key(each.artist),
        "cross_key": text.cross_key(each.artist),
        "name": each.artist,
        "hidden": False,
        "created_at": NOON,
    }
    await upsert(conn, Artist, [artist], key=("user_id", "match_key"))
    mine = col(Artist.user_id) == user, col(Artist.match_key) == artist["match_key"]
    artist_id = (await conn.execute(select(col(Artist.id)).where(*mine))).scalar_one()
    album = {
        "user_id": user,
        "artist_id": artist_id,
        "match_key": text.match_key(each.album),
        "name": each.album,
        "mbid": each.mbid,
        "hidden": each.hidden,
        "created_at": NOON,
    }
    unique = ("user_id", "artist_id", "match_key")
    await upsert(conn, Album, [album], key=unique, update=("hidden", "mbid"))
    mine = col(Album.artist_id) == artist_id, col(Album.match_key) == album["match_key"]
    album_id: int = (await conn.execute(select(col(Album.id)).where(*mine))).scalar_one()
    for name in each.tracks:
        track = {
            "user_id": user,
            "artist_id": artist_id,
            "album_id": album_id,
            "match_key": f"{text.match_key(name)} {album_id}",
            "name": name,
            "hidden": False,
            "created_at": NOON,
        }
        await conn.execute(insert(Track), track)
    if each.plays:
        row = {
            "user_id": user,
            "kind": "album",
            "grain": "all",
            "bucket": clock.EPOCH.date(),
            "entity_id": album_id,
            "plays": each.plays,
            "first_at": NOON,
            "last_at": each.last,
        }
        key = ("user_id", "kind", "entity_id", "grain", "bucket")
        await upsert(conn, Rollup, [row], key=key, update=("plays", "first_at", "last_at"))
    return album_id
