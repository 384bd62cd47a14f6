"""What an import would do: a file read and stored as an import does it, and all of it undone."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rewind_gql.domains.base import Stored
from rewind_gql.sources.base import Reject
from rewind_gql.sources.exports.base import Export, Group
from rewind_gql.sources.exports.reading import Reading, open_export
from rewind_gql.store.finishing import whole
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.imports import SHOWN, OnFormat, OnProgress


@dataclass(slots=True)
class PlannedPart:
    """What would come of the files of one format in it: new, changed, known and unreadable rows.

    `since` and `until` are the first and the last instant in them, where rows have one.
    """

    format: str
    inserted: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True)
class ImportPlan:
    """What would come of a file, in the order its parts would be read, and the first bad rows.

    Parts are planned each by itself: what two of them tell of is counted in both.
    """

    parts: list[PlannedPart] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Undone(Exception):
    """All of it is known now; nothing of it stays."""


async def plan_file(
    deps: Deps,
    user_id: int,
    path: Path,
    *,
    format: str | None = None,  # noqa: A002  # the word callers and their users know it by
    with_skips: bool = False,
    on_format: OnFormat | None = None,
    on_progress: OnProgress | None = None,
) -> ImportPlan:
    """What `import_file` would do with the same arguments; nothing is stored, not even a run.

    Groups of rows are tried one by one, so that nobody who writes meanwhile waits for long. Raises
    `BadInput` as `import_file` does.
    """
    reading = await asyncio.to_thread(open_export, Path(path), format=format, with_skips=with_skips)
    try:
        if on_format:
            on_format(", ".join(export.name for export in reading.exports))
        plan = ImportPlan()
        for export in reading.exports:
            plan.parts.append(await _part(deps, user_id, reading, export, plan, on_progress))
        plan.notes = reading.notes
        return plan
    finally:
        reading.close()


async def _part(
    deps: Deps,
    user_id: int,
    reading: Reading,
    export: Export,
    plan: ImportPlan,
    on_progress: OnProgress | None,
) -> PlannedPart:
    part = PlannedPart(export.name)
    groups = reading.groups(export)
    while (group := await _next(groups)) is not None:
        stored = await _tried(deps, user_id, export, group)
        part.inserted += stored.inserted
        part.updated += stored.updated
        part.skipped += stored.skipped
        part.failed += len(group.rejects)
        plan.rejects += group.rejects[: max(0, SHOWN - len(plan.rejects))]
        _stretch(part, export, group)
        if on_progress:
            on_progress(group.bytes_read, reading.size_bytes)
    return part


async def _next(groups: Iterator[Group]) -> Group | None:
    return await whole(asyncio.to_thread(next, groups, None))


async def _tried(deps: Deps, user_id: int, export: Export, group: Group) -> Stored:
    """What storing a group does, undone."""
    stored = Stored()
    with suppress(_Undone):
        async with deps.store.write() as conn:
            if group.records:
                stored = await export.into(conn, user_id, group.records, source=export.provider)
            raise _Undone
    return stored


def _stretch(part: PlannedPart, export: Export, group: Group) -> None:
    if export.at is None or not group.records:
        return
    instants = [export.at(record) for record in group.records]
    first, last = min(instants), max(instants)
    part.since = first if part.since is None else min(part.since, first)
    part.until = last if part.until is None else max(part.until, last)
