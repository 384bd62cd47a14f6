"""Bytes into text: which encoding a file is in, and its lines, however long or broken they are."""

import codecs
import re
from collections import deque
from collections.abc import Iterator
from typing import Protocol

PIECE = 256 * 1024
LINE_CHARS = 1024 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES = {"utf-8": "UTF-8", "cp1252": "Windows-1252"}
_UTF8_SIGN = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_CUT_SIGN = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{0,2}\Z")
_REPLACED = "\N{REPLACEMENT CHARACTER}"


class Bytes(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Text:
    """The text of a file, piece by piece: UTF-8, UTF-16 with or without its mark, Windows-1252.

    Where no mark tells, the first bytes beyond ASCII do. Signs that cannot be read are replaced
    and counted.
    """

    def __init__(self, stream: Bytes) -> None:
        self.replaced = 0
        self._stream = stream
        self._encoding: str | None = None

    @property
    def encoding(self) -> str:
        """The name of the encoding, as far as it is known by now."""
        return _NAMES.get(self._encoding or "utf-8", "UTF-16")

    def __iter__(self) -> Iterator[str]:
        """Every piece once."""
        decoder: codecs.IncrementalDecoder | None = None
        for piece in self._pieces():
            if decoder is None and self._known(piece):
                decoder = codecs.getincrementaldecoder(self._encoding or "utf-8")("replace")
            yield self._counted(decoder.decode(piece) if decoder else piece.decode("ascii"))
        if decoder:
            yield self._counted(decoder.decode(b"", final=True))

    def _pieces(self) -> Iterator[bytes]:
        """The bytes without their mark."""
        piece = self._stream.read(PIECE)
        for mark, encoding in _BOMS:
            if piece.startswith(mark):
                piece = piece[len(mark) :]
                self._encoding = encoding
        while piece:
            yield piece
            piece = self._stream.read(PIECE)

    def _known(self, piece: bytes) -> bool:
        """Whether the encoding is known with this piece; as long as all is ASCII, it need not."""
        if self._encoding is None:
            self._encoding = _utf16_without_mark(piece)
        if self._encoding is None and not piece.isascii():
            is_utf8 = _UTF8_SIGN.search(piece) or _CUT_SIGN.search(piece)
            self._encoding = "utf-8" if is_utf8 else "cp1252"
        return self._encoding is not None

    def _counted(self, text: str) -> str:
        self.replaced += text.count(_REPLACED)
        return text


def _utf16_without_mark(piece: bytes) -> str | None:
    """UTF-16, when every other byte of Western text is zero."""
    half = len(piece) // 2
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if piece[first::2].count(0) > 0.6 * half and not piece[1 - first :: 2].count(0):
            return encoding
    return None


class Lines:
    """The lines of a text without their ends, one at a time; None for one that is too long.

    Lines end as the first one does; a carriage return elsewhere is a space.
    """

    def __init__(self, text: Text) -> None:
        self.number = 0
        """The number of the last line given, from 1."""
        self._lines = _split(text)
        self._back: deque[str | None] = deque()

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str | None:
        """The next line."""
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        return line

    def give_back(self, lines: list[str | None]) -> None:
        """Put the lines given last back in front."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def _split(text: Text) -> Iterator[str | None]:
    rest, is_long, end = "", False, ""
    for piece in text:
        end = end or _line_end(piece)
        lines = (rest + piece).split(end or "\n")
        rest = lines.pop()
        for line in lines:
            yield None if is_long or len(line) > LINE_CHARS else _on_one_line(line)
            is_long = False
        if len(rest) > LINE_CHARS:
            rest, is_long = "", True
    if is_long or rest:
        yield None if is_long else _on_one_line(rest)


def _line_end(piece: str) -> str:
    """What ends the lines of a text that has this in it; empty when there is nothing yet."""
    if "\n" in piece:
        return "\n"
    return "\r" if "\r" in piece else ""


def _on_one_line(line: str) -> str:
    return line.removesuffix("\r").replace("\r", " ") if "\r" in line else line
