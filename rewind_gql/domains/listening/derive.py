"""Plays in, counts out: `listening_rollup` kept exact, counted again, and checked."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.base import Touched
from rewind_gql.domains.listening import bulk, genres, packs
from rewind_gql.domains.listening.counting import (
    BELOW,
    COLUMNS,
    OWNER,
    WIDE,
    Count,
    Place,
    settle,
)
from rewind_gql.domains.listening.drift import (
    ALL_TIME,
    ARTIST_ID,
    HIDDEN,
    KINDS,
    STALE,
    breadth,
    drift,
    from_plays,
)
from rewind_gql.domains.listening.library import VARIOUS_ARTISTS_MBID
from rewind_gql.domains.listening.tables import Album, Artist, Breadth, Gaps, Play, Rollup, Track
from rewind_gql.store.columns import Day, Utc, month_of, year_of
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

__all__ = ["derive", "drift", "gaps", "rebuild"]

# Days counted at a time: what keeps the memory of a recount small however many days it covers.
DAYS_AT_ONCE = 100
# From so many plays on an artist is worth a link.
PLAYED_OFTEN = 5


async def derive(conn: Writing, user_id: int, touched: Touched) -> None:
    """Recount the UTC days `touched`, then the months, years and totals their changes reach.

    Running it twice changes nothing. It is right too where plays are gone or became hidden, as
    long as their days are touched.
    """
    if not touched.days:
        return
    await bulk.take_turn(conn, user_id)
    days = sorted(touched.days)
    await packs.drop(conn, user_id, days)
    for at in range(0, len(days), DAYS_AT_ONCE):
        await _recount(conn, user_id, days[at : at + DAYS_AT_ONCE])


async def rebuild(conn: Writing, user_id: int) -> None:
    """Count everything again, from what each play repeats of its track on upwards."""
    await bulk.take_turn(conn, user_id)
    owner = {"owner": user_id}
    await conn.execute(_REPEAT, owner)
    await genres.name_all(conn, user_id)
    for clear in _CLEAR:
        await conn.execute(clear, owner)
    await packs.drop_all(conn, user_id)
    for statement in _REBUILD:
        await conn.execute(statement, owner)
    await packs.pack(conn, user_id)


async def gaps(conn: Writing, user_id: int) -> None:
    """Count into `listening_gaps` what enrichment and attribution leave open."""
    counts = await conn.value(_GAPS, user_id=user_id)
    names = (
        "artists_without_link",
        "played_artists_without_link",
        "tracks_not_enriched",
        "album_artist_mismatches",
    )
    row = {"user_id": user_id, "counted_at": clock.now(), **dict(zip(names, counts, strict=True))}
    await upsert(conn, Gaps, [row], key=["user_id"], update=[*names, "counted_at"])


async def _recount(conn: Writing, user_id: int, days: list[date]) -> None:
    spans = [(day, clock.midnight(day), clock.midnight(day) + clock.DAY) for day in days]
    rows = await conn.rows(_LIVE, user_id=user_id, days=spans)
    played = await genres.by_artist(conn, user_id, {row[2] for row in rows})
    await settle(conn, user_id, days, KINDS, _by_place(rows, played))


def _by_place(rows: Iterable[Any], played: Mapping[int, int]) -> dict[Place, Count]:
    """Counts of each day by track, artist and album, as counts of each of them and of all.

    `played` is the genre of each artist that has one.
    """
    counts: dict[Place, Count] = {}
    for day, track_id, artist_id, album_id, *counted in rows:
        count = Count(*counted)
        heard = {
            "total": 0,
            "artist": artist_id,
            "track": track_id,
            "album": album_id,
            "genre": played.get(artist_id),
        }
        for kind, entity_id in heard.items():
            if entity_id is not None:
                place = Place(kind, entity_id, day)
                counts[place] = count.plus(counts.get(place))
    return counts


_DAYS = bulk.rows("days", day=Day, since=Utc, until=Utc)
_LIVE: Read[Any] = Read(
    select(
        _DAYS.c.day,
        col(Play.track_id),
        col(Play.artist_id),
        col(Play.album_id),
        func.count(),
        func.min(col(Play.played_at)),
        func.max(col(Play.played_at)),
    )
    .select_from(_DAYS)
    .join(
        Play,
        and_(
            col(Play.user_id) == bindparam("user_id"),
            col(Play.played_at) >= _DAYS.c.since,
            col(Play.played_at) < _DAYS.c.until,
            not_(col(Play.hidden)),
        ),
    )
    .group_by(_DAYS.c.day, col(Play.track_id), col(Play.artist_id), col(Play.album_id))
)


def _from_below(grain: str) -> Select[Any]:
    """Every count of one grain, summed from the grain below."""
    below = aliased(Rollup)
    buckets: dict[str, Any] = {
        "month": month_of(col(below.bucket), type_=Day()),
        "year": year_of(col(below.bucket), type_=Day()),
        "all": literal(ALL_TIME, Day()),
    }
    bucket = buckets[grain].label("coarse")
    keys = [col(below.kind), col(below.entity_id), bucket]
    if grain == "all":
        keys.remove(bucket)
    return (
        select(
            OWNER,
            literal(grain),
            col(below.kind),
            col(below.entity_id),
            bucket,
            func.sum(col(below.plays)),
            func.min(col(below.first_at)),
            func.max(col(below.last_at)),
        )
        .where(col(below.user_id) == OWNER, col(below.grain) == BELOW[grain])
        .where(col(below.kind).in_([literal(kind) for kind in KINDS]))
        .group_by(*keys)
        .order_by(*keys)
    )


def _days(kind: str) -> Select[Any]:
    """Every day's count by one kind, counted from the plays, in the order of the table."""
    counted = from_plays(kind, "day", OWNER).subquery()
    bucket, entity_id, *counts = counted.c
    return select(OWNER, literal("day"), literal(kind), entity_id, bucket, *counts).order_by(
        entity_id, bucket
    )


