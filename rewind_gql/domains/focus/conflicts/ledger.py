"""Conflicts as they are stored: found, raised, overtaken."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlmodel import col

from rewind_gql.domains.focus.columns import OWNER, own
from rewind_gql.domains.focus.tables import Conflict, ConflictMember
from rewind_gql.store.columns import Id, Json, Utc, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

BETWEEN_SESSIONS = ("session_overlap", "duplicate_session", "clock_skew")
"""The types that are found by comparing sessions."""


@dataclass(slots=True, kw_only=True)
class Member:
    """A row of `focus_conflict_member`."""

    id: int
    conflict_id: int
    session_id: int | None
    device_id: str | None
    variant: dict[str, Any] | None


@dataclass(slots=True, kw_only=True)
class Known:
    """A conflict that is stored. `undo` says how to take its resolution back.

    While it is open, `undo` is only there when a resolution was taken back: then it is left to a
    person.
    """

    id: int
    type: str
    fingerprint: str
    state: str
    auto_resolvable: bool
    suggestion: str
    resolved_at: datetime | None
    undo: dict[str, Any] | None
    members: list[Member] = field(default_factory=list)

    @property
    def ids(self) -> frozenset[int]:
        """Its sessions."""
        return frozenset(each.session_id for each in self.members if each.session_id is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A conflict to be open from now on; members are session, device and variant."""

    type: str
    fingerprint: str
    auto_resolvable: bool
    suggestion: str
    members: Sequence[tuple[int | None, str | None, dict[str, Any] | None]]
    undo: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a conflict ends, and what would take that back."""

    id: int
    state: str
    resolution: str | None = None
    by: str | None = None
    undo: dict[str, Any] | None = None


_FIELDS = (
    "id", "type", "fingerprint", "state", "auto_resolvable", "suggestion", "resolved_at", "undo",
)  # fmt: skip
_CONFLICT: Any = select(*(col(getattr(Conflict, name)).label(name) for name in _FIELDS)).where(
    own(col(Conflict.user_id))
)
_OF_SESSIONS = col(Conflict.id).in_(
    select(col(ConflictMember.conflict_id)).where(among(col(ConflictMember.session_id), "ids"))
)
_IN_ORDER = _CONFLICT.order_by(col(Conflict.id))
_MET = Read(
    _IN_ORDER.where(
        _OF_SESSIONS,
        col(Conflict.type) != "preference_conflict",
        or_(col(Conflict.state) == "open", col(Conflict.state) == "dismissed"),
    ),
    Known,
)
_MISMATCHED = Read(
    _IN_ORDER.where(
        _OF_SESSIONS,
        col(Conflict.type) == "session_mismatch",
        col(Conflict.state) != "superseded",
    ),
    Known,
)
_BY_ID = Read(_IN_ORDER.where(among(col(Conflict.id), "ids")), Known)
_OPEN = Read(
    select(*(col(getattr(Conflict, name)).label(name) for name in _FIELDS)).where(
        col(Conflict.user_id) == OWNER,
        col(Conflict.state) == "open",
        col(Conflict.type) != "preference_conflict",
    ),
    Known,
)
_BY_FINGERPRINT: Read[tuple[str, int]] = Read(
    select(col(Conflict.fingerprint), col(Conflict.id)).where(
        col(Conflict.user_id) == OWNER, among(col(Conflict.fingerprint), "fingerprints")
    )
)
_OLD = Read(
    select(col(Conflict.id))
    .where(
        col(Conflict.user_id) == OWNER,
        or_(col(Conflict.state) == "resolved", col(Conflict.state) == "superseded"),
        col(Conflict.detected_at) < bindparam("before", type_=Utc()),
        col(Conflict.resolved_at) < bindparam("before", type_=Utc()),
    )
    .limit(bindparam("most", type_=Id)),
    int,
)
_FORGET = delete(Conflict).where(col(Conflict.user_id) == OWNER, among(col(Conflict.id), "ids"))
_MEMBERS = Read(
    select(
        *(col(getattr(ConflictMember, name)).label(name) for name in Member.__dataclass_fields__)
    )
    .join(Conflict, col(Conflict.id) == col(ConflictMember.conflict_id))
    .where(own(col(Conflict.user_id)), among(col(ConflictMember.conflict_id), "ids"))
    .order_by(col(ConflictMember.id)),
    Member,
)
_AT = (col(Conflict.id) == bindparam("at"), col(Conflict.user_id) == bindparam("whose"))
_JUDGED = (
    update(Conflict)
    .where(*_AT)
    .values(auto_resolvable=bindparam("auto"), suggestion=bindparam("best"))
)
_ENDED = (
    update(Conflict)
    .where(*_AT)
    .values(
        state=bindparam("ended"),
        resolution=bindparam("how"),
        resolved_by=bindparam("who"),
        resolved_at=bindparam("when", type_=Utc()),
        undo=bindparam("back", type_=Json()),
    )
)
_OPENED = (
    update(Conflict)
    .where(*_AT)
    .values(
        state="open",
        auto_resolvable=False,
        resolution=None,
        resolved_by=None,
        resolved_at=None,
        undo=bindparam("mark", type_=Json()),
    )
)
_VARIANT = (
    update(ConflictMember)
    .where(
        col(ConflictMember.id) == bindparam("at"),
        col(ConflictMember.conflict_id) == bindparam("within", type_=Id),
    )
    .values(variant=bindparam("told", type_=Json()))
)


async def met(conn: Writing, user_id: int, ids: Collection[int]) -> list[Known]:
    """Conflicts, open or dismissed, that any of these sessions is in."""
    found = await conn.rows(_MET, user_id=user_id, ids=sorted(ids)) if ids else []
    return await _whole(conn, user_id, found)


async def mismatched(conn: Writing, user_id: int, session_id: int) -> list[Known]:
    """Conflicts about what one session is, but those that others took over."""
    found = await conn.rows(_MISMATCHED, user_id=user_id, ids=[session_id])
    return await _whole(conn, user_id, found)


async def by_id(conn: Writing, user_id: int, ids: Collection[int]) -> dict[int, Known]:
    """Conflicts by their ids, with their members; ids that are not the user's are left out."""
    found = await conn.rows(_BY_ID, user_id=user_id, ids=sorted(set(ids))) if ids else []
    return {known.id: known for known in await _whole(conn, user_id, found)}


