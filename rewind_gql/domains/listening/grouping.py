"""Albums that are one although each track's artist has one: found, shown as one, and parted."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.base import Stored, Touched
from rewind_gql.domains.listening import bulk, filters, library
from rewind_gql.domains.listening.drift import HIDDEN
from rewind_gql.domains.listening.library import VARIOUS_ARTISTS, VARIOUS_ARTISTS_KEY, Wanted
from rewind_gql.domains.listening.queries.columns import OWNER, own
from rewind_gql.domains.listening.tables import Album, Artist, Grouping, Play, Track
from rewind_gql.errors import NotFound
from rewind_gql.store.columns import Id, Utc, among, utc_day
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

Reason = Literal["mbid", "session", "catalogue"]

MANY = 4
"""Artists of whom an album is a compilation, when nothing but its name says that it is one."""
PAUSE = timedelta(minutes=30)
"""Between two plays of one session."""
SESSION = timedelta(hours=24)

# Names that many artists give to albums of their own.
USUAL = {
    "anthology", "b sides", "best of", "collection", "demo", "demos", "essentials", "gold",
    "greatest hits", "hits", "live", "remixes", "singles", "the best of", "the collection",
    "the essential", "the very best of", "unplugged",
}  # fmt: skip


class NotGrouped(NotFound):
    """There is no such album, or none that others are part of."""


@dataclass(frozen=True, slots=True)
class _Album:
    id: int
    artist_id: int
    match_key: str
    name: str
    mbid: str | None
    apple_music_id: str | None
    compilation: bool | None
    group_id: int | None
    artist_key: str
    leads: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """Albums that are one, and how that shows."""

    reason: Reason
    albums: list[_Album]


async def group(conn: Writing, user_id: int, artists: Collection[int] | None = None) -> Stored:
    """Show albums as one that share a MusicBrainz id, a session of many artists, or a catalogue's.

    Looked at are the albums of these artists and what may be one with them; None looks at all.
    What somebody parted stays parted. Running it twice changes nothing. `updated` counts the albums
    that became part of another; touched are the days of their plays, whose they are, and whose the
    albums are that anything of these artists is part of, now or before.
    """
    await bulk.take_turn(conn, user_id)
    if artists is None:
        albums = await conn.rows(_ALIKE, user_id=user_id)
    else:
        albums = await conn.rows(_ALIKE_THEIRS, user_id=user_id, artists=sorted(artists))
    stored = Stored()
    done: set[int] = set()
    for found in await _ones(conn, user_id, albums):
        parts = [each for each in found.albums if each.id not in done]
        if len({each.artist_id for each in parts}) > 1:
            await _join(conn, user_id, _Found(found.reason, parts), stored)
            done.update(each.id for each in parts)
    touched = stored.touched.artists | set(artists or ())
    stored.touched.artists.update(await _leading(conn, user_id, touched))
    return stored


async def part(conn: Writing, user_id: int, *, album_id: int) -> Stored:
    """Show every album again by itself that is part of this one, and never group them again.

    Raises `NotGrouped`.
    """
    await bulk.take_turn(conn, user_id)
    members = await conn.rows(_MEMBERS, user_id=user_id, group_id=album_id)
    if not members:
        raise NotGrouped
    bound = {"owner": user_id, "leader": album_id}
    plays = await conn.rows(_TOLD, user_id=user_id, group_id=album_id)
    leading = await _leading(conn, user_id, {artist_id for _, artist_id in members})
    await conn.execute(_PART_PLAYS, bound)
    await conn.execute(_PART_ALBUMS, bound)
    await conn.execute(_UNDO, {**bound, "now": clock.now()})
    tracks = {track_id for track_id, _ in plays}
    await library.point(conn, user_id, tracks)
    artists = {artist_id for _, artist_id in members}
    artists.update(leading)
    touched = Touched(days={day for _, day in plays}, artists=artists)
    touched.add((await filters.judge_artists(conn, user_id, sorted(artists))).touched)
    conn.announce(user_id)
    return Stored(updated=len(members), touched=touched)


async def _leading(conn: Writing, user_id: int, artists: Collection[int]) -> list[int]:
    """Whose the albums are that albums of these artists are part of."""
    return await conn.rows(_LEADING, user_id=user_id, artists=sorted(artists))


async def _ones(conn: Writing, user_id: int, albums: Sequence[_Album]) -> list[_Found]:
    """Which of these albums are one, as far as not all of them are shown as one already."""
    found = [
        *_same("mbid", albums, lambda each: each.mbid),
        *_same("catalogue", albums, lambda each: each.apple_music_id if each.compilation else None),
    ]
    by_name: defaultdict[str, list[_Album]] = defaultdict(list)
    for album in albums:
        by_name[album.match_key].append(album)
    named = [each for key, each in by_name.items() if key not in USUAL and _may_be_one(each)]
    if named:
        ids = [album.id for each in named for album in each]
        plays: defaultdict[int, list[datetime]] = defaultdict(list)
        for album_id, at in await conn.rows(_HEARD, user_id=user_id, ids=ids):
            plays[album_id].append(at)
        found += [_Found("session", one) for each in named if (one := _in_session(each, plays))]
    return [each for each in found if not _are_one(each.albums)]


def _same(reason: Reason, albums: Iterable[_Album], key: Any) -> list[_Found]:
    found: defaultdict[str, list[_Album]] = defaultdict(list)
    for album in albums:
        if at := key(album):
            found[at].append(album)
    several = (each for each in found.values() if len({one.artist_id for one in each}) > 1)
    return [_Found(reason, each) for each in several]


def _may_be_one(albums: Sequence[_Album]) -> bool:
    """Whether so many artists have an album of the name, and no ids say that they are others."""
    ids = {each.mbid for each in albums if each.mbid}
    return len({each.artist_id for each in albums}) >= MANY and len(ids) < 2


def _are_one(albums: Sequence[_Album]) -> bool:
    """Whether they are shown as one already."""
    leaders = {each.group_id for each in albums if each.group_id is not None}
    return len(leaders) == 1 and all(each.group_id or each.id in leaders for each in albums)


def _in_session(albums: Sequence[_Album], plays: dict[int, list[datetime]]) -> list[_Album]:
    """Those of the albums that were heard in one session with as many artists as it takes."""
    by_id = {each.id: each for each in albums}
    heard = sorted((at, album_id) for album_id in by_id for at in plays.get(album_id, ()))
    found: set[int] = set()
    for session in _sessions(heard):
        if len({by_id[album_id].artist_id for album_id in session}) >= MANY:
            found |= session
    return [each for each in albums if each.id in found]


def _sessions(heard: Sequence[tuple[datetime, int]]) -> list[set[int]]:
    """The albums of each stretch of plays without a long pause, a day at most."""
    found: list[set[int]] = []
    begun: datetime | None = None
    before: datetime | None = None
    for at, album_id in heard:
        if before is None or begun is None or at - before > PAUSE or at - begun > SESSION:
            begun = at
            found.append(set())
        found[-1].add(album_id)
        before = at
    return found


async def _join(conn: Writing, user_id: int, found: _Found, stored: Stored) -> None:
    """Make albums part of one of them, or of one by various artists."""
    leader = await _leader(conn, user_id, found)
    free = [each for each in found.albums if each.group_id is None and not each.leads]
    parts = [each for each in free if each.id != leader]
    if not parts:
        return
    ids = [each.id for each in parts]
    days = await conn.rows(_DAYS, user_id=user_id, ids=ids)
    tracks = await conn.rows(_TRACKS, user_id=user_id, ids=ids)
    bound = {"owner": user_id, "leader": leader, "ids": ids}
    for statement in (_MOVE_PLAYS, _JOIN, _MOVE_TRACKS):
        await conn.execute(statement, bound)
    await conn.execute(_HIDE_PLAYS, {"owner": user_id, "leader": leader})
    now = clock.now()
    audit = {"user_id": user_id, "group_id": leader, "reason": found.reason, "grouped_at": now}
    await conn.execute(insert(Grouping), [{**audit, "album_id": at} for at in ids])
    artists = {each.artist_id for each in found.albums}
    stored.updated += len(ids)
    stored.touched.add(Touched(days={*days}, artists=artists))
    stored.touched.add(await filters.judge_moved(conn, user_id, tracks))


async def _leader(conn: Writing, user_id: int, found: _Found) -> int:
    """What the others become part of.

    That is what others are part of already, or the one by Various Artists, or that of an artist who
    has most of the tracks, or a new one by Various Artists.
    """
    albums = found.albums
    leaders = {each.id for each in albums if each.leads} | {each.group_id for each in albums}
    known = sorted(each for each in leaders if each is not None)
    known += [each.id for each in albums if each.artist_key == VARIOUS_ARTISTS_KEY]
    if known:
        return known[0]
    ids = [each.id for each in albums]
    tracks = Counter(dict(await conn.rows(_TRACKS_ON, user_id=user_id, ids=ids)))
    first = max(albums, key=lambda each: (tracks[each.id], -each.id))
    few = len({each.artist_id for each in albums}) < MANY
    if found.reason != "catalogue" and (few or 2 * tracks[first.id] > tracks.total()):
        return first.id
    artists = await library.artists(conn, user_id, {VARIOUS_ARTISTS_KEY: Wanted(VARIOUS_ARTISTS)})
    place = artists[VARIOUS_ARTISTS_KEY].id, first.match_key
    made = await library.albums(conn, user_id, {place: Wanted(first.name, first.mbid)})
    await filters.judge_new(conn, user_id, artists, made, {})
    return made[place].id


_PARTED = exists().where(
    col(Grouping.album_id) == col(Album.id), col(Grouping.undone_at).is_not(None)
)
_PART = aliased(Album)
_COMPILED: Any = Album.compilation
_LEADS = exists().where(col(_PART.group_id) == col(Album.id))


def _shared(column: str, number: int, *, theirs: bool) -> Any:
    """What so many artists' albums have in common; `theirs`: of some artists among them."""
    one, other = aliased(Album), aliased(Album)
    shared = getattr(one, column)
    found = select(shared).where(col(one.user_id) == OWNER, shared.is_not(None))
    if theirs:
        of = select(getattr(other, column)).where(
            own(other.user_id), among(col(other.artist_id), "artists")
        )
        found = found.where(shared.in_(of))
    return found.group_by(shared).having(func.count(col(one.artist_id).distinct()) >= number)


