"""What each resolution makes of the sessions of a conflict, without a database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from rewind_gql.domains.focus.conflicts.groups import order
from rewind_gql.domains.focus.conflicts.refusals import TrimTooShort
from rewind_gql.domains.focus.conflicts.rules import LONGEST, Row
from rewind_gql.errors import BadInput

LEAST = timedelta(seconds=60)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A resolution, the member to keep and the sessions to delete, where it asks for them."""

    resolution: str
    keep: int | None = None
    delete: Collection[int] = ()


def plan(kind: str, rows: Sequence[Row], choice: Choice) -> list[Row]:
    """The sessions that `choice` changes, as they are to be, in a conflict of type `kind`.

    Raises `BadInput` for a resolution there is not or one that names no member of the conflict,
    and `TrimTooShort`.
    """
    make = _PLANS.get(choice.resolution)
    if make is None:
        raise BadInput(f"resolution must be one of {', '.join(_PLANS)}", path="resolution")
    return make(kind, sorted(rows, key=order), choice)


def survivor(rows: Sequence[Row]) -> Row:
    """The session that takes in the others when nobody says which: the first that came in."""
    return min(rows, key=_came_in)


def duplicates(rows: Sequence[Row]) -> list[Row]:
    """What becomes of duplicates that are settled without a person.

    What was completed anywhere was completed; the times are the survivor's.
    """
    kept = survivor(rows)
    others = [row for row in rows if row.id != kept.id]
    return _taken_in(rows, _done(_filled(kept, others), others))


def _keep_one(kind: str, rows: Sequence[Row], choice: Choice) -> list[Row]:
    kept = next((row for row in rows if row.id == choice.keep), None)
    if kept is None:
        raise BadInput("keep must name a session of the conflict", path="keep")
    others = [row for row in rows if row.id != kept.id]
    # What only overlaps is about something else, so its words are not taken over.
    return _taken_in(rows, _filled(kept, others) if kind == "duplicate_session" else kept)


def _keep_all(_kind: str, _rows: Sequence[Row], _choice: Choice) -> list[Row]:
    return []


def _merge(_kind: str, rows: Sequence[Row], _choice: Choice) -> list[Row]:
    kept = survivor(rows)
    others = [row for row in rows if row.id != kept.id]
    start, end = rows[0].start_at, max(row.end_at for row in rows)
    if end - start > LONGEST:
        raise BadInput("Merged, this would be a session of more than 12 hours", path="resolution")
    filled = _done(_filled(kept, others), others)
    whole = replace(filled, start_at=start, end_at=end, duration_min=union(rows) / _MINUTE)
    return _taken_in(rows, whole)


def _trim_earlier(_kind: str, rows: Sequence[Row], _choice: Choice) -> list[Row]:
    """Every session ends where the next one begins."""
    ends = [
        (row, row.start_at, min(row.end_at, following.start_at))
        for row, following in pairwise(rows)
    ]
    return _trimmed(ends)


def _trim_later(_kind: str, rows: Sequence[Row], _choice: Choice) -> list[Row]:
    """Every session begins where those before it have ended."""
    starts = []
    reach = rows[0].end_at
    for row in rows[1:]:
        starts.append((row, max(row.start_at, reach), row.end_at))
        reach = max(reach, row.end_at)
    return _trimmed(starts)


def _delete(_kind: str, rows: Sequence[Row], choice: Choice) -> list[Row]:
    ids = set(choice.delete)
    if not ids or not ids <= {row.id for row in rows}:
        raise BadInput("delete must name sessions of the conflict", path="delete")
    return [
        replace(row, state="deleted", revision=row.revision + 1) for row in rows if row.id in ids
    ]


_PLANS: Mapping[str, Callable[[str, Sequence[Row], Choice], list[Row]]] = {
    "KEEP_ONE": _keep_one,
    "KEEP_ALL": _keep_all,
    "MERGE": _merge,
    "TRIM_EARLIER": _trim_earlier,
    "TRIM_LATER": _trim_later,
    "DELETE": _delete,
}


def union(rows: Sequence[Row]) -> timedelta:
    """The time in which at least one of these sessions ran."""
    total = timedelta()
    reach = min(row.start_at for row in rows)
    for row in sorted(rows, key=order):
        total += max(row.end_at - max(row.start_at, reach), timedelta())
        reach = max(reach, row.end_at)
    return total


def _came_in(row: Row) -> tuple[datetime, int]:
    return (row.received_at, row.id)


def _taken_in(rows: Sequence[Row], kept: Row) -> list[Row]:
    """`kept`, where that differs from what is stored, and all others merged into it."""
    changed = [
        replace(row, state="merged", merged_into=kept.id, revision=row.revision + 1)
        for row in rows
        if row.id != kept.id
    ]
    if kept not in rows:
        changed.append(replace(kept, revision=kept.revision + 1))
    return changed


def _filled(kept: Row, others: Sequence[Row]) -> Row:
    """What is blank filled in from the others, and their notes added, in the order they came."""
    every = [kept, *sorted(others, key=_came_in)]
    fills: dict[str, Any] = {
        name: next((text for row in every if (text := getattr(row, name)).strip()), "")
        for name in ("category", "project")
        if not getattr(kept, name).strip()
    }
    if kept.planned_min is None:
        fills["planned_min"] = next(
            (row.planned_min for row in every if row.planned_min is not None), None
        )
    notes = list(dict.fromkeys(row.note.strip() for row in every if row.note.strip()))
    if notes and notes != [kept.note.strip()]:
        fills["note"] = "\n\n".join(notes)
    return replace(kept, **fills)


def _done(kept: Row, others: Sequence[Row]) -> Row:
    """Completed, if any of them was."""
    if all(row.state != "completed" for row in others):
        return kept
    return replace(kept, state="completed", cancel_reason=None)


def _trimmed(spans: Sequence[tuple[Row, datetime, datetime]]) -> list[Row]:
    """The sessions whose times change. Raises `TrimTooShort` when too little of one is left."""
    changed = []
    for row, start, end in spans:
        if (start, end) == (row.start_at, row.end_at):
            continue
        if end - start < LEAST:
            raise TrimTooShort
        changed.append(
            replace(
                row,
                start_at=start,
                end_at=end,
                duration_min=(end - start) / _MINUTE,
                revision=row.revision + 1,
            )
        )
    return changed
