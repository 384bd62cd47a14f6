"""What artists and albums are known by: their place, their best, and who is like them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col, not_

from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.queries.columns import ALL_GRAIN, OWNER, of, own
from rewind_gql.domains.listening.tables import Album, Artist, Play, Rollup, Similar, Track
from rewind_gql.store.columns import Day, Id, among
from rewind_gql.store.read import Conn, Read

BEST = 10


@dataclass(slots=True, kw_only=True)
class _BestAlbum:
    artist_id: int
    plays: int
    album: views.Album
    artist: views.Artist


@dataclass(slots=True, kw_only=True)
class _BestTrack:
    parent_id: int
    plays: int
    track: views.Track
    album: views.Album | None


@dataclass(slots=True, kw_only=True)
class _Like:
    parent_id: int
    plays: int
    score: float
    artist: views.Artist


async def ranks_by_artist(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, int]:
    """The place of each of these artists among the most played ever; those never played left out.

    Ties as in `top_artists`.
    """
    return dict(await conn.rows(_RANKS, user_id=user_id, ids=ids))


async def played_tracks_by_artist(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, int]:
    """How many tracks of each of these artists were heard; artists without are left out."""
    return dict(await conn.rows(_PLAYED_TRACKS, user_id=user_id, ids=ids))


async def best_albums_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int], *, limit: int = BEST
) -> dict[int, list[views.KnownAlbum]]:
    """The most played albums of each of these artists; those heard by one track alone left out."""
    found: defaultdict[int, list[views.KnownAlbum]] = defaultdict(list)
    for row in await conn.rows(_BEST_ALBUMS, user_id=user_id, ids=ids, limit=limit):
        known = views.KnownAlbum(album=row.album, artist=row.artist, plays=row.plays)
        found[row.artist_id].append(known)
    return dict(found)


async def best_tracks_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int], *, limit: int = BEST
) -> dict[int, list[views.KnownTrack]]:
    """The most played tracks of each of these artists; those never heard fill up the list."""
    rows = await conn.rows(_BEST_TRACKS["artist"], user_id=user_id, ids=ids, limit=limit)
    return _known(rows)


async def best_tracks_by_album(
    conn: Conn, user_id: int, ids: Sequence[int], *, limit: int
) -> dict[int, list[views.KnownTrack]]:
    """Tracks last heard on each of these albums, most played first, those never heard too."""
    rows = await conn.rows(_BEST_TRACKS["album"], user_id=user_id, ids=ids, limit=limit)
    return _known(rows)


async def like_by_artist(
    conn: Conn, user_id: int, ids: Sequence[int], *, limit: int = BEST
) -> dict[int, list[views.LikeArtist]]:
    """Artists in the library said to be like each of these, the most alike first.

    Hidden ones are left out, and those all of whose tracks are hidden.
    """
    found: defaultdict[int, list[views.LikeArtist]] = defaultdict(list)
    for row in await conn.rows(_LIKE, user_id=user_id, ids=ids, limit=limit):
        like = views.LikeArtist(artist=row.artist, plays=row.plays, score=row.score)
        found[row.parent_id].append(like)
    return dict(found)


def _known(rows: Iterable[_BestTrack]) -> dict[int, list[views.KnownTrack]]:
    found: defaultdict[int, list[views.KnownTrack]] = defaultdict(list)
    for row in rows:
        known = views.KnownTrack(track=row.track, album=row.album, plays=row.plays)
        found[row.parent_id].append(known)
    return dict(found)


def _ever(rollup: Any, kind: str, entity_id: Any) -> Any:
    """The counts of all time of one entity."""
    return and_(
        col(rollup.user_id) == OWNER,
        col(rollup.kind) == literal(kind),
        col(rollup.grain) == ALL_GRAIN,
        col(rollup.bucket) == literal(ALL_TIME, Day()),
        col(rollup.entity_id) == entity_id,
    )


_BETTER = aliased(Rollup)
_LATER = or_(
    col(_BETTER.plays) > col(Rollup.plays),
    col(_BETTER.last_at) > col(Rollup.last_at),
    and_(
        col(_BETTER.last_at) == col(Rollup.last_at),
        col(_BETTER.entity_id) < col(Rollup.entity_id),
    ),
)
_PLACE = (
    select(func.count() + 1)
    .select_from(_BETTER)
    .where(
        col(_BETTER.user_id) == OWNER,
        col(_BETTER.kind) == literal("artist"),
        col(_BETTER.grain) == ALL_GRAIN,
        col(_BETTER.plays) >= col(Rollup.plays),
        _LATER,
    )
    .correlate(Rollup)
    .scalar_subquery()
)
_RANKS: Read[Any] = Read(
    select(col(Rollup.entity_id), _PLACE).where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal("artist"),
        col(Rollup.grain) == ALL_GRAIN,
        col(Rollup.bucket) == literal(ALL_TIME, Day()),
        among(col(Rollup.entity_id), "ids"),
    )
)
_PLAYED_TRACKS: Read[Any] = Read(
    select(col(Track.artist_id), func.count())
    .where(
        among(col(Track.artist_id), "ids"),
        own(col(Track.user_id)),
        exists().where(_ever(Rollup, "track", col(Track.id))),
    )
    .group_by(col(Track.artist_id))
)


def _heard_on(album_id: Any) -> Any:
    return and_(col(Play.album_id) == album_id, not_(col(Play.hidden)))


_ONE_TRACK = (
    select(col(Play.track_id))
    .where(_heard_on(col(Album.id)))
    .limit(literal(1))
    .correlate(Album)
    .scalar_subquery()
)
_TWO_TRACKS = exists().where(_heard_on(col(Album.id)), col(Play.track_id) != _ONE_TRACK)


def _best_albums() -> Read[_BestAlbum]:
    plays = func.coalesce(col(Rollup.plays), 0)
    order = (plays.desc(), col(Rollup.last_at).desc(), col(Album.id))
    place = func.row_number().over(partition_by=col(Album.artist_id), order_by=order)
    # An outer join keeps its order: the artists' albums, and not all that were ever heard.
    ranked = (
        select(col(Album.id).label("id"), plays.label("plays"), place.label("place"))
        .outerjoin(Rollup, _ever(Rollup, "album", col(Album.id)))
        .where(
            among(col(Album.artist_id), "ids"),
            own(col(Album.user_id)),
            not_(col(Album.hidden)),
            _TWO_TRACKS,
        )
        .subquery("ranked")
    )
    return Read(
        select(
            col(Album.artist_id).label("artist_id"),
            ranked.c.plays,
            *of(views.Album, Album, "album__"),
            *of(views.Artist, Artist, "artist__"),
        )
        .select_from(ranked)
        .join(Album, col(Album.id) == ranked.c.id)
        .join(Artist, col(Artist.id) == col(Album.artist_id))
        .where(ranked.c.place <= bindparam("limit", type_=Id), ranked.c.plays > 0)
        .order_by(ranked.c.place),
        _BestAlbum,
    )


def _best_tracks(parent: Any) -> Read[_BestTrack]:
    plays = func.coalesce(col(Rollup.plays), 0)
    order = (plays.desc(), col(Rollup.last_at).desc(), col(Track.id))
    place = func.row_number().over(partition_by=parent, order_by=order)
    ranked = (
        select(
            col(Track.id).label("id"),
            parent.label("parent_id"),
            plays.label("plays"),
            place.label("place"),
        )
        .outerjoin(Rollup, _ever(Rollup, "track", col(Track.id)))
        .where(among(parent, "ids"), own(col(Track.user_id)), not_(col(Track.hidden)))
        .subquery("ranked")
    )
    return Read(
        select(
            ranked.c.parent_id,
            ranked.c.plays,
            *of(views.Track, Track, "track__"),
            *of(views.Album, Album, "album__"),
        )
        .select_from(ranked)
        .join(Track, col(Track.id) == ranked.c.id)
        .outerjoin(Album, col(Album.id) == col(Track.album_id))
        .where(ranked.c.place <= bindparam("limit", type_=Id))
        .order_by(ranked.c.place),
        _BestTrack,
    )


_BEST_ALBUMS = _best_albums()
_BEST_TRACKS = {
    "artist": _best_tracks(col(Track.artist_id)),
    "album": _best_tracks(col(Track.album_id)),
}


def _like() -> Read[_Like]:
    own_track = col(Track.artist_id) == col(Artist.id)
    shown = or_(exists().where(own_track, not_(col(Track.hidden))), not_(exists().where(own_track)))
    place = func.row_number().over(partition_by=col(Similar.artist_id), order_by=col(Similar.rank))
    ranked = (
        select(
            col(Similar.artist_id).label("parent_id"),
            col(Similar.score).label("score"),
            col(Artist.id).label("id"),
            place.label("place"),
        )
        .join(
            Artist,
            and_(
                col(Artist.user_id) == OWNER,
                col(Artist.match_key) == col(Similar.match_key),
                not_(col(Artist.hidden)),
                shown,
            ),
        )
        .where(col(Similar.user_id) == OWNER, among(col(Similar.artist_id), "ids"))
        .subquery("ranked")
    )
    return Read(
        select(
            ranked.c.parent_id,
            func.coalesce(col(Rollup.plays), 0).label("plays"),
            ranked.c.score,
            *of(views.Artist, Artist, "artist__"),
        )
        .select_from(ranked)
        .join(Artist, col(Artist.id) == ranked.c.id)
        .outerjoin(Rollup, _ever(Rollup, "artist", ranked.c.id))
        .where(ranked.c.place <= bindparam("limit", type_=Id))
        .order_by(ranked.c.place),
        _Like,
    )


_LIKE = _like()
