"""The colours of cards, on a light page and on a dark one."""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Every colour of one theme; `heat` goes from a day without anything to the fullest."""

    paper: str
    line: str
    ink: str
    faint: str
    accent: str
    track: str
    heat: tuple[str, str, str, str, str]


PALETTES: Mapping[str, Palette] = {
    "light": Palette(
        paper="#ffffff",
        line="#d1d9e0",
        ink="#1f2328",
        faint="#59636e",
        accent="#d02f83",
        track="#e8ebef",
        heat=("#ebeef2", "#f9c9e0", "#ee86ba", "#d02f83", "#8a1554"),
    ),
    "dark": Palette(
        paper="#0d1117",
        line="#3d444d",
        ink="#f0f6fc",
        faint="#9198a1",
        accent="#f062ab",
        track="#262c36",
        heat=("#1a2028", "#5c1c41", "#98286b", "#dd4ba1", "#ffabd6"),
    ),
}
TILES = (*("#a8265f", "#7b3fb0", "#4a52c4", "#1b66c9", "#0d6f80", "#1a7040", "#80600a", "#a8480f"),)
"""Behind initials, which are white."""


def tile_colour(name: str) -> str:
    """The colour of a thing without a picture, always the same for one name."""
    return TILES[crc32(name.encode("utf-8", "replace")) % len(TILES)]
