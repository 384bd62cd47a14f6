"""What a session sent under a known UUID is: the same again, new words, or a contradiction."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import orjson

from rewind_gql import clock
from rewind_gql.domains.focus import identity, records

SAME_TIME = timedelta(seconds=60)
"""Instants no further apart than this count as the same."""
OVER = {"merged", "deleted"}

Again = Literal["duplicate", "updated", "conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A stored session, as far as what is sent again is compared with it."""

    id: int
    client_session_id: UUID
    device_id: str | None
    source: str
    start_at: datetime
    end_at: datetime
    kind: str
    planned_min: float | None
    category: str
    project: str
    note: str
    state: str
    merged_into: int | None
    payload_hash: str


def payload_hash(session: records.Session) -> str:
    """Two digests of what was sent: of when and what for, and of the words a person may change.

    It stays what it is when a resolution moves the times or joins the notes, so that the same
    bytes are known again.
    """
    times = [clock.microseconds(session.start_at), clock.microseconds(session.end_at)]
    return f"{_digest([*times, session.kind, session.planned_min])}:{_words(session)}"


def again(kept: Kept, session: records.Session) -> Again:
    """What `session` is to the one stored under its UUID.

    Who sends it is no part of what it says, but only the program that made a session may change
    its words; nothing changes a session that was merged into another or deleted.
    """
    if kept.state in OVER:
        return "duplicate"
    sent = payload_hash(session)
    if sent == kept.payload_hash:
        return "duplicate"
    if not _same_time(kept, session, sent):
        return "conflict"
    said = (session.category, session.project, session.note)
    words_stored = kept.payload_hash.endswith(f":{sent.partition(':')[2]}")
    if words_stored or said == (kept.category, kept.project, kept.note):
        return "duplicate"
    mine = same_device((kept.device_id, kept.source), (session.device_id, session.source))
    return "updated" if mine else "conflict"


def is_late(kept: Kept, session: records.Session) -> bool:
    """Whether `session` is another than what was sent before it was merged or deleted."""
    return kept.state in OVER and payload_hash(session) != kept.payload_hash


def same_device(one: tuple[str | None, str], other: tuple[str | None, str]) -> bool:
    """Whether two pairs of a device's id and its kind are one device's, maybe in two versions.

    Without ids the kind decides.
    """
    if one[0] is None and other[0] is None:
        return one[1] == other[1]
    return identity.same_program(one[0], other[0])


def _same_time(kept: Kept, session: records.Session, sent: str) -> bool:
    """Whether both say the same of when, what kind, how long it was meant to be, and that it ended.

    What was stored counts, and what was sent before a resolution changed it.
    """
    if kept.state != "completed":
        return False
    if kept.payload_hash.partition(":")[0] == sent.partition(":")[0]:
        return True
    plans = {kept.planned_min, session.planned_min} - {None}
    return (
        abs(kept.start_at - session.start_at) <= SAME_TIME
        and abs(kept.end_at - session.end_at) <= SAME_TIME
        and kept.kind == session.kind
        and len(plans) <= 1
    )


def _words(session: records.Session) -> str:
    return _digest([session.category, session.project, session.note])


def _digest(said: list[str | int | float | None]) -> str:
    return hashlib.sha256(orjson.dumps(said)).hexdigest()[:32]
