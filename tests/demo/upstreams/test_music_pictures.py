"""The pretend providers of covers and portraits, asked as their real ones are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.types import ASGIApp

from rewind_gql.demo.catalogue import albums, mbid, parse_album
from rewind_gql.demo.upstreams import apple_music, cover_art_archive, deezer, fanarttv, itunes
from rewind_gql.demo.upstreams.pictures import DELUXE, Shop
from rewind_gql.demo.upstreams.serving import serve

LOW = ("Low", "Double Negative")
ALBUM = parse_album("Low|Double Negative|2018|Rock|Sub Pop|", "test")
SHOP = Shop("test", [ALBUM])
NUMBER, ARTIST = SHOP.draw("album", *LOW), SHOP.draw("artist", "Low")
RELEASE = mbid("album", *LOW)
BEARER = {"Authorization": f"Bearer {apple_music.TOKEN}"}


@contextmanager
def asked(app: ASGIApp, **given: Any) -> Iterator[httpx.Client]:
    with serve(app) as url, httpx.Client(base_url=url, **given) as client:
        yield client


def size(reply: httpx.Response) -> tuple[int, int]:
    return Image.open(BytesIO(reply.content)).size


def test_the_archive_leads_on_to_its_listing() -> None:
    with asked(cover_art_archive.app([ALBUM], gaps=0)) as client:
        first = client.get(f"/release/{RELEASE}")
        listing = client.get(first.headers["location"]).json()

    assert first.status_code == 307
    assert [image["types"] for image in listing["images"]] == [["Back"], ["Front"]]
    assert [type(image["id"]) for image in listing["images"]] == [str, int]


def test_the_archives_pictures_lie_two_redirects_away() -> None:
    with asked(cover_art_archive.app([ALBUM], gaps=0)) as client:
        listing = client.get(f"/release/{RELEASE}", follow_redirects=True).json()
        reply = client.get(listing["images"][1]["thumbnails"]["500"], follow_redirects=True)

    assert [each.status_code for each in reply.history] == [307, 302]
    assert size(reply) == (500, 500)


def test_the_archive_refuses_what_it_does_not_have() -> None:
    with asked(cover_art_archive.app([ALBUM], gaps=0)) as client:
        unknown = client.get("/release/0d2cb66c-3a32-4f81-b977-9231c461c34a")
        wrong = client.get("/release/no-id")

    assert (unknown.status_code, unknown.headers["content-type"][:9]) == (404, "text/html")
    assert wrong.status_code == 400


def test_the_archive_grows_tired() -> None:
    with asked(cover_art_archive.app([ALBUM], rate_limit=0.001)) as client:
        codes = [client.get(f"/release/{RELEASE}").status_code for _ in range(2)]

    assert codes[1] == 503


def test_the_archive_lacks_art_for_some_of_the_catalogue() -> None:
    site = cover_art_archive._Site(albums(), cover_art_archive.GAPS, None)

    known = [
        album for album in albums() if album.title and mbid("album", album.artist, album.title)
    ]

    assert 0.7 * len(known) < len(site.releases) < len(known)


def test_apple_wants_its_token_and_says_no_more() -> None:
    with asked(apple_music.app(SHOP)) as client:
        reply = client.get(f"/v1/catalog/us/albums/{NUMBER}")

    assert (reply.status_code, reply.content) == (401, b"")


def test_apple_answers_by_number_and_by_words() -> None:
    with asked(apple_music.app(SHOP), headers=BEARER) as client:
        album = client.get(f"/v1/catalog/us/albums/{NUMBER}").json()["data"][0]
        params = {"term": "low double", "types": "albums", "limit": 5}
        found = client.get("/v1/catalog/us/search", params=params).json()
        nothing = client.get("/v1/catalog/us/search", params=params | {"term": "zzz"}).json()
        missing = client.get("/v1/catalog/us/artists/1")
        cover = client.get(album["attributes"]["artwork"]["url"].format(w=300, h=300))

    assert album["attributes"]["artistName"] == "Low"
    assert found["results"]["albums"]["data"][-1] == album
    assert nothing == {"results": {}}
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, "40400")
    assert size(cover) == (300, 300)


def test_apple_has_a_quota() -> None:
    with asked(apple_music.app(SHOP, rate_limit=1), headers=BEARER) as client:
        codes = [client.get(f"/v1/catalog/us/artists/{ARTIST}").status_code for _ in range(2)]

    assert codes == [200, 429]


def test_itunes_calls_its_json_a_script_behind_blank_lines() -> None:
    with asked(itunes.app(SHOP)) as client:
        reply = client.get("/search", params={"term": "low double negative", "entity": "album"})
        cover = client.get(
            reply.json()["results"][-1]["artworkUrl100"].replace("100x100", "600x600")
        )

    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.text.startswith("\n")
    assert reply.json()["results"][-1]["collectionName"] == "Double Negative"
    assert size(cover) == (600, 600)


def test_itunes_without_a_match_is_an_empty_list() -> None:
    with asked(itunes.app(SHOP)) as client:
        replies = [client.get("/search", params={"term": "zzz"}), client.get("/lookup?id=1")]

    assert [each.json() for each in replies] == [{"resultCount": 0, "results": []}] * 2


def test_itunes_refuses_the_call_too_many_without_a_word() -> None:
    with asked(itunes.app(SHOP, rate_limit=1)) as client:
        replies = [client.get("/search?term=low") for _ in range(2)]

    assert (replies[1].status_code, replies[1].content) == (403, b"")


def test_some_albums_are_sold_in_the_us_alone() -> None:
    with asked(itunes.app()) as client:
        params = {"term": "the", "limit": 200}
        counts = [
            client.get("/search", params=params | {"country": country}).json()["resultCount"]
            for country in ("US", "NO")
        ]

    assert counts[0] > counts[1] > 0


@pytest.mark.parametrize(
    ("path", "code"),
    [("/search/album", 501), ("/search/artist?q=", 501), ("/search/album?q=low", 4)],
)
def test_deezer_refuses_in_a_good_answer(path: str, code: int) -> None:
    with asked(deezer.app(SHOP, rate_limit=1)) as client:
        if code == 4:
            client.get(path)
        reply = client.get(path)

    assert (reply.status_code, reply.json()["error"]["code"]) == (200, code)


def test_deezer_finds_albums_and_their_covers() -> None:
    with asked(deezer.app(SHOP)) as client:
        row = client.get("/search/album", params={"q": "low double negative"}).json()["data"][-1]
        cover = client.get(row["cover_xl"].replace("1000x1000", "1200x1200"))

    assert (row["title"], row["artist"]["name"], row["type"]) == ("Double Negative", "Low", "album")
    assert size(cover) == (1200, 1200)


def test_deezer_has_no_face_for_some() -> None:
    with asked(deezer.app()) as client:
        rows = client.get("/search/artist", params={"q": "the", "limit": 100}).json()["data"]

    assert 0 < sum("/artist//" in row["picture_xl"] for row in rows) < len(rows)


def test_a_shop_lists_a_deluxe_edition_before_the_plain_one() -> None:
    shop = Shop("test")

    deluxe = next(title for _, title in shop._albums.values() if title.endswith(DELUXE))
    found = [title for _, _, title in shop.find_albums(deluxe.removesuffix(DELUXE), 50)]

    assert found.index(deluxe) < found.index(deluxe.removesuffix(DELUXE))


@pytest.mark.parametrize(
    "sent", [{"headers": {"api-key": fanarttv.KEY}}, {"params": {"api_key": fanarttv.KEY}}]
)
def test_fanart_takes_its_key_in_either_place(sent: dict[str, Any]) -> None:
    with asked(fanarttv.app([ALBUM], gaps=0), **sent) as client:
        reply = client.get(f"/v3/music/{mbid('artist', 'Low')}")

    assert reply.json()["name"] == "Low"


@pytest.mark.parametrize(("version", "form"), [("v3", dict), ("v3.1", dict), ("v3.2", list)])
def test_fanarts_albums_changed_their_form(version: str, form: Callable[[], Any]) -> None:
    with asked(fanarttv.app([ALBUM], gaps=0), headers={"api-key": fanarttv.KEY}) as client:
        body = client.get(f"/{version}/music/{mbid('artist', 'Low')}").json()

    assert type(body["albums"]) is form
    assert all(type(each["likes"]) is str for each in body["artistthumb"])


def test_fanart_refuses_with_a_space_in_the_key() -> None:
    with asked(fanarttv.app([ALBUM], gaps=0)) as client:
        wrong = client.get("/v3/movies/1")
        missing = client.get("/v3/movies/1", headers={"api-key": fanarttv.KEY})

    assert (wrong.status_code, missing.status_code) == (401, 404)
    assert missing.json() == {"status": "error", "error message": "Not found"}
