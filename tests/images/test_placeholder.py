"""The blur of a ThumbHash: what the reference draws, as a file every browser shows."""

import math
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from rewind_gql.images.analysis import measure
from rewind_gql.images.placeholder import data_url, drawn
from tests.images.files import gradient, halves, saved


def by_definition(hashed: bytes) -> list[list[tuple[float, ...]]]:
    """The pixels of a hash, wave by wave and pixel by pixel, as its inventor describes it."""
    head, tail = int.from_bytes(hashed[:3], "little"), int.from_bytes(hashed[3:5], "little")
    clear, wide, most = head >> 23, tail >> 15, 5 if head >> 23 else 7
    lx, ly = (most, tail & 7) if wide else (tail & 7, most)
    nibbles = [half for byte in hashed[6 if clear else 5 :] for half in (byte & 15, byte >> 4)]
    at = 0

    def waves(nx: int, ny: int, scale: float) -> dict[tuple[int, int], float]:
        nonlocal at
        found = {}
        for cy in range(ny):
            cx = 0 if cy else 1
            while cx * ny < nx * (ny - cy):
                found[cx, cy] = (nibbles[at] / 7.5 - 1) * scale
                at += 1
                cx += 1
        return found

    light = waves(max(3, lx), max(3, ly), (head >> 18 & 31) / 31)
    yellow = waves(3, 3, (tail >> 3 & 63) / 63 * 1.25)
    ruddy = waves(3, 3, (tail >> 9 & 63) / 63 * 1.25)
    veil = waves(5, 5, (hashed[5] >> 4) / 15) if clear else {}
    ratio = lx / ly
    width, height = (32, round(32 / ratio)) if ratio > 1 else (round(32 * ratio), 32)

    def laid(mean: float, kept: dict[tuple[int, int], float], x: int, y: int) -> float:
        return mean + sum(
            2
            * value
            * math.cos(math.pi / width * (x + 0.5) * cx)
            * math.cos(math.pi / height * (y + 0.5) * cy)
            for (cx, cy), value in kept.items()
        )

    def pixel(x: int, y: int) -> tuple[float, ...]:
        ll = laid((head & 63) / 63, light, x, y)
        p = laid((head >> 6 & 63) / 31.5 - 1, yellow, x, y)
        q = laid((head >> 12 & 63) / 31.5 - 1, ruddy, x, y)
        a = laid((hashed[5] & 15) / 15, veil, x, y) if clear else 1.0
        blue = ll - 2 / 3 * p
        red = (3 * ll - blue + q) / 2
        return tuple(255 * min(1.0, max(0.0, each)) for each in (red, red - q, blue, a))

    return [[pixel(x, y) for x in range(width)] for y in range(height)]


def veiled() -> Image.Image:
    """A picture that is see-through on one side."""
    made = gradient(48, 80).convert("RGBA")
    made.putalpha(Image.linear_gradient("L").resize((48, 80)))
    return made


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (gradient(90, 60), "JPEG"),
        (gradient(40, 90), "PNG"),
        (halves(64, 64), "PNG"),
        (veiled(), "PNG"),
    ],
)
def test_it_is_what_the_algorithm_draws(image: Image.Image, kind: str) -> None:
    hashed = b64decode(measure(saved(image, kind)).thumbhash)

    pixels = drawn(hashed)

    wanted = np.array(by_definition(hashed))
    assert pixels.shape == wanted.shape
    assert np.abs(pixels - wanted).max() <= 1.001


@pytest.mark.parametrize(("image", "mode"), [(gradient(90, 60), "RGB"), (veiled(), "RGBA")])
def test_its_address_is_a_whole_png_of_those_pixels(image: Image.Image, mode: str) -> None:
    said = measure(saved(image, "PNG")).thumbhash

    url = data_url(said)

    head, _, body = url.partition(",")
    with Image.open(BytesIO(b64decode(body))) as opened:
        opened.load()
        assert (head, opened.format, opened.mode) == ("data:image/png;base64", "PNG", mode)
        assert opened.convert("RGBA").tobytes() == drawn(b64decode(said)).tobytes()
        assert opened.width == 32 if image.width > image.height else opened.height == 32
