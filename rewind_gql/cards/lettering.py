"""Words on a card: without what XML forbids, cut to the room there is, measured without a font."""

import re
import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"
MOST_SIGNS = 2_000
"""Of one name, where it is told in full."""

# XML 1.0 has no way to write these; what turns the writing direction around could turn all of it.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
    f"|[{''.join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))}]+"
)
_SPACES = re.compile(r"\s+")
# Widths in hundredths of the font's size; those of the widest of the usual fonts.
_WIDTHS = {
    **dict.fromkeys("ijl'|.,:;!`", 32),
    **dict.fromkeys('ftrI()[]{}/\\-" ', 41),
    **dict.fromkeys("mwMW%@—…", 99),
    **dict.fromkeys("ABCDEGHKNOPQRSUVXYZ&+=<>~#", 74),
}
_LATIN, _OTHER, _WIDE, _SYMBOL = 62, 72, 102, 128
_BOLD = 1.09
_JOINER = "\u200d"
_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)


def plain(text: str) -> str:
    """One line that any XML reader takes, and that runs in its own direction alone."""
    return _SPACES.sub(" ", _FORBIDDEN.sub(" ", text)).strip()


def whole(text: str) -> str:
    """A name in full, save one that nobody would read to its end."""
    line = plain(text)
    return line if len(line) <= MOST_SIGNS else line[:MOST_SIGNS] + ELLIPSIS


def width(text: str, size: float, *, bold: bool = False) -> float:
    """About how many pixels a line takes, rather too many than too few."""
    hundredths = sum(map(_width, text))
    return hundredths / 100 * size * (_BOLD if bold else 1)


def cut(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """A name that fits into so many pixels, with an ellipsis in place of what does not."""
    line = plain(text)
    # Signs may be endless, the room is not: none is narrower than a tenth of its size.
    line = line[: int(room / size * 10) + 2]
    if width(line, size, bold=bold) <= room:
        return line
    left = room - width(ELLIPSIS, size, bold=bold)
    kept = ""
    for sign in _clusters(line):
        left -= width(sign, size, bold=bold)
        if left < 0:
            break
        kept += sign
    return kept.rstrip() + ELLIPSIS


def initials(name: str) -> str:
    """One or two signs that stand for a name."""
    words = [word for word in plain(name).split() if word[0].isalnum()]
    if not words:
        return next(_clusters(plain(name)), "?")
    first = [next(_clusters(word)) for word in words]
    sign = first[0][0]
    alone = _width(sign) >= _WIDE or unicodedata.bidirectional(sign) in ("R", "AL")
    return "".join(first[:1] if alone else [*first[:1], *first[1:][-1:]]).upper()


def _width(sign: str) -> int:
    known = _WIDTHS.get(sign)
    if known is not None:
        return known
    if sign.isascii():
        return _LATIN
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.category(sign) == "So":
        return _SYMBOL
    if unicodedata.east_asian_width(sign) in ("W", "F"):
        return _WIDE
    return _OTHER


def _clusters(line: str) -> Iterator[str]:
    """Signs as they are seen: with their accents, and emoji that are made of several whole."""
    held = ""
    for sign in line:
        if held and not _joins(held, sign):
            yield held
            held = ""
        held += sign
    if held:
        yield held


def _joins(held: str, sign: str) -> bool:
    """Whether a sign belongs to the ones before it."""
    if unicodedata.category(sign) in ("Mn", "Me", "Mc", "Cf") or ord(sign) in _TONES:
        return True
    if ord(sign) in _FLAGS and len(held) == 1 and ord(held) in _FLAGS:
        return True
    return held.endswith(_JOINER)