async def open_ones(conn: Writing, user_id: int) -> list[Known]:
    """Every open conflict about sessions."""
    return await _whole(conn, user_id, await conn.rows(_OPEN, user_id=user_id))


async def _whole(conn: Writing, user_id: int, found: list[Known]) -> list[Known]:
    at = {known.id: known for known in found}
    if at:
        for member in await conn.rows(_MEMBERS, user_id=user_id, ids=list(at)):
            at[member.conflict_id].members.append(member)
    return found


async def raise_all(
    conn: Writing, user_id: int, raised: Sequence[Raised], now: datetime
) -> dict[str, int]:
    """Open these conflicts, and those there were before again. Gives ids by fingerprint.

    New ones are numbered in the order given.
    """
    if not raised:
        return {}
    fingerprints = [each.fingerprint for each in raised]
    before = await _ids(conn, user_id, fingerprints)
    blank = {"state": "open", "resolution": None, "resolved_by": None, "resolved_at": None}
    known: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for each in raised:
        (known if each.fingerprint in before else new).append(
            blank
            | {"user_id": user_id, "type": each.type, "fingerprint": each.fingerprint}
            | {"auto_resolvable": each.auto_resolvable, "suggestion": each.suggestion}
            | {"detected_at": now, "undo": each.undo}
        )
    changing = [*blank, "auto_resolvable", "suggestion", "detected_at", "undo"]
    await upsert(conn, Conflict, known, key=("user_id", "fingerprint"), update=changing)
    if not new:
        return before
    await conn.execute(insert(Conflict), new)
    ids = await _ids(conn, user_id, fingerprints)
    members = [
        {"conflict_id": ids[each.fingerprint], "session_id": session_id}
        | {"device_id": device_id, "variant": variant}
        for each in raised
        if each.fingerprint not in before
        for session_id, device_id, variant in each.members
    ]
    await conn.execute(insert(ConflictMember), members)
    return ids


async def _ids(conn: Writing, user_id: int, fingerprints: Sequence[str]) -> dict[str, int]:
    found = await conn.rows(_BY_FINGERPRINT, user_id=user_id, fingerprints=fingerprints)
    return dict(found)


async def judge_again(conn: Writing, user_id: int, judged: Mapping[int, tuple[bool, str]]) -> None:
    """Store for open conflicts whether they need a person, and what is suggested."""
    rows = [
        {"at": at, "whose": user_id, "auto": auto, "best": best}
        for at, (auto, best) in judged.items()
    ]
    if rows:
        await conn.execute(_JUDGED, rows)


async def supersede(conn: Writing, user_id: int, ids: Iterable[int], now: datetime) -> None:
    """Close conflicts that others took over, or that are none any more."""
    await end(conn, user_id, [Ended(id=each, state="superseded") for each in ids], now)


async def end(conn: Writing, user_id: int, ended: Sequence[Ended], now: datetime) -> None:
    """Close these conflicts."""
    rows = [
        {"at": each.id, "whose": user_id, "ended": each.state, "how": each.resolution}
        | {"who": each.by, "when": now, "back": each.undo}
        for each in ended
    ]
    if rows:
        await conn.execute(_ENDED, rows)


async def reopen(conn: Writing, user_id: int, conflict_id: int, mark: dict[str, Any]) -> None:
    """Open a conflict again, and leave it to a person from now on."""
    await conn.execute(_OPENED, {"at": conflict_id, "whose": user_id, "mark": mark})


async def retell(
    conn: Writing, conflict_id: int, variants: Mapping[int, dict[str, Any] | None]
) -> None:
    """Store what is said by members of a conflict, by their ids."""
    rows = [{"at": at, "within": conflict_id, "told": variant} for at, variant in variants.items()]
    if rows:
        await conn.execute(_VARIANT, rows)


async def prune(conn: Writing, user_id: int, *, before: datetime, most: int) -> int:
    """Forget conflicts that were over `before`, at most so many; gives how many.

    Those that are open are kept for ever, and those that were dismissed, lest they be raised again.
    """
    ids = await conn.rows(_OLD, user_id=user_id, before=before, most=most)
    if ids:
        await conn.execute(_FORGET, {"user_id": user_id, "ids": ids})
    return len(ids)
