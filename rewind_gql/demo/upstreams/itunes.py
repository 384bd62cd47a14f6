"""The pretend iTunes store: a search and a lookup of what it sells, twenty times a minute."""

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
from rewind_gql.demo.upstreams.pictures import Shop, Sold, here, picture, plain

__all__ = ["Shop", "app", "shop"]

GAPS = 8
SITE = "https://music.apple.com/us"
ONLY_THERE = 5  # one album in so many is sold in the US alone
BARE = 31  # one in so many has no artwork
SOURCE_SIDE = 3000


def shop(known: Iterable[Album] | None = None) -> Shop:
    """What the stores sell."""
    return Shop("itunes", known, gaps=GAPS)


def app(
    music: Shop | None = None, faults: Faults | None = None, *, rate_limit: int | None = None
) -> Starlette:
    """Stores over one shop; past `rate_limit` requests a minute comes a 403 without a word."""
    site = _Site(music or shop(), rate_limit)
    return Starlette(
        routes=[
            Route("/search", site.search),
            Route("/lookup", site.lookup),
            Route("/image/thumb/Music/v4/{id:int}/source/{file}", site.artwork),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The endpoints over one shop."""

    def __init__(self, music: Shop, rate_limit: int | None) -> None:
        self.music = music
        self.window = None if rate_limit is None else Window(rate_limit, 60)

    def search(self, request: Request) -> Response:
        """Albums, songs or artists by words; none is an empty list, never an error."""
        params = request.query_params
        if not self._admitted():
            return Response(status_code=403, media_type="text/html")
        limit, entity = params.get("limit", "50"), params.get("entity", "album")
        if entity not in ("album", "song", "musicArtist") or not limit.isdigit():
            return _answer({"errorMessage": "Invalid value(s) for key(s): [entity]"}, 400)
        term, most = params.get("term", ""), int(limit)
        if entity == "song":
            return _listed([self._song(each) for each in self.music.find_songs(term, most)])
        if entity == "musicArtist":
            return _listed([self._artist(*each) for each in self.music.find_artists(term, most)])
        return self._results(request, self.music.find_albums(term, most))

    def lookup(self, request: Request) -> Response:
        """Albums by their numbers."""
        if not self._admitted():
            return Response(status_code=403, media_type="text/html")
        numbers = [int(text) for text in request.query_params.get("id", "").split(",") if text]
        found = [(key, *names) for key in numbers if (names := self.music.album(key))]
        return self._results(request, found)

    def artwork(self, request: Request) -> Response:
        """A cover in the size its name asks for."""
        size, _, suffix = request.path_params["file"].partition("bb.")
        names = self.music.album(request.path_params["id"])
        side = min(SOURCE_SIDE, int(size.partition("x")[0] or 0))
        if names is None or side < 1:
            return Response(status_code=404)
        artist, title = names
        return picture(lambda form: artwork.cover(artist, plain(title), side, form), suffix)

    def _admitted(self) -> bool:
        return self.window is None or self.window.take()

    def _results(self, request: Request, found: list[tuple[int, str, str]]) -> Response:
        country = request.query_params.get("country", "US")
        sold = [
            self._row(request, *album)
            for album in found
            if country == "US" or self.music.draw("only", *album[1:]) % ONLY_THERE
        ]
        return _answer({"resultCount": len(sold), "results": sold})

    def _song(self, sold: Sold) -> dict[str, Any]:
        by = self.music.draw("artist", sold.artist)
        page = f"{SITE}/album/{sold.album}?i={sold.number}&uo=4"
        return {
            "wrapperType": "track",
            "kind": "song",
            "artistId": by,
            "collectionId": sold.album,
            "trackId": sold.number,
            "artistName": sold.artist,
            "collectionName": sold.on.title,
            "trackName": sold.title,
            "collectionCensoredName": sold.on.title,
            "trackCensoredName": sold.title,
            "artistViewUrl": f"{SITE}/artist/{by}?uo=4",
            "collectionViewUrl": page,
            "trackViewUrl": page,
            "previewUrl": f"https://audio-ssl.itunes.apple.com/preview/{sold.number}.m4a",
            "trackPrice": 1.29,
            "trackExplicitness": "notExplicit",
            "releaseDate": f"{sold.on.year}-03-01T12:00:00Z",
            "trackCount": len(sold.on.songs),
            "trackNumber": sold.place,
            "trackTimeMillis": sold.duration_s * 1_000,
            "country": "USA",
            "primaryGenreName": "Alternative",
            "isStreamable": True,
        }

    def _artist(self, key: int, name: str) -> dict[str, Any]:
        """An artist's row, whose address goes by another name than in all other rows."""
        return {
            "wrapperType": "artist",
            "artistType": "Artist",
            "artistName": name,
            "artistLinkUrl": f"{SITE}/artist/{key}?uo=4",
            "artistId": key,
            "primaryGenreName": "Alternative",
            "primaryGenreId": 20,
        }

    def _row(self, request: Request, key: int, artist: str, title: str) -> dict[str, Any]:
        by = self.music.draw("artist", artist)
        row: dict[str, Any] = {
            "wrapperType": "collection",
            "collectionType": "Album",
            "artistId": by,
            "collectionId": key,
            "artistName": artist,
            "collectionName": title,
            "collectionCensoredName": title,
            "artistViewUrl": f"{SITE}/artist/{by}?uo=4",
            "collectionViewUrl": f"{SITE}/album/{key}?uo=4",
            "collectionPrice": 9.99,
            "collectionExplicitness": "notExplicit",
            "trackCount": 11,
            "country": "USA",
            "currency": "USD",
            "releaseDate": "2012-10-05T07:00:00Z",
            "primaryGenreName": "Alternative",
        }
        if self.music.draw("bare", artist, plain(title)) % BARE:
            source = here(request, f"/image/thumb/Music/v4/{key}/source")
            row |= {f"artworkUrl{side}": f"{source}/{side}x{side}bb.jpg" for side in (60, 100)}
        return row


def _listed(rows: list[dict[str, Any]]) -> Response:
    return _answer({"resultCount": len(rows), "results": rows})


def _answer(body: object, status: int = 200) -> Response:
    """JSON that calls itself a script, behind the blank lines it really begins with."""
    text = b"\n\n\n" + orjson.dumps(body)
    return Response(text, status, headers={"Content-Type": "text/javascript; charset=utf-8"})
