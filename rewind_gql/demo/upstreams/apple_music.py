"""The pretend Apple Music: a catalogue to search and to look things up in, with artwork."""

from collections.abc import Iterable
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

__all__ = ["TOKEN", "Shop", "app", "shop"]

TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkRFTU8ifQ.eyJpc3MiOiJERU1PIn0.ZGVtbw"  # noqa: S105 invented
SOURCE_SIDE = 3000
MOST_RESULTS = 25
GAPS = 9
FACELESS = 7  # one artist in so many has no artwork


def shop(known: Iterable[Album] | None = None) -> Shop:
    """What the catalogue holds."""
    return Shop("apple", known, gaps=GAPS)


def app(
    music: Shop | None = None,
    faults: Faults | None = None,
    *,
    token: str = TOKEN,
    rate_limit: int | None = None,
) -> Starlette:
    """A catalogue that takes one developer token; `rate_limit` is in requests a minute."""
    site = _Site(music or shop(), token, rate_limit)
    return Starlette(
        routes=[
            Route("/v1/catalog/{store}/search", site.search),
            Route("/v1/catalog/{store}/{kind}/{id:int}", site.entry),
            Route("/image/thumb/{kind}/v4/{id:int}/source/{file}", site.artwork),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The endpoints over one shop."""

    def __init__(self, music: Shop, token: str, rate_limit: int | None) -> None:
        self.music = music
        self.token = token
        self.window = None if rate_limit is None else Window(rate_limit, 60)

    def search(self, request: Request) -> Response:
        """Albums or artists by words."""
        if refused := self._refused(request):
            return refused
        params = request.query_params
        kind, limit = params.get("types", ""), params.get("limit", "5")
        if kind not in ("albums", "artists") or not params.get("term"):
            return _error(400, "40005", "Invalid Parameter Value")
        if not limit.isdigit() or not 1 <= int(limit) <= MOST_RESULTS:
            return _error(400, "40005", "Invalid Parameter Value")
        term, most = params["term"], int(limit)
        found = (
            [self._album(request, *row) for row in self.music.find_albums(term, most)]
            if kind == "albums"
            else [self._artist(request, *row) for row in self.music.find_artists(term, most)]
        )
        href = f"{request.url.path}?{request.url.query}"
        return _answer({"results": {kind: {"href": href, "data": found}} if found else {}})

    def entry(self, request: Request) -> Response:
        """One album or artist by its number."""
        if refused := self._refused(request):
            return refused
        kind, key = request.path_params["kind"], request.path_params["id"]
        if kind == "albums" and (names := self.music.album(key)):
            return _answer({"data": [self._album(request, key, *names)]})
        if kind == "artists" and (name := self.music.artist(key)):
            return _answer({"data": [self._artist(request, key, name)]})
        return _error(404, "40400", "Resource Not Found")

    def artwork(self, request: Request) -> Response:
        """A picture in the size its name asks for, never larger than its source."""
        kind, key = request.path_params["kind"], request.path_params["id"]
        size, _, suffix = request.path_params["file"].partition("bb.")
        side = min(SOURCE_SIDE, int(size.partition("x")[0] or 0))
        names, name = self.music.album(key), self.music.artist(key)
        if side < 1 or (names if kind == "Music" else name) is None:
            return Response(status_code=404)
        if kind == "Music" and names:
            artist, title = names
            return picture(lambda form: artwork.cover(artist, plain(title), side, form), suffix)
        return picture(lambda form: artwork.portrait(name or "", side, form), suffix)

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Response(status_code=401)
        if self.window is not None and not self.window.take():
            return _error(429, "42900", "Too Many Requests")
        return None

    def _album(self, request: Request, key: int, artist: str, title: str) -> dict[str, Any]:
        facts = {
            "name": title,
            "artistName": artist,
            "genreNames": ["Alternative", "Music"],
            "isSingle": False,
            "playParams": {"id": str(key), "kind": "album"},
            "artwork": _artwork(request, "Music", key),
        }
        return _row(request, "albums", key, facts)

    def _artist(self, request: Request, key: int, name: str) -> dict[str, Any]:
        facts: dict[str, Any] = {"name": name, "genreNames": ["Alternative"]}
        if self.music.draw("face", name) % FACELESS:
            facts["artwork"] = _artwork(request, "AMCArtistImages", key)
        return _row(request, "artists", key, facts)


def _artwork(request: Request, kind: str, key: int) -> dict[str, Any]:
    template = here(request, f"/image/thumb/{kind}/v4/{key}/source/") + "{w}x{h}bb.jpg"
    colors = {"bgColor": "e6d7c1", "textColor1": "120d08", "textColor2": "24170b"}
    return {"width": SOURCE_SIDE, "height": SOURCE_SIDE, "url": template} | colors


def _row(request: Request, kind: str, key: int, facts: dict[str, Any]) -> dict[str, Any]:
    href = f"/v1/catalog/{request.path_params['store']}/{kind}/{key}"
    return {"id": str(key), "type": kind, "href": href, "attributes": facts}


def _answer(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _error(status: int, code: str, title: str) -> Response:
    """A refusal; status and code are text in it."""
    error = {"id": "DEMO7ABCDEFGHIJKLMNOPQRST", "title": title, "status": str(status), "code": code}
    return _answer({"errors": [error]}, status)
