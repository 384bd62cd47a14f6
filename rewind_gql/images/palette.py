"""The colours a picture is known by: five clusters of its pixels, and two of them chosen."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rewind_gql.images.measured import Swatch

CLUSTERS = 5
ROUNDS = 10
SAMPLES = 1_000
APART_RGB = 50.0
APART_OKLAB = 0.12
_SHIFT = 0.25

Rgb = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def colors(pixels: Pixels) -> tuple[str, str, tuple[Swatch, ...]]:
    """Dominant colour, accent, and the palette, most of it first, of rows of RGBA pixels.

    The same pixels give the same colours on every machine: clusters are counted in whole numbers.
    Nothing to be seen gives black and a dark grey, and an empty palette.
    """
    samples = _samples(pixels.reshape(-1, 4))
    if not len(samples):
        return "#000000", "#666666", ()
    centres, sizes = _clusters(samples)
    order = sorted(range(len(centres)), key=lambda at: -sizes[at])
    ranked = [_rgb(centres[at]) for at in order]
    total = int(sizes.sum())
    palette = tuple(
        Swatch(color=_hex(ranked[place]), weight=round(int(sizes[at]) / total, 4))
        for place, at in enumerate(order)
        if sizes[at]
    )
    return _hex(ranked[0]), _hex(_accent(ranked[: max(1, len(palette))])), palette


def text_on(color: str) -> str:
    """Black or white, whichever reads better on a colour `#rrggbb` (WCAG contrast)."""
    red, green, blue = _linear(_parsed(color))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def oklab(color: Rgb) -> npt.NDArray[np.float64]:
    """Lightness, green to red, blue to yellow: a space in which distances are as seen."""
    seen: npt.NDArray[np.float64] = _TO_LAB @ np.cbrt(_TO_LMS @ _linear(color))
    return seen


def _samples(pixels: Pixels) -> npt.NDArray[np.int64]:
    taken = pixels[:: max(1, len(pixels) // SAMPLES)]
    return taken[taken[:, 3] >= 128][:, :3].astype(np.int64)


def _clusters(
    samples: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Centres and sizes by k-means from seeds spread evenly over the samples."""
    centres = _seeds(samples)
    nearest = np.zeros(len(samples), np.int64)
    for _ in range(ROUNDS):
        found = _apart(samples, centres).argmin(axis=1)
        if np.array_equal(found, nearest):
            break
        nearest = found
        centres = _moved(samples, nearest, centres)
    return centres, np.bincount(nearest, minlength=CLUSTERS)


def _apart(samples: npt.NDArray[np.int64], centres: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The square of the distance of every sample from every centre."""
    total = np.zeros((len(samples), len(centres)), np.int64)
    for channel in range(3):
        total += (samples[:, channel, None] - centres[:, channel]) ** 2
    return total


def _seeds(samples: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Five samples, evenly spread; one that repeats another gives way to the sample least like any.

    Evenly spread samples of a square all lie in one column. Without this, a picture with a white
    edge would be white all over.
    """
    step = max(1, len(samples) // CLUSTERS)
    at = [place if place < len(samples) else 0 for place in range(0, CLUSTERS * step, step)]
    seeds = samples[at]
    _, first = np.unique(seeds, axis=0, return_index=True)
    kept = set(first.tolist())
    for place in range(CLUSTERS):
        if place not in kept:
            least_like = _apart(samples, seeds[sorted(kept)]).min(axis=1)
            if least_like.max() == 0:
                break
            seeds[place] = samples[least_like.argmax()]
            kept.add(place)
    return seeds


def _moved(
    samples: npt.NDArray[np.int64],
    nearest: npt.NDArray[np.int64],
    centres: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Every centre that has samples, at their mean, halves rounded up."""
    count = np.bincount(nearest, minlength=CLUSTERS)
    filled = count > 0
    moved = centres.copy()
    for channel in range(3):
        total = np.bincount(nearest, samples[:, channel], CLUSTERS).astype(np.int64)
        moved[filled, channel] = (2 * total[filled] + count[filled]) // (2 * count[filled])
    return moved


def _accent(ranked: Sequence[Rgb]) -> Rgb:
    """The largest other cluster the eye tells from the first.

    Where no cluster can be told from it, its own hue, lighter or darker. A picture of one single
    colour has no other.
    """
    dominant = ranked[0]
    for color in ranked[1:]:
        if _differ(dominant, color):
            return color
    return dominant if len(ranked) == 1 else _shifted(dominant)


def _differ(one: Rgb, other: Rgb) -> bool:
    """Whether the eye tells them apart: in OKLab, and not merely as two shades of black."""
    far = float(np.linalg.norm(np.subtract(one, other))) > APART_RGB
    return far and float(np.linalg.norm(oklab(one) - oklab(other))) >= APART_OKLAB


def _shifted(color: Rgb) -> Rgb:
    """The same hue with its lightness moved towards the middle by a visible step."""
    lab = oklab(color)
    lab[0] += _SHIFT if lab[0] < 0.6 else -_SHIFT
    linear = np.linalg.solve(_TO_LMS, np.linalg.solve(_TO_LAB, lab) ** 3)
    clipped = np.clip(linear, 0.0, 1.0)
    low = clipped * 12.92
    high = 1.055 * clipped ** (1 / 2.4) - 0.055
    seen = np.where(clipped <= 0.0031308, low, high)
    return _rgb(np.floor(seen * 255 + 0.5).astype(np.int64))


def _linear(color: Rgb) -> npt.NDArray[np.float64]:
    part = np.array(color) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def _rgb(values: npt.NDArray[np.int64]) -> Rgb:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


def _hex(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _parsed(color: str) -> Rgb:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue
