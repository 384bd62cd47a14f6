"""The pretend Deezer: a search of albums and artists that never answers anything but 200."""

from collections.abc import Iterable
from hashlib import md5
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.catalogue import Album
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pace import Window
from rewind_gql.demo.upstreams.pictures import Shop, here, picture, plain

__all__ = ["Shop", "app", "shop"]

GAPS = 12
FACELESS = 8  # one artist in so many has no picture
QUOTA_S = 5
SIZES = {"small": 56, "medium": 250, "big": 500, "xl": 1000}
LARGEST = 1900
TAIL = "-000000-80-0-0"


def shop(known: Iterable[Album] | None = None) -> Shop:
    """What the service has."""
    return Shop("deezer", known, gaps=GAPS)


def app(
    music: Shop | None = None, faults: Faults | None = None, *, rate_limit: int | None = None
) -> Starlette:
    """A service over one shop; `rate_limit` is in requests per five seconds."""
    site = _Site(music or shop(), rate_limit)
    return Starlette(
        routes=[
            Route("/search/album", site.albums),
            Route("/search/artist", site.artists),
            Route("/images/{kind}/{hash}/{file}", site.picture),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The endpoints over one shop."""

    def __init__(self, music: Shop, rate_limit: int | None) -> None:
        self.music = music
        self.window = None if rate_limit is None else Window(rate_limit, QUOTA_S)
        self.drawn: dict[str, tuple[str, ...]] = {}

    def albums(self, request: Request) -> Response:
        """Albums by words."""
        if refused := self._refused(request):
            return refused
        term, limit = _asked(request)
        rows = [self._album(request, *row) for row in self.music.find_albums(term, limit)]
        return _answer({"data": rows, "total": len(rows)})

    def artists(self, request: Request) -> Response:
        """Artists by words."""
        if refused := self._refused(request):
            return refused
        term, limit = _asked(request)
        rows = [self._artist(request, *row) for row in self.music.find_artists(term, limit)]
        return _answer({"data": rows, "total": len(rows)})

    def picture(self, request: Request) -> Response:
        """A picture whose address an answer named."""
        size, _, suffix = request.path_params["file"].partition(f"{TAIL}.")
        names, side = self.drawn.get(request.path_params["hash"]), size.partition("x")[0]
        if names is None or not side.isdigit() or not 0 < int(side) <= LARGEST:
            return Response(status_code=404)
        if len(names) == 1:
            return picture(lambda form: artwork.portrait(*names, int(side), form), suffix)
        artist, title = names
        return picture(lambda form: artwork.cover(artist, plain(title), int(side), form), suffix)

    def _refused(self, request: Request) -> Response | None:
        if self.window is not None and not self.window.take():
            return _error("Exception", "Quota limit exceeded", 4)
        if not request.query_params.get("q"):
            return _error("MissingParameterException", "Missing parameters: q", 501)
        return None

    def _album(self, request: Request, key: int, artist: str, title: str) -> dict[str, Any]:
        return {
            "id": key,
            "title": title,
            "link": f"https://www.deezer.com/album/{key}",
            **self._addresses(request, "cover", artist, title),
            "genre_id": 85,
            "nb_tracks": 11,
            "record_type": "album",
            "tracklist": here(request, f"/album/{key}/tracks"),
            "explicit_lyrics": False,
            "artist": self._artist(request, self.music.draw("artist", artist), artist),
            "type": "album",
        }

    def _artist(self, request: Request, key: int, name: str) -> dict[str, Any]:
        return {
            "id": key,
            "name": name,
            "link": f"https://www.deezer.com/artist/{key}",
            **self._addresses(request, "artist", name),
            "nb_album": 8,
            "nb_fan": key % 900_000,
            "radio": True,
            "type": "artist",
        }

    def _addresses(self, request: Request, kind: str, *names: str) -> dict[str, str]:
        """The picture in its four sizes; without one, the place of its name stays empty."""
        nobody = kind == "artist" and self.music.draw("face", *names) % FACELESS == 0
        name = "" if nobody else md5("/".join(names).encode(), usedforsecurity=False).hexdigest()
        self.drawn |= {name: names} if name else {}
        field = "picture" if kind == "artist" else "cover"
        base = here(request, f"/images/{kind}/{name}")
        return {
            f"{field}_{size}": f"{base}/{side}x{side}{TAIL}.jpg" for size, side in SIZES.items()
        }


def _asked(request: Request) -> tuple[str, int]:
    limit = request.query_params.get("limit", "25")
    return request.query_params["q"], min(100, int(limit)) if limit.isdigit() else 25


def _answer(body: object) -> Response:
    return Response(orjson.dumps(body), media_type="application/json; charset=utf-8")


def _error(kind: str, message: str, code: int) -> Response:
    return _answer({"error": {"type": kind, "message": message, "code": code}})
