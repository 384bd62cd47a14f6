"""ThumbHashes equal the reference's, byte for byte."""

from base64 import b64decode
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from thumbhash import rgba_to_thumb_hash

from rewind_gql.images.thumbhash import thumbhash

Pixel = tuple[int, int, int, int]

SHAPES: dict[str, Callable[[int, int], Pixel]] = {
    "slope": lambda x, y: (x * 3 + y, x + y * 2, x * y, 255),
    "veil": lambda x, y: (x * 5, y * 7, x * 3 + y * 11, x * 9 + y * 4),
    "clear": lambda x, y: (0, 0, 0, 0),
}

# Made by the reference in JavaScript, which also hashes what is see-through.
REFERENCE = (
    ("slope", 100, 67, "3QcKJZICeIVhl4Z3eGd3dwRyutCG"),
    ("slope", 67, 100, "YAgKLQ5RZ2BpaHh4h3d3d3FgN/Vl"),
    ("slope", 32, 32, "kRYKHwZQZXdxiIiFiGeIZ3iHl7/7cIsI"),
    ("slope", 50, 100, "HvgNNApyBnd3d3Z3d3eTgAn4hw=="),
    ("slope", 40, 100, "3OcNMwpzcHd3dnd3lYAp+Ic="),
    ("slope", 36, 100, "3OcNMwpzcHd3dnd3pZAp94c="),
    ("slope", 100, 3, "0ngOOZBAWXiUiIeHN094gIc="),
    ("slope", 10, 28, "CvcJMwJxoHiIh4d3j00n+Ig="),
    ("veil", 100, 67, "3geGC4QHdJCGh4VgdQTl53dneHhwcHg="),
    ("veil", 67, 100, "neeFGwoHBId4d0cGdkaQp2k6d3elBZU="),
    ("veil", 32, 32, "GbeFHQwng5eQmXM6upZwP/eICYZHxXd5dw=="),
    ("veil", 50, 100, "3geGGwwIgIdod1iAhgeIl6UBd2dLPEE="),
    ("veil", 40, 100, "XNeFEgoXgIdoaEmQhgaYl2iBd4aWBYc="),
    ("veil", 36, 100, "W8eFEggXgIdYeEiAhQaYlzmDd4a1MKM="),
    ("veil", 100, 3, "FvaGGYQXEJdoiXj8pQiliCYGd3d4iHg="),
    ("veil", 10, 28, "VVaFIgYWh5Ao2VeHhV/4VnF3cIiHeHg="),
    ("clear", 100, 67, "AAiCA4AAAAAAAAAAAAAAAAAAAAAAAAA="),
    ("clear", 67, 100, "AAiCAwAAAAAAAAAAAAAAAAAAAAAAAAA="),
)


def drawn(shape: str, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The pixels of a shape, each channel taken modulo 256."""
    paint = SHAPES[shape]
    rows = [[paint(x, y) for x in range(width)] for y in range(height)]
    return (np.array(rows) & 255).astype(np.uint8)


@pytest.mark.parametrize(("shape", "width", "height", "expected"), REFERENCE)
def test_it_equals_the_reference(shape: str, width: int, height: int, expected: str) -> None:
    found = thumbhash(drawn(shape, width, height))

    assert found == expected


@pytest.mark.parametrize("sides", [(100, 100), (100, 31), (17, 96), (1, 1), (100, 1), (7, 9)])
@pytest.mark.parametrize("pattern", ["noise", "flat", "mirrored", "stripes"])
def test_it_equals_the_python_port_where_only_rounding_is_left(
    sides: tuple[int, int], pattern: str
) -> None:
    width, height = sides
    random = np.random.default_rng(width * 1_000 + height)
    pixels = random.integers(0, 256, (height, width, 4), np.uint8)
    if pattern == "flat":
        pixels[:] = (0, 128, 128, 255)
    elif pattern == "mirrored":
        pixels = np.concatenate((pixels, pixels[:, ::-1]), axis=1)[:, :width]
    elif pattern == "stripes":
        pixels[:, ::2], pixels[:, 1::2] = 0, 255
    pixels[..., 3] = 255

    found = b64decode(thumbhash(np.ascontiguousarray(pixels)))

    assert found == bytes(rgba_to_thumb_hash(width, height, pixels.ravel().tolist()))
