"""How large a picture becomes in a size asked for, and what part of it that shows."""

from typing import TypeAlias

from rewind_gql.images.presets import LONGEST_PX, Options

Size: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[float, float, float, float]

_ENLARGING = ("cover", "contain")


def scale(size: Size, option: Options) -> float:
    """How much a picture is enlarged (above 1) or shrunk (below) before any cut."""
    sides = (option.width, option.height)
    scales = [want / have for want, have in zip(sides, size, strict=True) if want is not None]
    bound = min(LONGEST_PX / side for side in size)
    if not scales:
        return min(1.0, bound)
    if len(scales) == 1:
        wanted = min(scales[0], bound)
    else:
        wanted = max(scales) if option.fit in ("cover", "crop") else min(scales)
    return wanted if option.fit in _ENLARGING else min(1.0, wanted)


def target(size: Size, option: Options) -> tuple[Size, Box]:
    """The sides of the result, and what part of the picture it shows."""
    width, height = size
    by = scale(size, option)
    scaled = (max(1, int(width * by + 0.5)), max(1, int(height * by + 0.5)))
    if option.fit not in ("cover", "crop") or option.width is None or option.height is None:
        return scaled, (0.0, 0.0, float(width), float(height))
    if option.fit == "cover":
        sides = (option.width, option.height)
    else:
        sides = (min(option.width, scaled[0]), min(option.height, scaled[1]))
    across, down = min(width, sides[0] / by), min(height, sides[1] / by)
    left, top = (width - across) / 2, (height - down) / 2
    return sides, (left, top, left + across, top + down)
