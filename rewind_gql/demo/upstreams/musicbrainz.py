"""The pretend MusicBrainz: artists and releases by search, once a second, for who says who asks."""

import re
from collections.abc import Iterable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.demo.catalogue import VARIOUS, Album, albums, number
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pace import Bucket
from rewind_gql.text import bare

__all__ = ["app"]

CREATED = "2026-01-02T03:04:05.678Z"
NAMESAKES = 17
"""Of one artist in so many there are two."""
MOST = 100
_QUOTED = re.compile(r'(\w+):"((?:[^"\\]|\\.)*)"')
_TOO_OFTEN = (
    "Your requests are exceeding the allowable rate limit. Please see "
    "http://wiki.musicbrainz.org/XMLWebService for more information."
)


def app(
    known: Iterable[Album] | None = None,
    faults: Faults | None = None,
    *,
    rate_limit: float | None = None,
) -> Starlette:
    """A search over the catalogue; `rate_limit` is in requests a second, averaged."""
    site = _Site(list(albums() if known is None else known), rate_limit)
    return Starlette(
        routes=[Route("/ws/2/{entity:str}", site.search)],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The search over some albums."""

    def __init__(self, known: list[Album], rate_limit: float | None) -> None:
        self._albums = [album for album in known if album.title]
        self._artists = sorted({album.artist for album in known} - {VARIOUS})
        self._bucket = None if rate_limit is None else Bucket(rate_limit)

    def search(self, request: Request) -> Response:
        """What fits a query best, with how sure it is."""
        if "(" not in request.headers.get("user-agent", ""):
            return _answer({"error": "Your User-Agent does not say who you are."}, 403)
        if self._bucket is not None and not self._bucket.take():
            return _answer({"error": _TOO_OFTEN}, 503, {"X-RateLimit-Zone": "your IP"})
        params = request.query_params
        wanted = {field: _plain(text) for field, text in _QUOTED.findall(params.get("query", ""))}
        entity = request.path_params["entity"]
        if entity not in ("artist", "release") or not wanted or params.get("fmt") != "json":
            return _answer({"error": "Not Found", "help": "https://musicbrainz.org/"}, 404)
        rows = self._found(entity, wanted)[: min(int(params.get("limit", "25")), MOST)]
        return _answer({"created": CREATED, "count": len(rows), "offset": 0, f"{entity}s": rows})

    def _found(self, entity: str, wanted: dict[str, str]) -> list[dict[str, Any]]:
        rows = []
        if entity == "artist":
            for name in self._artists:
                if score := _score(wanted["artist"], name):
                    rows += [_artist(name, score)]
                    if number("namesake", name) % NAMESAKES == 0:
                        rows += [_artist(name, score, "another")]
        else:
            for album in self._albums:
                score = min(
                    _score(wanted["release"], album.title), _score(wanted["artist"], album.artist)
                )
                if score:
                    rows.append(_release(album, score))
        return sorted(rows, key=lambda row: -row["score"])


def _artist(name: str, score: int, disambiguation: str = "") -> dict[str, Any]:
    row = {"id": identifier("artist", name, disambiguation), "name": name, "score": score}
    more = {"sort-name": name, "type": "Group", "life-span": {"ended": None}}
    return row | more | ({"disambiguation": disambiguation} if disambiguation else {})


def _release(album: Album, score: int) -> dict[str, Any]:
    artist = {"id": identifier("artist", album.artist, ""), "name": album.artist}
    return {
        "id": identifier("release", album.artist, album.title),
        "score": score,
        "title": album.title,
        "status": "Official",
        "artist-credit": [{"name": album.artist, "artist": artist | {"sort-name": album.artist}}],
        "date": str(album.year) if album.year else "",
        "track-count": len(album.songs),
    }


def identifier(*words: str) -> str:
    """The id under which something is there, of the right form."""
    digits = "".join(f"{number(str(at), *words):08x}" for at in range(4))
    parts = (digits[:8], digits[8:12], "4" + digits[13:16], "a" + digits[17:20], digits[20:32])
    return "-".join(parts)


def _score(wanted: str, name: str) -> int:
    """100 for the very name, less for one that shares words, 0 for another."""
    asked, there = set(bare(wanted).split()), set(bare(name).split())
    if not asked & there:
        return 0
    return 100 if asked == there else 100 * len(asked & there) // len(asked | there)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json")
