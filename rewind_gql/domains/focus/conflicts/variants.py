"""One session told in two ways: what is stored, and what a device sent later under its UUID."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rewind_gql.domains.focus import records, turn
from rewind_gql.domains.focus.conflicts import ledger, rows
from rewind_gql.domains.focus.conflicts.groups import fingerprint
from rewind_gql.domains.focus.conflicts.ledger import Member, Raised
from rewind_gql.domains.focus.conflicts.rules import Row
from rewind_gql.store.engine import Writing

Told = dict[str, Any]
_TEXTS = ("category", "project", "note")
_SENT = ("duration_min", "planned_min", "kind", "source", *_TEXTS, "skew_ms")
_STORED = ("state", "cancel_reason", "payload_hash")


def variant(session: records.Session, payload_hash: str) -> Told:
    """A session as it was sent, in the form a conflict keeps it in."""
    plain = {name: getattr(session, name) for name in _SENT}
    plain |= {"state": "completed", "cancel_reason": None, "payload_hash": payload_hash}
    return plain | _times(session.start_at, session.end_at)


def told(row: Row) -> Told:
    """A stored session in the same form."""
    plain = {name: getattr(row, name) for name in (*_SENT, *_STORED)}
    return plain | _times(row.start_at, row.end_at)


def taken(row: Row, version: Told) -> Row:
    """The session as `version` tells it; it stays the session of the device that sent it first."""
    plain = {name: version[name] for name in (*_SENT, *_STORED) if name != "source"}
    start, end = _span(version)
    return replace(row, **plain, start_at=start, end_at=end, revision=row.revision + 1)


def whole(members: Sequence[Member], stored: Row) -> Member | None:
    """The member whose version has all that the others say, if there is one.

    It lasts from the earliest start to the latest end, and every text that another says.
    """
    versions = [(member, member.variant or told(stored)) for member in members]
    for member, version in versions:
        if all(_contains(version, other) for _, other in versions):
            return member
    return None


async def mismatch(
    conn: Writing,
    user_id: int,
    *,
    session_id: int,
    variant: Told,
    device_id: str | None,
    now: datetime,
) -> int:
    """Keep what else was sent under a stored session's UUID; gives the conflict it is in.

    `variant` is what the function of that name made. All that is said of one session is one
    conflict; the same said again, by its `payload_hash`, is in the conflict it was in, open or
    not.
    """
    await turn.take(conn, user_id)
    before = await ledger.mismatched(conn, user_id, session_id)
    for known in before:
        if variant["payload_hash"] in _hashes(known.members):
            return known.id
    stored = (await rows.by_id(conn, user_id, [session_id]))[session_id]
    open_one = next((known for known in before if known.state == "open"), None)
    members = [] if open_one is None else open_one.members
    others = [(each.device_id, each.variant) for each in members if each.variant is not None]
    raised = _raised(stored, [*others, (device_id, variant)])
    if open_one is not None:
        if open_one.undo is not None:  # a person took its resolution back
            raised = replace(raised, auto_resolvable=False, undo=open_one.undo)
        await ledger.supersede(conn, user_id, [open_one.id], now)
    (conflict_id,) = (await ledger.raise_all(conn, user_id, [raised], now)).values()
    return conflict_id


def _raised(stored: Row, others: Sequence[tuple[str | None, Told]]) -> Raised:
    members: list[tuple[int | None, str | None, Told | None]] = [
        (stored.id, stored.device_id, None)
    ]
    members += [(stored.id, device_id, version) for device_id, version in others]
    versions = sorted(version["payload_hash"] for _, version in others)
    rows = [
        Member(id=at, conflict_id=0, session_id=member[0], device_id=member[1], variant=member[2])
        for at, member in enumerate(members)
    ]
    return Raised(
        type="session_mismatch",
        fingerprint=fingerprint("session_mismatch", [stored.id, stored.payload_hash, *versions]),
        auto_resolvable=whole(rows, stored) is not None,
        suggestion="KEEP_ONE",
        members=members,
    )


def _hashes(members: Sequence[Member]) -> set[str]:
    return {member.variant["payload_hash"] for member in members if member.variant is not None}


def _times(start: datetime, end: datetime) -> Told:
    return {"start_at": start.isoformat(), "end_at": end.isoformat()}


def _span(version: Told) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(version[name]) for name in ("start_at", "end_at"))
    return start, end


def _contains(version: Told, other: Told) -> bool:
    """Whether a version says all that another says."""
    (start, end), (since, until) = _span(version), _span(other)
    times = start <= since and until <= end
    texts = all(other[name].strip() in {"", version[name].strip()} for name in _TEXTS)
    planned = other["planned_min"] in {None, version["planned_min"]}
    alike = all(version[name] == other[name] for name in ("kind", "state"))
    return times and texts and planned and alike
