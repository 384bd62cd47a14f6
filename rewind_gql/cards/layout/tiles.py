"""Covers in a grid, each with its name, whose it is, and a number."""

from rewind_gql.cards.layout.sheet import (
    BODY,
    NAME_PX,
    PAD,
    WORDS_PX,
    Art,
    Sheet,
    Text,
    art,
    line,
    nothing,
    title,
)
from rewind_gql.cards.pictures import Tiles

GAP_PX = 16.0
LEAST_PX = 136.0
_WORDS = 62.0


def lay(picture: Tiles, width: int) -> Sheet:
    """The grid: as many columns as there is room for, two at least."""
    heading = {"title": title(picture.head.title, width)}
    if not picture.tiles:
        told, height = nothing(picture.empty, width)
        return Sheet(template="tiles.svg", width=width, height=height, told={**heading, **told})
    inner = width - 2 * PAD
    columns = max(2, int((inner + GAP_PX) // (LEAST_PX + GAP_PX)))
    side = (inner - GAP_PX * (columns - 1)) / columns
    placed: list[tuple[Art, list[Text]]] = []
    for at, tile in enumerate(picture.tiles):
        x = PAD + at % columns * (side + GAP_PX)
        y = BODY + at // columns * (side + _WORDS + GAP_PX / 2)
        below = y + side
        words = [
            line(x, below + 20, tile.name, side, NAME_PX, bold=True),
            line(x, below + 37, tile.by, side, WORDS_PX),
            line(x, below + 53, tile.note, side, WORDS_PX),
        ]
        placed.append((art(tile.cover, x, y, side), words))
    rows = -(-len(picture.tiles) // columns)
    height = BODY + rows * (side + _WORDS) + (rows - 1) * GAP_PX / 2 + PAD / 2
    told = {**heading, "tiles": placed}
    return Sheet(template="tiles.svg", width=width, height=height, told=told)
