"""Conflicts and the sessions in them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.focus import views
from rewind_gql.domains.focus.columns import OWNER, own
from rewind_gql.domains.focus.tables import Conflict, ConflictMember, Session
from rewind_gql.store.columns import Flag, Utc, among
from rewind_gql.store.read import Conn, Read

UNDO_FOR = timedelta(days=30)
MOST = 1_000
_MINE = col(Conflict.user_id) == OWNER
_OWN = own(col(Conflict.user_id))
_CAN_UNDO = and_(
    or_(col(Conflict.state) == "resolved", col(Conflict.state) == "dismissed"),
    col(Conflict.undo).is_not(None),
    col(Conflict.resolved_at) > bindparam("undo_since", type_=Utc()),
)
_SHOWN = (
    "id", "type", "state", "auto_resolvable", "suggestion", "resolution", "resolved_by",
    "detected_at", "resolved_at",
)  # fmt: skip
_CONFLICT: Any = select(
    *(col(getattr(Conflict, name)).label(name) for name in _SHOWN),
    func.coalesce(_CAN_UNDO, False, type_=Flag()).label("can_undo"),
)
_NEWEST = _CONFLICT.order_by(col(Conflict.detected_at).desc(), col(Conflict.id).desc()).limit(MOST)
_ALL = Read(_NEWEST.where(_MINE), views.Conflict)
_IN_STATE = Read(_NEWEST.where(_MINE, col(Conflict.state) == bindparam("state")), views.Conflict)
_BY_ID = Read(_CONFLICT.where(_OWN, among(col(Conflict.id), "ids")), views.Conflict)
_OPEN = Read(
    select(func.count()).select_from(Conflict).where(_MINE, col(Conflict.state) == "open"), int
)
_MEMBER: Any = (
    select(
        col(ConflictMember.id).label("id"),
        col(ConflictMember.conflict_id).label("conflict_id"),
        col(ConflictMember.session_id).label("session_id"),
        col(ConflictMember.device_id).label("device_id"),
        col(ConflictMember.variant).label("variant"),
    )
    .join(Conflict, col(Conflict.id) == col(ConflictMember.conflict_id))
    .where(_OWN)
)
_MEMBERS = Read(
    _MEMBER.outerjoin(Session, col(Session.id) == col(ConflictMember.session_id))
    .where(among(col(ConflictMember.conflict_id), "ids"))
    .order_by(col(Session.start_at), col(ConflictMember.session_id), col(ConflictMember.id)),
    views.ConflictMember,
)
_MEMBERS_BY_ID = Read(_MEMBER.where(among(col(ConflictMember.id), "ids")), views.ConflictMember)
_OF_SESSIONS: Read[tuple[int, int]] = Read(
    select(col(ConflictMember.session_id), col(ConflictMember.conflict_id))
    .join(Conflict, col(Conflict.id) == col(ConflictMember.conflict_id))
    .where(_OWN, among(col(ConflictMember.session_id), "ids"), col(Conflict.state) == "open")
    .order_by(col(ConflictMember.conflict_id))
    .distinct()
)


def _undo_since() -> datetime:
    return clock.now() - UNDO_FOR


async def conflicts(
    conn: Conn, user_id: int, *, state: str | None = "open"
) -> list[views.Conflict]:
    """Conflicts in `state` (open, resolved, dismissed or superseded; None: in any), newest first.

    Shape: at most the 1,000 newest; `open_conflicts_count` counts on.
    """
    since = _undo_since()
    if state is None:
        return await conn.rows(_ALL, user_id=user_id, undo_since=since)
    return await conn.rows(_IN_STATE, user_id=user_id, state=state, undo_since=since)


async def conflicts_by_id(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, views.Conflict]:
    """Conflicts by their ids; ids that are not the user's are left out."""
    found = await conn.rows(_BY_ID, user_id=user_id, ids=ids, undo_since=_undo_since())
    return {conflict.id: conflict for conflict in found}


async def members_by_conflict(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, list[views.ConflictMember]]:
    """The members of each conflict, oldest session first.

    In a `session_mismatch` all are one session: the member without a variant is what is stored.
    """
    members: dict[int, list[views.ConflictMember]] = {}
    for member in await conn.rows(_MEMBERS, user_id=user_id, ids=ids):
        members.setdefault(member.conflict_id, []).append(member)
    return members


async def members_by_id(
    conn: Conn, user_id: int, ids: Sequence[int]
) -> dict[int, views.ConflictMember]:
    """Members of conflicts by their ids; ids that are not the user's are left out."""
    found = await conn.rows(_MEMBERS_BY_ID, user_id=user_id, ids=ids)
    return {member.id: member for member in found}


async def conflicts_by_session(
    conn: Conn, user_id: int, session_ids: Sequence[int]
) -> dict[int, list[int]]:
    """Ids of the open conflicts each session is in, oldest first; without one it is left out."""
    found: dict[int, list[int]] = {}
    for session_id, conflict_id in await conn.rows(_OF_SESSIONS, user_id=user_id, ids=session_ids):
        found.setdefault(session_id, []).append(conflict_id)
    return found


async def open_conflicts_count(conn: Conn, user_id: int) -> int:
    """How many conflicts wait for somebody."""
    return await conn.value(_OPEN, user_id=user_id)
