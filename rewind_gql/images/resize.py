"""Pictures in the sizes and formats asked for, all of them from one decoding."""

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any

from PIL import Image

from rewind_gql.images.decode import ROOM_BYTES, decode
from rewind_gql.images.geometry import Size, scale, target
from rewind_gql.images.presets import Options

Mapped = Callable[[Callable[[Options], bytes], Sequence[Options]], Iterable[bytes]]

WEBP_METHOD = 2
AVIF_SPEED = 8
_FINER = 1.35  # how much larger than the result what it is made from must be, to look as good
_AVIF_QUALITY = 0.75  # of the number asked for: there it looks as a JPEG of that number does


def resize(
    body: bytes, options: Sequence[Options], *, room: int = ROOM_BYTES, across: Mapped = map
) -> list[bytes]:
    """One file for each of `options`, in their order, upright, in sRGB, without metadata.

    `across` runs the work on each, one after another unless it does better. Raises `Unfit`.
    """

    def need(width: int, height: int) -> float:
        largest = max((scale((width, height), option) for option in options), default=1.0)
        return min(1.0, _FINER * largest)

    picture = decode(body, need, room=room)
    whole = (picture.width, picture.height)
    if picture.image.mode == "RGBA":
        # What resizing works on; left to it, every size would make a whole copy of its own.
        picture.image = picture.image.convert("RGBa")
    levels = _levels(picture.image)

    def make(option: Options) -> bytes:
        return _encoded(_fitted(levels, whole, option), option)

    return list(across(make, options))


def _levels(image: Image.Image) -> list[Image.Image]:
    """The picture and its halves, largest first: a small size is made from a small one."""
    levels = [image]
    while min(levels[-1].size) >= 64:
        levels.append(levels[-1].reduce(2))
    return levels


def _fitted(levels: Sequence[Image.Image], whole: Size, option: Options) -> Image.Image:
    """The part of the picture that is shown, at its size."""
    sides, box = target(whole, option)
    wanted = (box[2] - box[0]) / sides[0] / _FINER
    fine = [level for level in levels if whole[0] / level.width <= wanted]
    level = fine[-1] if fine else levels[0]
    ratio = (level.width / whole[0], level.height / whole[1])
    part = (box[0] * ratio[0], box[1] * ratio[1], box[2] * ratio[0], box[3] * ratio[1])
    # To shrink, Hamming looks as good as bicubic in half its time; it cannot enlarge.
    enlarged = part[2] - part[0] < sides[0]
    by = Image.Resampling.BICUBIC if enlarged else Image.Resampling.HAMMING
    made = level.resize(sides, by, box=part)
    return made.convert("RGBA") if made.mode == "RGBa" else made


def _encoded(image: Image.Image, option: Options) -> bytes:
    clear = image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)
    form = option.format
    if form == "plain":
        form = "png" if clear else "jpeg"
    if not clear and image.mode == "RGBA":
        image = image.convert("RGB")
    elif clear and form == "jpeg":
        image = _on_white(image)
    written = BytesIO()
    image.info.clear()
    image.save(written, format=form.upper(), **_saving(form, option.quality))
    return written.getvalue()


def _saving(form: str, quality: int) -> dict[str, Any]:
    """What the encoder of a format is told."""
    if form == "webp":
        return {"quality": quality, "method": WEBP_METHOD}
    if form == "avif":
        lower = max(1, int(quality * _AVIF_QUALITY + 0.5))
        return {"quality": lower, "speed": AVIF_SPEED, "max_threads": 1}
    if form == "jpeg":
        return {"quality": quality, "optimize": True, "progressive": True}
    return {"compress_level": 6}


def _on_white(image: Image.Image) -> Image.Image:
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return flat
