"""Finding conflicts: around sessions that came in or changed, over a window, in what was sent."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rewind_gql import clock
from rewind_gql.domains.focus import turn
from rewind_gql.domains.focus.conflicts import ledger, rows
from rewind_gql.domains.focus.conflicts.groups import Group, cover, fingerprint, groups
from rewind_gql.domains.focus.conflicts.ledger import BETWEEN_SESSIONS, Ended, Known, Raised
from rewind_gql.domains.focus.conflicts.rules import Limits, Row
from rewind_gql.domains.focus.conflicts.variants import mismatch
from rewind_gql.store.engine import Writing

__all__ = ["detect", "mismatch", "preference", "scan"]


async def detect(
    conn: Writing,
    user_id: int,
    session_ids: Collection[int],
    *,
    tolerance_s: int,
    skew_warn_s: int,
    now: datetime,
) -> list[int]:
    """Find what these sessions, new or changed, contradict, and store it as open conflicts.

    Shape: ids of the open conflicts they and what hangs together with them are in now, oldest
    session first; those about one session told in two ways last. A conflict that grew, shrank or
    is none any more is superseded; what was dismissed is not raised again. Running it twice
    changes nothing.
    Source: `focus_session` by index; a handful of statements for any number of sessions.
    """
    limits = Limits(tolerance_s=tolerance_s, skew_warn_s=skew_warn_s)
    await turn.take(conn, user_id)
    found = await _around(conn, user_id, session_ids, limits)
    return await _settle(conn, user_id, found, now)


async def scan(
    conn: Writing,
    user_id: int,
    *,
    since: datetime,
    until: datetime,
    tolerance_s: int,
    skew_warn_s: int,
    now: datetime,
) -> list[int]:
    """Look afresh at the sessions in [`since`, `until`) and at every open conflict.

    Shape: as of `detect`.
    """
    limits = Limits(tolerance_s=tolerance_s, skew_warn_s=skew_warn_s)
    await turn.take(conn, user_id)
    inside = await rows.within(conn, user_id, since, until)
    doubtful = set().union(*(group.ids for group in groups(inside, limits, {})))
    for known in await ledger.open_ones(conn, user_id):
        doubtful |= known.ids
    found = await _around(conn, user_id, doubtful, limits)
    return await _settle(conn, user_id, found, now)


async def preference(
    conn: Writing,
    user_id: int,
    *,
    field: str,
    old: Any,
    new: Any,
    device_id: str | None,
    now: datetime,
) -> int:
    """Note that a device overwrote what another had set meanwhile; gives the conflict.

    It is resolved already, for the last word stands; undoing it puts the `old` value back.
    """
    await turn.take(conn, user_id)
    told = {"field": field, "old": old, "new": new}
    raised = Raised(
        type="preference_conflict",
        fingerprint=fingerprint("preference_conflict", [field, clock.microseconds(now), old, new]),
        auto_resolvable=True,
        suggestion="KEEP_ONE",
        members=[(None, device_id, told)],
    )
    (conflict_id,) = (await ledger.raise_all(conn, user_id, [raised], now)).values()
    ended = Ended(
        id=conflict_id,
        state="resolved",
        resolution="KEEP_ONE",
        by="auto",
        undo={"preference": told},
    )
    await ledger.end(conn, user_id, [ended], now)
    return conflict_id


@dataclass(slots=True)
class _Found:
    """What hangs together with some sessions: groups as they are, conflicts as they are stored."""

    groups: list[Group] = field(default_factory=list)
    known: dict[int, Known] = field(default_factory=dict)
    mismatched: set[int] = field(default_factory=set)


async def _around(
    conn: Writing, user_id: int, session_ids: Collection[int], limits: Limits
) -> _Found:
    """Follow sessions to what they meet, and that to what it meets, until nothing is new."""
    found = _Found()
    near: dict[int, Row] = {}
    dismissed: dict[int, set[int]] = {}
    seeds: set[int] = set()
    fresh = set(session_ids)
    while fresh:
        seeds |= fresh
        given = await rows.by_id(conn, user_id, fresh)
        counting = [row for row in given.values() if row.counts]
        near |= await rows.meeting(conn, user_id, cover(counting))
        for known in await ledger.met(conn, user_id, fresh):
            if known.type not in BETWEEN_SESSIONS:
                found.mismatched |= {known.id} if known.state == "open" else set()
            elif known.state == "open":
                found.known[known.id] = known
            else:
                for session_id in known.ids:
                    dismissed.setdefault(session_id, set()).add(known.id)
        every = groups(near.values(), limits, dismissed)
        found.groups = [group for group in every if not seeds.isdisjoint(group.ids)]
        fresh = set().union(
            *(group.ids for group in found.groups), *(known.ids for known in found.known.values())
        )
        fresh -= seeds
    return found


async def _settle(conn: Writing, user_id: int, found: _Found, now: datetime) -> list[int]:
    """Make the open conflicts those of the groups. Gives their ids, in the order of the groups."""
    taken_back = [known for known in found.known.values() if known.undo]
    wanted = {group.fingerprint: group for group in found.groups}
    same = {known.fingerprint: known for known in found.known.values()}
    judged = {}
    for name in wanted.keys() & same.keys():
        known, group = same[name], wanted[name]
        verdict = (group.auto and not _held(group, taken_back), group.suggestion)
        if verdict != (known.auto_resolvable, known.suggestion):
            judged[known.id] = verdict
    await ledger.judge_again(conn, user_id, judged)
    over = [known.id for name, known in same.items() if name not in wanted]
    await ledger.supersede(conn, user_id, over, now)
    raised = [_raised(group, taken_back) for name, group in wanted.items() if name not in same]
    ids = {name: known.id for name, known in same.items()}
    ids |= await ledger.raise_all(conn, user_id, raised, now)
    return [ids[group.fingerprint] for group in found.groups] + sorted(found.mismatched)


def _raised(group: Group, taken_back: Sequence[Known]) -> Raised:
    held = _held(group, taken_back)
    return Raised(
        type=group.type,
        fingerprint=group.fingerprint,
        auto_resolvable=group.auto and not held,
        suggestion=group.suggestion,
        members=[(row.id, row.device_id, None) for row in group.rows],
        undo=held.undo if held else None,
    )


def _held(group: Group, taken_back: Iterable[Known]) -> Known | None:
    """The conflict of two of these sessions whose resolution a person took back, if any.

    Those two are not settled again without one, whatever joins them.
    """
    return next((known for known in taken_back if len(known.ids & group.ids) > 1), None)
