"""A list: a picture, a name, words or a bar behind it, and a number at the end."""

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
    nothing,
    title,
)
from rewind_gql.cards.lettering import width as measured
from rewind_gql.cards.pictures import Row, Rows

ROW_PX = 50.0
SIDE_PX = 38.0
_LEAST_BAR = 3.0


def lay(picture: Rows, width: int) -> Sheet:
    """The list, one row below the other."""
    heading = {"title": title(picture.head.title, width), "round": picture.round_}
    if not picture.rows:
        told, height = nothing(picture.empty, width)
        return Sheet(template="rows.svg", width=width, height=height, told={**heading, **told})
    rows = [
        _row(row, width, BODY + at * ROW_PX, rounded=picture.round_)
        for at, row in enumerate(picture.rows)
    ]
    height = BODY + len(rows) * ROW_PX + PAD / 2
    told = {**heading, "rows": rows}
    return Sheet(template="rows.svg", width=width, height=height, told=told)


def _row(row: Row, width: int, top: float, *, rounded: bool) -> dict[str, Any]:
    left, right = PAD + SIDE_PX + 12, width - PAD
    room = right - left
    note = line(right, top + 16, row.note, room / 2, WORDS_PX)
    names = room if row.by else room - measured(note.text, WORDS_PX) - 10
    placed: dict[str, Any] = {
        "art": art(row.cover, PAD, top, SIDE_PX),
        "name": line(left, top + 16, row.name, names, NAME_PX, bold=True),
        "note": note,
    }
    if row.by:
        note_room = measured(note.text, WORDS_PX)
        placed["note"] = Text(right, top + 33, note.text, note.whole)
        placed["by"] = line(left, top + 33, row.by, room - note_room - 10, WORDS_PX)
    if row.share is not None:
        placed["bar"] = (left, top + 25, room, max(_LEAST_BAR, room * row.share))
    return placed
