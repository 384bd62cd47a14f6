"""Owned copies and heard albums: finds what matches, and answers from both sides."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, bindparam, delete, select, union, union_all
from sqlmodel import col

from rewind_gql import clock, text
from rewind_gql.domains.collecting import derive, matching, queries
from rewind_gql.domains.collecting import tables as shelf
from rewind_gql.domains.collecting import views as collecting
from rewind_gql.domains.collecting.columns import mine, own
from rewind_gql.domains.listening import tables as library
from rewind_gql.domains.listening import views as listening
from rewind_gql.errors import NotFound
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert

AT_ONCE = 500  # copies matched together: it bounds memory, and how long the event loop waits

Item, Release, Placed, Sleeve = shelf.Item, shelf.Release, shelf.ReleaseArtist, shelf.Artist
Artist, Album, Track, Rollup = library.Artist, library.Album, library.Track, library.Rollup
Matched, Pin = shelf.MatchedAlbum, shelf.Pin


def _all_plays() -> ColumnElement[bool]:
    """The rollup of an album over all time."""
    return and_(
        col(Rollup.user_id) == bindparam("user_id"),
        col(Rollup.kind) == "album",
        col(Rollup.grain) == "all",
        col(Rollup.bucket) == clock.EPOCH.date(),
    )


@dataclass(slots=True, kw_only=True)
class _Copy:
    """An owned copy as it is stored, with the owner's word on it."""

    item_id: int
    added_at: datetime
    release_id: int
    title: str
    year: int | None
    credit_key: str
    tracklist: list[dict[str, str]]
    identifiers: list[str]
    pin_item_id: int | None
    pin_album_id: int | None


@dataclass(slots=True, kw_only=True)
class _Album:
    """A heard album as it is stored."""

    id: int
    name: str
    artist_name: str
    artist_key: str
    hidden: bool
    artist_hidden: bool
    mbid: str | None
    apple_music_url: str | None


# By artist, so that copies matched together share the albums looked at.
_ALL = Read(
    select(col(Item.id))
    .join(Release, col(Release.id) == col(Item.release_id))
    .where(mine(Item))
    .order_by(col(Release.credit_key), col(Item.id)),
    int,
)


def _beside(*names: Any) -> tuple[Any, Any]:
    """Pairs of a listening artist among `artists` and a copy: by one credit, and by all of them."""
    heard = among(col(Artist.id), "artists")
    one = (
        select(*names)
        .select_from(Artist)
        .join(
            Sleeve,
            and_(
                col(Sleeve.user_id) == col(Artist.user_id),
                col(Sleeve.cross_key) == col(Artist.cross_key),
            ),
        )
        .join(Placed, col(Placed.artist_id) == col(Sleeve.id))
        .join(Item, col(Item.release_id) == col(Placed.release_id))
        .where(own(Artist), heard)
    )
    together = (
        select(*names)
        .select_from(Artist)
        .join(
            Release,
            and_(
                col(Release.user_id) == col(Artist.user_id),
                col(Release.credit_key) == col(Artist.cross_key),
            ),
        )
        .join(Item, col(Item.release_id) == col(Release.id))
        .where(own(Artist), heard)
    )
    return one, together


