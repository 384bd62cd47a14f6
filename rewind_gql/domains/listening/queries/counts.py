"""How much was heard: plays of a window, by day, by month, by artist, album or track."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import and_, bindparam, func, literal, select
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.clock import Grain
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.queries import packed
from rewind_gql.domains.listening.queries.columns import ALL_GRAIN, OWNER, Bounds
from rewind_gql.domains.listening.queries.window import (
    ALL,
    Reach,
    bounds,
    cut,
    parts,
    reached,
    single,
)
from rewind_gql.domains.listening.tables import Album, Artist, Breadth, Rollup
from rewind_gql.store.columns import Day, Utc, among
from rewind_gql.store.read import Conn, Read

Instant = datetime | None
Kind = Literal["artist", "album", "track"]
Form = Literal["since", "until", "buckets", "parts"]
KINDS: tuple[Kind, ...] = ("artist", "album", "track")
NOTHING = views.Totals(plays=0, artists=0, albums=0, tracks=0)
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

    Source: plays packed by month, else `listening_rollup` and the days cut; exact for any window.
    How many different ones there are in a month, a year or ever is kept; what was heard since then
    was last heard since then.
    """
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return NOTHING
    if bucket := _kept(reach):
        return await conn.first(_BREADTH, user_id=user_id, **bucket) or NOTHING
    if known := await packed.totals(conn, user_id, reach.start, reach.end):
        return known
    form, bound = _form(reach)
    bound |= cut(reach.start, reach.end, coarsest="year")
    return await conn.value(_TOTALS[form], user_id=user_id, **bound)


async def different(conn: Conn, user_id: int, kind: Kind, since: Instant, until: Instant) -> int:
    """How many artists, albums or tracks have a play in [`since`, `until`)."""
    reach = await reached(conn, user_id, since, until)
    if reach is None:
        return 0
    if bucket := _kept(reach):
        kept = await conn.first(_BREADTH, user_id=user_id, **bucket)
        return int(getattr(kept or NOTHING, f"{kind}s"))
    known = await packed.different(conn, user_id, kind, reach.start, reach.end)
    if known is not None:
        return known
    form, bound = _form(reach)
    return await conn.value(_COUNT[form, kind], user_id=user_id, **bound)


def _kept(reach: Reach) -> Bounds | None:
    """The month or year that a window is, or all time, of which it is kept what was different."""
    bucket = ("all", ALL_TIME) if reach.whole else single(reach.start, reach.end)
    return {"grain": bucket[0], "bucket": bucket[1]} if bucket else None


def _form(reach: Reach) -> tuple[Form, Bounds]:
    """How what is different in a window is counted.

    A window that is open to one side holds what was last heard since, or first heard until then.
    One that cuts no year twice, so that the first and last play of something in that year tell
    whether it was heard inside, counts the years; months and days likewise.
    """
    start, end = reach.start, reach.end
    if reach.to_end:
        return "since", {"start": start}
    if reach.from_start:
        return "until", {"end": end}
    opening, closing = start.date(), (end - clock.MICROSECOND).date()
    for grain, (begin, after) in _BUCKETS_OF.items():
        first, last = begin(opening), begin(closing)
        if first != last or start == clock.midnight(first) or end == clock.midnight(after(last)):
            bound = {"grain": grain, "first": first, "last": last}
            return "buckets", {**bound, "start": start, "end": end}
    return "parts", cut(start, end, coarsest="day")


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


async def _heard(
    conn: Conn, user_id: int, kind: Kind, ids: Sequence[int]
) -> dict[int, views.Heard]:
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


_BUCKETS_OF: dict[Grain, tuple[Callable[[date], date], Callable[[date], date]]] = {
    "year": (clock.year_start, clock.next_year),
    "month": (clock.month_start, clock.next_month),
    "day": (lambda day: day, lambda day: day + clock.DAY),
}
_START, _END = bindparam("start", type_=Utc()), bindparam("end", type_=Utc())


def _different(form: Form, kind: Kind) -> Any:
    """How many of one kind have a play in the window."""
    if form == "parts":
        return select(func.count(parts(kind).subquery(f"{kind}s").c.entity_id.distinct()))
    if form == "buckets":
        return select(func.count(col(Rollup.entity_id).distinct())).where(
            col(Rollup.user_id) == OWNER,
            col(Rollup.kind) == literal(kind),
            col(Rollup.grain) == bindparam("grain"),
            col(Rollup.bucket) >= bindparam("first", type_=Day()),
            col(Rollup.bucket) <= bindparam("last", type_=Day()),
            col(Rollup.last_at) >= _START,
            col(Rollup.first_at) < _END,
        )
    open_side = col(Rollup.last_at) >= _START if form == "since" else col(Rollup.first_at) < _END
    return select(func.count()).select_from(Rollup).where(*_ever(kind), open_side)


def _totals(form: Form) -> Read[views.Totals]:
    each = (_different(form, kind).scalar_subquery().label(f"{kind}s") for kind in KINDS)
    return Read(select(_SUM.scalar_subquery().label("plays"), *each), views.Totals)


_FORMS: tuple[Form, ...] = ("since", "until", "buckets", "parts")
_TOTALS = {form: _totals(form) for form in _FORMS}
_COUNT = {(form, kind): Read(_different(form, kind), int) for form in _FORMS for kind in KINDS}
_BREADTH = Read(
    select(
        col(Rollup.plays).label("plays"),
        col(Breadth.artists).label("artists"),
        col(Breadth.albums).label("albums"),
        col(Breadth.tracks).label("tracks"),
    )
    .join(
        Rollup,
        and_(
            col(Rollup.user_id) == col(Breadth.user_id),
            col(Rollup.grain) == col(Breadth.grain),
            col(Rollup.bucket) == col(Breadth.bucket),
            col(Rollup.kind) == literal("total"),
            col(Rollup.entity_id) == literal(0),
        ),
    )
    .where(
        col(Breadth.user_id) == OWNER,
        col(Breadth.grain) == bindparam("grain"),
        col(Breadth.bucket) == bindparam("bucket", type_=Day()),
    ),
    views.Totals,
)


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


_HEARD = {kind: _heard_read(kind) for kind in KINDS}
