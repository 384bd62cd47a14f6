"""The image origin: what it answers, to whom, and for how long that stays true."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from rewind_gql.images import keeping
from rewind_gql.images.records import Key
from tests.databases import ME, OTHER
from tests.images.files import halves, opened, picture, saved, turned
from tests.rest.gallery import COVER, Gallery, gallery, quick, there

__all__ = ["quick", "there"]

BROWSER = "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"
FOREVER = "public, max-age=31536000, immutable"
PUBLIC = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-max-age": "86400",
}
KEY = Key("listening", "albums", "1")
PATH = f"/{KEY}/original.jpg"


def resized(options: str, path: str = PATH) -> str:
    """The path of a picture changed like that."""
    return f"/cdn-cgi/image/{options}{path}"


async def get(made: Gallery, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """One request without a key; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await made.api.ask(path, method=method, key=None, headers=named)


@pytest.fixture
async def hung(quick: Gallery) -> Gallery:
    """A gallery with one picture in it."""
    await quick.hang(KEY)
    return quick


async def test_an_original_is_its_bytes_untouched(there: Gallery) -> None:
    await there.hang(KEY)

    answered = await get(there, f"{PATH}?v=1")

    assert (answered.status_code, answered.content) == (200, COVER)
    assert answered.headers["content-type"] == "image/jpeg"
    assert answered.headers["content-length"] == str(len(COVER))
    assert answered.headers["cache-control"] == FOREVER
    assert answered.headers["accept-ranges"] == "bytes"
    assert "vary" not in answered.headers
    assert {name: answered.headers[name] for name in PUBLIC} == PUBLIC
    assert len(answered.headers.get_list("access-control-allow-origin")) == 1


async def test_pages_of_any_origin_may_show_it(hung: Gallery) -> None:
    answered = await get(hung, f"{PATH}?v=1", Origin="https://elsewhere.example")

    assert answered.headers.get_list("access-control-allow-origin") == ["*"]


@pytest.mark.parametrize("query", ["", "?v=0", "?v=2", "?v=x", "?v=99999999999", "?v=1&v=2"])
async def test_without_a_version_that_exists_it_is_kept_for_minutes(
    hung: Gallery, query: str
) -> None:
    answered = await get(hung, f"{PATH}{query}")

    assert (answered.status_code, answered.content) == (200, COVER)
    assert answered.headers["cache-control"] == "public, max-age=300"


async def test_an_outdated_version_gives_the_picture_there_is_now(there: Gallery) -> None:
    newer = picture("PNG", 200, 200)
    await there.hang(KEY)
    await there.hang(KEY, newer)

    old = await get(there, f"{PATH}?v=1")
    now = await get(there, f"/{KEY}/original.png?v=2")

    assert (old.content, old.headers["cache-control"]) == (newer, "public, max-age=300")
    assert old.headers["content-type"] == "image/png"
    assert (now.content, now.headers["cache-control"]) == (newer, FOREVER)


async def test_two_peoples_pictures_of_one_thing_go_by_their_versions(there: Gallery) -> None:
    other = picture("PNG", 200, 200)
    await there.hang(KEY, user_id=ME)
    await there.hang(KEY, other, user_id=OTHER)

    mine, theirs = await get(there, f"{PATH}?v=1"), await get(there, f"{PATH}?v=2")

    assert (mine.content, theirs.content) == (COVER, other)
    assert mine.headers["cache-control"] == theirs.headers["cache-control"] == FOREVER


async def test_an_outdated_link_of_one_person_never_shows_anothers(there: Gallery) -> None:
    other = picture("PNG", 200, 200)
    await there.hang(KEY, user_id=ME)
    await there.hang(KEY, other, user_id=OTHER)
    await there.hang(KEY, picture("PNG", 300, 200), user_id=ME)
    async with there.store.write() as conn:
        await keeping.forget(conn, ME, KEY.domain, KEY.entity_type, [KEY.entity_id])

    answered = [await get(there, f"{PATH}{query}") for query in ("?v=1", "?v=3", "", "?v=2")]

    assert [each.status_code for each in answered] == [404, 404, 404, 200]


async def test_pages_may_read_the_blur_and_the_colours_beside_a_picture(hung: Gallery) -> None:
    shown = {"x-thumbhash", "x-dominant-color", "x-accent-color"}
    redirect = await hung.api.ask(f"/v1/images/{KEY}/large")

    for path in (PATH, resized("width=150")):
        answered = await get(hung, path)

        exposed = set(answered.headers["access-control-expose-headers"].lower().split(", "))
        assert shown <= exposed
        assert {name: answered.headers[name] for name in shown} == {
            name: redirect.headers[name] for name in shown
        }


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [(BROWSER, "image/avif"), ("image/webp,*/*", "image/webp"), ("*/*", "image/jpeg")],
)
async def test_a_size_comes_in_the_best_format_its_reader_names(
    hung: Gallery, accept: str, media_type: str
) -> None:
    path = resized("width=150,height=150,fit=cover,format=auto,quality=85")

    answered = await get(hung, f"{path}?v=1", Accept=accept)

    image = opened(answered.content)
    assert answered.status_code == 200
    assert answered.headers["content-type"] == media_type
    assert answered.headers["vary"] == "Accept"
    assert answered.headers["cache-control"] == FOREVER
    assert (image.format, image.size) == (media_type.partition("/")[2].upper(), (150, 150))


