"""The pretend Cover Art Archive, with the host it leads to for listings and pictures."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.catalogue import Album, albums, mbid, number
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pace import Bucket
from rewind_gql.demo.upstreams.pictures import here, picture

__all__ = ["app", "group_mbid"]

GAPS = 6  # one release in so many has no art
NO_LARGE = 5  # one in so many was uploaded before there were thumbnails of 1200
ORIGINAL_SIDE = 1600
_MBID = re.compile(r"[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}")
_FILE = re.compile(r"(?P<image>\d+)(?:-(?P<side>250|500|1200))?\.jpg")
_STORED = re.compile(r"mbid-.{36}-(?P<image>\d+)(?:_thumb(?P<side>250|500|1200))?\.jpg")
NOTHING = "<!doctype html><title>404 Not Found</title><h1>Not Found</h1><p>No cover art found.</p>"


def group_mbid(artist: str, title: str) -> str:
    """The invented MusicBrainz id of an album's release group."""
    return str(uuid5(NAMESPACE_URL, f"release-group/{artist}/{title}"))


def app(
    known: Iterable[Album] | None = None,
    faults: Faults | None = None,
    *,
    gaps: int = GAPS,
    rate_limit: float | None = None,
) -> Starlette:
    """An archive that has art for most of the releases it knows.

    `rate_limit` is in requests a second; past it every answer is a 503.
    """
    site = _Site(albums() if known is None else known, gaps, rate_limit)
    return Starlette(
        routes=[
            Route("/{kind}/{mbid}", site.listing),
            Route("/release/{mbid}/{file}", site.front),
            Route("/download/{item}/index.json", site.index),
            Route("/download/{item}/{file}", site.download),
            Route("/10/items/{item}/{file}", site.stored),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The archive and the storage behind it, on one host."""

    def __init__(self, known: Iterable[Album], gaps: int, rate_limit: float | None) -> None:
        self.bucket = None if rate_limit is None else Bucket(rate_limit)
        self.releases: dict[str, tuple[str, str]] = {}
        self.groups: dict[str, str] = {}
        for album in known:
            release = mbid("album", album.artist, album.title) if album.title else ""
            if release and not (gaps and number("art", release) % gaps == 0):
                self.releases[release] = (album.artist, album.title)
                self.groups[group_mbid(album.artist, album.title)] = release

    def listing(self, request: Request) -> Response:
        """On to where the list of pictures lies."""
        kind, asked = request.path_params["kind"], request.path_params["mbid"]
        if self.bucket is not None and not self.bucket.take():
            return PlainTextResponse("Rate limit exceeded", 503)
        if kind not in ("release", "release-group") or not _MBID.fullmatch(asked):
            return PlainTextResponse("invalid MBID specified", 400)
        release = self.groups.get(asked) if kind == "release-group" else asked
        if release not in self.releases:
            return Response(NOTHING, 404, media_type="text/html")
        return RedirectResponse(here(request, f"/download/mbid-{release}/index.json"), 307)

    def index(self, request: Request) -> Response:
        """The pictures of a release: a front and, with most, a back."""
        release = request.path_params["item"].removeprefix("mbid-")
        base = here(request, f"/release/{release}")
        first = 4_000_000_000 + number("front", release) % 90_000_000
        front = _image(base, first, "Front", large=number(release) % NO_LARGE != 0)
        # Old entries write the number of a picture as text.
        back = _image(base, first + 1, "Back", large=False) | {"id": str(first + 1)}
        body = {"images": [back, front], "release": f"https://musicbrainz.org/release/{release}"}
        return Response(orjson.dumps(body), media_type="application/json")

    def front(self, request: Request) -> Response:
        """On to the file of a picture."""
        release, file = request.path_params["mbid"], _FILE.fullmatch(request.path_params["file"])
        if file is None or release not in self.releases:
            return Response(NOTHING, 404, media_type="text/html")
        thumb = f"_thumb{file['side']}" if file["side"] else ""
        name = f"mbid-{release}-{file['image']}{thumb}.jpg"
        return RedirectResponse(here(request, f"/download/mbid-{release}/{name}"), 307)

    def download(self, request: Request) -> Response:
        """On to the machine that has the file."""
        item, file = request.path_params["item"], request.path_params["file"]
        return RedirectResponse(here(request, f"/10/items/{item}/{file}"), 302)

    def stored(self, request: Request) -> Response:
        """The file."""
        release = request.path_params["item"].removeprefix("mbid-")
        names, file = self.releases.get(release), _STORED.fullmatch(request.path_params["file"])
        if names is None or file is None:
            return Response(NOTHING, 404, media_type="text/html")
        side = int(file["side"] or ORIGINAL_SIDE)
        return picture(lambda kind: artwork.cover(*names, side, kind), "jpg")


def _image(base: str, image: int, kind: str, *, large: bool) -> dict[str, Any]:
    """One entry of a listing; its addresses are without encryption on the real one."""
    sizes = {"250": 250, "500": 500, "large": 500, "small": 250} | ({"1200": 1200} if large else {})
    return {
        "approved": True,
        "back": kind == "Back",
        "comment": "",
        "edit": image % 100_000_000,
        "front": kind == "Front",
        "id": image,
        "image": f"{base}/{image}.jpg",
        "thumbnails": {name: f"{base}/{image}-{side}.jpg" for name, side in sizes.items()},
        "types": [kind],
    }
