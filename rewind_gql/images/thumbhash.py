"""ThumbHash: a picture's blur in some twenty-five bytes, equal to the reference's to the last bit.

Every sum is taken in the reference's order. Where a picture is flat or symmetric, what is left of
its cosines is rounding noise, and noise is scaled up like any signal.
"""

import math
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Channel = npt.NDArray[np.float64]

LONGEST_PX = 100


def thumbhash(pixels: npt.NDArray[np.uint8]) -> str:
    """The hash of at most 100 x 100 RGBA pixels (rows, columns, four), in padded base64."""
    return b64encode(_encode(pixels)).decode()


def _encode(pixels: npt.NDArray[np.uint8]) -> bytes:
    height, width = _sides(pixels)
    rgba = pixels.reshape(-1, 4).astype(np.float64)
    alpha = rgba[:, 3] / 255
    seen = _total(alpha)
    clear = seen < width * height
    red, green, blue = (_over_mean(rgba[:, at], alpha, seen) for at in range(3))
    limit, longer = (5 if clear else 7), max(width, height)
    across = max(1, _round(limit * width / longer))
    down = max(1, _round(limit * height / longer))
    light = _Coded((red + green + blue) / 3, pixels, max(3, across), max(3, down))
    yellow = _Coded((red + green) / 2 - blue, pixels, 3, 3)
    ruddy = _Coded(red - green, pixels, 3, 3)
    head = (
        _round(63 * light.mean)
        | _round(31.5 + 31.5 * yellow.mean) << 6
        | _round(31.5 + 31.5 * ruddy.mean) << 12
        | _round(31 * light.scale) << 18
        | clear << 23
    )
    tail = (
        (down if width > height else across)
        | _round(63 * yellow.scale) << 3
        | _round(63 * ruddy.scale) << 9
        | (width > height) << 15
    )
    coded = [light, yellow, ruddy]
    said = head.to_bytes(3, "little") + tail.to_bytes(2, "little")
    if clear:
        veil = _Coded(alpha, pixels, 5, 5)
        said += bytes([_round(15 * veil.mean) | _round(15 * veil.scale) << 4])
        coded.append(veil)
    return said + _packed(step for channel in coded for step in channel.steps())


class _Coded:
    """One channel as cosines: its mean, its strongest cosine, and all of them in order."""

    def __init__(
        self, values: Channel, pixels: npt.NDArray[np.uint8], across: int, down: int
    ) -> None:
        height, width = _sides(pixels)
        grid = values.reshape(height, width)
        columns = [_cosines(width, at) for at in range(across)]
        found = []
        for row in range(down):
            weight = _cosines(height, row)[:, None]
            for column in range(-(-across * (down - row) // down)):
                total = _total((grid * columns[column] * weight).ravel())
                found.append(total / (width * height))
        self.mean, *self.waves = found
        self.scale = max(abs(wave) for wave in self.waves)

    def steps(self) -> Iterator[int]:
        """Every wave on a scale of sixteen steps."""
        for wave in self.waves:
            level = 0.5 + 0.5 / self.scale * wave if self.scale else wave
            yield _round(15 * level)


def _sides(pixels: npt.NDArray[np.uint8]) -> tuple[int, int]:
    return int(pixels.shape[0]), int(pixels.shape[1])


@lru_cache(maxsize=512)
def _cosines(length: int, waves: int) -> Channel:
    return np.array([math.cos(math.pi / length * waves * (at + 0.5)) for at in range(length)])


def _over_mean(values: Channel, alpha: Channel, seen: float) -> Channel:
    """A colour's channel laid over its own mean where the picture is see-through."""
    mean = _total(alpha / 255 * values)
    mean = mean / seen if seen else mean
    laid: Channel = mean * (1 - alpha) + alpha / 255 * values
    return laid


def _total(values: Channel) -> float:
    """The sum from first to last; numpy's own sum adds in pairs, which rounds otherwise."""
    return float(np.add.accumulate(values)[-1])


def _round(value: float) -> int:
    """To the nearest whole number, halves up, as JavaScript does."""
    return math.floor(value + 0.5)


def _packed(steps: Iterator[int]) -> bytes:
    """Two steps a byte, the earlier one in its lower half."""
    halves = list(steps)
    halves += [0] * (len(halves) % 2)
    return bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))
