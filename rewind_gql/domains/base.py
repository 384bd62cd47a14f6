"""What every domain is to the rooms above: a card, and what intake says of what it did."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

from rewind_gql.store.engine import Writing


@dataclass(slots=True)
class Touched:
    """What intake changed, so that derivations recount only that."""

    days: set[date] = field(default_factory=set)
    artists: set[int] = field(default_factory=set)
    items: set[int] = field(default_factory=set)

    def add(self, other: "Touched") -> None:
        """Take in what another batch touched."""
        self.days |= other.days
        self.artists |= other.artists
        self.items |= other.items


@dataclass(slots=True)
class Stored:
    """What became of a batch of records."""

    inserted: int = 0
    updated: int = 0
    skipped: int = 0
    touched: Touched = field(default_factory=Touched)


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain's card: its name, what to recount after intake, and how to count it all again."""

    name: str
    derive: Callable[[Writing, int, Touched], Awaitable[None]]
    rebuild: Callable[[Writing, int], Awaitable[None]]
