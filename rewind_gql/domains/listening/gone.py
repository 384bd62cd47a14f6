"""Plays that are no more where they came from: found, taken away, and kept to be brought back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, select
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.base import Stored, Touched, may_go
from rewind_gql.domains.listening import bulk, filters, library
from rewind_gql.domains.listening.records import Play as Heard
from rewind_gql.domains.listening.tables import Album, Artist, Play, Removed, Track
from rewind_gql.store.columns import Id, Utc, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

FEW = 20
"""So many plays a person takes out in two weeks without a word; more are a share of all."""

Key = tuple[str, str, datetime]
"""A play by the match keys of its artist and track, and when it began."""


@dataclass(frozen=True, slots=True)
class Held:
    """A play that is stored."""

    id: int
    artist_key: str
    track_key: str
    played_at: datetime


async def held(
    conn: Conn, user_id: int, *, source: str, since: datetime, until: datetime
) -> list[Held]:
    """The source's own plays that began in [`since`, `until`), the first of their instant first.

    Those known to the second only, and without those that were gone before and were told of again:
    somebody wants to keep them.
    """
    return await conn.rows(_HELD, user_id=user_id, source=source, since=since, until=until)


def absent(stored: Sequence[Held], told: Iterable[Heard]) -> list[int]:
    """The ids of the plays that are not told of; of two in one instant, the later one."""
    left = Counter(map(_key, told))
    gone = []
    for play in stored:
        key = (play.artist_key, play.track_key, play.played_at)
        if left[key]:
            left[key] -= 1
        else:
            gone.append(play.id)
    return gone


async def remove(
    conn: Writing, user_id: int, ids: Sequence[int], *, of: int, confirmed: bool = False
) -> Stored:
    """Take away these plays, which a complete reading of `of` of them did not find any more.

    Each is kept in `listening_removed`; once it is told of again, by whatever door, it stays.
    `updated` counts them. Raises `Shrunk` when they are many and more than a fifth, until a person
    has `confirmed` it.
    """
    if len(ids) > FEW:
        may_go(len(ids), of, left=of - len(ids), confirmed=confirmed)
    await bulk.take_turn(conn, user_id)
    rows = await conn.rows(_PLAYS, user_id=user_id, ids=list(ids))
    if not rows:
        return Stored()
    owner = {"owner": user_id, "ids": [row.id for row in rows]}
    await conn.execute(_KEEP, {**owner, "now": clock.now()})
    await conn.execute(_REMOVE, owner)
    tracks = {row.track_id for row in rows}
    await library.point(conn, user_id, tracks)
    touched = Touched(
        days={row.played_at.date() for row in rows},
        artists={each for row in rows for each in (row.artist_id, row.owner_id) if each},
    )
    touched.add(await filters.judge_moved(conn, user_id, tracks))
    return Stored(updated=len(rows), touched=touched)


def _key(play: Heard) -> Key:
    artist = library.artist_name(play.artist, play.artist_mbid)[1]
    return artist, library.title(play.track)[1], play.played_at


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    track_id: int
    artist_id: int
    owner_id: int | None
    played_at: datetime


_BROUGHT_BACK = exists().where(
    col(Removed.user_id) == col(Play.user_id),
    col(Removed.track_id) == col(Play.track_id),
    col(Removed.played_at) == col(Play.played_at),
    col(Removed.ordinal) == col(Play.ordinal),
)
_HELD = Read(
    select(
        col(Play.id),
        col(Artist.match_key).label("artist_key"),
        col(Track.match_key).label("track_key"),
        col(Play.played_at),
    )
    .join(Track, col(Track.id) == col(Play.track_id))
    .join(Artist, col(Artist.id) == col(Play.artist_id))
    .where(
        col(Play.user_id) == bindparam("user_id"),
        col(Play.played_at) >= bindparam("since", type_=Utc()),
        col(Play.played_at) < bindparam("until", type_=Utc()),
        col(Play.source) == bindparam("source"),
        col(Play.exact),
        not_(_BROUGHT_BACK),
    )
    .order_by(col(Play.played_at), col(Play.track_id), col(Play.ordinal)),
    Held,
)
_THESE = among(col(Play.id), "ids")
_PLAYS = Read(
    select(
        col(Play.id),
        col(Play.track_id),
        col(Play.artist_id),
        col(Album.artist_id).label("owner_id"),
        col(Play.played_at),
    )
    .outerjoin(Album, col(Album.id) == col(Play.album_id))
    .where(col(Play.user_id) == bindparam("user_id"), _THESE),
    _Row,
)
_KEPT = ("user_id", "track_id", "played_at", "ordinal", "album_id", "source")
_OWN: Any = col(Play.user_id) == bindparam("owner", type_=Id)
_KEEP = insert(Removed).from_select(
    [*_KEPT, "removed_at"],
    select(*(col(getattr(Play, name)) for name in _KEPT), bindparam("now", type_=Utc())).where(
        _OWN, _THESE
    ),
)
_REMOVE = delete(Play).where(_OWN, _THESE)
