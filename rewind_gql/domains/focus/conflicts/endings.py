"""Conflicts ended and reopened: the sessions changed, and what they were kept to put it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rewind_gql.domains.base import Touched
from rewind_gql.domains.focus import derive, preferences
from rewind_gql.domains.focus.calendar import days_of
from rewind_gql.domains.focus.conflicts import ledger, rows
from rewind_gql.domains.focus.conflicts.ledger import Ended, Known
from rewind_gql.domains.focus.conflicts.refusals import ConflictChanged
from rewind_gql.domains.focus.conflicts.rules import Row
from rewind_gql.domains.focus.conflicts.variants import Told
from rewind_gql.domains.focus.queries import account
from rewind_gql.store.engine import Writing

_INSTANTS = ("start_at", "end_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How one conflict ends: its sessions and versions, where they change, as they are to be."""

    known: Known
    resolution: str
    state: str = "resolved"
    after: Sequence[Row] = ()
    told: Mapping[int, Told | None] = field(default_factory=dict)


async def carry_out(
    conn: Writing,
    user_id: int,
    settled: Sequence[Settled],
    stored: Mapping[int, Row],
    by: str,
    now: datetime,
) -> Touched:
    """End conflicts whose sessions are `stored`. Gives the days to count again.

    What was merged into a session that is merged now goes along, so that one step always leads to
    the session that counts. No session may be in two of the conflicts.
    """
    if not settled:
        return Touched()
    lost = {row.id: row.merged_into for each in settled for row in each.after if row.merged_into}
    along: dict[int | None, list[Row]] = {}
    for row in await rows.merged_into(conn, user_id, lost):
        along.setdefault(row.merged_into, []).append(row)
    pairs: list[tuple[Row, Row]] = []
    ended = []
    for each in settled:
        changed = [(stored[row.id], row) for row in each.after]
        for gone in each.after:
            led = along.get(gone.id, []) if gone.merged_into else []
            changed += [(row, replace(row, merged_into=gone.merged_into)) for row in led]
        pairs += changed
        ended.append(_ended(each, [stored[at] for at in each.known.ids], changed, by))
        await ledger.retell(conn, each.known.id, each.told)
    await ledger.end(conn, user_id, ended, now)
    await rows.change(conn, user_id, [row for _, row in pairs])
    return await _touched(conn, user_id, pairs)


def _ended(
    settled: Settled, members: Sequence[Row], changed: Sequence[tuple[Row, Row]], by: str
) -> Ended:
    after = {row.id: row for row in members} | {row.id: row for _, row in changed}
    versions = {member.id: member.variant for member in settled.known.members}
    undo = {
        "before": [_kept(row) for row, _ in changed],
        # Where nothing was changed there is nothing that could be overwritten.
        "after": [_kept(after[at]) for at in sorted(after)] if changed else [],
        "told": [[at, versions[at]] for at in settled.told],
    }
    return Ended(
        id=settled.known.id,
        state=settled.state,
        resolution=settled.resolution,
        by=by,
        undo=undo,
    )


async def put_back(
    conn: Writing, user_id: int, known: Known, undo: Mapping[str, Any], now: datetime
) -> Touched:
    """Take the end of a conflict back. Gives the days to count again.

    Raises `ConflictChanged` when anything it left behind is not as it left it.
    """
    if "preference" in undo:
        await _put_back_preference(conn, user_id, known, undo["preference"], now)
        return Touched()
    ids = [each["id"] for each in undo["after"]]
    current = await rows.by_id(conn, user_id, ids)
    if any(_kept(current[each["id"]]) != each for each in undo["after"]):
        raise ConflictChanged(known.id)
    pairs = [(current[each["id"]], _as_kept(current[each["id"]], each)) for each in undo["before"]]
    await rows.change(conn, user_id, [row for _, row in pairs])
    await ledger.retell(conn, known.id, dict(undo["told"]))
    await ledger.reopen(conn, user_id, known.id, {"taken_back": now.isoformat()})
    return await _touched(conn, user_id, pairs)


async def _put_back_preference(
    conn: Writing, user_id: int, known: Known, told: Mapping[str, Any], now: datetime
) -> None:
    """Set the preference to what was overwritten. Nothing is left to decide."""
    name = told["field"]
    if (await account.preferences(conn, user_id)).values.get(name) != told["new"]:
        raise ConflictChanged(known.id)
    await preferences.write(conn, user_id, {name: told["old"]}, device_id=None, now=now)
    ended = Ended(id=known.id, state="dismissed", resolution="KEEP_ONE", by="owner")
    await ledger.end(conn, user_id, [ended], now)


def _kept(row: Row) -> dict[str, Any]:
    """A session as `undo` keeps it: what a resolution may change of it."""
    plain = {name: getattr(row, name) for name in ("id", *rows.CHANGING)}
    return plain | {name: plain[name].isoformat() for name in _INSTANTS}


def _as_kept(row: Row, kept: Mapping[str, Any]) -> Row:
    """The session as it was kept."""
    instants = {name: datetime.fromisoformat(kept[name]) for name in _INSTANTS}
    return replace(row, **{**kept, **instants})


async def _touched(conn: Writing, user_id: int, pairs: Sequence[tuple[Row, Row]]) -> Touched:
    """The person's own days on which these sessions lay, or lie now."""
    if not pairs:
        return Touched()
    zone = await derive.zone_of(conn, user_id)
    spans = {(row.start_at, row.end_at) for pair in pairs for row in pair}
    return Touched(days=set().union(*(days_of(*span, zone) for span in spans)))
