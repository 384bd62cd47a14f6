"""Sessions, newest first, by number and by the client's id; timers under way."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.focus import views
from rewind_gql.domains.focus.columns import (
    FOREVER,
    OWNER,
    SHOWN,
    between,
    bounds,
    itself,
    of,
    ordered,
    own,
)
from rewind_gql.domains.focus.tables import Session, Timer
from rewind_gql.store.columns import Utc, among
from rewind_gql.store.page import Page, Slice, page
from rewind_gql.store.read import Conn, Read, Wanted

Instant = datetime | None

SESSIONS = "focus.sessions"
SESSIONS_TYPES = (int, int)


async def sessions(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    since: Instant = None,
    until: Instant = None,
    only: Wanted = None,
) -> Page[views.Session]:
    """Sessions that began in [`since`, `until`), newest first; of one instant, the last stored.

    With `only` these fields of each, and its place in the list.
    Shape: all but deleted ones; cursors are of list `SESSIONS`.
    Source: `focus_session`, walked in its order; a page costs the same wherever it lies.
    """
    found = await conn.rows(
        _SESSIONS[part.backward].only(only),
        user_id=user_id,
        limit=part.limit + 1,
        **bounds(part, since, until),
    )
    return page(
        SESSIONS,
        found,
        part,
        key=lambda session: (clock.microseconds(session.start_at), session.id),
    )


async def sessions_count(
    conn: Conn, user_id: int, *, since: Instant = None, until: Instant = None
) -> int:
    """How many sessions began in [`since`, `until`), without deleted ones."""
    return await conn.value(
        _COUNT, user_id=user_id, since=since or clock.EPOCH, until=until or FOREVER
    )


async def sessions_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Session]:
    """These sessions by number, deleted ones too; unknown numbers are left out."""
    found = await conn.rows(_BY_ID, user_id=user_id, ids=ids)
    return {session.id: session for session in found}


async def sessions_by_uuid(
    conn: Conn, user_id: int, uuids: Sequence[UUID]
) -> dict[UUID, views.Session]:
    """These sessions by the clients' ids, deleted ones too; unknown ids are left out."""
    found = await conn.rows(_BY_UUID, user_id=user_id, uuids=uuids)
    return {session.client_session_id: session for session in found}


async def recent_uuids(conn: Conn, user_id: int, *, device_id: str, limit: int = 500) -> list[UUID]:
    """The clients' ids of what a device sent first, whatever became of it, newest first."""
    return await conn.rows(_RECENT_UUIDS, user_id=user_id, device_id=device_id, limit=limit)


async def timers(conn: Conn, user_id: int, *, since: Instant = None) -> list[views.Timer]:
    """Timers begun at `since` or later and not over yet, newest first."""
    return await conn.rows(_TIMERS, user_id=user_id, since=since or clock.EPOCH)


def _sessions(*, backward: bool) -> Read[views.Session]:
    keys = col(Session.start_at), col(Session.id)
    return Read(
        select(*of(views.Session, Session))
        .where(col(Session.user_id) == OWNER, SHOWN, *between(*keys))
        .order_by(*ordered(keys, backward=backward))
        .limit(bindparam("limit")),
        views.Session,
        keys=("id", "start_at"),
    )


_SESSIONS = {backward: _sessions(backward=backward) for backward in (False, True)}
_COUNT: Read[int] = Read(
    select(func.count())
    .select_from(Session)
    .where(
        col(Session.user_id) == OWNER,
        SHOWN,
        col(Session.start_at) >= bindparam("since", type_=Utc()),
        col(Session.start_at) < bindparam("until", type_=Utc()),
    ),
    int,
)
_BY_ID = Read(
    select(*of(views.Session, Session)).where(
        own(col(Session.user_id)), among(col(Session.id), "ids")
    ),
    views.Session,
)
_BY_UUID = Read(
    select(*of(views.Session, Session)).where(
        col(Session.user_id) == OWNER, among(col(Session.client_session_id), "uuids")
    ),
    views.Session,
)


_RECENT_UUIDS: Read[UUID] = Read(
    select(col(Session.client_session_id))
    .where(col(Session.user_id) == OWNER, col(Session.device_id) == bindparam("device_id"))
    .order_by(col(Session.received_at).desc())
    .limit(bindparam("limit")),
    itself,
)
_TIMERS = Read(
    select(*of(views.Timer, Timer))
    .where(
        col(Timer.user_id) == OWNER,
        col(Timer.start_at) >= bindparam("since", type_=Utc()),
    )
    .order_by(col(Timer.start_at).desc(), col(Timer.client_session_id)),
    views.Timer,
)