_TOUCHED = Read(
    union(
        *_beside(col(Item.id)),
        select(col(Matched.item_id))
        .join(Album, col(Album.id) == col(Matched.album_id))
        .where(own(Matched), own(Album), among(col(Album.artist_id), "artists")),
    ),
    int,
)
_COPIES = Read(
    select(
        col(Item.id).label("item_id"),
        col(Item.added_at).label("added_at"),
        col(Item.release_id).label("release_id"),
        col(Release.title).label("title"),
        col(Release.year).label("year"),
        col(Release.credit_key).label("credit_key"),
        col(Release.tracklist).label("tracklist"),
        col(Release.identifiers).label("identifiers"),
        col(Pin.item_id).label("pin_item_id"),
        col(Pin.album_id).label("pin_album_id"),
    )
    .join(Release, col(Release.id) == col(Item.release_id))
    .outerjoin(Pin, col(Pin.item_id) == col(Item.id))
    .where(own(Item), among(col(Item.id), "ids")),
    _Copy,
)
_KEYS: Read[tuple[int, str]] = Read(
    select(col(Placed.release_id), col(Sleeve.cross_key))
    .join(Sleeve, col(Sleeve.id) == col(Placed.artist_id))
    .where(own(Sleeve), among(col(Placed.release_id), "ids"))
    .order_by(col(Placed.release_id), col(Placed.position)),
)
_PINNED_KEYS = Read(
    select(col(Artist.cross_key))
    .join(Album, col(Album.artist_id) == col(Artist.id))
    .where(own(Album), among(col(Album.id), "ids")),
    str,
)
_ALBUMS = Read(
    select(
        col(Album.id).label("id"),
        col(Album.name).label("name"),
        col(Artist.name).label("artist_name"),
        col(Artist.cross_key).label("artist_key"),
        col(Album.hidden).label("hidden"),
        col(Artist.hidden).label("artist_hidden"),
        col(Album.mbid).label("mbid"),
        col(Album.apple_music_url).label("apple_music_url"),
    )
    .select_from(Artist)
    .join(Album, col(Album.artist_id) == col(Artist.id))
    .where(mine(Artist), among(col(Artist.cross_key), "keys")),
    _Album,
)
# Apart from the albums: joined to them, PostgreSQL without statistics reads every rollup for each.
_PLAYS: Read[tuple[int, int, datetime]] = Read(
    select(col(Rollup.entity_id), col(Rollup.plays), col(Rollup.last_at)).where(
        _all_plays(), among(col(Rollup.entity_id), "ids")
    )
)
_TRACKS: Read[tuple[int, str]] = Read(
    select(col(Track.album_id), col(Track.name))
    .select_from(Artist)
    .join(Album, col(Album.artist_id) == col(Artist.id))
    .join(Track, col(Track.album_id) == col(Album.id))
    .where(mine(Artist), col(Artist.cross_key) == matching.VARIOUS)
)


async def refresh(
    conn: Writing,
    user_id: int,
    *,
    artists: set[int] | None = None,
    items: set[int] | None = None,
) -> int:
    """Match owned copies anew; returns how many were looked at.

    All of them, or only the copies that these listening artists may concern, or these copies.
    """
    if items is not None:
        ids = sorted(items)
    elif artists is not None:
        ids = sorted(await conn.rows(_TOUCHED, user_id=user_id, artists=sorted(artists)))
    else:
        ids = await conn.rows(_ALL, user_id=user_id)
    for start in range(0, len(ids), AT_ONCE):
        await _some(conn, user_id, ids[start : start + AT_ONCE])
    return len(ids)


async def _some(conn: Writing, user_id: int, ids: Sequence[int]) -> None:
    """Match these copies and store what was found."""
    copies = await conn.rows(_COPIES, user_id=user_id, ids=ids)
    keys = await artist_keys(conn, user_id, {copy.release_id for copy in copies})
    wanted = {key for each in keys.values() for key in each} | {each.credit_key for each in copies}
    pinned = sorted({each.pin_album_id for each in copies if each.pin_album_id is not None})
    if pinned:
        wanted |= {*await conn.rows(_PINNED_KEYS, user_id=user_id, ids=pinned)}
    tracks = any(matching.VARIOUS in keys[each.release_id] and each.tracklist for each in copies)
    library = await library_of(conn, user_id, wanted, tracks=tracks)
    found = await asyncio.to_thread(_match, copies, keys, library)
    await derive.cross_references(
        conn,
        user_id,
        [each.match for each in found],
        items=ids,
        editions={each.match.item_id: each.albums for each in found},
    )


