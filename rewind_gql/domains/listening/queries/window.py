"""Any window as whole years, months and days of counts, and the plays of the days at its edges."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, bindparam, literal, literal_column, select, union_all
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.clock import Buckets, Grain
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.queries.columns import OWNER, Bounds, own
from rewind_gql.domains.listening.tables import Artist, Genre, Play, Rollup
from rewind_gql.store.columns import Day, Id, Utc, among, utc_day
from rewind_gql.store.read import Conn, Read

RUNS = {"day": ("day_a", "day_b"), "month": ("month_a", "month_b"), "year": ("year_a",)}
EDGES = ("edge_a", "edge_b")
ALL: Bounds = {}
"""What stands for a window that holds every play."""


class Reach(NamedTuple):
    """A window as far as there are plays, and whether it holds the first of them and the last."""

    start: datetime
    end: datetime
    from_start: bool
    to_end: bool

    @property
    def whole(self) -> bool:
        """Whether it holds every play."""
        return self.from_start and self.to_end


_EVER: Read[Any] = Read(
    select(col(Rollup.first_at), col(Rollup.last_at)).where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal("total"),
        col(Rollup.entity_id) == literal(0),
        col(Rollup.grain) == literal("all"),
        col(Rollup.bucket) == literal(ALL_TIME, Day()),
    )
)


def parts(kind: str, entity_id: Any = None, *, only: Any = None) -> CompoundSelect[Any]:
    """The counts that together make a window: columns `entity_id`, `bucket`, `plays`, `last_at`.

    Of all entities of a kind; or of one, named by a column of an enclosing select; or of those
    that `only` chooses, a condition made of the column they are in. Every run of buckets and both
    edges are always there; those a window does not need are bound to nothing, so that one statement
    answers all windows.
    """
    counted = [_run(kind, grain, name) for grain, names in RUNS.items() for name in names]
    edges = [_edge(kind, name, entity_id) for name in EDGES]
    if only is not None:
        counted = [each.where(only(col(Rollup.entity_id))) for each in counted]
        edges = [each.where(only(ENTITIES[kind])) for each in edges]
    if entity_id is None:
        return union_all(*counted, *edges)
    counted = [each.where(col(Rollup.entity_id) == entity_id) for each in counted]
    return union_all(*(each.correlate(entity_id.table) for each in (*counted, *edges)))


def chosen(kind: str) -> CompoundSelect[Any]:
    """The parts of a window for the entities bound as `ids`."""
    return parts(kind, only=lambda column: among(column, "ids"))


def _run(kind: str, grain: str, name: str) -> Any:
    return select(
        col(Rollup.entity_id).label("entity_id"),
        col(Rollup.bucket).label("bucket"),
        col(Rollup.plays).label("plays"),
        col(Rollup.last_at).label("last_at"),
    ).where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal(kind),
        col(Rollup.grain) == literal(grain),
        col(Rollup.bucket) >= bindparam(f"{name}_since", type_=Day()),
        col(Rollup.bucket) < bindparam(f"{name}_until", type_=Day()),
    )


ENTITIES: dict[str, Any] = {
    "total": literal_column("0", Id),
    "artist": col(Play.artist_id),
    "album": col(Play.album_id),
    "track": col(Play.track_id),
    "genre": (
        select(col(Genre.id))
        .join(Artist, col(Artist.genre) == col(Genre.name))
        .where(col(Artist.id) == col(Play.artist_id), col(Genre.user_id) == OWNER)
        .correlate(Play)
        .scalar_subquery()
    ),
}


def _edge(kind: str, name: str, entity_id: Any = None) -> Any:
    entity = ENTITIES[kind]
    found = select(
        entity.label("entity_id"),
        utc_day(col(Play.played_at)).label("bucket"),
        literal_column("1", Id).label("plays"),
        col(Play.played_at).label("last_at"),
    ).where(
        col(Play.played_at) >= bindparam(f"{name}_since", type_=Utc()),
        col(Play.played_at) < bindparam(f"{name}_until", type_=Utc()),
        not_(col(Play.hidden)),
    )
    if entity_id is not None:
        # The index of a track's plays begins with the user, those of the others do not.
        mine = col(Play.user_id) == OWNER if kind == "track" else own(col(Play.user_id))
        return found.where(entity == entity_id, mine)
    found = found.where(col(Play.user_id) == OWNER)
    return found.where(entity.is_not(None)) if kind in ("album", "genre") else found


async def bounds(
    conn: Conn, user_id: int, since: datetime | None, until: datetime | None
) -> Bounds | None:
    """What binds `parts` to a window; `ALL` when it holds every play, None when it holds none."""
    found = await reached(conn, user_id, since, until)
    if found is None:
        return None
    return ALL if found.whole else cut(found.start, found.end, coarsest="year")


async def lifetime(conn: Conn, user_id: int) -> tuple[datetime, datetime] | None:
    """The first and the last play that are not hidden; None before there is one."""
    return await conn.first(_EVER, user_id=user_id)


def single(start: datetime, end: datetime) -> tuple[Grain, date] | None:
    """The calendar year or month that a window is, if it is one."""
    first = start.date()
    if start != clock.midnight(clock.month_start(first)):
        return None
    if first.month == 1 and end == clock.midnight(clock.next_year(first)):
        return "year", first
    return ("month", first) if end == clock.midnight(clock.next_month(first)) else None


async def reached(
    conn: Conn, user_id: int, since: datetime | None, until: datetime | None
) -> Reach | None:
    """A window as far as there are plays; None when it holds none.

    Where it goes past the first or last play it goes on to the start or end of that year, for years
    are quicker to add up than days.
    """
    ever = await lifetime(conn, user_id)
    if ever is None:
        return None
    first, last = ever
    start, end = since or first, until or last + clock.MICROSECOND
    if start >= end or start > last or end <= first:
        return None
    from_start, to_end = start <= first, end > last
    if from_start:
        start = clock.midnight(clock.year_start(first.date()))
    if to_end:
        end = clock.midnight(clock.next_year(last.date()))
    return Reach(start, end, from_start, to_end)


def cut(start: datetime, end: datetime, *, coarsest: Grain) -> Bounds:
    """What binds `parts` to the window from `start` to before `end`."""
    first, last = _next_midnight(start), clock.midnight(end.date())
    if first > last:
        return _bound({}, [(start, end)])
    runs = clock.cover(first.date(), last.date())
    if coarsest == "day":
        runs = [Buckets("day", first.date(), last.date())]
    if coarsest == "month" and (months := [run for run in runs if run.grain != "day"]):
        whole = Buckets("month", months[0].since, months[-1].until)
        runs = [*(run for run in runs if run.grain == "day"), whole]
    by_grain: dict[str, list[tuple[date, date]]] = {grain: [] for grain in RUNS}
    for run in runs:
        by_grain[run.grain].append((run.since, run.until))
    return _bound(by_grain, [(start, first), (last, end)])


def _next_midnight(at: datetime) -> datetime:
    """The first midnight at or after an instant."""
    day = clock.midnight(at.date())
    return day if day == at else day + clock.DAY


def _bound(
    runs: dict[str, list[tuple[date, date]]], edges: Sequence[tuple[datetime, datetime]]
) -> Bounds:
    found: Bounds = {}
    for grain, names in RUNS.items():
        given = [*runs.get(grain, ()), *[(ALL_TIME, ALL_TIME)] * len(names)]
        for name, (since, until) in zip(names, given, strict=False):
            found |= {f"{name}_since": since, f"{name}_until": until}
    for name, (at, before) in zip(EDGES, [*edges, (clock.EPOCH, clock.EPOCH)], strict=False):
        found |= {f"{name}_since": at, f"{name}_until": before}
    return found
