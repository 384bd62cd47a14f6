"""Pixels come out upright, in sRGB and no larger than needed, or the file is refused."""

import warnings

import pytest
from PIL import Image

from rewind_gql.images.decode import Picture, decode
from rewind_gql.images.measured import Unfit
from tests.images import files
from tests.images.files import KINDS, gradient, halves, opened, picture, saved, turned


def whole(body: bytes) -> Picture:
    """All the pixels there are."""
    return decode(body, lambda _width, _height: 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_refused(kind: str) -> None:
    body = picture(kind, 34, 33)

    for end in range(len(body)):
        with pytest.raises(Unfit):
            whole(body[:end])

    assert whole(body).width == 34


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_its_size_and_its_pixels(kind: str) -> None:
    found = whole(picture(kind, 90, 60))

    assert (found.width, found.height, found.media_type) == (90, 60, KINDS[kind])
    assert found.image.size == (90, 60)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_exif_asks(kind: str, orientation: int) -> None:
    back = {5: 5, 6: 2, 7: 6, 8: 4, 2: 0, 3: 3, 4: 1}  # the transpose that undoes each of them
    upright = halves(80, 40)
    stored = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright

    found = whole(turned(stored, orientation, kind))

    assert (found.width, found.height) == (80, 40)
    left, right = found.image.getpixel((5, 20)), found.image.getpixel((75, 20))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 150 > 60 > left[2]
    assert right[2] > 150 > 60 > right[0]


def test_a_colour_profile_is_applied() -> None:
    red = Image.new("RGB", (40, 40), (220, 10, 10))

    found = whole(saved(red, "PNG", icc_profile=files.swapped_profile()))

    pixel = found.image.getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert pixel[2] > 200 > 40 > pixel[0]


@pytest.mark.parametrize("profile", [b"garbage" * 50, b"\x00" * 200, b"\xff" * 4000, b"a"])
def test_a_damaged_colour_profile_counts_as_none(profile: bytes) -> None:
    found = whole(saved(gradient(40, 40), "PNG", icc_profile=profile))

    assert found.image.tobytes() == gradient(40, 40).tobytes()


@pytest.mark.parametrize(
    "noise", [b"\xff" * 60, b"II*\x00\xff\xff\xff\xff", b"MM\x00*" + b"\x01" * 80]
)
def test_damaged_exif_counts_as_none(noise: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow's, on what it could not read
        found = whole(picture("JPEG", 60, 40, exif=b"Exif\x00\x00" + noise))

    assert (found.width, found.height) == (60, 40)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_of_png_comes_out_as_seen(mode: str) -> None:
    grey = Image.new("L", (40, 40), 128)
    image = (
        Image.new("I;16", (40, 40), 128 * 257)
        if mode == "I;16"
        else grey.point(lambda _: 255).convert("1")
        if mode == "1"
        else grey.convert(mode)
    )

    found = whole(saved(image, "PNG")).image.convert("RGB").getpixel((20, 20))

    assert found == ((255, 255, 255) if mode == "1" else (128, 128, 128))


def test_ink_becomes_light() -> None:
    found = whole(saved(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG"))

    pixel = found.image.getpixel((20, 20))
    assert found.image.mode == "RGB"
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > 60 > pixel[1]


def test_one_colour_of_a_png_can_be_see_through() -> None:
    image = halves(40, 40)

    found = whole(saved(image, "PNG", transparency=(200, 0, 0)))

    assert found.image.getpixel((5, 5)) == (200, 0, 0, 0)
    assert found.image.getpixel((35, 5)) == (0, 0, 200, 255)


@pytest.mark.parametrize("kind", KINDS)
def test_no_more_is_decoded_than_needed(kind: str) -> None:
    found = decode(picture(kind, 800, 600), lambda _width, _height: 0.2)

    assert (found.width, found.height) == (800, 600)
    assert 160 <= found.image.width <= 200


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    first, second = Image.new("RGB", (40, 40), (200, 0, 0)), Image.new("RGB", (40, 40), "blue")

    found = whole(saved(first, kind, save_all=True, append_images=[second], duration=50))

    pixel = opened(saved(found.image, "PNG")).convert("RGB").getpixel((9, 9))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 150 > 50 > pixel[2]


def test_of_a_file_with_several_jpegs_the_first_counts() -> None:
    body = saved(halves(80, 40), "MPO", save_all=True, append_images=[gradient(80, 40)])

    found = whole(body)

    left = found.image.getpixel((5, 20))
    assert isinstance(left, tuple)
    assert (found.media_type, left[0] > 150 > left[2]) == ("image/jpeg", True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (picture("PNG", 31, 200), "each side needs 32"),
        (files.blank_png(50_000, 1, 1), "each side needs 32"),
        (files.blank_png(50_000, 50_000, 2), "no side may have more"),
        (files.blank_png(20_000, 20_000, 2), "at most 50 million"),
        (files.webp_claiming(16_000, 16_000), "at most 50 million"),
        (files.webp_claiming(6_000, 6_000), "MiB of memory"),
        (files.jpeg_claiming(65_500, 65_500), "no side may have more"),
        (files.gif_claiming(65_535, 65_535), "no side may have more"),
        (files.gif_claiming(9_000, 9_000), "at most 50 million"),
        (files.avif_claiming(12_000, 12_000), "at most 50 million"),
        (files.avif_claiming(6_500, 6_500), "MiB of memory"),
    ],
)
def test_sizes_out_of_bounds_are_refused_before_decoding(body: bytes, reason: str) -> None:
    with pytest.raises(Unfit, match=reason):
        whole(body)
