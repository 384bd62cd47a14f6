"""The pretend providers of posters and pages, and Discogs' own pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.types import ASGIApp

from rewind_gql.demo.films import FILMS
from rewind_gql.demo.upstreams import discogs, open_graph, plex, tmdb
from rewind_gql.demo.upstreams.serving import serve
from tests.demo.upstreams.shelves import a_life, copy

FILM = FILMS[0]
BEARER = {"Authorization": f"Bearer {tmdb.TOKEN}"}
TOKEN = {"X-Plex-Token": plex.TOKEN}
SIGNED = {
    "User-Agent": "RewindGQL/1.0 +https://example.org",
    "Authorization": f"Discogs token={discogs.TOKEN}",
}


@contextmanager
def asked(app: ASGIApp, **given: Any) -> Iterator[httpx.Client]:
    with serve(app) as url, httpx.Client(base_url=url, **given) as client:
        yield client


def size(reply: httpx.Response) -> tuple[int, int]:
    return Image.open(BytesIO(reply.content)).size


@pytest.mark.parametrize("sent", [{"headers": BEARER}, {"params": {"api_key": tmdb.TOKEN}}])
def test_the_film_database_takes_its_token_in_either_place(sent: dict[str, Any]) -> None:
    with asked(tmdb.app(), **sent) as client:
        assert client.get(f"/3/movie/{FILM.tmdb_id}").json()["title"] == FILM.title


def test_images_come_in_the_languages_asked_for() -> None:
    path = f"/3/movie/{FILM.tmdb_id}/images"
    with asked(tmdb.app(), headers=BEARER) as client:
        some = client.get(path, params={"include_image_language": "en,null"}).json()
        all_of_them = client.get(path).json()

    assert {each["iso_639_1"] for each in some["posters"]} == {"en", None}
    assert {each["iso_639_1"] for each in all_of_them["posters"]} == {"en", None, "fr"}


def test_the_film_databases_pictures_lie_elsewhere_in_fixed_widths() -> None:
    with asked(tmdb.app()) as client:
        path = client.get(f"/3/movie/{FILM.tmdb_id}", headers=BEARER).json()["poster_path"]
        poster = client.get(f"/t/p/w342{path}")

    assert size(poster) == (342, 513)


@pytest.mark.parametrize(
    ("path", "headers", "code", "words"),
    [
        ("/3/movie/1", BEARER, 34, "could not be found"),
        ("/3/movie/1", {}, 7, "Invalid API key"),
    ],
)
def test_the_film_database_refuses_by_number(
    path: str, headers: dict[str, str], code: int, words: str
) -> None:
    with asked(tmdb.app(), headers=headers) as client:
        body = client.get(path).json()

    assert body["status_code"] == code
    assert words in body["status_message"]


def test_the_film_database_has_a_limit() -> None:
    with asked(tmdb.app(rate_limit=0.001), headers=BEARER) as client:
        codes = [client.get(f"/3/movie/{FILM.tmdb_id}").status_code for _ in range(2)]

    assert codes == [200, 429]


def test_plex_speaks_xml_unless_asked_for_json() -> None:
    path = f"/library/metadata/{plex.rating_key(FILM)}"
    with asked(plex.app(), headers=TOKEN) as client:
        xml = client.get(path)
        body = client.get(path, headers={"Accept": "application/json"}).json()

    assert xml.text.startswith("<MediaContainer")
    assert body["MediaContainer"]["Metadata"][0]["ratingKey"] == str(plex.rating_key(FILM))


def test_plex_turns_strangers_away_in_html() -> None:
    with asked(plex.app()) as client:
        reply = client.get(f"/library/metadata/{plex.rating_key(FILM)}")
        open_to_all = client.get("/identity")

    assert (reply.status_code, reply.headers["content-type"][:9]) == (401, "text/html")
    assert open_to_all.status_code == 200


def test_plex_draws_a_poster_in_any_size() -> None:
    params = {"url": plex.thumb(FILM), "width": 200, "height": 300}
    with asked(plex.app(), headers=TOKEN) as client:
        poster = client.get("/photo/:/transcode", params=params)
        wrong = client.get("/photo/:/transcode", params=params | {"url": "/etc/passwd"})

    assert size(poster) == (200, 300)
    assert wrong.status_code == 404


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_articles_have_pictures_of_every_form(suffix: str) -> None:
    with asked(open_graph.app()) as client:
        reply = client.get(f"/pictures/all-words.{suffix}")

    assert Image.open(BytesIO(reply.content)).get_format_mimetype() == reply.headers["content-type"]


def test_every_article_has_a_page_and_others_have_none() -> None:
    with asked(open_graph.app()) as client:
        codes = {client.get(f"/articles/{slug}").status_code for slug in open_graph.ARTICLES}
        missing = client.get("/articles/nothing").status_code

    assert (codes, missing) == ({200}, 404)


def test_discogs_leads_to_its_own_host_unless_it_has_the_pictures_here() -> None:
    shelf = discogs.Shelf(a_life((copy(7),), ()))
    with asked(discogs.app(shelf), headers=SIGNED) as client:
        away = client.get("/releases/7").json()["images"][0]["uri"]
    with asked(discogs.app(shelf, pictures=True), headers=SIGNED) as client:
        here = client.get("/releases/7").json()["images"][0]
        picture = client.get(here["uri"])

    assert away.startswith("https://i.discogs.com/")
    assert size(picture) == (here["width"], here["height"])
