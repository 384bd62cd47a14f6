"""What every layout has in common: the sheet, its margins, its facts, its covers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rewind_gql.cards.lettering import cut, initials, plain, whole
from rewind_gql.cards.palette import tile_colour
from rewind_gql.cards.pictures import Cover, Fact
from rewind_gql.images.records import Key

PAD = 20.0
TITLE_BASE = 34.0
TITLE_PX = 16.0
BODY = 52.0
"""Where what stands below the title begins."""
NAME_PX, WORDS_PX, VALUE_PX = 13.5, 12.0, 20.0
FACTS_PX = 52.0
EMPTY_PX = 96.0
_FACT_LEAST = 118.0
_MARK_PX = 26.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A card whose every part has its place: which template prints it, and what."""

    template: str
    width: int
    height: float
    told: dict[str, Any] = field(default_factory=dict)


class Text(NamedTuple):
    """A line of words: cut to its room, and whole where it had to be."""

    x: float
    y: float
    text: str
    whole: str | None = None


class Art(NamedTuple):
    """A cover in its place; without its bytes, initials on a colour."""

    x: float
    y: float
    side: float
    key: Key
    letters: str
    colour: str

    @property
    def letters_px(self) -> float:
        """How large the initials are."""
        return self.side * 0.36

    @property
    def middle(self) -> tuple[float, float]:
        """Where they stand: the middle of their line, on its base."""
        return self.x + self.side / 2, self.y + self.side / 2 + self.letters_px * 0.36


def line(x: float, y: float, name: str, room: float, size: float, *, bold: bool = False) -> Text:
    """A name at a place, as much of it as there is room for."""
    shown = cut(name, room, size, bold=bold)
    return Text(x, y, shown, None if shown == plain(name) else whole(name))


def art(cover: Cover, x: float, y: float, side: float) -> Art:
    """A cover at a place."""
    return Art(x, y, side, cover.key, initials(cover.name), tile_colour(cover.name))


def title(text: str, width: int) -> Text:
    """The title, with room for the mark beside it."""
    room = width - 2 * PAD - _MARK_PX
    return line(PAD, TITLE_BASE, text, room, TITLE_PX, bold=True)


def facts(given: Sequence[Fact], width: int, top: float) -> tuple[list[tuple[Text, Text]], float]:
    """Numbers over their words, in columns; and where what comes below them begins."""
    if not given:
        return [], top
    inner = width - 2 * PAD
    columns = min(len(given), max(1, int(inner // _FACT_LEAST)))
    step = min(inner / columns, 190.0)
    placed = []
    for at, fact in enumerate(given):
        x, y = PAD + at % columns * step, top + at // columns * FACTS_PX
        placed.append(
            (
                line(x, y + 18, fact.value, step - 10, VALUE_PX, bold=True),
                line(x, y + 36, fact.words, step - 10, WORDS_PX),
            )
        )
    return placed, top + -(-len(given) // columns) * FACTS_PX


def nothing(words: str, width: int) -> tuple[dict[str, Any], float]:
    """What stands in place of an empty picture."""
    middle = line(width / 2, BODY + EMPTY_PX / 2, words, width - 2 * PAD, NAME_PX)
    return {"empty": middle}, BODY + EMPTY_PX
