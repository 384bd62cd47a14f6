"""What kind of file this is, by its first bytes alone, whatever name or header it came with."""

from types import MappingProxyType

SUFFIXES = MappingProxyType(
    {
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/webp": "webp",
        "image/gif": "gif",
        "image/avif": "avif",
    }
)
"""The five kinds that are kept, and how the names of their files end."""

_LOOK = 4096
_OTHERS = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"BM", "a Windows bitmap"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a compressed file"),
)


def media_type(body: bytes) -> str | None:
    """The media type of a JPEG, PNG, WebP, GIF or AVIF file; None for anything else."""
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return "image/avif" if _brands(body) & {b"avif", b"avis"} else None


def described(body: bytes) -> str:
    """What else a file is, in words that end a sentence."""
    if not body:
        return "an empty file"
    for start, words in _OTHERS:
        if body.startswith(start):
            return words
    if _brands(body):
        return "a film or a picture of another kind"
    head = body[:_LOOK].lower()
    if b"<svg" in head:
        return "an SVG drawing"
    if b"<html" in head or b"<!doctype" in head:
        return "a web page"
    return "something else"


def _brands(body: bytes) -> set[bytes]:
    """The brands an ISO media file lists in its first box; none when it is no such file."""
    if body[4:8] != b"ftyp":
        return set()
    box = body[8 : min(int.from_bytes(body[:4], "big"), 256)]
    return {box[:4]} | {box[at : at + 4] for at in range(8, len(box) - 3, 4)}
