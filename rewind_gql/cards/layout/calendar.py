"""A year of days: weeks side by side, months above them, and what each colour stands for."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from rewind_gql.cards.layout.sheet import BODY, PAD, WORDS_PX, Sheet, Text, facts, line, title
from rewind_gql.cards.lettering import width as measured
from rewind_gql.cards.phrases import MONTHS, counted, day
from rewind_gql.cards.pictures import Calendar, Day

NARROW_PX = 560
"""Below this width, the weeks stand in two rows: their squares would be too small."""
_WEEKDAYS = ((0, "Mon"), (2, "Wed"), (4, "Fri"))
_SIDE_PX = 32.0
_MONTHS_PX = 18.0
_LEGEND_PX = 30.0
_LARGEST_PX = 15.0
_STEPS = (0.25, 0.5, 0.75)


class Square(NamedTuple):
    """A day in its place: its level from 0 to 4, None while it is yet to come."""

    x: float
    y: float
    level: int | None
    words: str


def lay(picture: Calendar, width: int) -> Sheet:
    """The calendar, as wide as asked for."""
    placed, top = facts(picture.facts, width, BODY)
    weeks = list(_weeks(picture.days))
    rows = 2 if width < NARROW_PX else 1
    most = -(-len(weeks) // rows)
    step = min((width - 2 * PAD - _SIDE_PX) / max(most, 1), _LARGEST_PX)
    edges = _edges(picture.days)
    squares: list[Square] = []
    labels: list[Text] = []
    for row in range(rows):
        part = weeks[row * most : (row + 1) * most]
        y = top + 6 + row * (_MONTHS_PX + 7 * step + 10) + _MONTHS_PX
        squares += _squares(part, y, step, edges, picture.unit)
        labels += _labels(part, y, step)
    bottom = top + 6 + rows * (_MONTHS_PX + 7 * step + 10)
    right = PAD + _SIDE_PX + most * step
    return Sheet(
        template="calendar.svg",
        width=width,
        height=bottom + _LEGEND_PX,
        told={
            "title": title(picture.head.title, width),
            "facts": placed,
            "squares": squares,
            "side": step * 0.82,
            "labels": labels,
            "legend": _legend(picture, right, bottom + 4, step),
        },
    )


def _weeks(days: Sequence[Day]) -> Iterator[list[Day]]:
    """The days by weeks, each from Monday on; the first and last may be parts of one."""
    week: list[Day] = []
    for each in days:
        if week and each.day.weekday() == 0:
            yield week
            week = []
        week.append(each)
    if week:
        yield week


def _edges(days: Sequence[Day]) -> list[int]:
    """The most of the first, second and third level: quarters of the days with anything at all."""
    known = sorted(each.plays for each in days if each.plays)
    return [known[int(len(known) * part)] for part in _STEPS] if known else [0, 0, 0]


def _squares(
    weeks: Sequence[Sequence[Day]],
    top: float,
    step: float,
    edges: Sequence[int],
    unit: str,
) -> Iterator[Square]:
    for column, week in enumerate(weeks):
        for each in week:
            x, y = PAD + _SIDE_PX + column * step, top + each.day.weekday() * step
            if each.plays is None:
                yield Square(x, y, None, day(each.day))
                continue
            level = 1 + bisect_left(edges, each.plays) if each.plays else 0
            yield Square(x, y, level, f"{day(each.day)}: {counted(each.plays, unit)}")


def _labels(weeks: Sequence[Sequence[Day]], top: float, step: float) -> Iterator[Text]:
    """Months above the week that has their first day, and three weekdays beside."""
    free = 0.0
    for column, week in enumerate(weeks):
        begins = next((each.day for each in week if each.day.day == 1), None)
        begins = begins or (week[0].day if column == 0 else None)
        x = PAD + _SIDE_PX + column * step
        if begins is None or x < free or (column == 0 and _turns_soon(weeks)):
            continue
        name = MONTHS[begins.month - 1]
        if x + measured(name, WORDS_PX) > PAD + _SIDE_PX + len(weeks) * step + 6:
            continue
        free = x + measured(name, WORDS_PX) + 4
        yield Text(x, top - 6, name)
    for weekday, name in _WEEKDAYS:
        yield Text(PAD, top + weekday * step + step * 0.5 + 4, name)


def _turns_soon(weeks: Sequence[Sequence[Day]]) -> bool:
    """Whether the next month begins so soon that the first one's name would be in its way."""
    first = weeks[0][0].day
    return first.day != 1 and (first + timedelta(days=21)).month != first.month


def _legend(picture: Calendar, right: float, top: float, step: float) -> dict[str, object]:
    side = max(step, 11.0)
    base = top + side * 0.5 + 4
    start = right - measured("More", WORDS_PX) - 6 - 5 * side
    less = start - 6 - measured("Less", WORDS_PX)
    return {
        "less": Text(start - 6, base, "Less"),
        "more": Text(start + 5 * side + 6, base, "More"),
        "squares": [Text(start + level * side, top, str(level)) for level in range(5)],
        "side": side * 0.82,
        "note": line(PAD, base, picture.head.note, less - PAD - 10, WORDS_PX),
    }
