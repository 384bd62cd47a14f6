"""What every domain is to the rooms above: a card, and what intake says of what it did."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from rewind_gql.errors import SourceError
from rewind_gql.images.records import Thing
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn

MOST_THAT_MAY_GO = 0.2
"""The share of what is stored that may be gone at a provider before a person must say so."""


class Shrunk(SourceError):
    """So much is gone at the provider that a person must confirm it."""

    kind: ClassVar[str] = "data"


@dataclass(slots=True)
class Touched:
    """What intake changed, so that derivations recount only that."""

    days: set[date] = field(default_factory=set)
    artists: set[int] = field(default_factory=set)
    items: set[int] = field(default_factory=set)
    wants: set[int] = field(default_factory=set)
    movies: set[int] = field(default_factory=set)

    def add(self, other: "Touched") -> None:
        """Take in what another batch touched."""
        self.days |= other.days
        self.artists |= other.artists
        self.items |= other.items
        self.wants |= other.wants
        self.movies |= other.movies


@dataclass(slots=True)
class Stored:
    """What became of a batch of records."""

    inserted: int = 0
    updated: int = 0
    skipped: int = 0
    touched: Touched = field(default_factory=Touched)


@dataclass(frozen=True, slots=True)
class Pictured:
    """A kind of thing that has pictures.

    `things` is a batch query: what is known to find the picture of each by its id, those that are
    not there left out. `ids` are all whose picture is worth looking for, the most wanted first.
    """

    things: Callable[[Conn, int, Sequence[str]], Awaitable[dict[str, Thing]]]
    ids: Callable[[Conn, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain's card: its name, what to recount after intake, and how to count it all again.

    `pictures` are the kinds of its things that have pictures, by their names in addresses.
    """

    name: str
    derive: Callable[[Writing, int, Touched], Awaitable[None]]
    rebuild: Callable[[Writing, int], Awaitable[None]]
    pictures: Mapping[str, Pictured] = field(default_factory=dict)


def numbers(ids: Sequence[str]) -> list[int]:
    """Those of some ids that can be the number of a row, written as it would be."""
    digits = (each for each in ids if each.isascii() and each.isdecimal() and len(each) < 19)
    return [int(each) for each in digits if each[0] != "0"]


def may_go(gone: int, held: int, *, left: int, confirmed: bool) -> None:
    """Let `gone` of `held` rows be removed, which a provider who has `left` lists no more.

    Raises `Shrunk` when nothing is left there, or more than a fifth would go, until a person has
    `confirmed` it.
    """
    if not confirmed and gone and (not left or gone > MOST_THAT_MAY_GO * held):
        raise Shrunk(
            f"{gone} of {held} are gone at the provider; confirm before they go here too",
            code="needs_confirmation",
        )
