"""Files in forms: the part that is wanted, and nothing from what is no form."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewind_gql.errors import BadInput
from rewind_gql.rest.uploads import MAX_PARTS, file_part


def form(*parts: tuple[str, bytes]) -> tuple[bytes, str]:
    """A form as a client writes it, and its content type."""
    files = [(name, (f"{name}.bin", body, "image/png")) for name, body in parts]
    request = httpx.Request("POST", "http://x", files=files)
    return request.read(), request.headers["content-type"]


@given(body=st.binary(min_size=1, max_size=2_000), beside=st.binary(max_size=50))
def test_the_part_arrives_byte_by_byte_whatever_is_in_it(body: bytes, beside: bytes) -> None:
    raw, content_type = form(("other", beside), ("image", body), ("image", b"second"))

    assert file_part(raw, content_type, "image") == body


def test_lines_that_look_like_a_boundary_are_part_of_the_file() -> None:
    raw, content_type = form(("image", b"X"))
    boundary = content_type.partition("boundary=")[2].encode()
    body = b"\r\n--" + boundary[:-1] + b"\r\n--\r\n"
    whole = raw.replace(b"\r\n\r\nX\r\n", b"\r\n\r\n" + body + b"\r\n")

    assert file_part(whole, content_type, "image") == body


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (("other", b"x"),),
        (("image", b""),),
        tuple((f"p{n}", b"x") for n in range(MAX_PARTS + 1)),
        (("x" * 9_000, b"x"), ("image", b"x")),
    ],
)
def test_a_form_without_the_part_or_beyond_measure_is_refused(
    parts: tuple[tuple[str, bytes], ...],
) -> None:
    raw, content_type = form(*parts) if parts else (b"--b--\r\n", "multipart/form-data; boundary=b")

    with pytest.raises(BadInput):
        file_part(raw, content_type, "image")


def test_a_form_that_breaks_off_anywhere_is_refused() -> None:
    raw, content_type = form(("image", b"some bytes"))
    end = raw.rindex(b"--")  # what comes behind says nothing

    for length in range(end):
        with pytest.raises(BadInput):
            file_part(raw[:length], content_type, "image")


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'x' * 300}",
        'multipart/form-data; boundary="',
        "multipart/form-data; boundary=other",
    ],
)
def test_a_boundary_that_is_none_is_refused(content_type: str) -> None:
    raw, _ = form(("image", b"x"))

    with pytest.raises(BadInput):
        file_part(raw, content_type, "image")


@given(raw=st.binary(max_size=200), content_type=st.text(max_size=80))
def test_anything_at_all_is_a_file_or_refused(raw: bytes, content_type: str) -> None:
    said = content_type.encode("latin-1", "ignore").decode("latin-1")

    with suppress(BadInput):
        assert file_part(raw, f"multipart/form-data; boundary={said}", "image")
