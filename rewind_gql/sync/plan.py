"""What a run does: its parts, where their batches come from and where they go."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rewind_gql.sources.base import Batch, Into, Position


@dataclass(frozen=True, slots=True)
class Feed:
    """One part of a run: where its batches come from, and the intake they go to."""

    part: str
    kind: str
    into: Into[Any]
    open: Callable[[Position], AsyncIterator[Batch[Any]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does: its parts in order, and what one item is called.

    Without `follows`, nothing has to be brought up to date after what it stored.
    """

    feeds: Sequence[Feed]
    unit: str
    follows: bool = True
