"""Settling conflicts, by a person or without one, and taking that back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rewind_gql.domains.base import Touched
from rewind_gql.domains.focus import turn, views
from rewind_gql.domains.focus.conflicts import detect, endings, ledger, plans, rows, variants
from rewind_gql.domains.focus.conflicts.endings import Settled
from rewind_gql.domains.focus.conflicts.ledger import BETWEEN_SESSIONS, Known
from rewind_gql.domains.focus.conflicts.plans import Choice
from rewind_gql.domains.focus.conflicts.refusals import (
    ConflictChanged,
    ConflictNotFound,
    NothingToUndo,
    TrimTooShort,
)
from rewind_gql.domains.focus.conflicts.rules import Limits, Row
from rewind_gql.domains.focus.queries.conflicts import UNDO_FOR, conflicts_by_id
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Writing

__all__ = [
    "ConflictChanged",
    "ConflictNotFound",
    "NothingToUndo",
    "TrimTooShort",
    "auto_resolve",
    "resolve",
    "undo",
]

USUAL = Limits()
_BETWEEN = frozenset(BETWEEN_SESSIONS)
_MODES: Mapping[str, frozenset[str]] = {
    "off": frozenset(),
    "duplicates": frozenset({"duplicate_session"}),
    "all_safe": frozenset({"duplicate_session", "clock_skew", "session_mismatch"}),
}


async def auto_resolve(
    conn: Writing,
    user_id: int,
    conflict_ids: Collection[int],
    *,
    mode: str,
    now: datetime,
    limits: Limits = USUAL,
) -> tuple[list[views.Conflict], Touched]:
    """Settle those of the conflicts that need no person, as far as `mode` goes.

    `off` settles none, `duplicates` what was recorded twice, `all_safe` also what only a wrong
    clock made overlap (all is kept) and a session one version of which says all the others do.
    Shape: what was settled, in the order of their ids, and the days to count again. A conflict
    whose resolution a person took back is left to them.
    """
    await turn.take(conn, user_id)
    told = await _settle_safely(conn, user_id, conflict_ids, _MODES[mode] - _BETWEEN, now)
    # A version that lasts longer can run into other sessions.
    grown = await _look_again(conn, user_id, told.sessions, limits, now)
    met = await _settle_safely(conn, user_id, {*conflict_ids, *grown}, _MODES[mode] & _BETWEEN, now)
    told.touched.add(met.touched)
    ids = sorted(told.ids | met.ids)
    shown = await conflicts_by_id(conn, user_id, ids) if ids else {}
    return [shown[at] for at in sorted(shown)], told.touched


@dataclass(frozen=True, slots=True)
class _Done:
    """Conflicts that were settled, their sessions, and the days to count again."""

    ids: set[int] = field(default_factory=set)
    sessions: set[int] = field(default_factory=set)
    touched: Touched = field(default_factory=Touched)


async def _settle_safely(
    conn: Writing, user_id: int, ids: Collection[int], kinds: Collection[str], now: datetime
) -> _Done:
    """Settle those of the conflicts that are of these kinds and need no person."""
    known = await ledger.by_id(conn, user_id, ids) if kinds else {}
    safe = [
        each
        for each in known.values()
        if each.state == "open" and each.auto_resolvable and each.type in kinds
    ]
    stored = await _sessions(conn, user_id, safe)
    settled = [_safely(each, [stored[at] for at in sorted(each.ids)]) for each in safe]
    touched = await endings.carry_out(conn, user_id, settled, stored, "auto", now)
    return _Done({each.id for each in safe}, set(stored), touched)


async def resolve(
    conn: Writing,
    user_id: int,
    *,
    conflict_id: int,
    resolution: str,
    keep: int | None = None,
    delete: Sequence[int] = (),
    members: Sequence[int] | None = None,
    by: str,
    now: datetime,
    limits: Limits = USUAL,
) -> tuple[views.Conflict, Touched]:
    """Settle one conflict; gives it and the days to count again.

    - `KEEP_ONE`: `keep` is the session that stays, the others are merged into it. Of duplicates it
      takes over what it lacks. Where one session was told in several ways (`session_mismatch`),
      `keep` is the id of the member whose version is to be stored.
    - `KEEP_ALL`: all is as it should be; these sessions are not compared again.
    - `MERGE`: one session from the earliest start to the latest end.
    - `TRIM_EARLIER`, `TRIM_LATER`: the earlier ones end, or the later ones begin, at the border.
    - `DELETE`: the sessions in `delete` go.

    Doing it twice gives the first result. What still contradicts is a new conflict.
    Raises `ConflictNotFound`; `ConflictChanged` when it was overtaken, or when its sessions are not
    `members`, those the caller saw; `TrimTooShort`; `BadInput`.
    """
    await turn.take(conn, user_id)
    known = await _known(conn, user_id, conflict_id)
    if known.state in {"resolved", "dismissed"}:
        return await _shown(conn, user_id, conflict_id), Touched()
    if known.state == "superseded":
        raise ConflictChanged(await _successor(conn, user_id, known))
    stored = await _sessions(conn, user_id, [known])
    if members is not None and set(members) != known.ids:
        raise ConflictChanged(conflict_id)
    if not all(row.counts for row in stored.values()) and known.type in BETWEEN_SESSIONS:
        raise ConflictChanged(conflict_id)
    choice = Choice(resolution=resolution, keep=keep, delete=delete)
    settled = _chosen(known, list(stored.values()), choice)
    touched = await endings.carry_out(conn, user_id, [settled], stored, by, now)
    await _look_again(conn, user_id, known.ids, limits, now)
    return await _shown(conn, user_id, conflict_id), touched


async def undo(
    conn: Writing, user_id: int, *, conflict_id: int, now: datetime, limits: Limits = USUAL
) -> tuple[views.Conflict, Touched]:
    """Take a resolution back: every session, and the conflict, is as it was before.

    Possible for 30 days; doing it twice changes nothing more. From then on the conflict waits for
    a person. Of a preference the old value is put back, and the conflict is dismissed.
    Raises `ConflictNotFound`; `ConflictChanged` when anything in it changed since; `NothingToUndo`
    when it is too late or was never resolved.
    """
    await turn.take(conn, user_id)
    known = await _known(conn, user_id, conflict_id)
    if known.state == "superseded":
        raise ConflictChanged(await _successor(conn, user_id, known))
    if _undone(known):
        return await _shown(conn, user_id, conflict_id), Touched()
    if known.undo is None or known.resolved_at is None or known.resolved_at <= now - UNDO_FOR:
        raise NothingToUndo
    touched = await endings.put_back(conn, user_id, known, known.undo, now)
    await _look_again(conn, user_id, known.ids, limits, now)
    return await _shown(conn, user_id, conflict_id), touched


def _undone(known: Known) -> bool:
    """Whether a resolution was taken back before."""
    if known.type == "preference_conflict":
        return known.state == "dismissed"
    return known.state == "open" and known.undo is not None


def _safely(known: Known, stored: Sequence[Row]) -> Settled:
    """How a conflict ends that needs no person."""
    if known.type == "clock_skew":
        return Settled(known=known, resolution="KEEP_ALL", state="dismissed")
    if known.type == "session_mismatch":
        best = variants.whole(known.members, stored[0])
        return _version(known, stored[0], best.id if best else None)
    return Settled(known=known, resolution="KEEP_ONE", after=plans.duplicates(stored))


def _chosen(known: Known, stored: Sequence[Row], choice: Choice) -> Settled:
    """How a conflict ends by a person's choice."""
    if known.type not in BETWEEN_SESSIONS and choice.resolution not in {"KEEP_ONE", "KEEP_ALL"}:
        raise BadInput("resolution must be one of KEEP_ONE, KEEP_ALL", path="resolution")
    if choice.resolution == "KEEP_ALL":
        return Settled(known=known, resolution="KEEP_ALL", state="dismissed")
    if known.type == "session_mismatch":
        return _version(known, stored[0], choice.keep)
    after = plans.plan(known.type, stored, choice)
    return Settled(known=known, resolution=choice.resolution, after=after)


