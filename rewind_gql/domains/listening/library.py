"""Finding the artists, albums and tracks that records name; those not known yet are added."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, insert, literal, select, update
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from rewind_gql import clock, text
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.tables import Album, Artist, Play, Track
from rewind_gql.store.columns import Flag, Id, Utc
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

VARIOUS_ARTISTS = "Various Artists"
VARIOUS_ARTISTS_KEY = "various artists"
VARIOUS_ARTISTS_MBID = "89ad4ac3-39f7-470e-963a-56509c546377"
_VARIOUS = {VARIOUS_ARTISTS_KEY, "various"}

Name = tuple[str, str]
Of = tuple[int, str]
"""Where an album or track is found: its artist's id and its own match key."""


@dataclass(slots=True)
class Wanted:
    """What a batch says of an artist, album or track."""

    name: str
    mbid: str | None = None
    url: str | None = None
    duration_ms: int | None = None
    album_id: int | None = None

    @property
    def cross_key(self) -> str:
        """The key under which other worlds know an artist of this name."""
        return text.cross_key(self.name)

    def add(self, mbid: str | None, url: str | None = None, duration_ms: int | None = None) -> None:
        """Take in what another record says: the newest identifier, the first of the rest."""
        self.mbid = mbid or self.mbid
        self.url = self.url or url
        self.duration_ms = self.duration_ms or duration_ms


@dataclass(slots=True)
class Known:
    """What the library holds of an artist, album or track; `fresh` if it holds it only now.

    An album that is shown as part of another has that one's id and is hidden if that one is;
    `part_id` is its own.
    """

    id: int
    hidden: bool
    name: str
    mbid: str | None
    url: str | None
    duration_ms: int | None = None
    album_id: int | None = None
    fresh: bool = False
    part_id: int | None = None


@lru_cache(maxsize=8_192)
def artist_name(written: str, mbid: str | None = None) -> Name:
    """An artist's name without guests, and its match key; one for all of Various Artists."""
    name = text.without_guests(text.clean(written))
    key = text.match_key(name)
    if mbid == VARIOUS_ARTISTS_MBID or key in _VARIOUS:
        return VARIOUS_ARTISTS, VARIOUS_ARTISTS_KEY
    return name, key


@lru_cache(maxsize=8_192)
def title(written: str) -> Name:
    """An album's or track's name and its match key."""
    name = text.clean(written)
    return name, text.match_key(name)


async def artists(conn: Writing, user_id: int, wanted: dict[str, Wanted]) -> dict[str, Known]:
    """The artists under these match keys, made where they are new."""
    if VARIOUS_ARTISTS_KEY in wanted:
        wanted[VARIOUS_ARTISTS_KEY].mbid = VARIOUS_ARTISTS_MBID
    by_place = {(key,): want for key, want in wanted.items()}
    return {
        key: entry for (key,), entry in (await _found(conn, user_id, _ARTISTS, by_place)).items()
    }


async def albums(conn: Writing, user_id: int, wanted: dict[Of, Wanted]) -> dict[Of, Known]:
    """The albums under these artists and match keys, made where they are new."""
    return await _found(conn, user_id, _ALBUMS, wanted)


async def tracks(conn: Writing, user_id: int, wanted: dict[Of, Wanted]) -> dict[Of, Known]:
    """The tracks under these artists and match keys, made where they are new."""
    return await _found(conn, user_id, _TRACKS, wanted)


async def point(conn: Writing, user_id: int, track_ids: Collection[int]) -> None:
    """Let these tracks be on the album they were last heard on; on none where none is known."""
    pointing = [{"owner": user_id, "pointing_id": track_id} for track_id in sorted(track_ids)]
    if pointing:
        await conn.execute(_POINT, pointing)


@dataclass(slots=True, frozen=True)
class _Shelf:
    """The statements of one table: how entries are found by their place, added and completed."""

    width: int
    completes: Sequence[str]
    writes: Sequence[str]
    find: Read[Any]
    add: Read[Any]
    complete: Any
    known: Callable[..., Known]


