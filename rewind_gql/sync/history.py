"""What happened, as lists: the newest events and runs of a person, of everybody, and one run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from annotated_doc import Doc
from sqlalchemy import BindParameter, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth.tables import User
from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import views
from rewind_gql.sync.columns import columns, one_of
from rewind_gql.sync.ledger.rows import EVENT_COLUMNS, SHOWN
from rewind_gql.sync.tables import Event, Run, RunPart

ONE_SHOT = ("webhook", "device")
"""Triggers of runs that were delivered to us: recorded in one go, when they were over."""


@dataclass(slots=True, kw_only=True)
class Standing:
    """How a run stands, whoever it belongs to."""

    run_id: Annotated[str, Doc("Opaque; the prefix tells how the run came about.")]
    user_id: Annotated[UUID, Doc("Whose data it brings.")]
    provider: Annotated[str, Doc("Such as lastfm.")]
    source: Annotated[str, Doc("One of pull, webhook, sdk, backfill, xml_import, linked_account.")]
    trigger: Annotated[str, Doc("One of schedule, manual, webhook, device, retry, import, system.")]
    stage: Annotated[str, Doc("Where it is: queued to completed, failed or cancelled.")]
    status: Annotated[str, Doc("One of in_progress, success, partial, skipped, failed, cancelled.")]
    message: Annotated[str | None, Doc("The newest words about it.")]
    progress: Annotated[float | None, Doc("0 to 1; unknown until the total is known.")]
    items_processed: Annotated[int, Doc("Inserted, updated and skipped.")]
    items_total: Annotated[int | None, Doc("Items expected.")]
    error: Annotated[str | None, Doc("What went wrong, with secrets taken out.")]
    primary_user_id: Annotated[UUID | None, Doc("Whose run this one was handed on from.")]
    started_at: Annotated[datetime | None, Doc("When work first began.")]
    ended_at: Annotated[datetime | None, Doc("When it ended.")]
    updated_at: Annotated[datetime, Doc("When it was last heard of.")]


@dataclass(slots=True, kw_only=True)
class Record:
    """A run as history keeps it."""

    run_id: Annotated[str, Doc("Opaque; the prefix tells how the run came about.")]
    user_id: Annotated[UUID, Doc("Whose data it brought.")]
    provider: Annotated[str, Doc("Such as lastfm.")]
    source: Annotated[str, Doc("One of pull, webhook, sdk, backfill, xml_import, linked_account.")]
    trigger: Annotated[str, Doc("One of schedule, manual, webhook, device, retry, import, system.")]
    scope: Annotated[str, Doc("Either live or historical.")]
    status: Annotated[str, Doc("One of in_progress, success, partial, skipped, failed, cancelled.")]
    root_run_id: Annotated[str, Doc("The first run of a chain of retries; often itself.")]
    requested_from: Annotated[datetime | None, Doc("Window asked for.")]
    requested_to: Annotated[datetime | None, Doc("Window asked for.")]
    queued_at: Annotated[datetime, Doc("When it was asked for.")]
    started_at: Annotated[datetime | None, Doc("When work first began.")]
    ended_at: Annotated[datetime | None, Doc("When it ended.")]
    items_inserted: Annotated[int, Doc("New rows.")]
    items_updated: Annotated[int, Doc("Rows that changed.")]
    error: Annotated[str | None, Doc("What went wrong, with secrets taken out.")]


@dataclass(slots=True, kw_only=True)
class Part:
    """The outcome of one kind of data in a run."""

    part: Annotated[str, Doc("Such as plays or wantlist.")]
    kind: Annotated[str, Doc("One of series, score, profile, event, task.")]
    status: Annotated[str, Doc("One of in_progress, success, partial, skipped, failed.")]
    reported: Annotated[int | None, Doc("Items the provider claimed to have.")]
    inserted: Annotated[int, Doc("New rows.")]
    updated: Annotated[int, Doc("Rows that changed.")]
    covered_from: Annotated[datetime | None, Doc("Oldest item covered.")]
    covered_to: Annotated[datetime | None, Doc("Newest item covered.")]
    error_code: Annotated[str | None, Doc("The provider's own code, where it gave one.")]
    error: Annotated[str | None, Doc("What went wrong.")]
    attempt: Annotated[int, Doc("The attempt it was last worked on in.")]


@dataclass(slots=True, kw_only=True)
class Detail:
    """A run with all its parts."""

    record: Record
    parts: list[Part]


_MINE = col(Run.user_id) == bindparam("user_id")
_SINCE = bindparam("since", type_=Event.ts.type)  # type: ignore[attr-defined]  # columns have types
_LIMIT: BindParameter[int] = bindparam("limit")

# Found by time, for the walk then ends where the window does; told by number, as streams do.
_NEWEST = (
    select(*EVENT_COLUMNS)
    .join(Run, col(Run.id) == col(Event.run_id))
    .where(col(Event.user_id) == bindparam("user_id"), col(Event.ts) >= _SINCE, SHOWN)
    .order_by(col(Event.ts).desc(), col(Event.seq).desc())
    .limit(_LIMIT)
    .subquery()
)
_RECENT = Read(select(_NEWEST).order_by(_NEWEST.c.seq.desc()), views.Event)


async def recent(
    conn: Conn, user_id: int, *, since: datetime, limit: int = 50
) -> list[views.Event]:
    """The newest events from `since` on, newest first.

    Shape: at most `limit`; none when nothing happened. Mere maintenance is left out.
    """
    return await conn.rows(_RECENT, user_id=user_id, since=since, limit=limit)


_PERSON = Read(
    select(col(User.id)).where(col(User.uuid) == bindparam("uuid", type_=User.uuid.type)),  # type: ignore[attr-defined]  # columns have types
    int,
)


async def person(conn: Conn, *, uuid: UUID) -> int | None:
    """Our number of the person of this uuid, disabled or not: a question of the owner's."""
    return await conn.first(_PERSON, uuid=uuid)


