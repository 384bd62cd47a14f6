"""The part of intake that finds, for every copy that comes in, the row it is already."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from rewind_gql import clock
from rewind_gql.domains.collecting import records
from rewind_gql.domains.collecting.releases import Row


class Shelf:
    """The stored copies of some releases, and what a batch of copies changes among them.

    `updated` holds whole rows by id, `inserted` rows that are new.
    """

    def __init__(self, *found: Iterable[Row]) -> None:
        rows = {row["id"]: row for some in found for row in some}
        self._by_instance = {row["instance_id"]: row for row in rows.values()}
        self._by_release: dict[int, list[Row]] = defaultdict(list)
        for row_id in sorted(rows):
            self._by_release[rows[row_id]["release_id"]].append(rows[row_id])
        self.inserted: list[Row] = []
        self.updated: dict[int, Row] = {}
        self.skipped = 0

    def place(self, batch: Sequence[records.Copy], ids: dict[int, int]) -> None:
        """Find the row of every copy; the account's first, for a file's take what is left."""
        new = self._known([copy for copy in batch if copy.instance_id is not None], ids)
        new = self._adopt(new, ids, same_minute=True)
        for copy in self._adopt(new, ids, same_minute=False):
            self._insert(copy, ids)
        from_file = [copy for copy in batch if copy.instance_id is None]
        for copy in sorted(from_file, key=lambda each: each.copy_no):
            self._count_off(copy, ids)

    def _known(self, batch: Sequence[records.Copy], ids: dict[int, int]) -> list[records.Copy]:
        """Write the copies whose instance is stored; returns the others, each instance once."""
        new: dict[int | None, records.Copy] = {}
        for copy in batch:
            row = self._by_instance.get(copy.instance_id)
            if row is None:
                new[copy.instance_id] = copy
            else:
                self._write(row, copy, ids)
        return [*new.values()]

    def _adopt(
        self, new: Sequence[records.Copy], ids: dict[int, int], *, same_minute: bool
    ) -> list[records.Copy]:
        """Give new instances rows that came from a file; returns those that found none."""
        left = []
        for copy in new:
            minute = _minute(copy.added_at, copy.added_offset_min)
            for row in self._by_release[ids[copy.release.discogs_id]]:
                same = _minute(row["added_at"], row["added_offset_min"]) == minute
                if row["instance_id"] is None and (same or not same_minute):
                    self._write(row, copy, ids)
                    break
            else:
                left.append(copy)
        return left

    def _count_off(self, copy: records.Copy, ids: dict[int, int]) -> None:
        """Write a file's copy where the count of its release says, unless the account has it."""
        rows = self._by_release[ids[copy.release.discogs_id]]
        if copy.copy_no >= len(rows):
            self._insert(copy, ids)
        elif rows[copy.copy_no]["instance_id"] is None:
            self._write(rows[copy.copy_no], copy, ids)
        else:
            self.skipped += 1

    def _write(self, row: Row, copy: records.Copy, ids: dict[int, int]) -> None:
        new = _row(copy, ids)
        new["folder"] = new["folder"] or row["folder"]
        if all(row[name] == value for name, value in new.items()):
            self.skipped += 1
            return
        row |= new
        if "id" in row:
            self.updated[row["id"]] = row

    def _insert(self, copy: records.Copy, ids: dict[int, int]) -> None:
        row = _row(copy, ids)
        self.inserted.append(row)
        self._by_release[row["release_id"]].append(row)


def _row(copy: records.Copy, ids: dict[int, int]) -> Row:
    return {
        "instance_id": copy.instance_id,
        "release_id": ids[copy.release.discogs_id],
        "folder": copy.folder,
        "rating": copy.rating,
        "notes": [{"name": name, "value": value} for name, value in copy.notes],
        "added_at": copy.added_at,
        "added_offset_min": copy.added_offset_min,
    }


def _minute(at: datetime, offset_min: int) -> int:
    """The minute the owner's wall clock showed."""
    return clock.seconds(at) // 60 + offset_min