async def _found(
    conn: Writing, user_id: int, shelf: _Shelf, wanted: dict[Any, Wanted]
) -> dict[Any, Known]:
    """The entries at these places, each completed by what the batch says, made where missing."""
    if not wanted:
        return {}
    rows = await conn.rows(shelf.find, user_id=user_id, wanted=list(wanted))
    width = shelf.width
    known = {row[:width]: shelf.known(*row[width:]) for row in rows if row[width] is not None}
    await _complete(conn, shelf, wanted, known)
    new = [
        (*place, *(getattr(want, name) for name in shelf.writes))
        for place, want in wanted.items()
        if place not in known
    ]
    if new:
        added = await conn.rows(shelf.add, owner=user_id, new=new, now=clock.now())
        for row in added:
            want = wanted[row[:width]]
            known[row[:width]] = Known(
                id=row[-1],
                hidden=False,
                name=want.name,
                mbid=want.mbid,
                url=want.url,
                duration_ms=want.duration_ms,
                album_id=want.album_id,
                fresh=True,
            )
    return known


async def _complete(
    conn: Writing, shelf: _Shelf, wanted: dict[Any, Wanted], known: dict[Any, Known]
) -> None:
    changed = []
    for place, entry in known.items():
        want = wanted[place]
        before = (entry.mbid, entry.url, entry.duration_ms)
        after = (
            want.mbid or entry.mbid,
            entry.url or want.url,
            entry.duration_ms or want.duration_ms,
        )
        if after != before:
            entry.mbid, entry.url, entry.duration_ms = after
            new = {f"new_{name}": getattr(entry, name) for name in shelf.completes}
            changed.append({"entry_id": entry.part_id or entry.id, **new})
    if changed:
        await conn.execute(shelf.complete, changed)


def _part(
    at: int,
    hidden: bool,
    name: str,
    mbid: str | None,
    url: str | None,
    group_id: int | None,
    group_hidden: bool | None,
) -> Known:
    """An album, which may be shown as part of another."""
    if group_id is None:
        return Known(at, hidden, name, mbid, url)
    return Known(group_id, bool(group_hidden), name, mbid, url, part_id=at)


def _shelf(
    table: type[SQLModel],
    place: Sequence[str],
    completes: Sequence[str],
    also: Sequence[str] = (),
    *,
    group: Any = None,
) -> _Shelf:
    columns: Any = table.__table__.c  # type: ignore[attr-defined]  # every table model has one
    writes = ["name", *completes, *also]
    wanted = bulk.rows("wanted", **{name: columns[name].type for name in place})
    new = bulk.rows("new", **{name: columns[name].type for name in (*place, *writes)})
    there = and_(
        columns.user_id == bindparam("user_id"),
        *(columns[name] == wanted.c[name] for name in place),
    )
    answered = ["id", "hidden", "name", *completes, *(name for name in also if name == "album_id")]
    # An outer join keeps its order: names first, however few statistics the database has.
    find = select(*wanted.c, *(columns[name] for name in answered))
    find = find.select_from(wanted).outerjoin(table, there)
    if group is not None:
        find = find.add_columns(columns.group_id, col(group.hidden))
        find = find.outerjoin(group, col(group.id) == columns.group_id)
    filled = select(
        bindparam("owner", type_=Id),
        literal(False, Flag()),
        bindparam("now", type_=Utc()),
        *new.c,
    )
    add = insert(table).from_select(["user_id", "hidden", "created_at", *new.c.keys()], filled)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in completes}
    return _Shelf(
        width=len(place),
        completes=completes,
        writes=writes,
        find=Read(find),
        add=Read(add.returning(*(columns[name] for name in place), columns.id)),
        complete=update(table).where(columns.id == bindparam("entry_id")).values(values),
        known=Known if group is None else _part,
    )


_ARTISTS = _shelf(Artist, ["match_key"], ["mbid", "url"], ["cross_key"])
_ALBUMS = _shelf(Album, ["artist_id", "match_key"], ["mbid", "url"], group=aliased(Album))
_TRACKS = _shelf(Track, ["artist_id", "match_key"], ["mbid", "url", "duration_ms"], ["album_id"])
_NEWEST_ALBUM = (
    select(col(Play.album_id))
    .where(
        col(Play.user_id) == bindparam("owner", type_=Id),
        col(Play.track_id) == col(Track.id),
        col(Play.album_id).is_not(None),
    )
    .order_by(col(Play.played_at).desc(), col(Play.ordinal).desc())
    .limit(1)
    .correlate(Track)
    .scalar_subquery()
)
_POINT = (
    update(Track)
    .where(
        col(Track.user_id) == bindparam("owner", type_=Id),
        col(Track.id) == bindparam("pointing_id", type_=Id),
    )
    .values(album_id=_NEWEST_ALBUM)
)
