"""What a card shows, before it is drawn: a picture of one of a few forms, all numbers in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from rewind_gql.images.records import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Where a picture of a thing stands; initials of its name, where there is none."""

    name: str
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A number and what it is of."""

    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every card begins with; `desc` tells all of it to those who do not see it."""

    title: str
    note: str = ""
    desc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a calendar; `plays` is None for one that is yet to come."""

    day: date
    plays: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days in columns of weeks, the darker the more."""

    head: Head
    facts: tuple[Fact, ...]
    days: tuple[Day, ...]
    unit: str
    """What is counted: one of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A cover with lines of words below it."""

    cover: Cover
    name: str
    by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """Covers in a grid."""

    head: Head
    tiles: tuple[Tile, ...]
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a list: a picture, a name, words behind it, and how far its bar goes."""

    cover: Cover
    name: str
    by: str = ""
    note: str
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A list, one below the other; `round_` pictures are of people."""

    head: Head
    rows: tuple[Row, ...]
    round_: bool = False
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A column: how high, what stands below it, and all of it in words."""

    value: int
    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Columns over an axis; `counted` writes each one's number on top of it."""

    head: Head
    facts: tuple[Fact, ...] = ()
    bars: tuple[Bar, ...]
    counted: bool = False
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A few large numbers, and the things that stood out."""

    head: Head
    facts: tuple[Fact, ...]
    best: tuple[Tile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A few words in place of a card."""

    head: Head


Picture: TypeAlias = Calendar | Tiles | Rows | Bars | Numbers | Message


def covers(picture: Picture) -> Iterator[Cover]:
    """Every cover in a picture."""
    if isinstance(picture, Tiles):
        yield from (each.cover for each in picture.tiles)
    elif isinstance(picture, Rows):
        yield from (each.cover for each in picture.rows)
    elif isinstance(picture, Numbers):
        yield from (each.cover for each in picture.best)
