"""What is wanted and heard already: finds which album a wanted release is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from rewind_gql.across.cross_reference import AT_ONCE, Library, artist_keys, library_of, owned_as
from rewind_gql.domains.collecting import derive, matching
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.collecting.tables import (
    Artist,
    Release,
    ReleaseArtist,
    Want,
)
from rewind_gql.domains.listening import tables as library
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read


@dataclass(slots=True, kw_only=True)
class _Wanted:
    """A line of the wantlist as it is stored."""

    want_id: int
    sort_at: datetime
    release_id: int
    title: str
    year: int | None
    credit_key: str
    tracklist: list[dict[str, str]]
    identifiers: list[str]


_ALL = Read(select(col(Want.id)).where(mine(Want)).order_by(col(Want.id)), int)
_WANTS = Read(
    select(
        col(Want.id).label("want_id"),
        col(Want.sort_at).label("sort_at"),
        col(Want.release_id).label("release_id"),
        col(Release.title).label("title"),
        col(Release.year).label("year"),
        col(Release.credit_key).label("credit_key"),
        col(Release.tracklist).label("tracklist"),
        col(Release.identifiers).label("identifiers"),
    )
    .join(Release, col(Release.id) == col(Want.release_id))
    .where(own(Want), among(col(Want.id), "ids")),
    _Wanted,
)
_HEARD_KEYS = select(col(library.Artist.cross_key)).where(
    own(library.Artist), among(col(library.Artist.id), "artists")
)
# A wantlist is short; what is read of it here is its artists alone.
_BY_ARTIST = Read(
    select(col(Want.id))
    .join(ReleaseArtist, col(ReleaseArtist.release_id) == col(Want.release_id))
    .join(Artist, col(Artist.id) == col(ReleaseArtist.artist_id))
    .join(Release, col(Release.id) == col(Want.release_id))
    .where(
        mine(Want),
        col(Artist.cross_key).in_(_HEARD_KEYS) | col(Release.credit_key).in_(_HEARD_KEYS),
    )
    .order_by(col(Want.id))
    .distinct(),
    int,
)


async def refresh(
    conn: Writing,
    user_id: int,
    *,
    artists: set[int] | None = None,
    wants: set[int] | None = None,
) -> int:
    """Match wants anew; returns how many were looked at.

    All of them, or only those that these listening artists may concern, or these wants.
    """
    if wants is not None:
        ids = sorted(wants)
    elif artists is not None:
        ids = await conn.rows(_BY_ARTIST, user_id=user_id, artists=sorted(artists))
    else:
        ids = await conn.rows(_ALL, user_id=user_id)
    for start in range(0, len(ids), AT_ONCE):
        await _some(conn, user_id, ids[start : start + AT_ONCE])
    return len(ids)


async def _some(conn: Writing, user_id: int, ids: Sequence[int]) -> None:
    wants = await conn.rows(_WANTS, user_id=user_id, ids=ids)
    keys = await artist_keys(conn, user_id, {each.release_id for each in wants})
    asked = {key for each in keys.values() for key in each} | {each.credit_key for each in wants}
    tracks = any(matching.VARIOUS in keys[each.release_id] and each.tracklist for each in wants)
    heard = await library_of(conn, user_id, asked, tracks=tracks)
    found = await asyncio.to_thread(_match, wants, keys, heard)
    matches = [each.match for each in found if each.match.album_id is not None]
    await derive.want_matches(conn, user_id, matches, wants=ids)


def _match(
    wants: Sequence[_Wanted], keys: dict[int, list[str]], heard: Library
) -> list[matching.Found]:
    """What each want is; on a thread, for it only computes."""
    albums = matching.Heard(heard.heard())
    wanted = (owned_as(each, keys[each.release_id], each.want_id, each.sort_at) for each in wants)
    return matching.match_all(wanted, albums)
