"""Where the counts beside the plays and the plays themselves disagree."""

from typing import Any

from sqlalchemy import and_, bindparam, case, except_, func, literal, or_, select, union_all
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import packs
from rewind_gql.domains.listening.tables import (
    Album,
    Artist,
    Breadth,
    Genre,
    Play,
    Rollup,
    Track,
)
from rewind_gql.store.columns import Day, Id, month_of, utc_day, year_of
from rewind_gql.store.read import Conn, Read

KINDS = ("total", "artist", "album", "track", "genre")
GRAINS = ("day", "month", "year", "all")
ALL_TIME = clock.EPOCH.date()
SHOWN = 5


async def drift(conn: Conn, user_id: int) -> list[str]:
    """Where the counts differ from the plays, in words; an empty list when they agree.

    Shape: the first few of each kind of difference, and a line where there are more.
    Source: every play is read once for each kind and grain, so this takes seconds at a million.
    """
    found = []
    stale = await conn.value(_COUNT_STALE, user_id=user_id)
    if stale:
        found.append(f"{stale} plays repeat their track's artist, or what is hidden, wrongly")
    for (kind, grain), read in _DIFFERENCES.items():
        rows = await conn.rows(read, user_id=user_id, limit=SHOWN + 1)
        found += [_words(kind, grain, *row) for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            found.append(f"{kind} by {grain}: more differences")
    for grain, bucket in await conn.rows(_NARROW, user_id=user_id, limit=SHOWN):
        found.append(f"{grain} {bucket}: how many different things were heard is counted wrongly")
    for month in (await packs.wrong(conn, user_id))[:SHOWN]:
        found.append(f"month {month}: what is packed differs from the plays")
    return found


def _words(kind: str, grain: str, *row: Any) -> str:
    """One difference as a sentence."""
    counted, bucket, entity_id, plays, first_at, last_at = row
    what = kind if kind == "total" else f"{kind} {entity_id}"
    when = "all time" if grain == "all" else f"{grain} {bucket}"
    whose = "plays" if counted else "counts"
    return f"{what}, {when}: only the {whose} say {plays}, {first_at} to {last_at}"


def from_plays(kind: str, grain: str, owner: Any) -> Any:
    """Every bucket, entity and count of one kind and grain, counted from the plays."""
    entities: dict[str, Any] = {
        "total": literal(0, Id),
        "artist": col(Play.artist_id),
        "album": col(Play.album_id),
        "track": col(Play.track_id),
        "genre": col(Genre.id),
    }
    day = utc_day(col(Play.played_at))
    buckets: dict[str, Any] = {
        "day": day,
        "month": month_of(day),
        "year": year_of(day),
        "all": literal(ALL_TIME, Day()),
    }
    bucket, entity = buckets[grain].label("bucket"), entities[kind].label("entity_id")
    counted: Any = select(
        bucket,
        entity,
        func.count().label("plays"),
        func.min(col(Play.played_at)).label("first_at"),
        func.max(col(Play.played_at)).label("last_at"),
    ).where(col(Play.user_id) == owner, not_(col(Play.hidden)))
    if kind == "album":
        counted = counted.where(col(Play.album_id).is_not(None))
    if kind == "genre":
        named = and_(col(Genre.user_id) == owner, col(Genre.name) == col(Artist.genre))
        counted = counted.join(Artist, col(Artist.id) == col(Play.artist_id)).join(Genre, named)
    keys = ([] if grain == "all" else [bucket]) + ([] if kind == "total" else [entity])
    return counted.group_by(*keys).having(func.count() > 0)


def breadth(owner: Any) -> Any:
    """How many different artists, albums and tracks have counts in each month and year and ever."""

    def different(kind: str) -> Any:
        return func.sum(case((col(Rollup.kind) == literal(kind), 1), else_=0)).label(f"{kind}s")

    return (
        select(
            col(Rollup.user_id),
            col(Rollup.grain),
            col(Rollup.bucket),
            *(different(kind) for kind in ("artist", "album", "track")),
        )
        .where(
            col(Rollup.user_id) == owner,
            col(Rollup.grain).in_([literal(grain) for grain in ("month", "year", "all")]),
            col(Rollup.kind).in_([literal(kind) for kind in ("artist", "album", "track")]),
        )
        .group_by(col(Rollup.user_id), col(Rollup.grain), col(Rollup.bucket))
    )


def _stored(kind: str, grain: str, owner: Any) -> Any:
    """The same from the counts."""
    return select(
        col(Rollup.bucket),
        col(Rollup.entity_id),
        col(Rollup.plays),
        col(Rollup.first_at),
        col(Rollup.last_at),
    ).where(
        col(Rollup.user_id) == owner,
        col(Rollup.kind) == literal(kind),
        col(Rollup.grain) == literal(grain),
    )


def _differences(kind: str, grain: str) -> Read[Any]:
    """What only the plays say, and what only the counts say."""
    owner = bindparam("user_id", type_=Id)
    live, stored = from_plays(kind, grain, owner), _stored(kind, grain, owner)
    sides = [
        select(literal(counted), *one_sided.c)
        for counted, one_sided in (
            (1, except_(live, stored).subquery()),
            (0, except_(stored, live).subquery()),
        )
    ]
    return Read(union_all(*sides).limit(bindparam("limit")))


_DIFFERENCES = {(kind, grain): _differences(kind, grain) for kind in KINDS for grain in GRAINS}


def _narrow() -> Read[Any]:
    """Where what is kept of different things and the counts disagree."""
    owner = bindparam("user_id", type_=Id)
    live = breadth(owner)
    names = [col(getattr(Breadth, column.name)) for column in live.selected_columns]
    stored = select(*names).where(col(Breadth.user_id) == owner)
    sides = [except_(live, stored).subquery(), except_(stored, live).subquery()]
    found = union_all(*(select(side.c.grain, side.c.bucket) for side in sides)).subquery()
    return Read(select(*found.c).distinct().limit(bindparam("limit")))


_NARROW = _narrow()
_HIDES_ALBUM = (
    select(col(Album.hidden))
    .where(col(Album.id) == col(Play.album_id))
    .correlate(Play)
    .scalar_subquery()
)
HIDDEN = (
    select(or_(col(Track.hidden), col(Artist.hidden), func.coalesce(_HIDES_ALBUM, literal(False))))
    .join(Artist, col(Artist.id) == col(Track.artist_id))
    .where(col(Track.id) == col(Play.track_id))
    .correlate(Play)
    .scalar_subquery()
)
"""Whether a play is hidden, by what its track, artist and album say."""
ARTIST_ID = (
    select(col(Track.artist_id))
    .where(col(Track.id) == col(Play.track_id))
    .correlate(Play)
    .scalar_subquery()
)
"""Whose play it is, by its track."""
STALE = or_(col(Play.hidden) != HIDDEN, col(Play.artist_id) != ARTIST_ID)
"""Whether a play repeats one of these wrongly."""
_COUNT_STALE = Read(
    select(func.count()).select_from(Play).where(col(Play.user_id) == bindparam("user_id"), STALE),
    int,
)
