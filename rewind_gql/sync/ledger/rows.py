"""Reading and writing the rows of a run: the guarded update and the event beside it."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Select, Text, Uuid, bindparam, insert, not_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.errors import LostRun
from rewind_gql.store.columns import Id, Json, Utc
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import views
from rewind_gql.sync.columns import columns
from rewind_gql.sync.ledger.words import PICTURES, RunNotFound
from rewind_gql.sync.tables import Counter, Event, Run, RunPart, Source

RUN_COLUMNS = columns(Run, views.Run, transport="source")
PART_COLUMNS = columns(RunPart, views.RunPart)
EVENT_COLUMNS = columns(Event, views.Event)
SOURCE_COLUMNS = columns(Source, views.Source)


SHOWN = or_(not_(col(Run.housekeeping)), col(Run.provider) == PICTURES)
"""Runs that are told to everybody: all but those about nothing that anybody asked for."""


def runs_where(*conditions: Any) -> Select[Any]:
    """A select of whole runs of the user bound as `user_id`."""
    return select(*RUN_COLUMNS).where(col(Run.user_id) == bindparam("user_id"), *conditions)


RUN = Read(runs_where(col(Run.id) == bindparam("run_id")), views.Run)
SOURCE = Read(
    select(*SOURCE_COLUMNS).where(
        col(Source.user_id) == bindparam("user_id"), col(Source.id) == bindparam("source_id")
    ),
    views.Source,
)

_EVENT_FIELDS = (
    "user_id", "run_id", "provider", "source", "stage", "status", "attempt", "message", "progress",
    "items_processed", "items_total", "error", "started_at", "ended_at",
)  # fmt: skip
_RUN_FIELDS = ("user_id", "id", *_EVENT_FIELDS[2:])
_EMIT = insert(Event).from_select(
    [*_EVENT_FIELDS, "seq", "event_id", "meta", "ts"],
    select(
        *(getattr(Run, name) for name in _RUN_FIELDS),
        bindparam("e_seq", type_=Id),
        bindparam("e_id", type_=Uuid()),
        bindparam("e_meta", type_=Json()),
        bindparam("e_ts", type_=Utc()),
    ).where(col(Run.id) == bindparam("e_run", type_=Text())),
)
_STAMP = update(Run).where(col(Run.id) == bindparam("e_run")).values(last_seq=bindparam("e_seq"))


async def run_of(conn: Conn, user_id: int, run_id: str) -> views.Run:
    """A run of this user. Raises `RunNotFound`."""
    found = await conn.first(RUN, user_id=user_id, run_id=run_id)
    if found is None:
        raise RunNotFound
    return found


async def change(
    conn: Writing, run_id: str, attempt: int, /, *conditions: Any, **values: Any
) -> Any | None:
    """Change a run that this attempt still owns.

    Gives its `cancel_requested_at`. Raises `LostRun`, upon which the caller must let its whole
    transaction go: another attempt owns the run, or it has ended.
    """
    statement = (
        update(Run)
        .where(
            col(Run.id) == run_id,
            col(Run.attempt) == attempt,
            col(Run.ended_at).is_(None),
            *conditions,
        )
        .values(**values)
        .returning(col(Run.cancel_requested_at))
    )
    found = (await conn.execute(statement)).all()
    if not found:
        raise LostRun(f"Attempt {attempt} does not own run {run_id}")
    return found[0][0]


async def emit(conn: Writing, user_id: int, run_id: str, **meta: Any) -> int:
    """Write down that a run is as its row says now; gives the event's number.

    The number comes from the user's counter row, whose lock is held up to the commit: commits and
    numbers are in one order, and a reader who asks for what follows a number misses nothing. In a
    transaction this comes after the run's and the source's rows, always.
    """
    seq = await _next_seq(conn, user_id)
    known = {name: value for name, value in meta.items() if value is not None}
    values = {
        "e_run": run_id,
        "e_seq": seq,
        "e_id": uuid4(),
        "e_meta": known,
        "e_ts": clock.now(),
    }
    await conn.execute(_EMIT, values)
    await conn.execute(_STAMP, {"e_run": run_id, "e_seq": seq})
    conn.announce(user_id)
    return seq


async def _next_seq(conn: Writing, user_id: int) -> int:
    make: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    first = make(Counter).values(user_id=user_id, last_seq=1, pruned_seq=0)
    statement = first.on_conflict_do_update(
        index_elements=["user_id"], set_={"last_seq": col(Counter.last_seq) + 1}
    ).returning(col(Counter.last_seq))
    return int((await conn.execute(statement)).scalar_one())
