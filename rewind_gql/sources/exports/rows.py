"""The rows of a table in a text file, each with its line, whatever its quotes do."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from rewind_gql.errors import RewindError
from rewind_gql.sources.base import STUMBLES, Reject, reason_of, reject
from rewind_gql.sources.exports.base import Unsigned
from rewind_gql.sources.exports.characters import LINE_CHARS, Lines, Text

DELIMITERS = ",;\t"
SNIFFED_LINES = 20
# An open quote takes in line after line; no cell that anybody exports has so many.
ROW_LINES = 100
_LINE_END = re.compile(r"\r\n|\n|\r")
_OPEN_QUOTE = "a quote is not closed"


class Broken(RewindError):
    """This is no row."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, the number of the line it begins on, and its text."""

    cells: list[str]
    line: int
    text: str

    def rejected(self, reason: str) -> Reject:
        """This row as one that could not be read."""
        return reject(self.text, reason, place=f"line {self.line}")


class Table:
    """The rows of a text, of `width` cells at most, and a reject for each line that is none.

    A row over several lines that turns out to be none costs its first line only; the others are
    read again, each for itself. Empty rows are left out.
    """

    def __init__(self, text: Text, delimiter: str, width: int) -> None:
        self._lines = Lines(text)
        self._delimiter = delimiter
        self._width = width
        self._taken: list[str | None] = []

    def __iter__(self) -> Iterator[Row | Reject]:
        rows = csv.reader(iter(self._line, None), delimiter=self._delimiter)
        while True:
            self._taken.clear()
            try:
                cells = next(rows)
                self._check(cells)
            except StopIteration:
                return
            except (Broken, csv.Error) as broken:
                yield self._rejected(str(broken))
            else:
                if any(cells):
                    yield self._row(cells)

    def _line(self) -> str:
        """The next line for the row that is being read."""
        try:
            line = next(self._lines)
        except StopIteration:
            if self._taken:
                raise Broken(_OPEN_QUOTE) from None
            raise
        self._taken.append(line)
        if line is None and len(self._taken) == 1:
            raise Broken(f"the line is longer than {LINE_CHARS} signs")
        if line is None or len(self._taken) > ROW_LINES:
            raise Broken(_OPEN_QUOTE)
        return f"{line}\n"

    def _check(self, cells: list[str]) -> None:
        """Raise `Broken` when the quotes have put cells together or torn them apart."""
        if len(cells) > self._width:
            raise Broken(f"{len(cells)} cells where there should be {self._width}")
        if len(cells) < self._width and any('"' in cell for cell in cells):
            raise Broken(_OPEN_QUOTE)

    def _row(self, cells: list[str]) -> Row:
        first = self._lines.number - len(self._taken) + 1
        return Row(cells, first, "\n".join(filter(None, self._taken)))

    def _rejected(self, reason: str) -> Reject:
        first, *others = self._taken
        self._lines.give_back(others)
        return reject(first or "", reason, place=f"line {self._lines.number}")


@dataclass(frozen=True, slots=True)
class Shape:
    """What parts a table's cells, how many there are, and the header, if it has one."""

    delimiter: str
    width: int
    header: list[str] | None

    @property
    def words(self) -> list[str]:
        """The names in the header without case and outer spaces."""
        return [cell.strip().casefold() for cell in self.header or ()]


def read_rows(
    text: Text, *, shape: Shape, parse: Callable[[list[str]], Any | None]
) -> Iterator[Any | Reject]:
    """What `parse` makes of each row below the header; None is for rows that are no item."""
    for row in Table(text, shape.delimiter, shape.width):
        if isinstance(row, Reject):
            yield row
        elif row.cells != shape.header:  # files put together repeat it
            try:
                record = parse(row.cells)
            except STUMBLES as no:
                yield row.rejected(reason_of(no))
            else:
                if isinstance(record, Unsigned):
                    yield replace(record, place=f"line {row.line}", raw=row.text)
                elif record is not None:
                    yield record


def shapes(head: str) -> Iterator[Shape]:
    """How a file that begins like this may be read as a table with a header."""
    for delimiter in DELIMITERS:
        rows = first_rows(head, delimiter)
        if rows and len(rows[0]) > 1:
            yield Shape(delimiter, len(rows[0]), rows[0])


def first_rows(head: str, delimiter: str) -> list[list[str]]:
    """The first few rows of a file that begins like this, up to the first that is none."""
    lines = (line for line in _LINE_END.split(head) if line.strip())
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(islice(lines, SNIFFED_LINES), delimiter=delimiter))
    except csv.Error:
        return rows
    return rows
