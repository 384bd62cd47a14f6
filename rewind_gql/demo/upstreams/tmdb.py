"""The pretend film database: films and shows with their posters, and the host of the pictures."""

import re
from collections.abc import Sequence
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.films import FILMS, MOVIE, Film
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pace import Bucket
from rewind_gql.demo.upstreams.pictures import picture
from rewind_gql.demo.upstreams.tmdb_rows import hit, imdb_id, movie

__all__ = ["TOKEN", "app"]

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJkZW1vIn0.ZGVtbw"  # noqa: S105 invented
BARE = 8  # the number of posters of a film ends in this: it has none
FOREIGN = 6  # this one has a poster in its own language alone
POSTER, BACKDROP = (2000, 3000), (3840, 2160)
_FILE = re.compile(r"(?P<kind>[pb])(?P<id>\d+)(?P<lang>[a-z]{2}|xx)(?P<take>\d)\.(?P<suffix>\w+)")
_WIDTH = re.compile(r"w(\d{2,4})")


def app(
    films: Sequence[Film] = FILMS,
    faults: Faults | None = None,
    *,
    token: str = TOKEN,
    rate_limit: float | None = None,
) -> Starlette:
    """A database that takes one read access token; `rate_limit` is in requests a second."""
    site = _Site(films, token, rate_limit)
    return Starlette(
        routes=[
            Route("/3/find/{id}", site.find),
            Route("/3/search/movie", site.search),
            Route("/3/{kind}/{id}", site.film),
            Route("/3/{kind}/{id}/images", site.images),
            Route("/t/p/{size}/{file}", site.picture),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The endpoints over some films and shows."""

    def __init__(self, films: Sequence[Film], token: str, rate_limit: float | None) -> None:
        self.films = {(film.kind, str(film.tmdb_id)): film for film in films}
        self.token = token
        self.bucket = None if rate_limit is None else Bucket(rate_limit)

    def film(self, request: Request) -> Response:
        """One film or show."""
        film = self._asked(request)
        if isinstance(film, Response):
            return film
        posters = _posters(film)
        if film.kind == MOVIE:
            asked = request.query_params.get("append_to_response", "")
            return _answer(movie(film, _paths(film), asked.split(",")))
        own, on = "name", "first_air_date"
        return _answer(
            {
                "id": film.tmdb_id,
                own: film.title,
                f"original_{own}": film.title,
                on: f"{film.year}-03-12",
                "poster_path": posters[0]["file_path"] if posters else None,
                "backdrop_path": _backdrops(film)[0]["file_path"],
                "overview": "",
            }
        )

    def find(self, request: Request) -> Response:
        """Films by IMDb's name; five empty lists where there is none."""
        if refused := self._refused(request):
            return refused
        named = {imdb_id(film): film for film in self.films.values() if film.kind == MOVIE}
        film = named.get(request.path_params["id"])
        found = [hit(film, _paths(film))] if film else []
        others = ("person", "tv", "tv_episode", "tv_season")
        empty: dict[str, list[Any]] = {f"{name}_results": [] for name in others}
        return _answer({"movie_results": found, **empty})

    def search(self, request: Request) -> Response:
        """Films whose title holds the words asked for, of one year if that is asked for."""
        if refused := self._refused(request):
            return refused
        words = request.query_params.get("query", "").casefold()
        year = request.query_params.get("year")
        found = [
            hit(film, _paths(film))
            for film in self.films.values()
            if film.kind == MOVIE
            and words in film.title.casefold()
            and year in (None, str(film.year))
        ]
        pages = {"total_pages": 1, "total_results": len(found)}
        return _answer({"page": 1, "results": found[:20], **pages})

    def images(self, request: Request) -> Response:
        """Posters and backdrops in the languages asked for; `null` is for those without words."""
        film = self._asked(request)
        if isinstance(film, Response):
            return film
        asked = request.query_params.get("include_image_language", "")
        languages = [None if code == "null" else code for code in asked.split(",")] if asked else []

        def wanted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [row for row in rows if not languages or row["iso_639_1"] in languages]

        return _answer(
            {
                "backdrops": wanted(_backdrops(film)),
                "id": film.tmdb_id,
                "logos": [],
                "posters": wanted(_posters(film)),
            }
        )

    def picture(self, request: Request) -> Response:
        """A picture in one of the widths there are."""
        file = _FILE.fullmatch(request.path_params["file"])
        width = _WIDTH.fullmatch(request.path_params["size"])
        films = {film.tmdb_id: film for film in self.films.values()}
        film = films.get(int(file["id"])) if file else None
        if file is None or film is None or width is None:
            return Response(status_code=404)
        full = POSTER if file["kind"] == "p" else BACKDROP
        wide = min(int(width[1]), full[0])
        title = film.title if file["take"] == "1" else f"{film.title} {file['take']}"
        high = round(full[1] * wide / full[0])
        return picture(lambda form: artwork.poster(title, wide, high, form), file["suffix"])

    def _asked(self, request: Request) -> Film | Response:
        """The film asked for, or why it cannot be had."""
        if refused := self._refused(request):
            return refused
        film = self.films.get((request.path_params["kind"], request.path_params["id"]))
        return film or _error(404, 34, "The resource you requested could not be found.")

    def _refused(self, request: Request) -> Response | None:
        bearer = request.headers.get("authorization")
        if self.token not in (request.query_params.get("api_key"), (bearer or "")[7:]):
            return _error(401, 7, "Invalid API key: You must be granted a valid key.")
        if self.bucket is not None and not self.bucket.take():
            return _error(429, 25, "Your request count (51) is over the allowed limit of (50).")
        return None


def _paths(film: Film) -> tuple[str | None, str]:
    """Where the poster and the backdrop of a film lie."""
    posters = _posters(film)
    return posters[0]["file_path"] if posters else None, _backdrops(film)[0]["file_path"]


def _posters(film: Film) -> list[dict[str, Any]]:
    if film.tmdb_id % 10 == BARE:
        return []
    if film.tmdb_id % 10 == FOREIGN:
        return [_image(film, "p", "no", 1)]
    return [
        _image(film, "p", None, 2), _image(film, "p", "en", 1), _image(film, "p", "en", 3),
        _image(film, "p", "fr", 4), _image(film, "p", None, 5),
    ]  # fmt: skip


def _backdrops(film: Film) -> list[dict[str, Any]]:
    return [_image(film, "b", "en", 1), _image(film, "b", None, 2), _image(film, "b", None, 3)]


def _image(film: Film, kind: str, language: str | None, take: int) -> dict[str, Any]:
    width, height = POSTER if kind == "p" else BACKDROP
    return {
        "aspect_ratio": round(width / height, 3),
        "height": height,
        "iso_639_1": language,
        "file_path": f"/{kind}{film.tmdb_id}{language or 'xx'}{take}.jpg",
        "vote_average": 5.3,
        "vote_count": 12,
        "width": width,
    }


def _answer(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _error(status: int, code: int, words: str) -> Response:
    return _answer({"success": False, "status_code": code, "status_message": words}, status)
