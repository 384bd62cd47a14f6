"""What an export is: the card of a file format people have, and the groups its rows are stored in.

A format knows its files by what is in them, never by their names, and turns each row into a record
or a reject. Finding, unpacking, decoding and grouping are the same for all of them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rewind_gql.sources.base import Into, Reject
from rewind_gql.sources.exports.characters import Text

GROUP = 2_000
GROUP_AT_MOST = 20_000

Entry = Any
"""A record, a `Reject` for a row that could not be read, a `LeftOut` or an `Unsigned`."""

Read = Callable[[Text], Iterator[Entry]]
"""How a recognised file is read; the text is at its beginning."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was read and does not count: what it is, in words that a number follows.

    `record` is what it would be for somebody who wants skipped songs counted too.
    """

    what: str
    record: Any = None


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a song, as one file of an archive tells."""

    artist: str
    track: str
    album: str | None = None


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A row that does not say whose song it is; another file of the archive may.

    `sign` makes a record, or a `LeftOut`, of it when the artist is known; `guess` is whose it may
    be where nobody knows better. `place` and `raw` are the row's.
    """

    track: str
    album: str | None
    sign: Callable[[str], Any]
    guess: str | None = None
    place: str | None = None
    raw: str = ""


Teach = Callable[[str], Callable[[Text], Iterator[Credit]] | None]
"""Given the beginning of a file's text, how to learn from it who made which songs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The card of a file format.

    `sniff` is given the beginning of a file's text and gives the way to read it, or None when the
    file is of another format. `at` tells a record's instant, where it has one that counts: records
    of one instant that follow each other are stored in one transaction. Formats of a later `turn`
    are read after the others of an archive, for they know the same less exactly. `unsigned` is true
    of a format whose rows may not name the artist, `teach` is there for those that do.
    """

    name: str
    about: str
    provider: str
    domain: str
    part: str
    kind: str
    unit: str
    into: Into[Any]
    sniff: Callable[[str], Read | None]
    at: Callable[[Any], datetime] | None = None
    turn: int = 0
    unsigned: bool = False
    teach: Teach | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What one write transaction stores: records, rejects, and how far the file is read."""

    records: list[Any]
    rejects: list[Reject]
    bytes_read: int


def grouped(
    entries: Iterable[Entry], at: Callable[[Any], datetime] | None, position: Callable[[], int]
) -> Iterator[Group]:
    """The entries in groups of about two thousand; neighbours of one instant stay together.

    Those beyond number are parted after all, so that no file can fill the memory.
    """
    records: list[Any] = []
    rejects: list[Reject] = []
    for entry in entries:
        size = len(records) + len(rejects)
        if size >= GROUP and (size >= GROUP_AT_MOST or _may_part(records, entry, at)):
            yield Group(records, rejects, position())
            records, rejects = [], []
        if isinstance(entry, Reject):
            rejects.append(entry)
        else:
            records.append(entry)
    if records or rejects:
        yield Group(records, rejects, position())


def _may_part(records: list[Any], entry: Entry, at: Callable[[Any], datetime] | None) -> bool:
    """Whether a group of these records may end before `entry`."""
    if not records or at is None:
        return True
    return not isinstance(entry, Reject) and at(entry) != at(records[-1])