_Primary = aliased(User)
_LAST_EVENT = and_(col(Event.user_id) == col(Run.user_id), col(Event.seq) == col(Run.last_seq))


def _standings(updated_at: Any, *, always: bool) -> Select[Any]:
    """Runs with their people and their last event; with `always`, those without one as well."""
    named = columns(Run, Standing, run_id="id")
    ours = [column for column in named if column.name not in ("user_id", "primary_user_id")]
    return (
        select(
            *ours,
            col(User.uuid).label("user_id"),
            _Primary.uuid.label("primary_user_id"),  # type: ignore[attr-defined]  # an aliased column
            updated_at.label("updated_at"),
        )
        .join(User, col(User.id) == col(Run.user_id))
        .join(_Primary, col(_Primary.id) == col(Run.primary_user_id), isouter=True)
        .join(Event, _LAST_EVENT, isouter=always)
        .where(SHOWN)
        .limit(_LIMIT)
    )


# No run with an event in the window was last heard of before the window's first event.
_FIRST = (
    select(col(Event.seq))
    .where(col(Event.user_id) == bindparam("user_id"), col(Event.ts) >= _SINCE)
    .order_by(col(Event.ts), col(Event.seq))
    .limit(1)
    .scalar_subquery()
)
_UPDATED = Read(
    _standings(col(Event.ts), always=False)
    .where(_MINE, col(Run.last_seq) >= _FIRST, col(Event.ts) >= _SINCE)
    .order_by(col(Run.last_seq).desc()),
    Standing,
)


async def updated(conn: Conn, user_id: int, *, since: datetime, limit: int = 20) -> list[Standing]:
    """Runs of which anything was heard from `since` on, the one heard of last first."""
    return await conn.rows(_UPDATED, user_id=user_id, since=since, limit=limit)


