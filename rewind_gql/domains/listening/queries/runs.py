"""Days in a row on which something was heard."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Integer, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import views
from rewind_gql.domains.listening.queries.columns import OWNER
from rewind_gql.domains.listening.tables import Rollup
from rewind_gql.store.read import Conn, Read

FIRST_DAY = clock.EPOCH.date()


class _Run(NamedTuple):
    """Consecutive days, numbered from 1970 on, for thousands of them are looked at."""

    start: int
    end: int
    plays: int


async def streaks(conn: Conn, user_id: int, *, today: date) -> views.Streaks:
    """The newest and the longest run of UTC days with a play, as of `today`.

    Source: the days of `listening_rollup`.
    """
    return streaks_of(await conn.rows(_DAYS, user_id=user_id), today)


def streaks_of(days: Iterable[tuple[int, int]], today: date) -> views.Streaks:
    """The runs among days with their plays, oldest first; days are numbered from 1970 on."""
    runs: list[_Run] = []
    start = end = -2
    total = 0
    for day, plays in days:
        if day == end + 1:
            total += plays
        else:
            runs.append(_Run(start, end, total))
            start, total = day, plays
        end = day
    found = [*runs[1:], *([_Run(start, end, total)] if runs else [])]
    longest = max(found, key=lambda run: run.end - run.start, default=None)
    newest = found[-1] if found else None
    if newest is not None and (today - FIRST_DAY).days - newest.end > 1:
        newest = None
    return views.Streaks(current=_told(newest), longest=_told(longest))


def _told(run: _Run | None) -> views.Run:
    if run is None:
        return views.Run(days=0, start=None, end=None, plays=0)
    return views.Run(
        days=run.end - run.start + 1,
        start=FIRST_DAY + run.start * clock.DAY,
        end=FIRST_DAY + run.end * clock.DAY,
        plays=run.plays,
    )


def day_number(day: Any) -> Any:
    """How many days after 1970 began a date is."""
    return _Number(day)


class _Number(FunctionElement[int]):
    """How many days after 1970 began a date is."""

    type = Integer()
    name = "listening_day_number"
    inherit_cache = True


@compiles(_Number, "sqlite")
def _number_sqlite(element: _Number, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(_Number, "postgresql")
def _number_postgresql(element: _Number, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} - DATE '1970-01-01')"


_DAYS: Read[Any] = Read(
    select(_Number(col(Rollup.bucket)), col(Rollup.plays))
    .where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal("total"),
        col(Rollup.entity_id) == literal(0),
        col(Rollup.grain) == literal("day"),
    )
    .order_by(col(Rollup.bucket))
)
