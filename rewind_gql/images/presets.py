"""The sizes pictures are served in: their names, their limits, and what one of them is asked by."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from rewind_gql.errors import BadInput

Fit: TypeAlias = Literal["cover", "contain", "scale-down", "crop"]
Format: TypeAlias = Literal["avif", "webp", "jpeg", "png", "plain"]

ORIGINAL = "original"
QUALITY = 85
LONGEST_PX = 2000

PRESETS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "thumbnail": (64, 64),
        "small": (150, 150),
        "medium": (300, 300),
        "large": (600, 600),
        "poster-sm": (240, 360),
        "poster": (342, 513),
        "poster-lg": (500, 750),
        "backdrop": (780, 439),
    }
)
"""Width and height of every size that has a name, save `original`, which is the bytes untouched."""

FITS: tuple[Fit, ...] = ("cover", "contain", "scale-down", "crop")
FORMATS: tuple[Format, ...] = ("avif", "webp", "jpeg", "png", "plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One size of a picture.

    `cover` fills width and height, cut around the centre; `crop` is the same but never enlarges.
    `contain` fits inside them; `scale-down` is the same but never enlarges. With one of the two the
    other follows; with neither the picture keeps its size. No side grows past 2000 pixels.
    `plain` is a JPEG, or a PNG where the picture is see-through.
    Raises `BadInput` for a side outside 1 to 2000, a quality outside 1 to 100, another word.
    """

    width: int | None = None
    height: int | None = None
    fit: Fit = "cover"
    format: Format = "webp"
    quality: int = QUALITY

    def __post_init__(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if side is not None and not 1 <= side <= LONGEST_PX:
                raise BadInput(f"{name} must be between 1 and {LONGEST_PX}", path=name)
        if not 1 <= self.quality <= 100:
            raise BadInput("quality must be between 1 and 100", path="quality")
        if self.fit not in FITS:
            raise BadInput(f"fit must be one of {', '.join(FITS)}", path="fit")
        if self.format not in FORMATS:
            raise BadInput(f"format must be one of {', '.join(FORMATS)}", path="format")


def preset(name: str, *, form: Format = "webp", quality: int = QUALITY) -> Options:
    """The size of that name in one format. Raises `BadInput` for a name that is none."""
    if name not in PRESETS:
        raise BadInput(f"size must be one of {', '.join(PRESETS)}", path="size")
    width, height = PRESETS[name]
    return Options(width=width, height=height, format=form, quality=quality)