_REBUILD = [
    *(insert(Rollup).from_select(COLUMNS, _days(kind)) for kind in KINDS),
    *(insert(Rollup).from_select(COLUMNS, _from_below(grain)) for grain in BELOW),
    insert(Breadth).from_select(
        ["user_id", "grain", "bucket", *(f"{kind}s" for kind in WIDE)], breadth(OWNER)
    ),
]
_REPEAT = (
    update(Play).where(col(Play.user_id) == OWNER, STALE).values(hidden=HIDDEN, artist_id=ARTIST_ID)
)
_CLEAR = [
    delete(Rollup).where(col(Rollup.user_id) == OWNER),
    delete(Breadth).where(col(Breadth.user_id) == OWNER),
]


def _gap(count: Any) -> Any:
    return count.scalar_subquery()


_UNLINKED = (
    select(func.count())
    .select_from(Artist)
    .where(
        col(Artist.user_id) == bindparam("user_id"),
        not_(col(Artist.hidden)),
        col(Artist.apple_music_url).is_(None),
    )
)
_OFTEN = exists().where(
    col(Rollup.user_id) == bindparam("user_id"),
    col(Rollup.kind) == "artist",
    col(Rollup.grain) == "all",
    col(Rollup.bucket) == literal(ALL_TIME, Day()),
    col(Rollup.entity_id) == col(Artist.id),
    col(Rollup.plays) >= PLAYED_OFTEN,
)
_OWNER_OF_ALBUM = aliased(Artist)
_GAPS: Read[Any] = Read(
    select(
        _gap(_UNLINKED),
        _gap(_UNLINKED.where(_OFTEN)),
        _gap(
            select(func.count())
            .select_from(Track)
            .where(
                col(Track.user_id) == bindparam("user_id"),
                not_(col(Track.hidden)),
                col(Track.itunes_tried_at).is_(None),
            )
        ),
        _gap(
            select(func.count())
            .select_from(Track)
            .join(Album, col(Album.id) == col(Track.album_id))
            .join(_OWNER_OF_ALBUM, col(_OWNER_OF_ALBUM.id) == col(Album.artist_id))
            .where(
                col(Track.user_id) == bindparam("user_id"),
                col(Track.artist_id) != col(Album.artist_id),
                func.coalesce(col(_OWNER_OF_ALBUM.mbid), "") != VARIOUS_ARTISTS_MBID,
            )
        ),
    )
)
