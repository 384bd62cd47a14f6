"""Choosing images over REST: what there is, a file or an address sent, the choice taken back."""

from typing import Any

import httpx
import pytest
from sqlalchemy import update

from rewind_gql.demo.upstreams.effects import broken
from rewind_gql.images import queries
from rewind_gql.images.records import Key
from rewind_gql.images.tables import Blob
from tests.databases import ME
from tests.images.files import picture
from tests.rest.gallery import Gallery, quick, there

__all__ = ["quick", "there"]

POSTER = picture("PNG", 200, 300)
RESULT = [
    "domain", "entity_type", "entity_id", "image_url", "source", "is_override", "image_version",
    "thumbhash", "dominant_color", "accent_color",
]  # fmt: skip


async def admin(made: Gallery, method: str, path: str, **rest: Any) -> httpx.Response:
    """One request with the admin key."""
    return await made.api.ask(f"/v1/admin/images/{path}", method=method, key="admin", **rest)


async def upload(made: Gallery, key: Key, body: bytes = POSTER, part: str = "image") -> Any:
    """Send a file as a thing's picture."""
    files = {"note": ("", b"x" * 10), part: ("poster.png", body, "image/png")}
    return await admin(made, "PUT", str(key), files=files)


async def standing(made: Gallery, key: Key) -> Any:
    """How matters stand with a thing's picture."""
    return await made.store.ask(queries.standing, ME, key)


async def test_alternatives_are_what_every_source_has(there: Gallery) -> None:
    key = await there.album("Double Negative")

    answered = await admin(there, "GET", f"{key}/alternatives")

    body = answered.json()
    assert list(body) == ["entity", "current_source", "is_override", "alternatives", "failed"]
    assert body["entity"] == key._asdict()
    assert (body["current_source"], body["is_override"], body["failed"]) == (None, False, [])
    assert [each["source"] for each in body["alternatives"]] == ["itunes"]
    assert body["alternatives"][0]["url"].startswith(there.url)
    assert await standing(there, key) is None


async def test_alternatives_name_who_failed(quick: Gallery) -> None:
    key = await quick.album("Double Negative")
    quick.faults.add(broken(), match="/search", times=None)

    body = (await admin(quick, "GET", f"{key}/alternatives")).json()

    assert body["alternatives"] == []
    assert [each["source"] for each in body["failed"]] == ["itunes"]
    assert "127.0.0.1" not in body["failed"][0]["reason"]


async def test_alternatives_go_by_hints(quick: Gallery) -> None:
    key = await quick.album("Tweez")

    without = await admin(quick, "GET", f"{key}/alternatives")
    given = await admin(quick, "GET", f"{key}/alternatives?album_name=Spiderland")

    assert without.json()["alternatives"] == []
    assert len(given.json()["alternatives"]) == 1


async def test_an_upload_is_the_picture_from_then_on(there: Gallery) -> None:
    key = await there.album("Double Negative")
    await there.hang(key)

    answered = await upload(there, key)

    body = answered.json()
    assert (answered.status_code, list(body)) == (200, RESULT)
    assert body["image_url"] == f"http://rewind/{key}/original.png?v=2"
    assert (body["source"], body["is_override"], body["image_version"]) == ("manual", True, 2)
    assert body["thumbhash"]
    assert body["dominant_color"].startswith("#")
    now = await standing(there, key)
    assert (now.image.source_url, now.image.width) == ("upload", 200)


async def test_a_picture_is_fetched_from_an_address(there: Gallery) -> None:
    key = await there.album("Double Negative")
    found = (await admin(there, "GET", f"{key}/alternatives")).json()["alternatives"][0]

    answered = await admin(there, "PUT", str(key), json={"source_url": found["url"]})

    assert answered.status_code == 200
    assert answered.json()["is_override"]
    assert (await standing(there, key)).image.source_url == found["url"]


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest", "http://127.0.0.1:1/x.jpg", "file:///etc/passwd", "", "x"],
)
async def test_an_address_that_may_not_be_asked_is_400(quick: Gallery, url: str) -> None:
    key = await quick.album("Double Negative")

    answered = await admin(quick, "PUT", str(key), json={"source_url": url})

    assert answered.status_code == 400
    assert "169.254" not in answered.text
    assert "127.0.0.1" not in answered.text
    assert await standing(quick, key) is None


async def test_an_address_that_does_not_answer_well_is_400(quick: Gallery) -> None:
    key = await quick.album("Double Negative")

    answered = await admin(quick, "PUT", str(key), json={"source_url": f"{quick.url}/none.jpg"})

    assert answered.status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disp"),
        ("multipart/form-data; boundary=b", b"nothing like it"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("application/json", b"{"),
        ("application/json", b"{}"),
        ("application/json", b'{"source_url": 7}'),
        ("image/png", POSTER),
        ("text/plain", b"x"),
    ],
)
async def test_a_body_that_is_none_is_400(quick: Gallery, content_type: str, body: bytes) -> None:
    key = await quick.album("Double Negative")

    answered = await admin(
        quick, "PUT", str(key), content=body, headers={"Content-Type": content_type}
    )

    assert (answered.status_code, answered.json()["status"]) == (400, 400)


async def test_a_part_of_another_name_is_400(quick: Gallery) -> None:
    answered = await upload(quick, await quick.album("Double Negative"), part="picture")

    assert answered.status_code == 400


