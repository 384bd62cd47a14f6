"""Addresses of pictures: written as clients know them, read strictly."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rewind_gql.errors import BadInput, NotFound
from rewind_gql.images.links import (
    SIZES,
    Addresses,
    Transform,
    Wanted,
    origin_of,
    parse_options,
    parse_path,
)
from rewind_gql.images.presets import PRESETS
from rewind_gql.images.records import Key
from rewind_gql.images.views import Image

IMAGE = Image(
    domain="listening",
    entity_type="albums",
    entity_id="77",
    content_hash="0" * 64,
    media_type="image/jpeg",
    version=4,
    source="deezer",
    source_url=None,
    attribution=None,
    is_override=False,
    width=1200,
    height=1200,
    size_bytes=9,
    thumbhash=None,
    dominant_color=None,
    accent_color=None,
    updated_at=datetime(2026, 1, 1, tzinfo=UTC),
)
SCOPE = {"scheme": "http", "headers": [(b"host", b"rewind.example:8000")]}
LINKS = Addresses("https://images.example/").links(SCOPE)


def test_a_size_stands_in_the_path_and_the_version_behind_it() -> None:
    assert LINKS.sized(IMAGE, "large") == (
        "https://images.example/cdn-cgi/image/width=600,height=600,fit=cover,format=auto,"
        "quality=85/listening/albums/77/original.jpg?v=4"
    )


@pytest.mark.parametrize("name", ["original", "gigantic", ""])
def test_the_original_and_unknown_sizes_are_the_bytes_untouched(name: str) -> None:
    assert LINKS.sized(IMAGE, name) == "https://images.example/listening/albums/77/original.jpg?v=4"


@pytest.mark.parametrize(
    ("entity_id", "written"),
    [
        ("cover #2 a+b", "cover%20%232%20a%2Bb"),
        ("-_.!~*'()", "-_.!~*'()"),
        ("ü/?&=", "%C3%BC%2F%3F%26%3D"),
    ],
)
def test_an_id_is_escaped_as_clients_escape_it(entity_id: str, written: str) -> None:
    image = replace(IMAGE, entity_id=entity_id)

    assert LINKS.sized(image, "original").endswith(f"/albums/{written}/original.jpg?v=4")


@pytest.mark.parametrize("size", [*PRESETS, "original"])
def test_what_is_written_is_read_as_what_it_was(size: str) -> None:
    path = LINKS.sized(IMAGE, size).removeprefix("https://images.example").partition("?")[0]

    wanted = parse_path(path.encode())

    assert wanted == Wanted(Key("listening", "albums", "77"), SIZES.get(size))


def test_without_an_origin_links_lead_to_where_they_were_asked_for() -> None:
    links = Addresses().links(SCOPE)

    assert links.sized(IMAGE, "original").startswith("http://rewind.example:8000/listening/")


@pytest.mark.parametrize(
    ("scope", "origin"),
    [
        ({"scheme": "wss", "headers": [(b"host", b"[::1]:9")]}, "https://[::1]:9"),
        ({"scheme": "http", "headers": [], "server": ("127.0.0.1", 80)}, "http://127.0.0.1:80"),
        (
            {"scheme": "http", "headers": [(b"host", b'x"><script>')], "server": ("::1", 80)},
            "http://[::1]:80",
        ),
        ({"scheme": "http", "headers": [(b"host", b"a/b@c")]}, "http://localhost"),
    ],
)
def test_the_origin_is_a_host_and_nothing_else(scope: dict[str, object], origin: str) -> None:
    assert origin_of(scope) == origin


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("width=64", Transform(width=64)),
        ("height=2000,fit=scale-down", Transform(height=2000, fit="scale-down")),
        ("format=avif,quality=1,width=9", Transform(width=9, format="avif", quality=1)),
        ("anim=false,sharpen=2", Transform()),
    ],
)
def test_options_are_read_in_any_order_and_unknown_ones_passed_over(
    text: str, wanted: Transform
) -> None:
    assert parse_options(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "width=0", "width=2001", "width=-1", "width=1.5", "width=", "width= 5", "width=+5",
        "width=0600", "width=٣", "width=1e2", "height=99999999999", "quality=0", "quality=101",
        "fit=stretch", "fit=Cover", "format=gif", "format=svg", "format=plain", "width",
        "width=5,width=6", "=5", "width=5,", ",", "a=1,a=1", "width=auto",
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_options(text)


@pytest.mark.parametrize(
    "path",
    [
        "/listening/albums/../original.jpg",
        "/listening/albums/%2e%2e/original.jpg",
        "/listening/albums/%2E./original.jpg",
        "/listening/albums/%252e%252e/original.jpg",
        "/listening/albums/./original.jpg",
        "/listening//77/original.jpg",
        "/listening/albums/77/",
        "//etc/passwd",
        "/listening/albums/7%2F7/original.jpg",
        "/listening/albums/7%5C7/original.jpg",
        "/listening/albums/7\\7/original.jpg",
        "/listening/albums/7%252F7/original.jpg",
        "/listening/albums/7%00/original.jpg",
        "/listening/albums/7%0a/original.jpg",
        "/listening/albums/7%zz/original.jpg",
        "/listening/albums/7%/original.jpg",
        "/listening/albums/%ff%fe/original.jpg",
        "/listening/albums/\u00fc/original.jpg",
        "/cdn-cgi/image//listening/albums/77/original.jpg",
        "/cdn-cgi/image/width=5/../../etc/passwd",
        "/cdn-cgi/image/width=5%2F..%2F../listening/albums/77/original.jpg",
        "/cdn-cgi/image/width=99999/listening/albums/77/original.jpg",
        f"/listening/albums/{'7' * 2000}/original.jpg",
        "",
        "listening/albums/77/original.jpg",
    ],
)
def test_paths_that_play_tricks_are_refused(path: str) -> None:
    with pytest.raises(BadInput):
        parse_path(path.encode())


@pytest.mark.parametrize(
    "path",
    [
        "/listening",
        "/listening/albums/77",
        "/listening/albums/77/original.exe",
        "/listening/albums/77/original",
        "/listening/albums/77/Original.jpg",
        "/listening/albums/77/original.jpg/more",
        "/originals/ab/abcdef",
        "/cdn-cgi/image",
        "/cdn-cgi/image/width=5",
        "/cdn-cgi/trace",
    ],
)
def test_a_path_where_no_picture_can_be_leads_nowhere(path: str) -> None:
    with pytest.raises(NotFound):
        parse_path(path.encode())


def test_a_sealed_address_holds_for_its_picture_and_version_alone() -> None:
    sealed = Addresses(secret=b"s" * 32)
    key = Key("listening", "albums", "77")
    link = sealed.links(SCOPE).sized(IMAGE, "small")
    seal = link.partition("&s=")[2]

    assert sealed.holds(key, 4, seal)
    assert not sealed.holds(key, 5, seal)
    assert not sealed.holds(key, None, seal)
    assert not sealed.holds(key._replace(entity_id="78"), 4, seal)
    assert not sealed.holds(key, 4, "")
    assert not sealed.holds(key, 4, "ü")
    assert not Addresses(secret=b"t" * 32).holds(key, 4, seal)


def test_an_open_address_needs_no_seal() -> None:
    assert "&s=" not in LINKS.sized(IMAGE, "small")
    assert Addresses().holds(Key("listening", "albums", "77"), None, "")
