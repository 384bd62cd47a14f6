"""Any window as whole years, months and days of counts, and the plays of the days at its edges."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CompoundSelect, bindparam, literal, literal_column, select, union_all
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.clock import Buckets, Grain
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.queries.columns import OWNER, Bounds, own
from rewind_gql.domains.listening.tables import Play, Rollup
from rewind_gql.store.columns import Day, Id, Utc, utc_day
from rewind_gql.store.read import Conn, Read

RUNS = {"day": ("day_a", "day_b"), "month": ("month_a", "month_b"), "year": ("year_a",)}
EDGES = ("edge_a", "edge_b")
ALL: Bounds = {}
"""What stands for a window that holds every play."""

_EVER: Read[Any] = Read(
    select(col(Rollup.first_at), col(Rollup.last_at)).where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal("total"),
        col(Rollup.entity_id) == literal(0),
        col(Rollup.grain) == literal("all"),
        col(Rollup.bucket) == literal(ALL_TIME, Day()),
    )
)


def parts(kind: str, entity_id: Any = None) -> CompoundSelect[Any]:
    """The counts that together make a window: columns `entity_id`, `bucket`, `plays`, `last_at`.

    Of all entities of a kind, or of one, named by a column of an enclosing select. Every run of
    buckets and both edges are always there; those a window does not need are bound to nothing, so
    that one statement answers all windows.
    """
    counted = [_run(kind, grain, name) for grain, names in RUNS.items() for name in names]
    edges = [_edge(kind, name, entity_id) for name in EDGES]
    if entity_id is None:
        return union_all(*counted, *edges)
    counted = [each.where(col(Rollup.entity_id) == entity_id) for each in counted]
    return union_all(*(each.correlate(entity_id.table) for each in (*counted, *edges)))


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


_ENTITIES: dict[str, Any] = {
    "total": literal_column("0", Id),
    "artist": col(Play.artist_id),
    "album": col(Play.album_id),
    "track": col(Play.track_id),
}


def _edge(kind: str, name: str, entity_id: Any = None) -> Any:
    entity = _ENTITIES[kind]
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
    return found.where(entity.is_not(None)) if kind == "album" else found


async def bounds(
    conn: Conn, user_id: int, since: datetime | None, until: datetime | None
) -> Bounds | None:
    """What binds `parts` to a window; `ALL` when it holds every play, None when it holds none."""
    found = await reached(conn, user_id, since, until)
    if found is None:
        return None
    start, end, whole = found
    return ALL if whole else cut(start, end, coarsest="year")


async def reached(
    conn: Conn, user_id: int, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime, bool] | None:
    """A window as far as there are plays, and whether it holds all; None when it holds none.

    Where it goes past the first or last play it goes on to the start or end of that year, for years
    are quicker to add up than days.
    """
    ever = await conn.first(_EVER, user_id=user_id)
    if ever is None:
        return None
    first, last = ever
    start, end = since or first, until or last + clock.MICROSECOND
    if start >= end or start > last or end <= first:
        return None
    whole = start <= first and end > last
    if start <= first:
        start = clock.midnight(clock.year_start(first.date()))
    if end > last:
        end = clock.midnight(clock.next_year(last.date()))
    return start, end, whole


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
