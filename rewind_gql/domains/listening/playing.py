"""What is playing now: what players say themselves, and what of it may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from annotated_doc import Doc
from sqlalchemy import Text, and_, bindparam, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import bulk, filters, library
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.tables import Album, Artist, Playing, Track
from rewind_gql.store.columns import Id, Utc
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert

# How long something said without a length is believed; and the longest anything is.
USUAL = timedelta(minutes=8)
LONGEST = timedelta(hours=2)
# Players say what they play a moment after it began, and some a moment before the next does.
GRACE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """Something heard lately, as a source tells of it; without a time it is playing now."""

    artist: str
    track: str
    album: str | None = None
    url: str | None = None
    played_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class NowPlaying:
    """What is playing, or what was heard last. Ids are there where the library has it."""

    is_playing: Annotated[bool, Doc("Whether it is playing this moment.")]
    played_at: Annotated[datetime | None, Doc("When it was heard; none while it plays.")]
    track_id: Annotated[int | None, Doc("What it is in the library.")]
    track_name: Annotated[str, Doc("Its name.")]
    track_url: Annotated[str | None, Doc("Its page on Last.fm.")]
    track_apple_music_url: Annotated[str | None, Doc("Its page on Apple Music.")]
    track_preview_url: Annotated[str | None, Doc("A short sound sample.")]
    artist_id: Annotated[int | None, Doc("Who it is in the library.")]
    artist_name: Annotated[str, Doc("Their name.")]
    artist_apple_music_url: Annotated[str | None, Doc("Their page on Apple Music.")]
    album_id: Annotated[int | None, Doc("The album in the library.")]
    album_name: Annotated[str | None, Doc("Its name.")]


async def tell(
    conn: Writing,
    user_id: int,
    *,
    artist: str,
    track: str,
    album: str | None = None,
    duration_ms: int | None = None,
    source: str,
) -> None:
    """A player says what it is playing. It is believed until it must have ended.

    What it said before is replaced; nothing of it ever counts as a play.
    """
    now = clock.now()
    lasts = timedelta(milliseconds=duration_ms) + GRACE if duration_ms else USUAL
    row = {
        "user_id": user_id,
        "artist": library.artist_name(artist)[0],
        "track": library.title(track)[0],
        "album": library.title(album or "")[0] or None,
        "source": source,
        "told_at": now,
        "until_at": now + min(lasts, LONGEST),
    }
    await upsert(conn, Playing, [row], key=["user_id"], update=list(row)[1:])
    conn.announce(user_id)


async def told(conn: Conn, user_id: int, *, now: datetime) -> Latest | None:
    """What a player says it is playing; None when none does, or it must have ended."""
    return await conn.first(_TOLD, user_id=user_id, now=now)


async def shown(conn: Conn, user_id: int, *, latest: Sequence[Latest]) -> NowPlaying | None:
    """The first of some things heard lately that is not hidden, with what the library knows of it.

    What the library does not have yet is put to the rules by its names. Two statements, however
    many there are; None when all are hidden.
    """
    if not latest:
        return None
    wanted = [_place(at, each) for at, each in enumerate(latest)]
    known = {each.place: each for each in await conn.rows(_KNOWN, user_id=user_id, wanted=wanted)}
    rules = await filters.judge(conn, user_id)
    for at, each in enumerate(latest):
        if not _hidden(rules, each, known[at]):
            return _shown(each, known[at])
    return None


@dataclass(slots=True)
class _Known:
    place: int
    artist_id: int | None
    artist_hidden: bool | None
    artist_apple_music_url: str | None
    track_id: int | None
    track_hidden: bool | None
    track_url: str | None
    track_apple_music_url: str | None
    track_preview_url: str | None
    album_id: int | None
    album_hidden: bool | None
    album_name: str | None


def _place(at: int, latest: Latest) -> tuple[int, str, str]:
    return at, library.artist_name(latest.artist)[1], library.title(latest.track)[1]


def _hidden(rules: filters.Judge, latest: Latest, known: _Known) -> bool:
    """Whether it is hidden: by what is stored of it, else by what the rules say of its names."""
    if known.track_id is not None:
        return bool(known.track_hidden or known.artist_hidden or known.album_hidden)
    if known.artist_hidden or rules.album(latest.album or "") is not None:
        return True
    by = latest.artist
    unheard = known.artist_id is None and rules.artist(by, spoken=None) is not None
    return unheard or rules.track(by, latest.album, latest.track) is not None


def _shown(latest: Latest, known: _Known) -> NowPlaying:
    return NowPlaying(
        is_playing=latest.played_at is None,
        played_at=latest.played_at,
        track_id=known.track_id,
        track_name=latest.track,
        track_url=latest.url or known.track_url,
        track_apple_music_url=known.track_apple_music_url,
        track_preview_url=known.track_preview_url,
        artist_id=known.artist_id,
        artist_name=latest.artist,
        artist_apple_music_url=known.artist_apple_music_url,
        album_id=known.album_id,
        album_name=known.album_name or latest.album,
    )


_TOLD = Read(
    select(col(Playing.artist), col(Playing.track), col(Playing.album)).where(
        col(Playing.user_id) == OWNER, col(Playing.until_at) > bindparam("now", type_=Utc())
    ),
    Latest,
)
_WANTED = bulk.rows("wanted", place=Id, artist_key=Text, track_key=Text)
_COLUMNS: dict[str, Any] = {
    "artist_id": Artist.id,
    "artist_hidden": Artist.hidden,
    "artist_apple_music_url": Artist.apple_music_url,
    "track_id": Track.id,
    "track_hidden": Track.hidden,
    "track_url": Track.url,
    "track_apple_music_url": Track.apple_music_url,
    "track_preview_url": Track.preview_url,
    "album_id": Album.id,
    "album_hidden": Album.hidden,
    "album_name": Album.name,
}
_KNOWN = Read(
    select(_WANTED.c.place, *(column.label(name) for name, column in _COLUMNS.items()))
    .select_from(_WANTED)
    .outerjoin(
        Artist,
        and_(col(Artist.user_id) == OWNER, col(Artist.match_key) == _WANTED.c.artist_key),
    )
    .outerjoin(
        Track,
        and_(
            col(Track.user_id) == OWNER,
            col(Track.artist_id) == col(Artist.id),
            col(Track.match_key) == _WANTED.c.track_key,
        ),
    )
    .outerjoin(Album, col(Album.id) == col(Track.album_id)),
    _Known,
)
