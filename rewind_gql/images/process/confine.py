"""What an image process loads while it may, and what it gives up before the first picture."""

import sys
from contextlib import suppress
from io import BytesIO

from PIL import Image, ImageCms

from rewind_gql.images.analysis import measure
from rewind_gql.images.presets import FORMATS, Options
from rewind_gql.images.resize import Mapped, resize

if sys.platform != "win32":
    import resource

_SIDE_PX = 64
_TURNED = 6  # the orientation of a picture on its side, which EXIF says
_EXIF = 0x0112
_KINDS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "MPO")


def warm(across: Mapped) -> None:
    """Measure and resize a picture of every kind, so that nothing is left to be loaded."""
    exif = Image.Exif()
    exif[_EXIF] = _TURNED
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = [Options(width=_SIDE_PX, height=_SIDE_PX // 2, format=form) for form in FORMATS]
    for kind in _KINDS:
        written = BytesIO()
        pixels = Image.new("RGB", (_SIDE_PX, _SIDE_PX), "teal")
        pixels.save(written, format=kind, exif=exif, icc_profile=profile)
        measure(written.getvalue())
        resize(written.getvalue(), options, across=across)


def limit_memory(memory_mb: int) -> None:
    """Have every further byte refused beyond so much memory, where the system knows how."""
    if sys.platform != "win32":
        _lower({resource.RLIMIT_AS: memory_mb * 1024 * 1024})


def confine() -> None:
    """Give up what decoding needs none of, as far as the system knows how.

    Nothing can be opened from then on, no file and no connection; what is open stays so. No thread
    and no process can be begun, save by root.
    """
    if sys.platform != "win32":
        _lower(
            {
                resource.RLIMIT_FSIZE: 0,
                resource.RLIMIT_CORE: 0,
                resource.RLIMIT_NPROC: 0,
                resource.RLIMIT_NOFILE: 0,
            }
        )


def _lower(limits: dict[int, int]) -> None:
    for limit, most in limits.items():
        with suppress(ValueError, OSError):  # macOS knows a limit on memory only by name
            resource.setrlimit(limit, (most, most))
