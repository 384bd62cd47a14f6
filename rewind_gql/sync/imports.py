"""Files that people exported, read in a thread and stored as one run of the ledger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewind_gql.clock import Window
from rewind_gql.errors import SourceChanged
from rewind_gql.sources.base import Batch, Position, Reject
from rewind_gql.sources.exports.base import Export, Group
from rewind_gql.sources.exports.reading import Reading, open_export
from rewind_gql.store.finishing import whole
from rewind_gql.sync import ledger, run
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.plan import Feed, Plan

SHOWN = 20
# A file of a million unreadable lines says no more than its first thousand do.
KEPT = 1_000
MORE = Reject(reason="more lines could not be read", raw="")

OnProgress = Callable[[int, int], None]
OnFormat = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What came of a file: what was new, changed, known and unreadable, with the first of these.

    `notes` tell what is odd about the file as a whole.
    """

    run_id: str
    format: str
    status: str
    inserted: int
    updated: int
    skipped: int
    failed: int
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str | None = None


async def import_file(
    deps: Deps,
    user_id: int,
    path: Path,
    *,
    format: str | None = None,  # noqa: A002  # the word callers and their users know it by
    with_skips: bool = False,
    on_format: OnFormat | None = None,
    on_progress: OnProgress | None = None,
) -> ImportReport:
    """Store what is in an exported file; what is stored already, from wherever, is not added.

    Stopped at any point, it has stored whole groups of rows, and reading the file again stores the
    rest. `with_skips` counts songs that were skipped after a while. `on_format` is told what the
    file is, `on_progress` bytes read and bytes in all. Raises `BadInput` for a file that is not
    there or of no known format; what goes wrong later is in the report and in the ledger.
    """
    reading = await asyncio.to_thread(open_export, Path(path), format=format, with_skips=with_skips)
    try:
        (on_format or _unasked)(_formats(reading))
        importing = _Import(reading, on_progress or _unheard)
        claimed = await _opened(deps, user_id, reading)
        await run.work(deps, claimed, importing.plan, on_page=importing.tell)
    finally:
        reading.close()
    ended = await deps.store.ask(ledger.run_of, user_id, claimed.run_id)
    return ImportReport(
        run_id=ended.id,
        format=_formats(reading),
        status=ended.status,
        inserted=ended.items_inserted,
        updated=ended.items_updated,
        skipped=ended.items_skipped,
        failed=ended.items_failed,
        rejects=importing.rejects,
        notes=reading.notes,
        error=ended.error,
    )


async def _opened(deps: Deps, user_id: int, reading: Reading) -> ledger.Claimed:
    """The run of this import, begun. It holds no lock: files and accounts may come in together."""
    export = reading.exports[0]
    row: dict[str, Any] = ledger.blank(
        user_id,
        source="xml_import",
        provider=export.provider,
        domain=export.domain,
        sync_type="import",
    )
    row["trigger"] = "import"
    row["scope"] = "historical"
    row["meta"] = {
        "file": reading.name,
        "size_bytes": reading.size_bytes,
        "format": _formats(reading),
    }
    async with deps.store.write() as conn:
        return await ledger.open_run(conn, row, worker=deps.worker, lease=deps.lease)


def _formats(reading: Reading) -> str:
    return ", ".join(export.name for export in reading.exports)


class _Import:
    """The parts of an import, one per format in the file, and what is seen while they are read."""

    def __init__(self, reading: Reading, on_progress: OnProgress) -> None:
        self.rejects: list[Reject] = []
        self._reading = reading
        self._on_progress = on_progress
        self._bytes_read = 0
        self._failed = 0

    async def plan(self) -> Plan:
        """The parts and what their items are called."""
        exports = self._reading.exports
        feeds = [
            Feed(each.part, each.kind, each.into, lambda at, e=each: self._batches(e, at))  # type: ignore[misc]  # bound early
            for each in exports
        ]
        return Plan(feeds, exports[0].unit)

    def tell(self, _state: ledger.State) -> None:
        """A group is stored."""
        self._on_progress(self._bytes_read, self._reading.size_bytes)

    async def _batches(self, export: Export, _at: Position) -> AsyncIterator[Batch[Any]]:
        """The groups of a format as batches, each read in a thread.

        The total is reckoned from how much of the file its items have taken so far. Raises
        `SourceChanged` after a file in which nothing at all could be read.
        """
        groups = self._reading.groups(export)
        done = readable = total = 0
        while (group := await whole(asyncio.to_thread(next, groups, None))) is not None:
            done += len(group.records) + len(group.rejects)
            readable += len(group.records)
            self._bytes_read = group.bytes_read
            size, read = self._reading.size_bytes, max(group.bytes_read, 1)
            total = max(done, done * size // read)
            yield Batch(
                group.records,
                self._counted(group.rejects),
                total=total,
                progress_done=done,
                covered=_covered(export, group),
            )
        if total != done:
            yield Batch(total=done, progress_done=done)
        if done and not readable:
            first = self.rejects[0].reason
            raise SourceChanged(f"None of {done} rows could be read; the first: {first}")

    def _counted(self, rejects: list[Reject]) -> list[Reject]:
        """As many rejects, with their texts as long as there are not too many."""
        room = max(0, KEPT - self._failed)
        self._failed += len(rejects)
        self.rejects += rejects[: max(0, SHOWN - len(self.rejects))]
        return rejects[:room] + [MORE] * len(rejects[room:])


def _covered(export: Export, group: Group) -> Window | None:
    if export.at is None or not group.records:
        return None
    instants = [export.at(record) for record in group.records]
    return Window(min(instants), max(instants))


def _unheard(_done: int, _total: int) -> None:
    """Nobody wants to know."""


def _unasked(_format: str) -> None:
    """Nobody wants to know."""