async def artist_keys(
    conn: Writing, user_id: int, release_ids: Collection[int]
) -> dict[int, list[str]]:
    """What listening would call each artist of these releases, in the sleeve's order."""
    keys: dict[int, list[str]] = defaultdict(list)
    for release_id, key in await conn.rows(_KEYS, user_id=user_id, ids=sorted(release_ids)):
        keys[release_id].append(key)
    return keys


async def library_of(
    conn: Writing, user_id: int, keys: Collection[str], *, tracks: bool
) -> "Library":
    """What was heard of the artists with these keys; `tracks` of compilations where asked for."""
    albums = await conn.rows(_ALBUMS, user_id=user_id, keys=sorted(keys))
    plays = await conn.rows(_PLAYS, user_id=user_id, ids=[album.id for album in albums])
    return Library(albums, plays, await conn.rows(_TRACKS, user_id=user_id) if tracks else [])


@dataclass(slots=True)
class Library:
    """Heard albums with the plays of those that have some and the tracks of compilations."""

    albums: Sequence[_Album]
    plays: Sequence[tuple[int, int, datetime]]
    tracks: Sequence[tuple[int, str]]

    def heard(self) -> Iterator[matching.Album]:
        """The albums as matching takes them."""
        plays = {album_id: (count, last) for album_id, count, last in self.plays}
        tracks: dict[int, set[str]] = defaultdict(set)
        for album_id, name in self.tracks:
            tracks[album_id].add(text.title_key(name))
        for album in self.albums:
            count, last = plays.get(album.id, (0, None))
            yield matching.Album(
                id=album.id,
                name=album.name,
                artist_name=album.artist_name,
                artist_key=album.artist_key,
                title_key=text.title_key(album.name),
                plays=count,
                last_played_at=last,
                hidden=album.hidden or album.artist_hidden,
                identifiers=matching.identifiers(album.mbid, album.apple_music_url),
                tracks=frozenset(tracks.get(album.id, ())),
            )


def _match(
    copies: Sequence[_Copy], keys: dict[int, list[str]], library: Library
) -> list[matching.Found]:
    """What each copy is; on a thread, for it only computes."""
    heard = matching.Heard(library.heard())
    owned = (
        owned_as(
            copy,
            keys[copy.release_id],
            copy.item_id,
            copy.added_at,
            pinned=copy.pin_item_id is not None,
            pinned_album=copy.pin_album_id,
        )
        for copy in copies
    )
    return matching.match_all(owned, heard)


class Record(Protocol):
    """What a record says of itself, owned or wanted."""

    title: str
    year: int | None
    credit_key: str
    tracklist: list[dict[str, str]]
    identifiers: list[str]


def owned_as(
    record: Record,
    artists: Sequence[str],
    item_id: int,
    added_at: datetime,
    *,
    pinned: bool = False,
    pinned_album: int | None = None,
) -> matching.Owned:
    """A record by artists of these keys, as matching takes copies."""
    tracks: frozenset[str] = frozenset()
    if matching.VARIOUS in artists:
        titles = (line["title"] for line in record.tracklist if line["position"])
        tracks = frozenset(map(text.title_key, titles))
    return matching.Owned(
        item_id=item_id,
        added_at=added_at,
        title_key=text.title_key(record.title),
        artist_keys=[*artists, record.credit_key],
        year=record.year,
        identifiers=record.identifiers,
        tracks=tracks,
        pinned=pinned,
        pinned_album=pinned_album,
    )


_OWN_ITEM = Read(select(col(Item.id)).where(mine(Item), col(Item.id) == bindparam("wanted")), int)
_OWN_ALBUM = Read(
    select(col(Album.id)).where(mine(Album), col(Album.id) == bindparam("wanted")), int
)


