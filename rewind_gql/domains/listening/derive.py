"""Plays in, counts out: `listening_rollup` kept exact, counted again, and checked."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Insert,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.base import Touched
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.drift import (
    ALL_TIME,
    ARTIST_ID,
    HIDDEN,
    KINDS,
    STALE,
    drift,
    from_plays,
)
from rewind_gql.domains.listening.library import VARIOUS_ARTISTS_MBID
from rewind_gql.domains.listening.tables import Album, Artist, Gaps, Play, Rollup, Track
from rewind_gql.store.columns import Day, Id, Utc, month_of, year_of
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

__all__ = ["derive", "drift", "gaps", "rebuild"]

NEVER = date.max
# Days counted at a time: what keeps the memory of a recount small however many days it covers.
DAYS_AT_ONCE = 100
# From so many plays on an artist is worth a link.
PLAYED_OFTEN = 5


class Place(NamedTuple):
    """Where a count stands within a grain, in the order the table keeps."""

    kind: str
    entity_id: int
    bucket: date


class Count(NamedTuple):
    """Plays, and the first and last of them."""

    plays: int
    first_at: datetime
    last_at: datetime


async def derive(conn: Writing, user_id: int, touched: Touched) -> None:
    """Recount the UTC days `touched`, then the months, years and totals their changes reach.

    Running it twice changes nothing. It is right too where plays are gone or became hidden, as
    long as their days are touched.
    """
    if not touched.days:
        return
    await bulk.take_turn(conn, user_id)
    days = sorted(touched.days)
    for at in range(0, len(days), DAYS_AT_ONCE):
        await _recount(conn, user_id, days[at : at + DAYS_AT_ONCE])


async def rebuild(conn: Writing, user_id: int) -> None:
    """Count everything again, from what each play repeats of its track on upwards."""
    await bulk.take_turn(conn, user_id)
    owner = {"owner": user_id}
    await conn.execute(_REPEAT, owner)
    await conn.execute(_CLEAR, owner)
    for statement in _REBUILD:
        await conn.execute(statement, owner)


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
    live = _by_place(await conn.rows(_LIVE, user_id=user_id, days=spans))
    kinds = [(kind, day) for kind in KINDS for day in days]
    rows = await conn.rows(_STORED, user_id=user_id, days=kinds)
    stored = {Place(*row[:3]): Count(*row[3:]) for row in rows if row[0] is not None}
    changed = {place: count for place, count in live.items() if stored.get(place) != count}
    gone = stored.keys() - live.keys()
    if changed:
        counts = [(*place, *changed[place]) for place in sorted(changed)]
        await conn.execute(_WRITE[conn.dialect.name], {"owner": user_id, "counts": counts})
    if gone:
        await conn.execute(_REMOVE, {"owner": user_id, "gone": sorted(gone)})
    if changed or gone:
        await _recount_above(conn, user_id, [*changed, *gone], any_gone=bool(gone))


async def _recount_above(
    conn: Writing, user_id: int, places: Iterable[Place], *, any_gone: bool
) -> None:
    """Sum the months of these days from days, the years from months, all time from years."""
    months = {(kind, entity, clock.month_start(day)) for kind, entity, day in places}
    years = {(kind, entity, clock.year_start(month)) for kind, entity, month in months}
    ever = {(kind, entity) for kind, entity, _ in years}
    above: dict[str, list[tuple[str, int, date, date]]] = {
        "month": [(kind, entity, at, clock.next_month(at)) for kind, entity, at in months],
        "year": [(kind, entity, at, clock.next_year(at)) for kind, entity, at in years],
        "all": [(kind, entity, ALL_TIME, NEVER) for kind, entity in ever],
    }
    for grain, parts in above.items():
        bound = {"owner": user_id, "parts": sorted(parts)}
        await conn.execute(_SUM[conn.dialect.name][grain], bound)
        if any_gone:
            await conn.execute(_REMOVE_EMPTY[grain], bound)


def _by_place(rows: Iterable[Any]) -> dict[Place, Count]:
    """Counts of each day by track, artist and album, as counts of each of them and of all."""
    counts: dict[Place, Count] = {}
    for day, track_id, artist_id, album_id, plays, first_at, last_at in rows:
        places = [
            Place("total", 0, day),
            Place("artist", artist_id, day),
            Place("track", track_id, day),
        ]
        if album_id is not None:
            places.append(Place("album", album_id, day))
        for place in places:
            known = counts.get(place)
            counts[place] = (
                Count(plays, first_at, last_at)
                if known is None
                else Count(
                    known.plays + plays,
                    min(known.first_at, first_at),
                    max(known.last_at, last_at),
                )
            )
    return counts


_OWNER = bindparam("owner", type_=Id)
_COLUMNS = ["user_id", "grain", "kind", "entity_id", "bucket", "plays", "first_at", "last_at"]
_BELOW = {"month": "day", "year": "month", "all": "year"}

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
_COUNTED_DAYS = bulk.rows("days", kind=Text, day=Day)
_STORED: Read[Any] = Read(
    select(
        col(Rollup.kind),
        col(Rollup.entity_id),
        col(Rollup.bucket),
        col(Rollup.plays),
        col(Rollup.first_at),
        col(Rollup.last_at),
    )
    .select_from(_COUNTED_DAYS)
    .outerjoin(
        Rollup,
        and_(
            col(Rollup.user_id) == bindparam("user_id"),
            col(Rollup.kind) == _COUNTED_DAYS.c.kind,
            col(Rollup.grain) == literal("day"),
            col(Rollup.bucket) == _COUNTED_DAYS.c.day,
        ),
    )
)


def _insert(dialect: str, source: Select[Any]) -> Insert:
    """Write the counts of `source` over those that stand in their places."""
    statement: Any = sqlite.insert(Rollup) if dialect == "sqlite" else postgresql.insert(Rollup)
    statement = statement.from_select(_COLUMNS, source)
    new = statement.excluded
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]  # an Insert of either
        index_elements=_COLUMNS[:5],
        set_={name: new[name] for name in _COLUMNS[5:]},
    )


_COUNTS = bulk.rows(
    "counts", kind=Text, entity_id=Id, bucket=Day, plays=Id, first_at=Utc, last_at=Utc
)
_COUNTED = select(_OWNER, literal("day"), *_COUNTS.c).where(_COUNTS.c.plays > 0)
_WRITE = {dialect: _insert(dialect, _COUNTED) for dialect in ("sqlite", "postgresql")}
_PLACE = tuple_(col(Rollup.kind), col(Rollup.entity_id), col(Rollup.bucket))
_GONE = bulk.rows("gone", kind=Text, entity_id=Id, bucket=Day)
_REMOVE = delete(Rollup).where(
    col(Rollup.user_id) == _OWNER,
    col(Rollup.grain) == "day",
    _PLACE.in_(select(*_GONE.c)),
)
_PARTS = bulk.rows("parts", kind=Text, entity_id=Id, bucket=Day, until=Day)


def _within(below: Any, grain: str) -> Any:
    """The rows one grain below that make up a part."""
    return and_(
        below.user_id == _OWNER,
        below.kind == _PARTS.c.kind,
        below.entity_id == _PARTS.c.entity_id,
        below.grain == _BELOW[grain],
        below.bucket >= _PARTS.c.bucket,
        below.bucket < _PARTS.c.until,
    )


def _summed(grain: str) -> Select[Any]:
    below = aliased(Rollup)
    return (
        select(
            _OWNER,
            literal(grain),
            _PARTS.c.kind,
            _PARTS.c.entity_id,
            _PARTS.c.bucket,
            func.sum(col(below.plays)),
            func.min(col(below.first_at)),
            func.max(col(below.last_at)),
        )
        .select_from(_PARTS)
        .outerjoin(below, _within(below, grain))
        .group_by(_PARTS.c.kind, _PARTS.c.bucket, _PARTS.c.entity_id)
        .having(func.count(col(below.plays)) > 0)
    )


_SUM = {
    dialect: {grain: _insert(dialect, _summed(grain)) for grain in _BELOW}
    for dialect in ("sqlite", "postgresql")
}


def _remove_empty(grain: str) -> Any:
    below = aliased(Rollup)
    empty = select(_PARTS.c.kind, _PARTS.c.entity_id, _PARTS.c.bucket).where(
        not_(exists().where(_within(below, grain)))
    )
    return delete(Rollup).where(
        col(Rollup.user_id) == _OWNER, col(Rollup.grain) == grain, _PLACE.in_(empty)
    )


_REMOVE_EMPTY = {grain: _remove_empty(grain) for grain in _BELOW}


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
            _OWNER,
            literal(grain),
            col(below.kind),
            col(below.entity_id),
            bucket,
            func.sum(col(below.plays)),
            func.min(col(below.first_at)),
            func.max(col(below.last_at)),
        )
        .where(col(below.user_id) == _OWNER, col(below.grain) == _BELOW[grain])
        .where(col(below.kind).in_([literal(kind) for kind in KINDS]))
        .group_by(*keys)
        .order_by(*keys)
    )


def _days(kind: str) -> Select[Any]:
    """Every day's count by one kind, counted from the plays, in the order of the table."""
    counted = from_plays(kind, "day", _OWNER).subquery()
    bucket, entity_id, *counts = counted.c
    return select(_OWNER, literal("day"), literal(kind), entity_id, bucket, *counts).order_by(
        entity_id, bucket
    )


_REBUILD = [
    *(insert(Rollup).from_select(_COLUMNS, _days(kind)) for kind in KINDS),
    *(insert(Rollup).from_select(_COLUMNS, _from_below(grain)) for grain in _BELOW),
]
_REPEAT = (
    update(Play)
    .where(col(Play.user_id) == _OWNER, STALE)
    .values(hidden=HIDDEN, artist_id=ARTIST_ID)
)
_CLEAR = delete(Rollup).where(col(Rollup.user_id) == _OWNER)


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
