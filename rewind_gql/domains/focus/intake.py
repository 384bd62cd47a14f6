"""Records in, rows out: sessions that are over; `begin` and `cancel` are about those that run."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Touched
from rewind_gql.domains.focus import records, replay, stored, views
from rewind_gql.domains.focus.calendar import days_of
from rewind_gql.domains.focus.conflicts import detect, variants
from rewind_gql.domains.focus.replay import Kept
from rewind_gql.domains.focus.stored import Known, known
from rewind_gql.domains.focus.tables import Session
from rewind_gql.domains.focus.timers import begin, cancel
from rewind_gql.errors import BadInput, Refused
from rewind_gql.store.columns import Id
from rewind_gql.store.engine import Writing

__all__ = ["Known", "batch", "begin", "cancel", "known", "sessions"]

_WORDS = ("source", "category", "project", "note")
# Neither database takes a NUL, and half of a surrogate pair is no character.
_UNWRITABLE = re.compile("[\\x00\\ud800-\\udfff]")


async def sessions(
    conn: Writing,
    user_id: int,
    session: records.Session,
    *,
    received_at: datetime,
    run_id: str | None,
    known: Known | None = None,
) -> tuple[views.Verdict, Touched]:
    """Store one session, and say what became of it and which calendar days it changed.

    `created` when its UUID is new; its timer is over then. `duplicate` when all it says is known,
    times within a minute; so is whatever comes for a session that was merged, which answers with
    its survivor's number, or deleted, which answers with its own. `updated` when the device that
    made it changed category, project or note. `conflict` for every other difference; the variant
    is kept. `known` is what the function of that name gave, when several are stored.
    Raises `BadInput` when it cannot be kept: before 1970, or with a character no text may have.
    """
    _check(session)
    found = await _known(conn, user_id, session.client_session_id, known)
    kept = found.get(session.client_session_id)
    if kept is None:
        number = await stored.insert(conn, user_id, _row(session, received_at, run_id))
        if number is not None:
            return await _created(conn, user_id, session, number, found)
        # Sent twice in one go: the first of them is stored by now.
        found = await _known(conn, user_id, session.client_session_id, None)
        kept = found[session.client_session_id]
    return await _again(conn, user_id, session, kept, found, now=received_at)


async def batch(
    conn: Writing,
    user_id: int,
    given: Sequence[records.Session],
    *,
    received_at: datetime,
    run_id: str | None,
) -> tuple[list[views.Verdict | Refused], Touched]:
    """Store many sessions as `sessions` does each; one that cannot be kept keeps no other out.

    Shape: for each of them, in order, what became of it or why it is refused; and all the days.
    All new ones are one statement, so that five hundred take little longer than one.
    """
    found = await stored.known(conn, user_id, [each.client_session_id for each in given])
    numbers = await stored.insert_all(
        conn, user_id, [_row(each, received_at, run_id) for each in _new(given, found)]
    )
    outcomes: list[views.Verdict | Refused] = []
    touched = Touched()
    for session in given:
        number = numbers.pop(session.client_session_id, None)
        try:
            if number is not None:
                verdict, days = await _created(conn, user_id, session, number, found)
            else:
                verdict, days = await _apart(
                    conn, user_id, session, received_at=received_at, run_id=run_id, known=found
                )
        except Refused as why:
            outcomes.append(why)
        else:
            outcomes.append(verdict)
            touched.add(days)
    return outcomes, touched


def _new(given: Iterable[records.Session], found: Known) -> Iterable[records.Session]:
    """Those that can be kept and are not stored, the first under each UUID."""
    first: dict[UUID, records.Session] = {}
    for session in given:
        first.setdefault(session.client_session_id, session)
    return [each for uuid, each in first.items() if uuid not in found and _fault(each) is None]


async def _apart(
    conn: Writing,
    user_id: int,
    session: records.Session,
    *,
    received_at: datetime,
    run_id: str | None,
    known: Known,
) -> tuple[views.Verdict, Touched]:
    """One session in a savepoint of its own, unless nothing is to be written."""
    kept = known.get(session.client_session_id)
    if kept is not None and replay.again(kept, session) == "duplicate":
        return await _again(conn, user_id, session, kept, known, now=received_at)
    async with conn.savepoint():
        return await sessions(
            conn, user_id, session, received_at=received_at, run_id=run_id, known=known
        )


async def _created(
    conn: Writing, user_id: int, session: records.Session, number: int, known: Known
) -> tuple[views.Verdict, Touched]:
    uuid = session.client_session_id
    if uuid in known.timers:
        await stored.stop(conn, user_id, uuid)
    days = days_of(session.start_at, session.end_at, known.zone)
    return views.Verdict(client_session_id=uuid, status="created", id=number), Touched(days=days)


async def _again(
    conn: Writing,
    user_id: int,
    session: records.Session,
    kept: Kept,
    known: Known,
    *,
    now: datetime,
) -> tuple[views.Verdict, Touched]:
    """What becomes of a session whose UUID is stored."""
    status = replay.again(kept, session)
    verdict = views.Verdict(
        client_session_id=kept.client_session_id,
        status=status,
        id=known.number(kept),
        is_late=replay.is_late(kept, session),
    )
    touched = Touched()
    if status == "updated":
        touched.days = await _reword(conn, user_id, session, kept, known.zone)
    if status == "conflict":
        verdict.conflict_id = await detect.mismatch(
            conn,
            user_id,
            session_id=kept.id,
            variant=variants.variant(session, replay.payload_hash(session)),
            device_id=session.device_id,
            now=now,
        )
    if status != "duplicate":
        # What is known of it is no longer so; should it come again, it is looked up.
        known.pop(kept.client_session_id, None)
    return verdict, touched


async def _reword(
    conn: Writing, user_id: int, session: records.Session, kept: Kept, zone: ZoneInfo
) -> set[date]:
    """Write the words a session has now; gives the days counted under other names by that."""
    words = {
        "category": session.category,
        "project": session.project,
        "note": session.note,
        "payload_hash": replay.payload_hash(session),
    }
    revision = col(Session.revision) + 1
    await conn.execute(
        _CHANGE.values(**words, revision=revision), {"owner": user_id, "at": kept.id}
    )
    if (session.category, session.project) == (kept.category, kept.project):
        return set()
    return days_of(kept.start_at, kept.end_at, zone)


async def _known(conn: Writing, user_id: int, uuid: UUID, given: Known | None) -> Known:
    return await stored.known(conn, user_id, [uuid]) if given is None else given


def _check(session: records.Session) -> None:
    if fault := _fault(session):
        raise fault


def _fault(session: records.Session) -> BadInput | None:
    """Why a session cannot be kept: no database would, or no list would show it."""
    if session.start_at < clock.EPOCH:
        return BadInput("start_time must be after 1969", path="start_time")
    for name in _WORDS:
        if _UNWRITABLE.search(getattr(session, name)):
            return BadInput(f"{name} contains characters that are no text", path=name)
    return None


def _row(session: records.Session, received_at: datetime, run_id: str | None) -> dict[str, Any]:
    return {
        **{name: getattr(session, name) for name in _SENT},
        "state": "completed",
        "cancel_reason": None,
        "payload_hash": replay.payload_hash(session),
        "received_at": received_at,
        "run_id": run_id,
    }


_SENT = (
    "client_session_id",
    "source",
    "start_at",
    "end_at",
    "duration_min",
    "category",
    "project",
    "note",
    "kind",
    "planned_min",
    "device_id",
    "skew_ms",
)
_CHANGE = update(Session).where(
    col(Session.user_id) == bindparam("owner", type_=Id),
    col(Session.id) == bindparam("at", type_=Id),
)
