"""Whether a file is whole, by its own account of its parts, before anything decodes it."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from rewind_gql.images.measured import Unfit
from rewind_gql.images.signature import described, media_type

MAX_BYTES = 20 * 1024 * 1024
MAX_FRAMES = 1_000
MAX_SCANS = 200

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_STRANGER = re.compile(
    rb"PK\x03\x04|PK\x05\x06|%PDF-|Rar!\x1a|7z\xbc\xaf\x27\x1c"
    rb"|<(?:!doctype|html|script|svg|iframe|body|\?php)",
    re.IGNORECASE,
)
_AV1C = re.compile(rb"av1C\x81.(.)", re.DOTALL)
_PDF_LOOKS = 1024  # readers of PDF take a file whose header lies anywhere in here


class _Short(Exception):
    """The file ends before its own account of it does."""


def inspect(body: bytes) -> str:
    """The media type of a whole picture file of a kind that is kept.

    Raises `Unfit` for another kind, a file cut short, one with too many frames or scans, and one
    that goes on as a document, an archive or a page where its picture ends.
    """
    if len(body) > MAX_BYTES:
        raise Unfit(f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    kind = media_type(body)
    if kind is None:
        raise Unfit(f"Not a JPEG, PNG, WebP, GIF or AVIF picture but {described(body)}.")
    try:
        end = _ENDS[kind](body)
    except _Short:
        raise Unfit("The file is cut short.") from None
    if _STRANGER.search(body, end) or b"%PDF-" in body[:_PDF_LOOKS]:
        raise Unfit("The file is another kind of file besides being a picture.")
    return kind


def webp_size(body: bytes) -> tuple[int, int]:
    """Width and height a WebP file claims, before a canvas that large is made for it."""
    form, head = body[12:16], body[20:30]
    if form == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if form == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    sides = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    return sides[0] & 0x3FFF, sides[1] & 0x3FFF


def avif_sample_bytes(body: bytes) -> float:
    """Bytes a pixel of an AVIF takes as it is coded, alpha with it, by its own account of itself.

    https://aomediacodec.github.io/av1-isobmff/#av1codecconfigurationbox-syntax
    """
    # Alpha has a box of its own, without colours.
    return sum({found[0]: _samples(found[1][0]) for found in _AV1C.finditer(body)}.values())


def _samples(flags: int) -> float:
    deep, grey, halved_across, halved_down = (bool(flags & bit) for bit in (0x40, 0x10, 8, 4))
    colors = 0.0 if grey else 2 / ((1 + halved_across) * (1 + halved_down))
    return (1 + deep) * (1 + colors)


def _number(body: bytes, at: int, size: int, order: str = "big") -> int:
    if at + size > len(body):
        raise _Short
    return int.from_bytes(body[at : at + size], "little" if order == "little" else "big")


def _frames(count: int) -> None:
    if count > MAX_FRAMES:
        raise Unfit(f"The picture has {count:,} frames or more; at most {MAX_FRAMES:,} are taken.")


def _jpeg_end(body: bytes) -> int:
    at, scans = 2, 0
    while True:
        marker = _MARKER.search(body, at)
        if marker is None:
            raise _Short
        at = marker.end()
        if body[at - 1] == 0xD9:
            return at
        if body[at - 1] in (0x01, 0xD8):
            continue
        scans += body[at - 1] == 0xDA
        if scans > MAX_SCANS:
            raise Unfit(f"The picture is built up in more than {MAX_SCANS} scans.")
        at += _number(body, at, 2)


def _png_end(body: bytes) -> int:
    at = 8
    while True:
        length, kind = _number(body, at, 4), body[at + 4 : at + 8]
        if kind == b"acTL":
            _frames(_number(body, at + 8, 4))
        at += length + 12
        if at > len(body):
            raise _Short
        if kind == b"IEND":
            return at


def _gif_end(body: bytes) -> int:
    at, frames = _gif_colors(body, 10, 13), 0
    while (block := _number(body, at, 1)) != 0x3B:
        if block == 0x2C:
            frames += 1
            _frames(frames)
            at = _gif_data(body, _gif_colors(body, at + 9, at + 10) + 1)
        elif block == 0x21:
            at = _gif_data(body, at + 2)
        elif block == 0:
            at += 1
        else:
            raise Unfit("The file is damaged.")
    return at + 1


def _gif_colors(body: bytes, flags_at: int, at: int) -> int:
    """Where the table of colours that may lie at `at` ends."""
    flags = _number(body, flags_at, 1)
    return at + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def _gif_data(body: bytes, at: int) -> int:
    """Where the sub-blocks that begin at `at` end."""
    while size := _number(body, at, 1):
        at += size + 1
    return at + 1


def _webp_end(body: bytes) -> int:
    end = 8 + _number(body, 4, 4, "little")
    if end > len(body):
        raise _Short
    at, frames = 12, 0
    while at + 8 <= end:
        frames += body[at : at + 4] == b"ANMF"
        size = _number(body, at + 4, 4, "little")
        at += 8 + size + size % 2
    if at > end + 1:
        raise _Short
    _frames(frames)
    return end


def _avif_end(body: bytes) -> int:
    at = 0
    while at < len(body):
        size = _number(body, at, 4)
        if size == 1:
            size = _number(body, at + 8, 8)
        if size == 0:
            return len(body)
        if size < 8 or at + size > len(body):
            raise _Short
        at += size
    return at


_ENDS: Mapping[str, Callable[[bytes], int]] = MappingProxyType(
    {
        "image/jpeg": _jpeg_end,
        "image/png": _png_end,
        "image/gif": _gif_end,
        "image/webp": _webp_end,
        "image/avif": _avif_end,
    }
)
