"""Pixels of any mode and colour profile as the sRGB everybody's screen expects."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageCms

_SPACES = {"RGB": "RGB", "CMYK": "CMYK", "GRAY": "L"}
_WRONG = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def plain_mode(image: Image.Image) -> str:
    """RGBA when any of it can be see-through, CMYK and L where it is that, else RGB."""
    if image.has_transparency_data:
        return "RGBA"
    if image.mode == "CMYK":
        return "CMYK"
    return "L" if image.mode in ("1", "L") or image.mode.startswith(("I", "F")) else "RGB"


def spread(image: Image.Image, mode: str) -> Image.Image:
    """The image in a mode of `plain_mode`; samples of sixteen bits keep their upper eight."""
    if image.mode.startswith("I"):
        image = image.point(lambda sample: sample / 256).convert("L")
    return image if image.mode == mode else image.convert(mode)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An image of one of the plain modes as RGB or RGBA, by its profile where that can be used.

    A profile that is damaged, or of another kind of pixels, counts as none, as in browsers.
    """
    if image.mode == "RGBA":
        if not profile:
            return image
        seen = to_srgb(image.convert("RGB"), profile)
        seen.putalpha(image.getchannel("A"))
        return seen
    change = _transform(profile, image.mode) if profile else None
    if change is None:
        return image if image.mode == "RGB" else image.convert("RGB")
    return change.apply(image)


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None when there is nothing to do, or no doing it."""
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        if _SPACES.get(opened.profile.xcolor_space.strip()) != mode or _is_srgb(opened):
            return None
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(opened, srgb, mode, "RGB")
    except _WRONG:
        return None


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    named = profile.profile.profile_description or ""
    return named.startswith("sRGB")
