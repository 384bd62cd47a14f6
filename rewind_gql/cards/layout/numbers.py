"""Large numbers in a grid, and below them what stood out."""

from typing import Any

from rewind_gql.cards.layout.sheet import (
    BODY,
    NAME_PX,
    PAD,
    WORDS_PX,
    Sheet,
    Text,
    art,
    line,
    title,
)
from rewind_gql.cards.pictures import Fact, Numbers, Tile

VALUE_PX = 26.0
FACT_PX = 60.0
SIDE_PX = 56.0
BEST_PX = 72.0
_LEAST_PX = 120.0
_BEST_LEAST_PX = 230.0


def lay(picture: Numbers, width: int) -> Sheet:
    """The numbers in one row or more, then the best in one row or below each other."""
    inner = width - 2 * PAD
    columns = _columns(len(picture.facts), int(inner // _LEAST_PX))
    placed = [
        _fact(
            fact,
            PAD + at % columns * inner / columns,
            BODY + at // columns * FACT_PX,
            inner / columns,
        )
        for at, fact in enumerate(picture.facts)
    ]
    top = BODY + -(-len(picture.facts) // columns) * FACT_PX + 4
    across = max(1, min(3, int(inner // _BEST_LEAST_PX)))
    best = [
        _best(
            tile, PAD + at % across * inner / across, top + at // across * BEST_PX, inner / across
        )
        for at, tile in enumerate(picture.best)
    ]
    rows = -(-len(best) // across)
    return Sheet(
        template="numbers.svg",
        width=width,
        height=top + rows * BEST_PX + PAD / 2,
        told={"title": title(picture.head.title, width), "facts": placed, "best": best},
    )


def _columns(many: int, most: int) -> int:
    """As many columns as fit and fill every row, if that can be."""
    fitting = range(min(many, max(most, 1)), 0, -1)
    return next((each for each in fitting if many % each == 0), 1)


def _fact(fact: Fact, x: float, y: float, room: float) -> tuple[Text, Text]:
    return (
        line(x, y + 24, fact.value, room - 8, VALUE_PX, bold=True),
        line(x, y + 43, fact.words, room - 8, WORDS_PX),
    )


def _best(tile: Tile, x: float, y: float, room: float) -> dict[str, Any]:
    left = x + SIDE_PX + 12
    words = room - SIDE_PX - 12 - 12
    return {
        "art": art(tile.cover, x, y, SIDE_PX),
        "note": line(left, y + 13, tile.note, words, WORDS_PX),
        "name": line(left, y + 31, tile.name, words, NAME_PX, bold=True),
        "by": line(left, y + 48, tile.by, words, WORDS_PX),
    }
