"""The dominant colour, the accent, and the palette."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from rewind_gql.images.palette import APART_OKLAB, colors, oklab, text_on

Rgb = tuple[int, int, int]


def strip(parts: Sequence[tuple[int, Rgb]], alpha: int = 255) -> npt.NDArray[np.uint8]:
    """Pixels in a row: so many of a colour, then so many of the next."""
    row = [(*color, alpha) for count, color in parts for _ in range(count)]
    return np.array([row], np.uint8)


def apart(one: str, other: str) -> float:
    """How differently two colours are seen."""
    first, second = (oklab(tuple(bytes.fromhex(color[1:]))) for color in (one, other))  # type: ignore[arg-type]  # three bytes
    return float(np.linalg.norm(first - second))


def test_the_second_cluster_is_the_accent_when_it_stands_out() -> None:
    pixels = strip([(12, (255, 255, 255)), (4, (200, 0, 0))]).reshape(4, 4, 4)

    dominant, accent, _ = colors(pixels)

    assert (dominant, accent) == ("#ffffff", "#c80000")


def test_a_cluster_too_like_the_first_is_passed_over() -> None:
    pixels = strip([(60, (20, 30, 60)), (30, (40, 50, 80)), (10, (230, 120, 40))])

    dominant, accent, _ = colors(pixels)

    assert (dominant, accent) == ("#141e3c", "#e67828")


def test_a_picture_of_one_colour_has_no_other() -> None:
    dominant, accent, palette = colors(strip([(100, (0, 128, 128))]))

    assert (dominant, accent) == ("#008080", "#008080")
    assert [(swatch.color, swatch.weight) for swatch in palette] == [("#008080", 1.0)]


def test_an_edge_of_one_colour_does_not_hide_all_others() -> None:
    pixels = np.full((100, 100, 4), 255, np.uint8)
    pixels[:, 20:80, :3] = (200, 0, 0)

    dominant, accent, _ = colors(pixels)

    assert (dominant, accent) == ("#c80000", "#ffffff")


def test_a_picture_nobody_sees_is_black_and_grey() -> None:
    found = colors(strip([(100, (9, 9, 9))], alpha=127))

    assert found == ("#000000", "#666666", ())


def test_one_sample_in_six_of_a_picture_of_6700_pixels() -> None:
    pixels = np.zeros((67, 100, 4), np.uint8)
    pixels[..., 3] = 255
    pixels.reshape(-1, 4)[::6] = (10, 200, 30, 255)

    dominant, _, palette = colors(pixels)

    assert dominant == "#0ac81e"
    assert palette[0].weight == 1.0


@pytest.mark.parametrize("base", [(0, 0, 0), (250, 250, 250), (0, 0, 200), (128, 128, 128)])
def test_shades_of_one_colour_still_give_two_that_differ(base: Rgb) -> None:
    red, green, blue = base
    shades = [(20, (red, green, min(255, blue + step))) for step in range(0, 5)]

    dominant, accent, _ = colors(strip(shades))

    assert apart(dominant, accent) >= APART_OKLAB


@pytest.mark.parametrize("seed", range(20))
def test_two_colours_always_differ_visibly(seed: int) -> None:
    random = np.random.default_rng(seed)
    centre = random.integers(0, 256, 3)
    spread = random.integers(1, 60)
    pixels = np.full((40, 40, 4), 255, np.uint8)
    noise = random.integers(-spread, spread + 1, (40, 40, 3))
    pixels[..., :3] = np.clip(centre + noise, 0, 255)

    dominant, accent, _ = colors(pixels)

    assert apart(dominant, accent) >= APART_OKLAB


def test_the_palette_is_sorted_and_adds_up() -> None:
    pixels = strip([(50, (250, 0, 0)), (30, (0, 250, 0)), (20, (0, 0, 250))])

    _, _, palette = colors(pixels)

    weights = [swatch.weight for swatch in palette]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == pytest.approx(1.0, abs=0.001)


def test_the_same_pixels_give_the_same_colours() -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (67, 100, 4), np.uint8)

    assert colors(pixels) == colors(pixels.copy())


@pytest.mark.parametrize(
    ("color", "text"), [("#ffffff", "#000000"), ("#000000", "#ffffff"), ("#c80000", "#ffffff")]
)
def test_text_on_a_colour_is_the_one_that_reads_better(color: str, text: str) -> None:
    assert text_on(color) == text
