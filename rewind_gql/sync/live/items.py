"""What a stream gives: events, one object of each for all readers, in batches they share too."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from rewind_gql.sync import views
from rewind_gql.sync.ledger.words import PROGRESS, WORKING


@dataclass(slots=True, kw_only=True)
class Live(views.Event):
    """An event on its way to its readers, with the bytes it was made into for any of them."""

    domain: str
    hidden: bool
    wire: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def step(self) -> bool:
        """Whether it is a step of work, between a run's start and its end."""
        return self.stage in WORKING

    @property
    def passing(self) -> bool:
        """Whether it says only how far a run has come; a later one will say it better."""
        return self.meta.get("kind") == PROGRESS


@dataclass(frozen=True, slots=True)
class Reset:
    """Events between where the reader was and here are gone; `oldest_id` is the oldest kept."""

    oldest_id: int


Item: TypeAlias = Live | Reset


class Batch(list[Item]):
    """Items that go out together, oldest first. Readers share it: none may change it."""

    __slots__ = ("_wire",)

    def __init__(self, items: Iterable[Item] = ()) -> None:
        super().__init__(items)
        self._wire: dict[str, bytes] = {}

    def encoded(self, form: str, encode: Callable[[Item], bytes]) -> bytes:
        """The items in one piece, in a form of that name.

        Each event is encoded once per form, and so is each batch, however many readers it has; a
        form must mean the same bytes for everybody who follows this person.
        """
        known = self._wire.get(form)
        if known is None:
            known = self._wire[form] = b"".join(_encoded(item, form, encode) for item in self)
        return known


def _encoded(item: Item, form: str, encode: Callable[[Item], bytes]) -> bytes:
    if isinstance(item, Reset):
        return encode(item)
    known = item.wire.get(form)
    if known is None:
        known = item.wire[form] = encode(item)
    return known
