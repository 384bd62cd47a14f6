"""What a card is: a name, what it can be asked for, and a function that asks the domains."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from rewind_gql.cards.asked import Asked, Rules, When
from rewind_gql.cards.pictures import Cover, Picture
from rewind_gql.images.records import Key
from rewind_gql.store.read import Conn

Ask: TypeAlias = Callable[[Conn, int, Asked, When], Awaitable[Picture]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One chart. `width` is what it has unless asked; `ask` gives the picture that is drawn."""

    name: str
    words: str
    width: int
    rules: Rules
    ask: Ask


def cover(kind: str, entity_id: int, name: str) -> Cover:
    """Where the picture of something that was heard stands: of one of the `artists`, `albums`."""
    return Cover(name=name, key=Key("listening", kind, str(entity_id)))