def _version(known: Known, stored: Row, keep: int | None) -> Settled:
    """The session as one member tells it; what was stored becomes what else is said of it."""
    kept = next((member for member in known.members if member.id == keep), None)
    if kept is None:
        raise BadInput("keep must name a member of the conflict", path="keep")
    if kept.variant is None:
        return Settled(known=known, resolution="KEEP_ONE")
    before = {member.id for member in known.members if member.variant is None}
    return Settled(
        known=known,
        resolution="KEEP_ONE",
        after=[variants.taken(stored, kept.variant)],
        told={**dict.fromkeys(before, variants.told(stored)), kept.id: None},
    )


async def _known(conn: Writing, user_id: int, conflict_id: int) -> Known:
    """A conflict of this user. Raises `ConflictNotFound`."""
    found = await ledger.by_id(conn, user_id, [conflict_id])
    if conflict_id not in found:
        raise ConflictNotFound
    return found[conflict_id]


async def _shown(conn: Writing, user_id: int, conflict_id: int) -> views.Conflict:
    return (await conflicts_by_id(conn, user_id, [conflict_id]))[conflict_id]


async def _sessions(conn: Writing, user_id: int, known: Collection[Known]) -> dict[int, Row]:
    ids = set().union(*(each.ids for each in known))
    return await rows.by_id(conn, user_id, ids)


async def _successor(conn: Writing, user_id: int, known: Known) -> int:
    """The open conflict that took over, the newest if several did; else the conflict itself."""
    if known.type == "session_mismatch":
        (session_id,) = known.ids
        later = await ledger.mismatched(conn, user_id, session_id)
    else:
        later = await ledger.met(conn, user_id, known.ids)
    return max((each.id for each in later if each.state == "open"), default=known.id)


async def _look_again(
    conn: Writing, user_id: int, ids: Collection[int], limits: Limits, now: datetime
) -> list[int]:
    """Find what these sessions contradict as they are now."""
    if not ids:
        return []
    return await detect.detect(
        conn,
        user_id,
        ids,
        tolerance_s=limits.tolerance_s,
        skew_warn_s=limits.skew_warn_s,
        now=now,
    )
