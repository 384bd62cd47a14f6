"""Sizes, cuts and formats of what is made of a picture."""

import pytest
from PIL import Image

from rewind_gql.errors import BadInput
from rewind_gql.images.presets import PRESETS, Fit, Format, Options, preset
from rewind_gql.images.resize import resize
from tests.images.files import (
    gradient,
    halves,
    opened,
    picture,
    saved,
    swapped_profile,
    turned,
)


def made(body: bytes, **asked: object) -> Image.Image:
    """The one size asked for, opened."""
    return opened(resize(body, [Options(**asked)])[0])  # type: ignore[arg-type]  # spelled by the test


@pytest.mark.parametrize(
    ("fit", "width", "height", "expected"),
    [
        ("cover", 100, 100, (100, 100)),
        ("cover", 800, 600, (800, 600)),
        ("crop", 100, 100, (100, 100)),
        ("crop", 800, 600, (400, 200)),
        ("crop", 300, 600, (300, 200)),
        ("contain", 100, 100, (100, 50)),
        ("contain", 800, 800, (800, 400)),
        ("scale-down", 100, 100, (100, 50)),
        ("scale-down", 800, 800, (400, 200)),
        ("cover", 100, None, (100, 50)),
        ("cover", None, 400, (800, 400)),
        ("cover", None, 2000, (2000, 1000)),
        ("scale-down", None, 400, (400, 200)),
        ("contain", None, None, (400, 200)),
    ],
)
def test_each_fit_gives_the_sides_it_says(
    fit: Fit, width: int | None, height: int | None, expected: tuple[int, int]
) -> None:
    found = made(picture("PNG", 400, 200), fit=fit, width=width, height=height)

    assert found.size == expected


def test_cover_cuts_around_the_centre() -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("lime", (100, 0, 200, 100))

    found = made(saved(image, "PNG"), width=50, height=50, format="png")

    assert found.getpixel((2, 25)) == (0, 255, 0)
    assert found.getpixel((47, 25)) == (0, 255, 0)


def test_all_presets_come_from_one_decoding_in_their_order() -> None:
    found = resize(picture("JPEG", 1000, 1000), [preset(name) for name in PRESETS])

    assert [opened(body).size for body in found] == list(PRESETS.values())


@pytest.mark.parametrize(
    ("form", "kind"), [("webp", "WEBP"), ("avif", "AVIF"), ("jpeg", "JPEG"), ("png", "PNG")]
)
def test_each_format_is_what_it_says(form: Format, kind: str) -> None:
    found = made(picture("PNG", 90, 90), width=64, height=64, format=form)

    assert found.format == kind


def test_plain_is_a_jpeg() -> None:
    assert (
        made(
            picture(
                "PNG",
                90,
                90,
            ),
            width=64,
            format="plain",
        ).format
        == "JPEG"
    )


def test_plain_is_a_png_where_something_shows_through() -> None:
    image = gradient(90, 90).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((90, 90)))

    assert made(saved(image, "PNG"), width=64, format="plain").format == "PNG"


def test_plain_is_a_jpeg_where_nothing_could_show_through_in_fact() -> None:
    body = saved(gradient(90, 90).convert("RGBA"), "PNG")

    assert made(body, width=64, format="plain").format == "JPEG"


def test_what_shows_through_is_white_in_a_jpeg() -> None:
    body = saved(Image.new("RGBA", (90, 90), (0, 0, 0, 0)), "PNG")

    assert made(body, width=64, format="jpeg").getpixel((30, 30)) == (255, 255, 255)


def test_what_shows_through_still_does_in_webp() -> None:
    body = saved(Image.new("RGBA", (90, 90), (0, 0, 0, 0)), "PNG")

    assert made(body, width=64, format="webp").convert("RGBA").getchannel("A").getextrema() == (
        0,
        0,
    )


@pytest.mark.parametrize("form", ["webp", "avif", "jpeg", "png"])
def test_no_metadata_is_handed_on(form: Format) -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    body = picture("JPEG", 90, 90, exif=exif, icc_profile=swapped_profile(), comment=b"mine")

    found = resize(body, [Options(width=64, format=form)])[0]

    assert b"where I live" not in found
    assert not {"exif", "icc_profile", "comment", "xmp"} & opened(found).info.keys()


def test_a_turned_picture_is_cut_upright() -> None:
    stored = halves(80, 40).transpose(Image.Transpose.ROTATE_90)

    found = made(turned(stored, 6), width=40, height=20, format="png")

    left = found.getpixel((3, 10))
    assert isinstance(left, tuple)
    assert left[0] > 150


def test_a_long_thin_picture_does_not_grow_past_the_limit() -> None:
    found = made(picture("PNG", 32, 3_200), width=2_000)

    assert max(found.size) == 2_000


def test_a_better_quality_is_a_larger_file() -> None:
    asked = [Options(width=300, quality=quality) for quality in (30, 90)]

    low, high = resize(picture("PNG", 600, 600), asked)

    assert len(low) < len(high)


@pytest.mark.parametrize(
    "asked",
    [
        {"width": 0},
        {"height": 2_001},
        {"width": -5},
        {"quality": 0},
        {"quality": 101},
        {"fit": "fill"},
        {"format": "svg"},
    ],
)
def test_options_out_of_bounds_are_bad_input(asked: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Options(**asked)  # type: ignore[arg-type]  # wrong on purpose


def test_a_preset_that_is_none_is_bad_input() -> None:
    with pytest.raises(BadInput, match="size must be one of"):
        preset("gigantic")