@pytest.mark.parametrize("body", [b"%PDF-1.7 and so on", b"<svg onload='x()'/>", POSTER[:-20]])
async def test_a_file_that_is_no_picture_is_400_with_the_reason(
    quick: Gallery, body: bytes
) -> None:
    key = await quick.album("Double Negative")

    answered = await upload(quick, key, body)

    assert answered.status_code == 400
    assert answered.json()["error"] != "Bad request"
    assert await standing(quick, key) is None


async def test_more_than_twenty_mebibytes_are_413(quick: Gallery) -> None:
    key = await quick.album("Double Negative")

    answered = await upload(quick, key, b"\xff\xd8\xff" + bytes(20 * 1024 * 1024 + 70_000))

    assert answered.status_code == 413


async def test_a_thing_that_is_not_there_gets_no_picture(there: Gallery) -> None:
    key = Key("listening", "albums", "999")

    answered = await upload(there, key)

    assert answered.status_code == 404
    assert await standing(there, key) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", ""), ("GET", "/alternatives"), ("DELETE", "/override")],
)
async def test_a_read_key_may_not_choose(quick: Gallery, method: str, path: str) -> None:
    answered = await quick.api.ask(f"/v1/admin/images/listening/albums/1{path}", method=method)

    assert answered.status_code == 403


async def test_a_choice_taken_back_makes_room_for_what_is_found(there: Gallery) -> None:
    key = await there.album("Double Negative")
    await upload(there, key)

    answered = await admin(there, "DELETE", f"{key}/override")

    body = answered.json()
    assert (answered.status_code, body["source"]) == (200, "itunes")
    assert (body["is_override"], body["image_version"]) == (False, 2)


async def test_a_choice_stays_where_nothing_else_is_found(there: Gallery) -> None:
    key = await there.album("Tweez")
    await upload(there, key)

    answered = await admin(there, "DELETE", f"{key}/override")

    now = await standing(there, key)
    assert answered.status_code == 404
    assert (now.is_override, now.image.version) == (True, 1)


async def test_force_takes_it_away_all_the_same(there: Gallery) -> None:
    key = await there.album("Tweez")
    await upload(there, key)

    answered = await admin(there, "DELETE", f"{key}/override?force=true")

    body = answered.json()
    assert (answered.status_code, body["image_url"], body["source"]) == (200, None, "none")
    assert (await standing(there, key)).image is None


async def test_what_nobody_chose_is_not_taken_back(quick: Gallery) -> None:
    key = await quick.album("Double Negative")

    without = await admin(quick, "DELETE", f"{key}/override")
    await quick.hang(key)
    found = await admin(quick, "DELETE", f"{key}/override")

    assert (without.status_code, found.status_code) == (404, 400)


async def test_an_outage_takes_nothing_back(quick: Gallery) -> None:
    key = await quick.album("Double Negative")
    await upload(quick, key)
    quick.faults.add(broken(), match="/search", times=None)

    answered = await admin(quick, "DELETE", f"{key}/override")

    assert answered.status_code == 503
    assert int(answered.headers["retry-after"]) > 0
    assert (await standing(quick, key)).is_override


async def test_a_cover_of_a_release_gives_way_to_that_of_the_album(there: Gallery) -> None:
    album, release = await there.album("Double Negative"), Key("collecting", "releases", "21")
    await there.hang(album)
    await upload(there, release)
    there.faults.add(broken(), match="/search", times=None)

    answered = await admin(there, "DELETE", f"{release}/override")

    assert answered.status_code == 200
    assert answered.json()["image_url"] == f"http://rewind/{album}/original.jpg?v=1"


async def test_pictures_measured_by_older_rules_are_measured_again(there: Gallery) -> None:
    key = await there.album("Double Negative")
    await there.hang(key)
    async with there.store.write() as conn:
        await conn.execute(update(Blob).values(thumbhash=None, analysis_version=0))

    first = await admin(there, "POST", "regenerate-thumbhashes", json={"batch_size": 1})
    second = await admin(there, "POST", "regenerate-thumbhashes")

    after = first.json().pop("after")
    assert first.json() == {"updated": 1, "failed": 0, "remaining": 0, "after": after}
    assert second.json() == {"updated": 0, "failed": 0, "remaining": 0, "after": None}
    assert (await standing(there, key)).image.thumbhash


@pytest.mark.parametrize("size", [0, 201, "x"])
async def test_a_batch_size_out_of_range_is_400(quick: Gallery, size: object) -> None:
    answered = await admin(quick, "POST", "regenerate-thumbhashes", json={"batch_size": size})

    assert answered.status_code == 400


async def test_damaged_bytes_do_not_hold_the_others_up(there: Gallery) -> None:
    key = await there.album("Double Negative")
    await there.hang(key)
    async with there.store.write() as conn:
        await conn.execute(update(Blob).values(analysis_version=0))
    for path in (there.api.desk.settings.data_dir / "images").rglob("*"):
        if path.is_file():
            path.unlink()

    answered = await admin(there, "POST", "regenerate-thumbhashes", json={"batch_size": 1})

    body = answered.json()
    assert (body["updated"], body["failed"], body["remaining"]) == (0, 1, 1)
    assert body["after"] is not None
