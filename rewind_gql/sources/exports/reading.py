"""The door for files: what format a file is in, and its records in groups, to the last good one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rewind_gql.errors import BadInput
from rewind_gql.sources.base import Reject, reject
from rewind_gql.sources.exports import EXPORTS
from rewind_gql.sources.exports.base import (
    Entry,
    Export,
    Group,
    LeftOut,
    Read,
    Unsigned,
    grouped,
)
from rewind_gql.sources.exports.characters import Text
from rewind_gql.sources.exports.credits import Credits
from rewind_gql.sources.exports.packing import Damaged, Member, Packed

HEAD_CHARS = 64 * 1024
SHOWN = 80
LISTED = 5
CONTROL_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """A file whose format is known."""

    member: Member
    export: Export
    read: Read
    head: str = ""


class Reading:
    """A file that is being imported: the formats in it, their records, and notes about the file.

    `open_export` makes it; close it when done.
    """

    def __init__(
        self, packed: Packed, found: Sequence[Found], notes: Sequence[str], *, with_skips: bool
    ) -> None:
        self.notes = list(notes)
        """What is worth knowing besides the records; more is known when all is read."""
        self._packed = packed
        self._found = found
        self._with_skips = with_skips
        self._credits: Credits | None = None
        self._left_out: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The file's name."""
        return self._packed.name

    @property
    def size_bytes(self) -> int:
        """The size of the file as it lies there."""
        return self._packed.size_bytes

    @property
    def exports(self) -> list[Export]:
        """The formats in it, usually one; all of one provider, the most exact first."""
        known = {each.export.name: each.export for each in self._found}
        return sorted(known.values(), key=lambda export: export.turn)

    def close(self) -> None:
        """Close the file."""
        self._packed.close()

    def groups(self, export: Export) -> Iterator[Group]:
        """The records and rejects of every file of that format in it, in groups.

        What is damaged ends with a reject that says so. What was left out is counted in the notes.
        """
        if export.unsigned and self._credits is None:
            self._credits = self._learnt()
        for each in self._found:
            if each.export is export:
                yield from grouped(self._counted(each), export.at, self._packed.position)
        self.notes += [f"left out, {what}: {count:,}" for what, count in self._left_out.items()]
        self._left_out.clear()

    def _learnt(self) -> Credits:
        """What the files tell of who made which songs."""
        made = Credits()
        for each in self._found:
            teach = each.export.teach and each.export.teach(each.head)
            if teach:
                with suppress(Damaged):
                    for credit in teach(Text(each.member.open())):
                        made.learn(credit)
        self._packed.rewind()
        return made

    def _counted(self, found: Found) -> Iterator[Entry]:
        """The records and rejects; what does not count is counted as left out."""
        for entry in self._entries(found):
            if not isinstance(entry, LeftOut):
                yield entry
            elif self._with_skips and entry.record is not None:
                yield entry.record
            else:
                self._left_out[entry.what] += 1

    def _entries(self, found: Found) -> Iterator[Entry]:
        several = len(self._found) > 1
        try:
            text = Text(found.member.open())
            for entry in found.read(text):
                known = self._signed(entry) if isinstance(entry, Unsigned) else entry
                yield _placed(known, found.member) if several else known
        except Damaged as broken:
            yield reject(found.member.name, broken.message, place=found.member.name)
            return
        if text.encoding != "UTF-8":
            self.notes.append(f"{found.member.name} is written in {text.encoding}")
        if text.replaced:
            self.notes.append(
                f"{text.replaced} signs in {found.member.name} could not be read and show as \ufffd"
            )

    def _signed(self, row: Unsigned) -> Entry:
        return (self._credits or Credits()).signed(row)


def open_export(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002  # its name outside
    with_skips: bool = False,
) -> Reading:
    """A file as a known format reads it; `format` names one where it should not be guessed.

    `with_skips` reads songs that were skipped after a while as heard.
    Raises `BadInput`, with what was found and which formats are known, for a file that is not
    there, empty, damaged, no text or in no known format.
    """
    exports = _chosen(format)
    packed = Packed(path)
    try:
        found, notes = _recognised(packed, exports)
    except BaseException:
        packed.close()
        raise
    return Reading(packed, found, notes, with_skips=with_skips)


def _chosen(name: str | None) -> Sequence[Export]:
    chosen = [export for export in EXPORTS if name in (None, export.name)]
    if not chosen:
        raise BadInput(f"There is no format {name!r}; {_known()}")
    return chosen


def _recognised(packed: Packed, exports: Sequence[Export]) -> tuple[list[Found], list[str]]:
    if not packed.size_bytes:
        raise BadInput(f"{packed.name} is empty; {_known()}")
    found: list[Found] = []
    others: list[str] = []
    why = f"{packed.name} holds no file"
    for member in packed.members():
        head = _head(member)
        known = _sniffed(head, member, exports)
        if known:
            found.append(known)
        else:
            others.append(member.name)
            why = _described(head, member)
    if not found:
        listed = f"; it holds {_listed(others)}" if len(others) > 1 else ""
        raise BadInput(f"{why}{listed}; {_known()}")
    providers = sorted({each.export.provider for each in found})
    if len(providers) > 1:
        raise BadInput(f"{packed.name} holds exports of {' and '.join(providers)}; one at a time")
    packed.rewind()
    notes = [f"left out, of no known format: {_listed(others)}"] if others else []
    return found, notes


def _head(member: Member) -> str:
    """The beginning of a file's text; empty when it cannot be had."""
    head = ""
    try:
        for piece in Text(member.open()):
            head += piece
            if len(head) >= HEAD_CHARS:
                break
    except Damaged:
        return head
    return head


def _sniffed(head: str, member: Member, exports: Sequence[Export]) -> Found | None:
    for export in exports:
        if read := export.sniff(head):
            return Found(member, export, read, head if export.teach else "")
    return None


def _described(head: str, member: Member) -> str:
    """What a file of no known format is, as far as its beginning tells."""
    start = head[:HEAD_CHARS]
    if not start.strip():
        return f"{member.name} is empty or damaged"
    odd = sum(sign < " " and sign not in "\t\r\n" for sign in start)
    if odd > CONTROL_SHARE * len(start):
        return f"{member.name} is no text file"
    first = start.strip().splitlines()[0]
    return f"{member.name} is in no known format; its first line is {first[:SHOWN]!r}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _known() -> str:
    return "known are: " + "; ".join(f"{each.name}, {each.about}" for each in EXPORTS)


def _placed(entry: Entry, member: Member) -> Entry:
    """A reject of one file of several says which."""
    if isinstance(entry, Reject):
        return replace(entry, place=f"{member.name}, {entry.place}")
    return entry
