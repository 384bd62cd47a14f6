"""What is measured in a picture: its sides, its blur and its colours."""

import numpy as np
from PIL import Image

from rewind_gql.images import palette
from rewind_gql.images.decode import ROOM_BYTES, decode
from rewind_gql.images.measured import Measured
from rewind_gql.images.thumbhash import LONGEST_PX, thumbhash

_FINER = 2  # the decoder's own shrinking stops this much above what is measured


def measure(body: bytes, *, room: int = ROOM_BYTES) -> Measured:
    """Sides, kind, ThumbHash and colours of a picture file. Raises `Unfit`, saying why."""
    picture = decode(body, _need, room=room)
    pixels = np.asarray(_small(picture.image, picture.width, picture.height), dtype=np.uint8)
    dominant, accent, swatches = palette.colors(pixels)
    return Measured(
        width=picture.width,
        height=picture.height,
        media_type=picture.media_type,
        thumbhash=thumbhash(pixels),
        dominant=dominant,
        accent=accent,
        palette=swatches,
    )


def _need(width: int, height: int) -> float:
    return min(1.0, _FINER * LONGEST_PX / max(width, height))


def _small(image: Image.Image, width: int, height: int) -> Image.Image:
    """All of the picture inside 100 x 100 pixels, its shape kept; never enlarged."""
    scale = min(1.0, LONGEST_PX / max(width, height))
    size = tuple(max(1, int(side * scale + 0.5)) for side in (width, height))
    return image.convert("RGBA").resize((size[0], size[1]), Image.Resampling.BOX)
