"""The pretend Apple Music: a catalogue with artwork, and what its one listener played lately."""

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
from rewind_gql.demo.upstreams.apple_listener import USER_TOKEN, Listener
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pace import Window
from rewind_gql.demo.upstreams.pictures import Shop, Sold, here, picture, plain

__all__ = ["TOKEN", "USER_TOKEN", "Listener", "Shop", "app", "shop"]

TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkRFTU8ifQ.eyJpc3MiOiJERU1PIn0.ZGVtbw"  # noqa: S105 invented
SOURCE_SIDE = 3000
MOST_RESULTS = 25
MOST_IDS = 100
MOST_RECENT = 30
SITE = "https://music.apple.com/us"
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
    listener: Listener | None = None,
) -> Starlette:
    """A catalogue that takes one developer token; `rate_limit` is in requests a minute.

    With a `listener` it tells what they played lately to who has their token, too.
    """
    site = _Site(music or shop(), token, rate_limit, listener)
    return Starlette(
        routes=[
            Route("/v1/catalog/{store}/search", site.search),
            Route("/v1/catalog/{store}/albums", site.several),
            Route("/v1/me/recent/played/tracks", site.recent),
            Route("/v1/catalog/{store}/{kind}/{id:int}", site.entry),
            Route("/image/thumb/{kind}/v4/{id:int}/source/{file}", site.artwork),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The endpoints over one shop."""

    def __init__(
        self, music: Shop, token: str, rate_limit: int | None, listener: Listener | None
    ) -> None:
        self.music = music
        self.token = token
        self.listener = listener
        self.window = None if rate_limit is None else Window(rate_limit, 60)

    def search(self, request: Request) -> Response:
        """Albums, artists or songs by words."""
        if refused := self._refused(request):
            return refused
        params = request.query_params
        kind, limit = params.get("types", ""), params.get("limit", "5")
        if kind not in ("albums", "artists", "songs") or not params.get("term"):
            return _error(400, "40005", "Invalid Parameter Value")
        if not limit.isdigit() or not 1 <= int(limit) <= MOST_RESULTS:
            return _error(400, "40005", "Invalid Parameter Value")
        term, most = params["term"], int(limit)
        if kind == "songs":
            found = [self._song(request, each) for each in self.music.find_songs(term, most)]
        elif kind == "albums":
            found = [self._album(request, *row) for row in self.music.find_albums(term, most)]
        else:
            found = [self._artist(request, *row) for row in self.music.find_artists(term, most)]
        href = f"{request.url.path}?{request.url.query}"
        return _answer({"results": {kind: {"href": href, "data": found}} if found else {}})

    def several(self, request: Request) -> Response:
        """Albums by their numbers; those it does not have are left out."""
        if refused := self._refused(request):
            return refused
        wanted = [text for text in request.query_params.get("ids", "").split(",") if text]
        if not 1 <= len(wanted) <= MOST_IDS:
            return _error(400, "40005", "Invalid Parameter Value")
        numbers = [int(text) for text in wanted if text.isdigit()]
        found = [(key, names) for key in numbers if (names := self.music.album(key))]
        if not found:
            return _error(404, "40400", "Resource Not Found")
        return _answer({"data": [self._album(request, key, *names) for key, names in found]})

    def recent(self, request: Request) -> Response:
        """What the listener played lately, newest first and without a time."""
        if refused := self._refused(request):
            return refused
        if self.listener is None or request.headers.get("music-user-token") != USER_TOKEN:
            return _error(403, "40300", "Invalid authentication")
        params = request.query_params
        limit, offset = int(params.get("limit", 10)), int(params.get("offset", 0))
        if not 1 <= limit <= MOST_RECENT:
            return _error(400, "40005", "Invalid Parameter Value")
        rows = self.listener.page(offset, limit)
        body: dict[str, Any] = {"data": rows}
        if len(rows) == limit:
            body["next"] = f"/v1/me/recent/played/tracks?offset={offset + limit}"
        return _answer(body)

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

    def _song(self, request: Request, sold: Sold) -> dict[str, Any]:
        facts = {
            "name": sold.title,
            "artistName": sold.artist,
            "albumName": sold.on.title,
            "durationInMillis": sold.duration_s * 1_000,
            "trackNumber": sold.place,
            "releaseDate": str(sold.on.year),
            "genreNames": ["Alternative", "Music"],
            "url": f"{SITE}/album/{sold.album}?i={sold.number}",
            "previews": [{"url": f"https://audio-ssl.itunes.apple.com/{sold.number}.m4a"}],
        }
        return _row(request, "songs", sold.number, facts)

    def _album(self, request: Request, key: int, artist: str, title: str) -> dict[str, Any]:
        source = self.music.source(key)
        facts = {
            "name": title,
            "artistName": artist,
            "genreNames": ["Alternative", "Music"],
            "isSingle": False,
            "playParams": {"id": str(key), "kind": "album"},
            "url": f"{SITE}/album/{key}",
            "artwork": _artwork(request, "Music", key),
        }
        if source is not None and source.year:
            facts |= {"releaseDate": f"{source.year}-10-05", "trackCount": len(source.songs)}
        return _row(request, "albums", key, facts)

    def _artist(self, request: Request, key: int, name: str) -> dict[str, Any]:
        page = f"{SITE}/artist/{key}"
        facts: dict[str, Any] = {"name": name, "genreNames": ["Alternative"], "url": page}
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
