"""Sessions read for the rules and written back, one person's at a time."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal_column, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import col

from rewind_gql.domains.focus.columns import OWNER, of, own
from rewind_gql.domains.focus.conflicts.rules import Row
from rewind_gql.domains.focus.tables import Session
from rewind_gql.store.columns import Utc, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

CHANGING = (
    "start_at", "end_at", "duration_min", "planned_min", "kind", "category", "project", "note",
    "state", "cancel_reason", "merged_into", "revision", "payload_hash", "skew_ms",
)  # fmt: skip
"""What a resolution may change of a session, and undoing it put back."""


class _earliest(GenericFunction[datetime]):  # noqa: N801  # reads as the SQL function it is
    """The instant 13 hours before: the longest session, and an hour for what rounding adds."""

    type = Utc()
    name = "rewind_earliest"
    inherit_cache = True


@compiles(_earliest, "sqlite")
def _earliest_sqlite(element: _earliest, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} - 46800000000)"


@compiles(_earliest, "postgresql")
def _earliest_postgresql(element: _earliest, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} - interval '13 hours')"


def _counting(table: Any) -> tuple[ColumnElement[bool], ...]:
    """The sessions that can contradict others; written out, so that the partial index fits."""
    states: list[Any] = [literal_column("'completed'"), literal_column("'cancelled'")]
    return (
        col(table.user_id) == OWNER,
        col(table.state).in_(states),
        col(table.kind) == "focus",
    )


_GIVEN, _NEAR = aliased(Session), aliased(Session)
_COLUMNS = of(Row, Session)
_OWN = own(col(Session.user_id))

_BY_ID = Read(select(*_COLUMNS).where(_OWN, among(col(Session.id), "ids")), Row)
_MERGED = Read(
    select(*_COLUMNS).where(
        _OWN,
        among(col(Session.merged_into), "ids"),
        col(Session.merged_into).is_not(None),  # what the index holds
    ),
    Row,
)
_MEETING = Read(
    select(*(getattr(_NEAR, name).label(name) for name in Row.__dataclass_fields__)).where(
        own(col(_GIVEN.user_id)),
        among(col(_GIVEN.id), "ids"),
        *_counting(_NEAR),
        col(_NEAR.start_at) < col(_GIVEN.end_at),
        col(_NEAR.start_at) > _earliest(col(_GIVEN.start_at)),
        col(_NEAR.end_at) > col(_GIVEN.start_at),
    ),
    Row,
)
_WITHIN = Read(
    select(*_COLUMNS).where(
        *_counting(Session),
        col(Session.start_at) > _earliest(bindparam("since", type_=Utc())),
        col(Session.start_at) < bindparam("until", type_=Utc()),
        col(Session.end_at) > bindparam("since", type_=Utc()),
    ),
    Row,
)
_CHANGE = (
    update(Session)
    .where(col(Session.id) == bindparam("at"), col(Session.user_id) == bindparam("whose"))
    .values({name: bindparam(f"new_{name}") for name in CHANGING})
)


async def by_id(conn: Writing, user_id: int, ids: Collection[int]) -> dict[int, Row]:
    """Sessions of any state and kind by their ids; ids that are not the user's are left out."""
    found = await conn.rows(_BY_ID, user_id=user_id, ids=sorted(ids)) if ids else []
    return {row.id: row for row in found}


async def merged_into(conn: Writing, user_id: int, ids: Collection[int]) -> list[Row]:
    """The sessions that were merged into these."""
    return await conn.rows(_MERGED, user_id=user_id, ids=sorted(ids)) if ids else []


async def meeting(conn: Writing, user_id: int, given: Sequence[Row]) -> dict[int, Row]:
    """The counting sessions that share time with any of `given`, themselves among them."""
    ids = [row.id for row in given]
    found = await conn.rows(_MEETING, user_id=user_id, ids=ids) if ids else []
    return {row.id: row for row in found}


async def within(conn: Writing, user_id: int, since: datetime, until: datetime) -> list[Row]:
    """The counting sessions that share time with the window."""
    return await conn.rows(_WITHIN, user_id=user_id, since=since, until=until)


async def change(conn: Writing, user_id: int, rows: Iterable[Row]) -> None:
    """Store these sessions as they are here."""
    changed = [
        {"at": row.id, "whose": user_id} | {f"new_{name}": getattr(row, name) for name in CHANGING}
        for row in sorted(rows, key=lambda row: row.id)
    ]
    if changed:
        await conn.execute(_CHANGE, changed)
