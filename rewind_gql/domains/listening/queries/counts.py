"""How much was heard: plays of a window, by day, by month, by artist, album or track."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, literal, select
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.queries.columns import ALL_GRAIN, OWNER
from rewind_gql.domains.listening.queries.window import ALL, bounds, cut, parts, reached
from rewind_gql.domains.listening.tables import Album, Artist, Rollup
from rewind_gql.store.columns import Day, among
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
NOTHING_HEARD = views.Heard(plays=0, first_played_at=None, last_played_at=None)


async def plays_count(conn: Conn, user_id: int, *, since: Instant, until: Instant) -> int:
    """How many plays there are in [`since`, `until`)."""
    window = await bounds(conn, user_id, since, until)
    if window is None:
        return 0
    read = _PLAYS_EVER if window is ALL else _PLAYS
    return await conn.value(read, user_id=user_id, **window)


async def totals(conn: Conn, user_id: int, *, since: Instant, until: Instant) -> views.Totals:
    """Plays in [`since`, `until`), and how many artists, albums and tracks are among them.

    Source: `listening_rollup`, and the plays of days the window cuts; exact for any window.
    """
    window = await bounds(conn, user_id, since, until)
    if window is None:
        return views.Totals(plays=0, artists=0, albums=0, tracks=0)
    read = _TOTALS_EVER if window is ALL else _TOTALS
    return await conn.value(read, user_id=user_id, **window)


async def days(conn: Conn, user_id: int, *, since: Instant, until: Instant) -> list[views.DayCount]:
    """The plays of each UTC day in [`since`, `until`), oldest first; days without any left out.

    A day the window cuts counts its plays inside the window.
    """
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return []
    rows = await conn.rows(_BUCKETS, user_id=user_id, **cut(*reach[:2], coarsest="day"))
    counted: Counter[date] = Counter()
    for day, plays in rows:
        counted[day] += plays
    return [views.DayCount(day=day, plays=counted[day]) for day in sorted(counted)]


async def months(
    conn: Conn, user_id: int, *, since: Instant, until: Instant
) -> list[views.MonthCount]:
    """The plays of each UTC month in [`since`, `until`), oldest first; empty ones left out.

    A month the window cuts counts its plays inside the window.
    """
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return []
    rows = await conn.rows(_BUCKETS, user_id=user_id, **cut(*reach[:2], coarsest="month"))
    counted: Counter[date] = Counter()
    for bucket, plays in rows:
        counted[clock.month_start(bucket)] += plays
    return [views.MonthCount(month=month, plays=counted[month]) for month in sorted(counted)]


async def artists_count(conn: Conn, user_id: int) -> int:
    """How many artists the library shows."""
    return await conn.value(_ARTISTS, user_id=user_id)


async def albums_count(conn: Conn, user_id: int) -> int:
    """How many albums the library shows."""
    return await conn.value(_ALBUMS, user_id=user_id)


async def heard_by_artist(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Heard]:
    """How much each of these artists was heard, over all time; zero for those never heard."""
    return await _heard(conn, user_id, "artist", ids)


async def heard_by_album(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Heard]:
    """How much each of these albums was heard, over all time; zero for those never heard."""
    return await _heard(conn, user_id, "album", ids)


async def heard_by_track(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Heard]:
    """How much each of these tracks was heard, over all time; zero for those never heard."""
    return await _heard(conn, user_id, "track", ids)


async def _heard(conn: Conn, user_id: int, kind: str, ids: Sequence[int]) -> dict[int, views.Heard]:
    rows = await conn.rows(_HEARD[kind], user_id=user_id, ids=ids)
    heard = {
        row[0]: views.Heard(plays=row[1], first_played_at=row[2], last_played_at=row[3])
        for row in rows
    }
    return {each: heard.get(each, NOTHING_HEARD) for each in ids}


def _ever(kind: str) -> list[Any]:
    """The counts of all time of one kind."""
    return [
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(kind),
        col(Rollup.grain) == ALL_GRAIN,
    ]


_COUNTS = parts("total").subquery("counts")
_BUCKETS: Read[Any] = Read(select(_COUNTS.c.bucket, _COUNTS.c.plays))
_SUM = select(func.coalesce(func.sum(_COUNTS.c.plays), 0))
_SUM_EVER = select(func.coalesce(func.sum(col(Rollup.plays)), 0)).where(*_ever("total"))
_PLAYS = Read(_SUM, int)
_PLAYS_EVER = Read(_SUM_EVER, int)


def _distinct(kind: str) -> Any:
    """How many of one kind have a play in the window."""
    return select(func.count(parts(kind).subquery(f"{kind}s").c.entity_id.distinct()))


def _distinct_ever(kind: str) -> Any:
    return select(func.count()).select_from(Rollup).where(*_ever(kind))


_KINDS = ("artist", "album", "track")
_TOTALS = Read(
    select(
        _SUM.scalar_subquery().label("plays"),
        *(_distinct(kind).scalar_subquery().label(f"{kind}s") for kind in _KINDS),
    ),
    views.Totals,
)
_TOTALS_EVER = Read(
    select(
        _SUM_EVER.scalar_subquery().label("plays"),
        *(_distinct_ever(kind).scalar_subquery().label(f"{kind}s") for kind in _KINDS),
    ),
    views.Totals,
)
COUNT = {kind: Read(_distinct(kind), int) for kind in _KINDS}
COUNT_EVER = {kind: Read(_distinct_ever(kind), int) for kind in _KINDS}


def _shown(table: Any) -> Read[int]:
    mine = select(func.count()).select_from(table).where(col(table.user_id) == OWNER)
    return Read(mine.where(not_(col(table.hidden))), int)


_ARTISTS = _shown(Artist)
_ALBUMS = _shown(Album)


def _heard_read(kind: str) -> Read[Any]:
    return Read(
        select(
            col(Rollup.entity_id), col(Rollup.plays), col(Rollup.first_at), col(Rollup.last_at)
        ).where(
            *_ever(kind),
            col(Rollup.bucket) == literal(ALL_TIME, Day()),
            among(col(Rollup.entity_id), "ids"),
        )
    )


_HEARD = {kind: _heard_read(kind) for kind in _KINDS}
