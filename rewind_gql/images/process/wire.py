"""What passes between the server and its image process: a few words in JSON, then plain bytes.

Nothing that comes back is ever unpickled or believed: the process reads what strangers sent.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import orjson

LENGTH = struct.Struct(">I")
MAX_WORDS = 64 * 1024
MAX_BYTES = 256 * 1024 * 1024


class Garbled(Exception):
    """What came is not in the agreed form."""


def packed(words: Mapping[str, Any], bodies: Sequence[bytes] = ()) -> list[bytes]:
    """One message in pieces, to be written in this order."""
    said = orjson.dumps({"words": words, "sizes": [len(body) for body in bodies]})
    return [LENGTH.pack(len(said)), said, *bodies]


def words_length(raw: bytes) -> int:
    """How long the words are whose length this is. Raises `Garbled` for too many."""
    (length,) = LENGTH.unpack(raw)
    if length > MAX_WORDS:
        raise Garbled
    return int(length)


def unpacked(raw: bytes) -> tuple[dict[str, Any], list[int]]:
    """The words, and how long each of the bodies after them is. Raises `Garbled`."""
    try:
        said = orjson.loads(raw)
        words, sizes = said["words"], said["sizes"]
        fits = all(type(size) is int and size >= 0 for size in sizes) and sum(sizes) <= MAX_BYTES
    except (ValueError, TypeError, LookupError):
        raise Garbled from None
    if not fits or not isinstance(words, dict):
        raise Garbled
    return words, sizes


def receive(source: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """One message, waited for. Raises `EOFError` when there are no more."""
    words, sizes = unpacked(_exactly(source, words_length(_exactly(source, LENGTH.size))))
    return words, [_exactly(source, size) for size in sizes]


def _exactly(source: BinaryIO, size: int) -> bytes:
    found = source.read(size)
    if len(found) < size:
        raise EOFError
    return found