def _alike(*, theirs: bool) -> Read[_Album]:
    named = col(Album.match_key).in_(_shared("match_key", MANY, theirs=theirs))
    known = col(Album.mbid).in_(_shared("mbid", 2, theirs=theirs))
    sold = and_(
        _COMPILED,
        col(Album.apple_music_id).in_(_shared("apple_music_id", 2, theirs=theirs)),
    )
    return Read(
        select(
            *(
                col(getattr(Album, name))
                for name in (
                    "id",
                    "artist_id",
                    "match_key",
                    "name",
                    "mbid",
                    "apple_music_id",
                    "compilation",
                    "group_id",
                )
            ),
            col(Artist.match_key).label("artist_key"),
            _LEADS.label("leads"),
        )
        .join(Artist, col(Artist.id) == col(Album.artist_id))
        .where(col(Album.user_id) == OWNER, or_(named, known, sold), not_(_PARTED))
        .where(or_(not_(col(Album.hidden)), col(Album.group_id).is_not(None)))
        .order_by(col(Album.id)),
        _Album,
    )


_ALIKE, _ALIKE_THEIRS = _alike(theirs=False), _alike(theirs=True)
_TOLD_ON = func.coalesce(col(Play.told_album_id), col(Play.album_id))
# The index of an album's plays does not begin with the user.
_ON_THESE = (col(Play.user_id) + 0 == OWNER, among(col(Play.album_id), "ids"))
_HEARD: Read[Any] = Read(select(_TOLD_ON, col(Play.played_at)).where(*_ON_THESE))
_DAYS: Read[date] = Read(
    select(utc_day(col(Play.played_at))).where(*_ON_THESE).distinct(), lambda day: day
)
_TRACKS = Read(
    select(col(Track.id)).where(own(Track.user_id), among(col(Track.album_id), "ids")), int
)
_TRACKS_ON: Read[Any] = Read(
    select(col(Track.album_id), func.count())
    .where(own(Track.user_id), among(col(Track.album_id), "ids"))
    .group_by(col(Track.album_id))
)
_MEMBERS: Read[Any] = Read(
    select(col(Album.id), col(Album.artist_id)).where(
        own(Album.user_id), col(Album.group_id) == bindparam("group_id", type_=Id)
    )
)
_LEADING = Read(
    select(col(Album.artist_id))
    .join(_PART, col(_PART.group_id) == col(Album.id))
    .where(
        own(Album.user_id),
        col(_PART.user_id) == OWNER,
        col(_PART.group_id).is_not(None),
        among(col(_PART.artist_id), "artists"),
    )
    .distinct(),
    int,
)
_TOLD: Read[Any] = Read(
    select(col(Play.track_id), utc_day(col(Play.played_at)))
    .where(
        col(Play.user_id) + 0 == OWNER,
        col(Play.album_id) == bindparam("group_id", type_=Id),
        col(Play.told_album_id).is_not(None),
    )
    .distinct()
)
_WRITER = bindparam("owner", type_=Id)
_LEADER = bindparam("leader", type_=Id)
_LED = (col(Play.user_id) + 0 == _WRITER, col(Play.album_id) == _LEADER)
_MOVE_PLAYS = (
    update(Play)
    .where(col(Play.user_id) + 0 == _WRITER, among(col(Play.album_id), "ids"))
    .values(told_album_id=_TOLD_ON, album_id=_LEADER)
)
_HIDE_PLAYS = update(Play).where(*_LED, col(Play.hidden) != HIDDEN).values(hidden=HIDDEN)
_MOVE_TRACKS = (
    update(Track)
    .where(col(Track.user_id) == _WRITER, among(col(Track.album_id), "ids"))
    .values(album_id=_LEADER)
)
_JOIN = (
    update(Album)
    .where(col(Album.user_id) == _WRITER, among(col(Album.id), "ids"))
    .values(group_id=_LEADER, hidden=True)
)
_PART_PLAYS = (
    update(Play)
    .where(*_LED, col(Play.told_album_id).is_not(None))
    .values(album_id=col(Play.told_album_id), told_album_id=None)
)
_PART_ALBUMS = (
    update(Album)
    .where(col(Album.user_id) == _WRITER, col(Album.group_id) == _LEADER)
    .values(group_id=None)
)
_UNDO = (
    update(Grouping)
    .where(
        col(Grouping.user_id) == _WRITER,
        col(Grouping.group_id) == _LEADER,
        col(Grouping.undone_at).is_(None),
    )
    .values(undone_at=bindparam("now", type_=Utc()))
)
