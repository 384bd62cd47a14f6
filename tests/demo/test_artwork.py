"""Invented artwork: the same for the same words, another for others, and real files."""

import hashlib
import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image

from rewind_gql.demo import artwork
from rewind_gql.demo.catalogue import albums

SCRIPT = """
import hashlib
from rewind_gql.demo import artwork
print(hashlib.sha256(artwork.cover("Low", "Hats", 96)).hexdigest())
"""


@pytest.mark.parametrize("media_type", artwork.FORMS)
def test_it_is_a_file_of_that_form_and_size(media_type: str) -> None:
    files = {
        (200, 200): artwork.cover("Low", "Hats", 200, media_type),
        (100, 100): artwork.portrait("Low", 100, media_type),
        (100, 150): artwork.poster("Hats", 100, 150, media_type),
    }

    for size, file in files.items():
        image = Image.open(BytesIO(file))
        assert (image.size, image.format) == (size, artwork.FORMS[media_type])


def test_another_process_draws_the_same() -> None:
    other = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True)

    here = hashlib.sha256(artwork.cover("Low", "Hats", 96)).hexdigest()

    assert other.stdout.decode().strip() == here


def test_no_two_albums_look_alike() -> None:
    some = [album for album in albums() if album.title][:60]

    covers = {artwork.cover(album.artist, album.title, 48) for album in some}

    assert len(covers) == len(some)


def test_names_the_font_cannot_write_are_left_out() -> None:
    assert artwork.cover("坂本龍一", "千のナイフ", 64) != artwork.cover("坂本龍一", "B-2 Unit", 64)


def test_a_long_title_is_cut_to_fit() -> None:
    image = Image.open(BytesIO(artwork.cover("A" * 300, "W" * 300, 64)))

    assert image.size == (64, 64)