async def pin(conn: Writing, user_id: int, *, item_id: int, album_id: int | None) -> None:
    """Say which album a copy is, or with None that it is none; it stays so from now on.

    Raises `NotFound` for a copy or an album that is not the user's.
    """
    if await conn.first(_OWN_ITEM, user_id=user_id, wanted=item_id) is None:
        raise NotFound("There is no such copy")
    if album_id is not None and not await conn.rows(_OWN_ALBUM, user_id=user_id, wanted=album_id):
        raise NotFound("There is no such album")
    row = {
        "item_id": item_id,
        "user_id": user_id,
        "album_id": album_id,
        "created_at": clock.now(),
    }
    await upsert(conn, Pin, [row], key=("item_id",), update=("album_id", "created_at"))
    await refresh(conn, user_id, items={item_id})


async def unpin(conn: Writing, user_id: int, *, item_id: int) -> None:
    """Take back what was said of a copy; it is matched by its names again.

    Raises `NotFound` for a copy that is not the user's.
    """
    if await conn.first(_OWN_ITEM, user_id=user_id, wanted=item_id) is None:
        raise NotFound("There is no such copy")
    said = delete(Pin).where(col(Pin.user_id) == user_id, col(Pin.item_id) == item_id)
    await conn.execute(said)
    await refresh(conn, user_id, items={item_id})


@dataclass(slots=True, kw_only=True)
class _Beside:
    """A copy beside the listening id it was asked for."""

    key: int
    item: collecting.Item


def _item_columns() -> list[Any]:
    return [col(getattr(Item, name)).label(f"item__{name}") for name in queries.ITEM_FIELDS]


_BY_ALBUM = Read(
    select(col(Matched.album_id).label("key"), *_item_columns())
    .join(Item, col(Item.id) == col(Matched.item_id))
    .where(own(Matched), among(col(Matched.album_id), "albums")),
    _Beside,
)
_BY_ARTIST = Read(union_all(*_beside(col(Artist.id).label("key"), *_item_columns())), _Beside)
_HEARD: Read[tuple[int, int | None, datetime, datetime]] = Read(
    select(col(Matched.item_id), col(Rollup.plays), col(Rollup.first_at), col(Rollup.last_at))
    # An outer join, so that no database starts from the rollups, of which there are far more.
    .outerjoin(Rollup, and_(_all_plays(), col(Rollup.entity_id) == col(Matched.album_id)))
    .where(own(Matched), among(col(Matched.item_id), "items"))
)


async def copies_by_album(
    conn: Conn, user_id: int, album_ids: Sequence[int]
) -> dict[int, list[collecting.Item]]:
    """The owned copies of each heard album or of another edition of it, newest added first."""
    return _newest_first(await conn.rows(_BY_ALBUM, user_id=user_id, albums=album_ids))


async def copies_by_artist(
    conn: Conn, user_id: int, artist_ids: Sequence[int]
) -> dict[int, list[collecting.Item]]:
    """The owned copies of each heard artist's releases, newest added first."""
    return _newest_first(await conn.rows(_BY_ARTIST, user_id=user_id, artists=artist_ids))


def _newest_first(found: Sequence[_Beside]) -> dict[int, list[collecting.Item]]:
    copies: dict[int, dict[int, collecting.Item]] = defaultdict(dict)
    for each in sorted(found, key=lambda it: (it.item.added_at, it.item.id), reverse=True):
        copies[each.key][each.item.id] = each.item
    return {key: [*items.values()] for key, items in copies.items()}


async def heard_by_item(
    conn: Conn, user_id: int, item_ids: Sequence[int]
) -> dict[int, listening.Heard]:
    """How much the album of each copy was heard, all editions together, over all time.

    Copies matched to no album, by artist only too, or to one without plays are left out.
    Source: the all-time rollup of each album.
    """
    albums: dict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    for item_id, plays, first, last in await conn.rows(_HEARD, user_id=user_id, items=item_ids):
        if plays is not None:
            albums[item_id].append((plays, first, last))
    return {
        item_id: listening.Heard(
            plays=sum(plays for plays, _, _ in each),
            first_played_at=min(first for _, first, _ in each),
            last_played_at=max(last for _, _, last in each),
        )
        for item_id, each in albums.items()
    }
