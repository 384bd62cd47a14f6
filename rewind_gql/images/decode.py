"""From a file nobody vouches for to upright pixels in sRGB, or to the reason why not."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Any

from PIL import AvifImagePlugin, Image

from rewind_gql.images.container import MAX_FRAMES, avif_sample_bytes, inspect, webp_size
from rewind_gql.images.measured import Unfit
from rewind_gql.images.srgb import plain_mode, spread, to_srgb

MAX_PIXELS = 50_000_000
MIN_SIDE_PX = 32
MAX_SIDE_PX = 32_767
ROOM_BYTES = 320 * 1024 * 1024

DAMAGED: tuple[type[Exception], ...] = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What decoders raise on files that are not what they say."""

_FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)  # these swap width and height
_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}
_WEBP_BYTES = 13  # a pixel: two canvases, and one more while it is decoded or handed over
_COEFFICIENT_BYTES = 6  # a pixel of a progressive JPEG, which is held whole before it is drawn
_BAND_PIXELS = 1_000_000

# The check that counts is made below, with a lower limit and a reason of ours.
Image.MAX_IMAGE_PIXELS = None
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

Need = Callable[[int, int], float]
"""From the upright sides of a picture: how large it is wanted, 1.0 for as it is."""


@dataclass(slots=True, kw_only=True)
class Picture:
    """Upright pixels in sRGB, RGB or RGBA; fewer of them than `width` where fewer are needed."""

    image: Image.Image
    media_type: str
    width: int
    height: int


def decode(body: bytes, need: Need, *, room: int = ROOM_BYTES) -> Picture:
    """The first frame of a picture, shrunk by whole factors to no less than `need` asks for.

    Its pixels take no more than `room` bytes at any time. Raises `Unfit`, saying why, for anything
    but a whole JPEG, PNG, WebP, GIF or AVIF of a size that is taken.
    """
    kind = inspect(body)
    if kind == "image/webp":
        width, height = webp_size(body)
        _check_sides(width, height)
        _check_room(width * height * _WEBP_BYTES, room)
    try:
        with Image.open(BytesIO(body), formats=[_FORMATS[kind]]) as opened:
            return _read(opened, kind, need, room, avif_sample_bytes(body))
    except MemoryError:
        raise Unfit("The picture needs more memory than it may have.") from None
    except DAMAGED:
        raise Unfit("The file is damaged.") from None


def _read(opened: Image.Image, kind: str, need: Need, room: int, sample_bytes: float) -> Picture:
    width, height = opened.size
    _check_sides(width, height)
    if kind == "image/avif" and getattr(opened, "n_frames", 1) > MAX_FRAMES:
        raise Unfit(f"The picture has more than {MAX_FRAMES:,} frames.")
    if kind == "image/jpeg":
        scale = need(*_upright(opened.size, _turn(opened)))
        opened.draft(None, (ceil(width * scale), ceil(height * scale)))
    _check_room(_cost(opened, kind, width * height, sample_bytes), room)
    pixels = _pixels(opened, kind)
    turn = _turn(opened)
    width, height = _upright((width, height), turn)
    left = max(opened.size) / max(width, height)
    factor = max(1, int(left / need(width, height)))
    pixels = _shrunk(pixels, factor)
    image = to_srgb(pixels, opened.info.get("icc_profile"))
    if turn in _TURNS:
        image = image.transpose(_TURNS[turn])
    return Picture(image=image, media_type=kind, width=width, height=height)


def _check_sides(width: int, height: int) -> None:
    said = f"The picture has {width:,} x {height:,} pixels"
    if min(width, height) < MIN_SIDE_PX:
        raise Unfit(f"{said}; each side needs {MIN_SIDE_PX}.")
    if max(width, height) > MAX_SIDE_PX:
        raise Unfit(f"{said}; no side may have more than {MAX_SIDE_PX:,}.")
    if width * height > MAX_PIXELS:
        raise Unfit(f"{said}; at most {MAX_PIXELS // 1_000_000} million are taken.")


def _check_room(needed: int, room: int) -> None:
    if needed > room:
        raise Unfit(
            f"The picture needs {needed // 1024 // 1024} MiB of memory to decode; "
            f"it may have {room // 1024 // 1024}."
        )


def _cost(opened: Image.Image, kind: str, pixels: int, sample_bytes: float) -> int:
    """Bytes that decoding takes, at worst; `pixels` are those of the file."""
    if kind == "image/webp":
        return pixels * _WEBP_BYTES
    if kind == "image/avif":
        # As it is coded, with its alpha; what that becomes, twice; and a byte to spare.
        channels = len(opened.getbands())
        return int(pixels * (sample_bytes + 2 * channels + 1))
    own = opened.width * opened.height * _PIXEL_BYTES.get(opened.mode, 4)
    return own + (pixels * _COEFFICIENT_BYTES if "progressive" in opened.info else 0)


def _pixels(opened: Image.Image, kind: str) -> Image.Image:
    """All the pixels of the first frame.

    Decoders of WebP and AVIF hold on to whole canvases, and Pillow to their decoders: here they are
    gone before there is a picture beside them.
    """
    if kind not in ("image/webp", "image/avif"):
        opened.load()
        return opened
    decoder: Any = vars(opened).pop("_decoder")
    if kind == "image/avif":
        mode, (data, *_) = opened.mode, decoder.get_frame(0)
    else:
        frame = decoder.get_next()
        if frame is None:
            raise EOFError
        mode, (data, _) = vars(opened)["rawmode"], frame
    del decoder
    return Image.frombuffer(mode, opened.size, data, "raw", mode, 0, 1)


def _turn(opened: Image.Image) -> int:
    """The orientation that EXIF asks for; 1 when it says nothing that can be understood."""
    try:
        found = opened.getexif().get(_ORIENTATION, 1)
    except DAMAGED:
        return 1
    return found if isinstance(found, int) and found in _TURNS else 1


def _upright(size: tuple[int, int], turn: int) -> tuple[int, int]:
    return (size[1], size[0]) if turn in _LYING else size


def _shrunk(pixels: Image.Image, factor: int) -> Image.Image:
    """The pixels in a plain mode, shrunk, in bands: there is no room for a second whole one."""
    mode = plain_mode(pixels)
    if factor == 1 and pixels.mode == mode:
        return pixels
    width, height = pixels.size
    shrunk = Image.new(mode, (ceil(width / factor), ceil(height / factor)))
    rows = max(1, _BAND_PIXELS // width // factor) * factor
    for top in range(0, height, rows):
        band = pixels.crop((0, top, width, min(height, top + rows)))
        shrunk.paste(spread(band, mode).reduce(factor), (0, top // factor))
    return shrunk
