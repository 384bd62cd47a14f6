"""Rules put to the library: what is new, what a rule or a tag has changed, what a person says."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, bindparam, select, update
from sqlmodel import SQLModel, col

from rewind_gql.domains.base import Stored, Touched
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.drift import HIDDEN
from rewind_gql.domains.listening.filters.rules import begin, judge
from rewind_gql.domains.listening.library import Known, Of
from rewind_gql.domains.listening.queries.columns import OWNER, own
from rewind_gql.domains.listening.tables import Album, Artist, Play, Track
from rewind_gql.errors import NotFound
from rewind_gql.store.columns import Id, among, utc_day
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

Kind = Literal["artist", "album", "track"]
_TABLES: Mapping[Kind, type[SQLModel]] = {"artist": Artist, "album": Album, "track": Track}


class NothingThere(NotFound):
    """There is no such artist, album or track."""


@dataclass(slots=True)
class Entry:
    """An artist, an album or a track, and what is said of it."""

    id: int
    artist_id: int
    name: str
    shown: bool | None
    hidden: bool
    hidden_by: int | None


@dataclass(slots=True)
class _Artist(Entry):
    spoken: bool | None


@dataclass(slots=True)
class _Album(Entry):
    grouped: bool


@dataclass(slots=True)
class _Track(Entry):
    album: str | None


@dataclass(slots=True)
class _Verdicts:
    """What has to be written, by kind; `flipped` are those now hidden or shown that were not."""

    rows: dict[Kind, list[dict[str, Any]]] = field(
        default_factory=lambda: {"artist": [], "album": [], "track": []}
    )
    flipped: dict[Kind, list[int]] = field(
        default_factory=lambda: {"artist": [], "album": [], "track": []}
    )
    artists: set[int] = field(default_factory=set)

    def add(self, kind: Kind, entry: Entry, rule: int | None, *, with_artist: bool) -> bool:
        """Note what is said of an entry; whether it is hidden."""
        own_word = not entry.shown if entry.shown is not None else rule is not None
        hidden = own_word or with_artist
        if (hidden, rule) != (entry.hidden, entry.hidden_by):
            self.rows[kind].append({"at": entry.id, "now_hidden": hidden, "rule": rule})
        if hidden != entry.hidden:
            self.flipped[kind].append(entry.id)
            self.artists.add(entry.artist_id)
        return hidden

    @property
    def count(self) -> int:
        """How many entries are now hidden or shown that were not."""
        return sum(map(len, self.flipped.values()))


async def judge_new(
    conn: Writing,
    user_id: int,
    artists: Mapping[str, Known],
    albums: Mapping[Of, Known],
    tracks: Mapping[Of, Known],
) -> None:
    """Put the rules to what a batch brought that was not in the library, and write what they say.

    What is new with an artist who is hidden is hidden too. `hidden` of the entries given is set.
    """
    found = (artists, albums, tracks)
    if not any(entry.fresh for each in found for entry in each.values()):
        return
    await begin(conn, user_id)
    rules = await judge(conn, user_id)
    by_id = {artist.id: artist for artist in artists.values()}
    names = {album.id: album.name for album in albums.values()}
    verdicts = _Verdicts()
    for artist in by_id.values():
        if artist.fresh:
            rule = rules.artist(artist.name, spoken=None)
            artist.hidden = verdicts.add("artist", _entry(artist), rule, with_artist=False)
    for (artist_id, _), album in albums.items():
        if album.fresh:
            rule = rules.album(album.name)
            owner = by_id[artist_id].hidden
            album.hidden = verdicts.add("album", _entry(album), rule, with_artist=owner)
    for (artist_id, _), track in tracks.items():
        if track.fresh:
            by = by_id[artist_id]
            rule = rules.track(by.name, names.get(track.album_id or 0), track.name)
            track.hidden = verdicts.add("track", _entry(track), rule, with_artist=by.hidden)
    await _write(conn, verdicts)


async def judge_artists(
    conn: Writing, user_id: int, batch: Sequence[int], *, source: str = ""
) -> Stored:
    """Put the rules again to these artists and to all that is theirs.

    Running it twice changes nothing. Touched are the days of the plays that count from now on, or
    do no more; `updated` counts what was hidden or is shown again.
    """
    await bulk.take_turn(conn, user_id)
    rules = await judge(conn, user_id)
    ids = list(batch)
    artists = await conn.rows(_ARTISTS, user_id=user_id, ids=ids)
    verdicts = _Verdicts()
    hidden: dict[int, bool] = {}
    names: dict[int, str] = {}
    for artist in artists:
        rule = rules.artist(artist.name, spoken=artist.spoken)
        hidden[artist.id] = verdicts.add("artist", artist, rule, with_artist=False)
        names[artist.id] = artist.name
    for album in await conn.rows(_ALBUMS, user_id=user_id, ids=ids):
        rule = rules.album(album.name)
        verdicts.add("album", album, rule, with_artist=hidden[album.artist_id] or album.grouped)
    for track in await conn.rows(_TRACKS, user_id=user_id, ids=ids):
        rule = rules.track(names[track.artist_id], track.album, track.name)
        verdicts.add("track", track, rule, with_artist=hidden[track.artist_id])
    await _write(conn, verdicts)
    days = await _repeat(conn, user_id, verdicts)
    return Stored(
        updated=verdicts.count,
        skipped=len(artists),
        touched=Touched(days=days, artists=verdicts.artists),
    )


async def judge_moved(conn: Writing, user_id: int, track_ids: Collection[int]) -> Touched:
    """Put the rules again to tracks that are on another album now; gives the days that changes."""
    rules = await judge(conn, user_id)
    if not rules.minds_albums or not track_ids:
        return Touched()
    verdicts = _Verdicts()
    for track in await conn.rows(_MOVED, user_id=user_id, ids=list(track_ids)):
        rule = rules.track(track.artist, track.album, track.name)
        verdicts.add("track", track, rule, with_artist=track.artist_hidden)
    await _write(conn, verdicts)
    days = await _repeat(conn, user_id, verdicts)
    return Touched(days=days, artists=verdicts.artists)


async def set_shown(
    conn: Writing, user_id: int, *, kind: Kind, entity_id: int, shown: bool | None
) -> Stored:
    """Show or hide something whatever the rules say; None leaves it to them again.

    What is an artist's is judged with the artist. Raises `NothingThere`.
    """
    await bulk.take_turn(conn, user_id)
    table: Any = _TABLES[kind]
    mine = update(table).where(col(table.user_id) == user_id, col(table.id) == entity_id)
    done = await conn.execute(mine.values(shown=shown))
    if not done.rowcount:
        raise NothingThere
    artist_id = entity_id
    if kind != "artist":
        artist_id = await conn.value(_OWNER_OF[kind], user_id=user_id, id=entity_id)
    conn.announce(user_id)
    return await judge_artists(conn, user_id, [artist_id])


async def artist_ids(conn: Conn, user_id: int, *, after: int, limit: int) -> list[int]:
    """The artists behind the one with id `after`, by id."""
    return await conn.rows(_AFTER, user_id=user_id, after=after, limit=limit)


def _entry(known: Known) -> Entry:
    return Entry(known.id, 0, known.name, None, hidden=known.hidden, hidden_by=None)


async def _write(conn: Writing, verdicts: _Verdicts) -> None:
    for kind, rows in verdicts.rows.items():
        if rows:
            await conn.execute(_SAY[kind], rows)


async def _repeat(conn: Writing, user_id: int, verdicts: _Verdicts) -> set[date]:
    """Say on every play what its track, artist and album say now; gives the days that changes."""
    days: set[date] = set()
    for kind, ids in verdicts.flipped.items():
        if kind != "artist" and ids:  # an artist's tracks are hidden with the artist
            days.update(await conn.rows(_DAYS[kind], user_id=user_id, ids=ids))
            await conn.execute(_REPEAT[kind], {"owner": user_id, "ids": ids})
    return days


@dataclass(slots=True)
class _Moved(_Track):
    artist: str
    artist_hidden: bool


def _said(table: Any, *more: Any) -> Iterable[Any]:
    owner = col(table.id).label("artist_id") if table is Artist else table.artist_id
    return (table.id, owner, table.name, table.shown, table.hidden, table.hidden_by, *more)


_ARTISTS = Read(
    select(*_said(Artist, col(Artist.spoken))).where(
        own(Artist.user_id), among(col(Artist.id), "ids")
    ),
    _Artist,
)
_ALBUMS = Read(
    select(*_said(Album, col(Album.group_id).is_not(None).label("grouped"))).where(
        own(Album.user_id), among(col(Album.artist_id), "ids")
    ),
    _Album,
)
_ON: Select[Any] = select(*_said(Track, col(Album.name).label("album"))).outerjoin(
    Album, col(Album.id) == col(Track.album_id)
)
_TRACKS = Read(_ON.where(own(Track.user_id), among(col(Track.artist_id), "ids")), _Track)
_MOVED = Read(
    _ON.add_columns(col(Artist.name).label("artist"), col(Artist.hidden).label("artist_hidden"))
    .join(Artist, col(Artist.id) == col(Track.artist_id))
    .where(own(Track.user_id), among(col(Track.id), "ids")),
    _Moved,
)
_SAY = {
    kind: update(table)
    .where(col(table.id) == bindparam("at"))  # type: ignore[attr-defined]  # all three have one
    .values(hidden=bindparam("now_hidden"), hidden_by=bindparam("rule"))
    for kind, table in _TABLES.items()
}
_OF_ARTISTS: Mapping[Kind, Any] = {"album": Album, "track": Track}
_OWNER_OF: Mapping[Kind, Read[int]] = {
    kind: Read(
        select(col(table.artist_id)).where(
            col(table.user_id) == OWNER, col(table.id) == bindparam("id")
        ),
        int,
    )
    for kind, table in _OF_ARTISTS.items()
}
_WRITER = bindparam("owner", type_=Id)


def _plays_of(kind: str, owner: Any) -> tuple[Any, ...]:
    """The plays of tracks or albums that say another thing than these do."""
    wrong = col(Play.hidden) != HIDDEN
    if kind == "track":
        return among(col(Play.track_id), "ids"), col(Play.user_id) == owner, wrong
    # The index of an album's plays does not begin with the user.
    return among(col(Play.album_id), "ids"), col(Play.user_id) + 0 == owner, wrong


_DAYS: Mapping[Kind, Read[date]] = {
    kind: Read(
        select(utc_day(col(Play.played_at))).where(*_plays_of(kind, OWNER)).distinct(),
        lambda day: day,
    )
    for kind in ("album", "track")
}
_REPEAT: Mapping[Kind, Any] = {
    kind: update(Play).where(*_plays_of(kind, _WRITER)).values(hidden=HIDDEN)
    for kind in ("album", "track")
}
_AFTER = Read(
    select(col(Artist.id))
    .where(col(Artist.user_id) == OWNER, col(Artist.id) > bindparam("after"))
    .order_by(col(Artist.id))
    .limit(bindparam("limit")),
    int,
)
