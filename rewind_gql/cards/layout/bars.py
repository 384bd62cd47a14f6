"""Columns over an axis, with round numbers beside them or their own on top."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from rewind_gql.cards.layout.sheet import BODY, PAD, WORDS_PX, Sheet, Text, facts, nothing, title
from rewind_gql.cards.lettering import width as measured
from rewind_gql.cards.phrases import number
from rewind_gql.cards.pictures import Bar, Bars

PLOT_PX = 150.0
_ABOVE, _BELOW = 14.0, 34.0
_WIDEST_PX = 44.0
_LINES = 4
_ROUNDED_PX = 4.0
_ROUND = (1, 2, 2.5, 5, 10)


class Column(NamedTuple):
    """A bar in its place, and its words."""

    x: float
    y: float
    width: float
    height: float
    words: str

    @property
    def round(self) -> float:
        """The radius of its upper corners."""
        return min(_ROUNDED_PX, self.width / 4, self.height)


def lay(picture: Bars, width: int) -> Sheet:
    """The columns, side by side over the whole width."""
    heading: dict[str, Any] = {"title": title(picture.head.title, width)}
    if not picture.bars:
        told, height = nothing(picture.empty, width)
        return Sheet(template="bars.svg", width=width, height=height, told={**heading, **told})
    placed, top = facts(picture.facts, width, BODY)
    base = top + _ABOVE + PLOT_PX
    most = max(bar.value for bar in picture.bars)
    marks = _marks(most)
    left = PAD
    if not picture.counted:
        left += max(measured(number(mark), WORDS_PX) for mark in marks) + 10
    step = (width - PAD - left) / len(picture.bars)
    high = PLOT_PX / (most if picture.counted and most else marks[-1])
    columns = [
        _column(bar, left + at * step, step, base, high) for at, bar in enumerate(picture.bars)
    ]
    lines = [] if picture.counted else [(base - mark * high, number(mark)) for mark in marks]
    told = {
        **heading,
        "facts": placed,
        "columns": columns,
        "lines": [(left, width - PAD, y, text) for y, text in lines],
        "base": (left, width - PAD, base),
        "labels": list(_labels(picture.bars, left, step, base + 18)),
        "counts": list(_counts(picture.bars, columns)) if picture.counted else [],
    }
    return Sheet(template="bars.svg", width=width, height=base + _BELOW, told=told)


def _marks(most: int) -> list[int]:
    """Round numbers from 0 to at least the highest column, a few of them."""
    size = 1
    while size * 10 * _LINES < most:
        size *= 10
    steps = [int(size * each) for each in _ROUND if size * each == int(size * each)]
    step = next(each for each in steps if each * _LINES >= most)
    return [step * at for at in range(-(-most // step) + 1)] if most else [0, 1]


def _column(bar: Bar, x: float, step: float, base: float, high: float) -> Column:
    wide = min(step * 0.72, _WIDEST_PX) if step > 4 else step * 0.9
    height = bar.value * high
    return Column(x + (step - wide) / 2, base - height, wide, height, bar.words)


def _labels(bars: Sequence[Bar], left: float, step: float, y: float) -> Iterator[Text]:
    """Those labels there is room for: every one, or every second one, and so on."""
    named = [(at, bar.label) for at, bar in enumerate(bars) if bar.label]
    if not named:
        return
    widest = max(measured(label, WORDS_PX) for _, label in named) + 6
    apart = min((b[0] - a[0] for a, b in pairwise(named)), default=1) * step
    each = max(1, -(-int(widest) // max(1, int(apart))))
    for at, label in named[::each]:
        yield Text(left + (at + 0.5) * step, y, label)


def _counts(bars: Sequence[Bar], columns: Sequence[Column]) -> Iterator[Text]:
    for bar, column in zip(bars, columns, strict=True):
        yield Text(column.x + column.width / 2, column.y - 5, number(bar.value))
