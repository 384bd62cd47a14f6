"""Whether files are taken for whole, for another kind, or for two at once."""

import pytest

from rewind_gql.images.container import inspect, webp_size
from rewind_gql.images.measured import Unfit
from tests.images.files import KINDS, gradient, long_gif, picture, saved, webp_claiming

STRANGERS = {
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9",
    "Photoshop": b"8BPS\x00\x01" + b"\x00" * 20,
    "FITS": b"SIMPLE  =                    T",
    "JPEG 2000": b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    "SVG": b'<?xml version="1.0"?><svg><script>alert(1)</script></svg>',
    "web page": b"<!DOCTYPE html><html><body>404",
    "TIFF": b"II*\x00" + b"\x00" * 20,
    "another kind": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "empty": b"",
    "something else": b"\x00\x01\x02\x03",
}


@pytest.mark.parametrize(("kind", "media_type"), KINDS.items())
def test_every_kind_that_is_kept_is_told_by_its_content(kind: str, media_type: str) -> None:
    found = inspect(picture(kind))

    assert found == media_type


@pytest.mark.parametrize(("named", "body"), STRANGERS.items())
def test_a_file_of_another_kind_is_refused_by_its_name(named: str, body: bytes) -> None:
    with pytest.raises(Unfit, match=named):
        inspect(body)


@pytest.mark.parametrize(
    "tail", [b"PK\x03\x04...", b"%PDF-1.7", b"\n<SCRIPT>alert(1)</SCRIPT>", b"<?php x ?>"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_that_goes_on_as_another_file_is_refused(kind: str, tail: bytes) -> None:
    with pytest.raises(Unfit, match="another kind of file besides"):
        inspect(picture(kind) + tail)


def test_a_picture_with_a_document_in_its_head_is_refused() -> None:
    with pytest.raises(Unfit, match="another kind of file besides"):
        inspect(picture("JPEG", comment=b"%PDF-1.4 hidden"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_padding_after_a_picture_is_no_fault(kind: str) -> None:
    found = inspect(picture(kind) + b"\x00" * 64)

    assert found == KINDS[kind]


def test_more_than_a_thousand_frames_of_a_gif_are_refused() -> None:
    with pytest.raises(Unfit, match="frames"):
        inspect(long_gif(1_001))


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_an_animation_of_a_few_frames_is_taken(kind: str) -> None:
    frames = [gradient(40, 40).rotate(turn) for turn in (90, 180)]

    found = inspect(saved(gradient(40, 40), kind, save_all=True, append_images=frames))

    assert found == KINDS[kind]


def test_hundreds_of_scans_are_refused() -> None:
    body = picture("JPEG", progressive=True)
    scan = body[body.index(b"\xff\xda") : -2]

    with pytest.raises(Unfit, match="scans"):
        inspect(body[:-2] + scan * 200 + body[-2:])


def test_a_jpeg_of_nothing_but_fill_bytes_is_read_in_one_go() -> None:
    with pytest.raises(Unfit, match="cut short"):
        inspect(b"\xff\xd8" + b"\xff" * 5_000_000)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (picture("WEBP", 61, 47), (61, 47)),
        (picture("WEBP", 61, 47, lossless=True), (61, 47)),
        (webp_claiming(16_000, 12_345), (16_000, 12_345)),
    ],
    ids=["lossy", "lossless", "extended"],
)
def test_a_webp_says_its_size_before_it_is_opened(body: bytes, size: tuple[int, int]) -> None:
    found = webp_size(body)

    assert found == size
