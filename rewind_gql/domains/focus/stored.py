"""What is stored of sessions and timers under the clients' ids, and the statements that do so."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, bindparam, delete, select
from sqlalchemy import insert as sql_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from rewind_gql.domains.focus import turn
from rewind_gql.domains.focus.columns import OWNER, itself, of, own
from rewind_gql.domains.focus.queries import account
from rewind_gql.domains.focus.replay import Kept
from rewind_gql.domains.focus.tables import Session, Timer
from rewind_gql.store.columns import Id, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read


class Known(dict[UUID, Kept]):
    """Sessions stored under some UUIDs; beside them the person's zone, and which UUIDs run.

    A merged session has the number of the one it lives on in under `survivors`.
    """

    def __init__(
        self,
        kept: Iterable[Kept],
        *,
        survivors: Mapping[int, int],
        timers: Iterable[UUID],
        zone: ZoneInfo,
    ) -> None:
        super().__init__((each.client_session_id, each) for each in kept)
        self.survivors = survivors
        self.timers = frozenset(timers)
        self.zone = zone

    def number(self, kept: Kept) -> int:
        """The number people see for a session: its own, or that of its survivor."""
        return self.survivors.get(kept.id, kept.id)


async def known(conn: Writing, user_id: int, uuids: Sequence[UUID]) -> Known:
    """What is stored under these UUIDs, for `sessions` to be told, in a few statements for all.

    From here to the end of the transaction nobody else stores a session of this person.
    """
    await turn.take(conn, user_id)
    kept = await conn.rows(_KEPT, user_id=user_id, uuids=uuids)
    return Known(
        kept,
        survivors=await _survivors(conn, user_id, kept),
        timers=await conn.rows(_RUNNING, user_id=user_id, uuids=uuids),
        zone=await account.zone(conn, user_id),
    )


async def is_known(conn: Writing, user_id: int, uuid: UUID) -> bool:
    """Whether a session is stored under this UUID, in whatever state."""
    return bool(await conn.rows(_KEPT, user_id=user_id, uuids=[uuid]))


async def insert(conn: Writing, user_id: int, row: Mapping[str, Any]) -> int | None:
    """Store a session, its first revision; gives its number, None when its UUID is stored."""
    made = await conn.execute(_INSERT[conn.dialect.name], {**_first(user_id), **row})
    number: int | None = made.scalar_one_or_none()
    return number


async def insert_all(
    conn: Writing, user_id: int, rows: Sequence[Mapping[str, Any]]
) -> dict[UUID, int]:
    """Store sessions whose UUIDs are known to be new, in their order; gives their numbers."""
    if not rows:
        return {}
    first = _first(user_id)
    made = await conn.execute(_INSERT_ALL, [{**first, **row} for row in rows])
    return {row.client_session_id: row.id for row in made}


def _first(user_id: int) -> dict[str, Any]:
    return {"user_id": user_id, "merged_into": None, "revision": 1}


async def stop(conn: Writing, user_id: int, uuid: UUID) -> None:
    """End a timer, if it runs."""
    await conn.execute(_STOP, {"owner": user_id, "uuid": uuid})


async def _survivors(conn: Writing, user_id: int, kept: Iterable[Kept]) -> dict[int, int]:
    """By number of a merged session, that of the one at the end of its merges."""
    found = {each.id: each.merged_into for each in kept if each.merged_into is not None}
    survivors = dict(found)
    while found:
        rows = await conn.rows(_MERGED, user_id=user_id, ids=sorted(set(found.values())))
        onward = {number: into for number, into in rows if into is not None}
        found = {number: onward[into] for number, into in found.items() if into in onward}
        survivors |= found
    return survivors


_INSERT: dict[str, Any] = {
    name: dialect.insert(Session)
    .on_conflict_do_nothing(index_elements=["user_id", "client_session_id"])
    .returning(col(Session.id))
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_INSERT_ALL = sql_insert(Session).returning(
    col(Session.client_session_id), col(Session.id), sort_by_parameter_order=True
)
_KEPT = Read(
    select(*of(Kept, Session)).where(
        col(Session.user_id) == OWNER, among(col(Session.client_session_id), "uuids")
    ),
    Kept,
)
_MERGED: Read[tuple[int, int | None]] = Read(
    select(col(Session.id), col(Session.merged_into)).where(
        own(col(Session.user_id)), among(col(Session.id), "ids")
    )
)
_RUNNING: Read[UUID] = Read(
    select(col(Timer.client_session_id)).where(
        col(Timer.user_id) == OWNER, among(col(Timer.client_session_id), "uuids")
    ),
    itself,
)
_STOP = delete(Timer).where(
    col(Timer.user_id) == bindparam("owner", type_=Id),
    col(Timer.client_session_id) == bindparam("uuid", type_=Uuid()),
)
