"""Every card there is, by the name it has in addresses."""

from collections.abc import Mapping

from rewind_gql.cards import music, shelf, year
from rewind_gql.cards.card import Card
from rewind_gql.errors import NotFound

CARDS: Mapping[str, Card] = {card.name: card for card in (*music.CARDS, *shelf.CARDS, *year.CARDS)}


def card_named(name: str) -> Card:
    """The card of that name. Raises `NotFound` naming those there are."""
    if name not in CARDS:
        raise NotFound(f"There is no such card; there are {', '.join(CARDS)}")
    return CARDS[name]
