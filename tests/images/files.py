"""Picture files made on the spot: good ones of every kind, and what is wrong on purpose."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

KINDS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
}


def gradient(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A smooth picture whose corners all differ."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    round_ = Image.radial_gradient("L").resize((width, height))
    return Image.merge("RGB", (across, down, round_)).convert(mode)


def halves(width: int, height: int) -> Image.Image:
    """Red on the left, blue on the right."""
    made = Image.new("RGB", (width, height), (200, 0, 0))
    made.paste((0, 0, 200), (width // 2, 0, width, height))
    return made


def saved(image: Image.Image, kind: str, **given: Any) -> bytes:
    """The bytes of an image in one format."""
    written = BytesIO()
    image.save(written, format=kind, **given)
    return written.getvalue()


def picture(kind: str = "JPEG", width: int = 64, height: int = 48, **given: Any) -> bytes:
    """A good file of one kind."""
    return saved(gradient(width, height), kind, **given)


def opened(body: bytes) -> Image.Image:
    """A file's pixels."""
    with Image.open(BytesIO(body)) as found:
        found.load()
        return found


def turned(image: Image.Image, orientation: int, kind: str = "JPEG") -> bytes:
    """A file that asks to be turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))


def swapped_profile() -> bytes:
    """A colour profile in which red and blue have changed places."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for one, other in ((b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC")):
        made = made.replace(one, b"????").replace(other, one).replace(b"????", other)
    return made.replace("sRGB".encode("utf-16-be"), "xRGB".encode("utf-16-be"))


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def blank_png(width: int, height: int, rows: int | None = None, kind: int = 6) -> bytes:
    """A PNG of nothing, RGBA, that really holds `rows` of its rows; all, if not said."""
    packer = zlib.compressobj(1)
    row = b"\x00" * (1 + width * 4)
    data = b"".join(packer.compress(row) for _ in range(height if rows is None else rows))
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", data + packer.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, held) for name, held in parts)


def long_gif(frames: int) -> bytes:
    """A GIF of many small frames."""
    whole = saved(Image.new("P", (32, 32)), "GIF")
    frame = whole[whole.index(b"\x2c") : -1]
    return whole[:-1] + frame * (frames - 1) + b"\x3b"


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP whose head claims a canvas of that size."""
    head = b"\x00" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = picture("WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + head + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_claiming(width: int, height: int) -> bytes:
    """A JPEG whose head claims that size."""
    made = picture("JPEG")
    at = made.index(b"\xff\xc0") + 5
    return made[:at] + struct.pack(">HH", height, width) + made[at + 4 :]


def gif_claiming(width: int, height: int) -> bytes:
    """A GIF whose screen is claimed to have that size."""
    made = picture("GIF")
    return made[:6] + struct.pack("<HH", width, height) + made[10:]


def avif_claiming(width: int, height: int) -> bytes:
    """An AVIF whose boxes claim that size."""
    made = picture("AVIF")
    at = made.index(b"ispe") + 8
    return made[:at] + struct.pack(">II", width, height) + made[at + 8 :]