async def test_what_is_see_through_stays_so_without_a_better_format(quick: Gallery) -> None:
    clear = halves(80, 60).convert("RGBA")
    clear.putalpha(120)
    await quick.hang(KEY, saved(clear, "PNG"))

    answered = await get(quick, resized("width=60,height=60"))

    assert answered.headers["content-type"] == "image/png"
    assert opened(answered.content).mode == "RGBA"


@pytest.mark.parametrize(
    ("options", "kind", "size"),
    [
        ("width=100,format=png", "PNG", (100, 75)),
        ("height=60,format=webp,fit=contain", "WEBP", (80, 60)),
        ("width=800,height=800,fit=scale-down,format=jpeg", "JPEG", (400, 300)),
        ("width=800,height=800,fit=crop,format=jpeg", "JPEG", (400, 300)),
        ("width=500,height=600,format=avif", "AVIF", (500, 600)),
        ("format=webp", "WEBP", (400, 300)),
        ("width=101,height=55,format=jpeg,sharpen=1", "JPEG", (110, 60)),
    ],
)
async def test_options_say_what_is_made(
    hung: Gallery, options: str, kind: str, size: tuple[int, int]
) -> None:
    answered = await get(hung, resized(options))

    image = opened(answered.content)
    assert (image.format, image.size) == (kind, size)
    assert "vary" not in answered.headers


async def test_a_turned_picture_is_upright_and_tells_nothing_more(quick: Gallery) -> None:
    await quick.hang(KEY, turned(halves(120, 80), 6))

    answered = await get(quick, resized("width=80,format=jpeg"))

    image = opened(answered.content)
    assert image.size == (80, 120)
    assert not image.getexif()


async def test_head_tells_the_same_without_the_bytes(hung: Gallery) -> None:
    for path in (PATH, resized("width=150,height=150")):
        got = await get(hung, path)
        headed = await get(hung, path, "HEAD")

        assert (headed.status_code, headed.content) == (200, b"")
        left = {"x-request-id"}
        assert {**headed.headers} | dict.fromkeys(left) == {**got.headers} | dict.fromkeys(left)


async def test_options_says_what_may_be_done(quick: Gallery) -> None:
    answered = await get(
        quick,
        PATH,
        "OPTIONS",
        Origin="https://elsewhere.example",
        Access_Control_Request_Method="GET",
    )

    assert (answered.status_code, answered.content) == (204, b"")
    assert {name: answered.headers[name] for name in PUBLIC} == PUBLIC


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_nothing_can_be_changed_here(hung: Gallery, method: str) -> None:
    answered = await get(hung, PATH, method)

    assert answered.status_code == 405
    assert answered.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", [PATH, resized("width=150,height=150,format=webp")])
async def test_who_has_the_bytes_is_not_sent_them_again(hung: Gallery, path: str) -> None:
    first = await get(hung, f"{path}?v=1")

    again = await get(hung, f"{path}?v=1", If_None_Match=f'"x", W/{first.headers["etag"]}')
    other = await get(hung, f"{path}?v=1", If_None_Match='"x"')

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == FOREVER
    assert other.status_code == 200


async def test_every_format_and_size_has_a_tag_of_its_own(hung: Gallery) -> None:
    paths = [PATH, resized("width=150"), resized("width=160"), resized("width=150,quality=50")]

    tags = {(await get(hung, path)).headers["etag"] for path in paths}
    tags |= {(await get(hung, resized("width=150"), Accept=BROWSER)).headers["etag"]}

    assert len(tags) == 5


@pytest.mark.parametrize("path", [PATH, resized("width=150,height=150,format=png")])
@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-9", 0, 10), ("bytes=-7", -7, None), ("bytes=5-", 5, None)]
)
async def test_a_part_is_sent_to_who_asks_for_one(
    hung: Gallery, path: str, asked: str, start: int, end: int | None
) -> None:
    whole = (await get(hung, path)).content

    answered = await get(hung, path, Range=asked)

    assert (answered.status_code, answered.content) == (206, whole[start:end])
    first = start % len(whole)
    last = first + len(answered.content) - 1
    assert answered.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert answered.headers["content-length"] == str(len(answered.content))


async def test_a_part_behind_the_end_is_416(hung: Gallery) -> None:
    answered = await get(hung, PATH, Range="bytes=9999999-")

    assert answered.status_code == 416
    assert answered.headers["content-range"] == f"bytes */{len(COVER)}"


async def test_a_part_of_other_bytes_is_the_whole(hung: Gallery) -> None:
    tag = (await get(hung, PATH)).headers["etag"]

    same = await get(hung, PATH, Range="bytes=0-9", If_Range=tag)
    other = await get(hung, PATH, Range="bytes=0-9", If_Range='"other"')

    assert (same.status_code, other.status_code) == (206, 200)


