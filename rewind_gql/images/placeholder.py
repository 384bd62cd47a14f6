"""ThumbHashes drawn: the blur that stands in for a picture until it has loaded, ready to be shown.

What the reference's own `thumbHashToRGBA` makes of a hash, within one step of its colours.
"""

import math
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Channel = npt.NDArray[np.float64]

SIDE_PX = 32
_REMEMBERED = 4_096
_BOOST = 1.25  # colours lose strength where so few waves are kept


@lru_cache(_REMEMBERED)
def data_url(thumbhash: str) -> str:
    """The blur of a ThumbHash in base64 as a `data:` address of a PNG, some 32 pixels across."""
    png = _png(drawn(b64decode(thumbhash)))
    return f"data:image/png;base64,{b64encode(png).decode()}"


def drawn(hashed: bytes) -> npt.NDArray[np.uint8]:
    """The pixels of a ThumbHash (rows, columns, RGBA), the longer side 32."""
    head, tail = int.from_bytes(hashed[:3], "little"), int.from_bytes(hashed[3:5], "little")
    clear, wide = bool(head >> 23), bool(tail >> 15)
    full = 5 if clear else 7
    fewer = max(1, tail & 7)
    across, down = (full, fewer) if wide else (fewer, full)
    ratio = across / down
    sides = (SIDE_PX, _round(SIDE_PX / ratio)) if ratio > 1 else (_round(SIDE_PX * ratio), SIDE_PX)
    waves = _waves(hashed[6 if clear else 5 :])
    light = _channel(
        sides, (max(3, across), max(3, down)), (head & 63) / 63, (head >> 18 & 31) / 31, waves
    )
    yellow = _channel(
        sides, (3, 3), (head >> 6 & 63) / 31.5 - 1, (tail >> 3 & 63) / 63 * _BOOST, waves
    )
    ruddy = _channel(
        sides, (3, 3), (head >> 12 & 63) / 31.5 - 1, (tail >> 9 & 63) / 63 * _BOOST, waves
    )
    alpha = np.ones_like(light)
    if clear:
        alpha = _channel(sides, (5, 5), (hashed[5] & 15) / 15, (hashed[5] >> 4) / 15, waves)
    blue = light - 2 / 3 * yellow
    red = (3 * light - blue + ruddy) / 2
    pixels = np.stack((red, red - ruddy, blue, alpha), axis=-1)
    return np.clip(255 * pixels, 0, 255).astype(np.uint8)


def _waves(packed: bytes) -> Iterator[float]:
    """The strengths of waves, from -1 to 1: two a byte, the earlier one in its lower half."""
    for byte in packed:
        yield (byte & 15) / 7.5 - 1
        yield (byte >> 4) / 7.5 - 1


def _channel(
    sides: tuple[int, int],
    limits: tuple[int, int],
    mean: float,
    strength: float,
    waves: Iterator[float],
) -> Channel:
    """One channel: its mean and the waves that are kept of it, laid over each other."""
    across, down = limits
    kept = np.zeros((down, across))
    for row in range(down):
        for column in range(int(row == 0), -(-across * (down - row) // down)):
            kept[row, column] = next(waves, 0.0) * strength
    columns, rows = _cosines(sides[0], across), _cosines(sides[1], down)
    laid: Channel = mean + 2 * (rows.T @ kept @ columns)
    return laid


@lru_cache(256)
def _cosines(length: int, waves: int) -> Channel:
    """Each wave along a side: one row a wave."""
    at = (np.arange(length) + 0.5) * math.pi / length
    return np.cos(np.arange(waves)[:, None] * at)


def _round(value: float) -> int:
    return math.floor(value + 0.5)


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    height, width, _ = pixels.shape
    clear = bool((pixels[:, :, 3] < 255).any())
    shown = np.ascontiguousarray(pixels if clear else pixels[:, :, :3])
    lines = b"".join(b"\x00" + line.tobytes() for line in shown)  # no line is filtered
    head = struct.pack(">IIBBBBB", width, height, 8, 6 if clear else 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
