"""The colours of cards: enough contrast for everybody, on light pages and dark ones."""

from itertools import pairwise

import pytest

from rewind_gql.cards.palette import PALETTES, TILES, Palette, tile_colour

TEXT, SHAPE = 4.5, 3.0
"""What WCAG's level AA asks of words, and of what has to be told apart."""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2."""
    darker, lighter = sorted((_light(one), _light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _light(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_words_and_shapes_stand_out(palette: Palette) -> None:
    for colour in (palette.ink, palette.faint):
        assert contrast(colour, palette.paper) >= TEXT
    assert contrast(palette.accent, palette.paper) >= SHAPE
    assert contrast(palette.accent, palette.track) >= SHAPE


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_each_step_of_the_heat_is_farther_from_the_paper(palette: Palette) -> None:
    steps = [contrast(colour, palette.paper) for colour in palette.heat]

    assert steps == sorted(steps)
    assert all(after / before > 1.15 for before, after in pairwise(steps))


@pytest.mark.parametrize("colour", TILES)
def test_white_initials_can_be_read(colour: str) -> None:
    assert contrast("#ffffff", colour) >= TEXT


def test_a_name_has_one_colour() -> None:
    assert tile_colour("Low") == tile_colour("Low") in TILES
    assert tile_colour("\ud800") in TILES
