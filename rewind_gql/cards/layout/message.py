"""A few words in place of a card, broken into lines."""

from rewind_gql.cards.layout.sheet import NAME_PX, PAD, Sheet, Text, title
from rewind_gql.cards.lettering import cut, plain
from rewind_gql.cards.lettering import width as measured
from rewind_gql.cards.pictures import Message

LINE_PX = 19.0
TOP = 60.0
MOST_LINES = 6


def lay(picture: Message, width: int) -> Sheet:
    """The words below their title, as many lines as they need, up to a few."""
    room = width - 2 * PAD
    lines = _lines(plain(picture.head.note), room)
    placed = [Text(PAD, TOP + at * LINE_PX, words) for at, words in enumerate(lines)]
    return Sheet(
        template="message.svg",
        width=width,
        height=TOP + len(placed) * LINE_PX,
        told={"title": title(picture.head.title, width), "lines": placed},
    )


def _lines(text: str, room: float) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and measured(longer, NAME_PX) > room:
            if len(lines) == MOST_LINES:
                lines[-1] = cut(f"{longer} {'…' * 200}", room, NAME_PX)
                return lines
            longer = word
            lines.append("")
        lines[-1] = cut(longer, room, NAME_PX)
    return lines