_AS_TOLD = case(
    (col(Run.source) != "linked_account", col(Run.source)),
    (one_of(Run.trigger, ONE_SHOT), "webhook"),
    else_="pull",
)
_FILTERS = {
    "person": col(User.uuid) == bindparam("person", type_=User.uuid.type),  # type: ignore[attr-defined]  # columns have types
    "provider": col(Run.provider) == bindparam("provider"),
    "statuses": among(col(Run.status), "statuses"),
    "source": col(Run.source) == bindparam("source"),
    "told_source": bindparam("told_source") == _AS_TOLD,
}


@cache
def _everybody(names: tuple[str, ...]) -> Read[Standing]:
    heard = func.coalesce(
        col(Event.ts), col(Run.ended_at), col(Run.started_at), col(Run.queued_at), type_=_SINCE.type
    )
    chosen = [_FILTERS[name] for name in names]
    ordered = _standings(heard, always=True).where(*chosen)
    return Read(ordered.order_by(col(Run.queued_at).desc(), col(Run.id).desc()), Standing)


async def everybody(
    conn: Conn,
    *,
    limit: int = 50,
    person: UUID | None = None,
    provider: str | None = None,
    statuses: Sequence[str] | None = None,
    source: str | None = None,
    told_source: str | None = None,
) -> list[Standing]:
    """Runs of all people that fit every filter given, newest first by when they were asked for.

    A question about the installation: whoever asks it must be its owner. `told_source` is the
    source where linked accounts count as what delivered their data.
    """
    asked = {
        "person": person,
        "provider": provider,
        "statuses": statuses,
        "source": source,
        "told_source": told_source,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return await conn.rows(_everybody(tuple(given)), limit=limit, **given)


def _records(*conditions: Any) -> Select[Any]:
    named = columns(Run, Record, run_id="id")
    ours = [column for column in named if column.name != "user_id"]
    return (
        select(*ours, col(User.uuid).label("user_id"))
        .join(User, col(User.id) == col(Run.user_id))
        .where(SHOWN, *conditions)
    )


def _past(*conditions: Any) -> Read[Record]:
    since = col(Run.queued_at) >= bindparam("since", type_=Run.queued_at.type)  # type: ignore[attr-defined]  # columns have types
    newest = _records(_MINE, since, *conditions)
    ordered = newest.order_by(col(Run.queued_at).desc(), col(Run.id).desc())
    return Read(ordered.limit(_LIMIT), Record)


_PAST = _past()
_PAST_OF_SCOPE = _past(col(Run.scope) == bindparam("scope"))


async def past(
    conn: Conn,
    user_id: int,
    *,
    limit: int = 20,
    scope: str | None = None,
    since: datetime = clock.EPOCH,
) -> list[Record]:
    """Runs asked for from `since` on, live ones and those under way too, newest first."""
    if scope is None:
        return await conn.rows(_PAST, user_id=user_id, since=since, limit=limit)
    return await conn.rows(_PAST_OF_SCOPE, user_id=user_id, since=since, limit=limit, scope=scope)


_THIS = col(Run.id) == bindparam("run_id")
_ONE = Read(_records(_MINE, _THIS), Record)
_ANYBODYS = Read(_records(_THIS), Record)
_PARTS = Read(
    select(*columns(RunPart, Part))
    .where(col(RunPart.run_id) == bindparam("run_id"))
    .order_by(col(RunPart.updated_at), col(RunPart.part)),
    Part,
)


async def detail(conn: Conn, user_id: int, *, run_id: str) -> Detail | None:
    """One run of this person with its parts, in the order they were last worked on."""
    found = await conn.first(_ONE, user_id=user_id, run_id=run_id)
    return await _detailed(conn, found)


async def anybodys_detail(conn: Conn, *, run_id: str) -> Detail | None:
    """The same of whoever it belongs to: a question only the installation's owner may ask."""
    found = await conn.first(_ANYBODYS, run_id=run_id)
    return await _detailed(conn, found)


async def _detailed(conn: Conn, record: Record | None) -> Detail | None:
    if record is None:
        return None
    return Detail(record=record, parts=await conn.rows(_PARTS, run_id=record.run_id))
