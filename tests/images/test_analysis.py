"""What is measured in whole files."""

from base64 import b64decode

import pytest
from PIL import Image

from rewind_gql.images.analysis import measure
from tests.images.files import KINDS, gradient, halves, picture, saved, turned


@pytest.mark.parametrize("kind", KINDS)
def test_sides_and_kind_come_from_the_bytes(kind: str) -> None:
    found = measure(picture(kind, 321, 123))

    assert (found.width, found.height, found.media_type) == (321, 123, KINDS[kind])


def test_a_turned_picture_is_measured_as_it_is_seen() -> None:
    found = measure(turned(gradient(120, 60), 6))

    assert (found.width, found.height) == (60, 120)
    assert not b64decode(found.thumbhash)[4] & 0x80  # not a landscape


def test_the_thumbhash_keeps_the_shape_of_a_poster() -> None:
    found = measure(picture("JPEG", 500, 750))

    across = b64decode(found.thumbhash)[3] & 7
    assert across == 5  # of seven waves down


def test_a_small_picture_is_not_enlarged_before_it_is_measured() -> None:
    found = measure(saved(Image.new("RGB", (40, 40), (0, 128, 128)), "PNG"))

    assert (found.dominant, found.accent) == ("#008080", "#008080")


def test_both_halves_of_a_picture_are_among_its_colours() -> None:
    found = measure(saved(halves(400, 400), "PNG"))

    assert {found.dominant, found.accent} == {"#c80000", "#0000c8"}


def test_the_same_file_always_measures_the_same() -> None:
    body = picture("JPEG", 777, 333)

    assert measure(body) == measure(body)