async def test_a_large_original_arrives_whole(quick: Gallery) -> None:
    large = saved(halves(1200, 1000).convert("RGB"), "PNG", compress_level=0)
    assert len(large) > 3 * 1024 * 1024
    await quick.hang(KEY, large)

    whole = await get(quick, PATH)
    part = await get(quick, PATH, Range=f"bytes=1000000-{len(large) - 2}")

    assert whole.content == large
    assert part.content == large[1_000_000:-1]


@pytest.mark.parametrize(
    "path",
    [
        "/listening/albums/2/original.jpg",
        "/listening/songs/1/original.jpg",
        "/watching/movies/1/original.jpg",
        "/listening/albums/1/cover.jpg",
        "/cdn-cgi/image/width=150/listening/albums/2/original.jpg",
        "/cdn-cgi/other/listening/albums/1/original.jpg",
    ],
)
async def test_what_is_not_there_is_404_for_a_minute(hung: Gallery, path: str) -> None:
    answered = await get(hung, f"{path}?v=1")

    assert answered.status_code == 404
    assert answered.json() == {"error": "Not found", "status": 404}
    assert answered.headers["cache-control"] == "public, max-age=60"
    assert answered.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "options",
    ["width=0", "width=9999", "fit=x", "format=gif", "quality=101", "width=5,width=6", "x"],
)
async def test_options_that_cannot_be_are_400(hung: Gallery, options: str) -> None:
    answered = await get(hung, resized(options))

    assert (answered.status_code, answered.headers["cache-control"]) == (400, "no-store")


async def test_a_miss_that_is_remembered_is_no_picture(there: Gallery) -> None:
    key = await there.album("Tweez")
    await there.api.ask(f"/v1/images/{key}/medium")

    answered = await get(there, f"/{key}/original.jpg")

    assert answered.status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [PATH, resized("width=150")])
async def test_while_the_store_is_away_it_says_when_to_return(
    hung: Gallery, path: str, method: str
) -> None:
    images = hung.api.desk.settings.data_dir / "images"
    images.rename(images.with_name("away"))

    away = await get(hung, path, method)
    images.with_name("away").rename(images)
    back = await get(hung, path, method)

    assert (away.status_code, back.status_code) == (503, 200)
    assert int(away.headers["retry-after"]) > 0
    assert away.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [PATH, resized("width=150")])
async def test_bytes_that_are_lost_are_503_and_never_half_a_picture(
    hung: Gallery, path: str
) -> None:
    images: Path = hung.api.desk.settings.data_dir / "images"
    shutil.rmtree(images / "originals")

    answered = await get(hung, path)

    assert answered.status_code == 503


async def test_a_damaged_original_is_503_in_every_size_and_kept_by_nobody(hung: Gallery) -> None:
    [kept] = (hung.api.desk.settings.data_dir / "images" / "originals").glob("*/*")
    kept.write_bytes(b"x" * len(COVER))

    answered = await get(hung, f"{resized('width=150')}?v=1")

    assert answered.status_code == 503
    assert answered.headers["cache-control"] == "no-store"
    assert int(answered.headers["retry-after"]) > 0


async def test_while_the_database_is_away_it_says_when_to_return(hung: Gallery) -> None:
    async with hung.store.write() as conn:
        await conn.execute(text("ALTER TABLE images_picture RENAME TO elsewhere"))

    answered = await get(hung, PATH)

    assert answered.status_code == 503
    assert int(answered.headers["retry-after"]) > 0


async def test_a_size_that_was_made_needs_the_original_no_more(hung: Gallery) -> None:
    path = resized("width=150,height=150")
    first = await get(hung, path)
    shutil.rmtree(hung.api.desk.settings.data_dir / "images")

    again = await get(hung, path)

    assert (again.status_code, again.content) == (200, first.content)


async def test_other_paths_are_not_the_origins(hung: Gallery) -> None:
    health = await get(hung, "/v1/health")
    unknown = await get(hung, "/elsewhere")

    assert health.status_code == 200
    assert unknown.status_code == 404
    assert "content-security-policy" not in unknown.headers


async def test_with_seals_only_addresses_that_were_given_out_lead_anywhere(
    sqlite_store: Any, settings: Any
) -> None:
    from_rest = "/v1/images/{}/original"
    async with gallery(sqlite_store, settings, image_signed=True) as made:
        await made.stock()
        key = await made.album("Double Negative")
        await made.hang(key)
        link = (await made.api.ask(from_rest.format(key))).headers["location"]
        path = link.removeprefix("http://rewind")

        given = await get(made, path)
        shrunk = await get(made, resized("width=150", path))
        guessed = await get(made, f"/{key}/original.jpg?v=1")
        bent = await get(made, path.replace("v=1", "v=2"))

    assert [each.status_code for each in (given, shrunk, guessed, bent)] == [200, 200, 404, 404]
