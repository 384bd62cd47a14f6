"""The pretend Plex server: a library of films and shows, and posters drawn in any size."""

import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.films import FILMS, Film
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pictures import picture

__all__ = ["TOKEN", "app", "rating_key", "thumb"]

TOKEN = "pL3xDem0tokEnXXXXXXX"  # noqa: S105 invented
UPDATED = 1_772_999_999
BARE = 8  # an item whose number ends in this has no poster
LARGEST = 4000
DENIED = (
    "<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>"
)
_THUMB = re.compile(r"/library/metadata/(\d+)/thumb/\d+")


def rating_key(film: Film) -> int:
    """The number of an item in this library."""
    return 40_000 + film.tmdb_id % 1_000


def thumb(film: Film) -> str:
    """Where the poster of an item lies now."""
    return f"/library/metadata/{rating_key(film)}/thumb/{UPDATED}"


def app(
    films: Sequence[Film] = FILMS, faults: Faults | None = None, *, token: str = TOKEN
) -> Starlette:
    """A server with these films, which takes one token."""
    site = _Site(films, token)
    return Starlette(
        routes=[
            Route("/identity", site.identity),
            Route("/library/metadata/{key:int}", site.item),
            Route("/photo/:/transcode", site.transcode),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The endpoints over one library."""

    def __init__(self, films: Sequence[Film], token: str) -> None:
        self.films = {rating_key(film): film for film in films}
        self.token = token

    def identity(self, request: Request) -> Response:
        """What the server is called; open to everybody."""
        return _answer(request, {"size": 0, "machineIdentifier": "d" * 40, "version": "1.41.0"})

    def item(self, request: Request) -> Response:
        """One item of the library."""
        key = request.path_params["key"]
        if refused := self._refused(request):
            return refused
        film = self.films.get(key)
        if film is None:
            return Response("<html><body>404 Not Found</body></html>", 404, media_type="text/html")
        row: dict[str, Any] = {
            "ratingKey": str(key),
            "key": f"/library/metadata/{key}",
            "guid": f"plex://{'movie' if film.kind == 'movie' else 'show'}/{key:024x}",
            "type": "movie" if film.kind == "movie" else "show",
            "title": film.title,
            "year": film.year,
            "addedAt": 1_640_000_000,
            "updatedAt": UPDATED,
        }
        if key % 10 != BARE:
            row["thumb"] = thumb(film)
        return _answer(request, {"size": 1, "Metadata": [row]})

    def transcode(self, request: Request) -> Response:
        """A poster of the library in the size asked for."""
        if refused := self._refused(request):
            return refused
        params = request.query_params
        known = _THUMB.fullmatch(params.get("url", ""))
        film = self.films.get(int(known[1])) if known else None
        sides = [params.get(name, "") for name in ("width", "height")]
        if film is None or not all(side.isdigit() and 0 < int(side) <= LARGEST for side in sides):
            return Response(status_code=404)
        width, height = map(int, sides)
        return picture(lambda form: artwork.poster(film.title, width, height, form), "jpg")

    def _refused(self, request: Request) -> Response | None:
        sent = request.headers.get("x-plex-token") or request.query_params.get("X-Plex-Token")
        return None if sent == self.token else Response(DENIED, 401, media_type="text/html")


def _answer(request: Request, container: dict[str, Any]) -> Response:
    """JSON for those who ask for it, XML for all others."""
    if "json" in request.headers.get("accept", ""):
        body = orjson.dumps({"MediaContainer": container})
        return Response(body, media_type="application/json")
    rows = "".join(f"<Video {_attributes(row)}/>" for row in container.get("Metadata", ()))
    text = f"<MediaContainer {_attributes(container)}>{rows}</MediaContainer>"
    return Response(text, media_type="text/xml")


def _attributes(row: dict[str, Any]) -> str:
    plain = {key: value for key, value in row.items() if not isinstance(value, list)}
    return " ".join(f"{key}={quoteattr(str(value))}" for key, value in plain.items())
