"""The pretend fanart.tv: pictures of artists, albums and films, in three versions of its API."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql.demo import artwork
from rewind_gql.demo.catalogue import Album, albums, mbid, number
from rewind_gql.demo.films import FILMS, MOVIE, Film
from rewind_gql.demo.upstreams.cover_art_archive import group_mbid
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pictures import here, picture

__all__ = ["KEY", "app"]

KEY = "f" * 8 + "a" * 8 + "n" * 8 + "0" * 8
GAPS = 4  # one artist in so many has nothing
VERSIONS = ("v3", "v3.1", "v3.2")
_FILE = re.compile(r"(?P<id>\d+)-(?P<take>\d+)\.(?P<suffix>\w+)")

Rows = list[dict[str, str]]


def app(
    known: Iterable[Album] | None = None,
    faults: Faults | None = None,
    *,
    films: Sequence[Film] = FILMS,
    key: str = KEY,
    gaps: int = GAPS,
) -> Starlette:
    """A site that takes one project key, in a header or in the query."""
    site = _Site(albums() if known is None else known, films, key, gaps)
    return Starlette(
        routes=[
            Route("/{version}/music/albums/{mbid}", site.album),
            Route("/{version}/music/{mbid}", site.artist),
            Route("/{version}/movies/{id}", site.film),
            Route("/fanart/{kind}/{file}", site.picture),
        ],
        middleware=[Middleware(Faulty, faults=faults or Faults())],
    )


class _Site:
    """The endpoints over a catalogue and some films."""

    def __init__(self, known: Iterable[Album], films: Sequence[Film], key: str, gaps: int) -> None:
        self.key = key
        self.artists: dict[str, tuple[str, list[str]]] = {}
        self.groups: dict[str, tuple[str, str]] = {}
        self.films = {film.tmdb_id: film for film in films if film.kind == MOVIE}
        self.drawn: dict[int, tuple[str, ...]] = {}
        for album in known:
            who = mbid("artist", album.artist)
            if album.title and who and not (gaps and number("fanart", who) % gaps == 0):
                self.artists.setdefault(who, (album.artist, []))[1].append(album.title)
                self.groups[group_mbid(album.artist, album.title)] = (album.artist, album.title)

    def artist(self, request: Request) -> Response:
        """Pictures of an artist and covers of the albums."""
        who = request.path_params["mbid"]
        known = self.artists.get(who)
        if refused := self._refused(request, known is not None):
            return refused
        name, titles = known or ("", [])
        body = {
            "name": name,
            "mbid_id": who,
            "artistthumb": self._rows(request, "artistthumb", 4, name),
            "artistbackground": self._rows(request, "artistbackground", 2, name),
            **self._albums(request, name, titles),
        }
        return _answer(body)

    def album(self, request: Request) -> Response:
        """Covers of one album, by the id of its release group."""
        names = self.groups.get(request.path_params["mbid"])
        if refused := self._refused(request, names is not None):
            return refused
        artist, title = names or ("", "")
        who = {"name": artist, "mbid_id": mbid("artist", artist)}
        return _answer(who | self._albums(request, artist, [title]))

    def film(self, request: Request) -> Response:
        """Posters and backgrounds of a film; a show is not known here by that number."""
        asked = request.path_params["id"]
        film = self.films.get(int(asked)) if asked.isdigit() else None
        if refused := self._refused(request, film is not None):
            return refused
        title = film.title if film else ""
        return _answer(
            {
                "name": title,
                "tmdb_id": asked,
                "imdb_id": f"tt{asked:0>7}",
                "movieposter": self._rows(request, "movieposter", 5, title, lang="en"),
                "moviebackground": self._rows(request, "moviebackground", 1, title, lang=""),
            }
        )

    def picture(self, request: Request) -> Response:
        """A picture an answer named."""
        file = _FILE.fullmatch(request.path_params["file"])
        names = self.drawn.get(int(file["id"])) if file else None
        draw = _DRAW.get(request.path_params["kind"])
        if file is None or names is None or draw is None:
            return Response(status_code=404)
        take = file["take"]
        # Another take of the same thing is another picture.
        words = (*names[:-1], names[-1] + ("" if take == "1" else f" {take}"))
        return picture(lambda form: draw(words, form), file["suffix"])

    def _refused(self, request: Request, known: bool) -> Response | None:
        sent = request.headers.get("api-key") or request.query_params.get("api_key")
        if request.path_params["version"] not in VERSIONS:
            return _error(404, "Not found")
        if sent != self.key:
            return _error(401, "Invalid project key or no project key was given.")
        return None if known else _error(404, "Not found")

    def _albums(self, request: Request, artist: str, titles: Iterable[str]) -> dict[str, Any]:
        """Covers by release group: an object until version 3.1, a list since 3.2."""
        covers = {
            group_mbid(artist, title): {
                "albumcover": self._rows(request, "albumcover", 1, artist, title)
            }
            for title in titles
        }
        if request.path_params["version"] != "v3.2":
            return {"albums": covers}
        return {"albums": [{"release_group_id": group, **kinds} for group, kinds in covers.items()]}

    def _rows(self, request: Request, kind: str, count: int, *names: str, lang: str = "") -> Rows:
        first = number(kind, *names) % 900_000
        self.drawn[first] = names
        rows = []
        for take in range(1, count + 1):
            row = {
                "id": str(first + take),
                "url": here(request, f"/fanart/{kind}/{first}-{take}.jpg"),
                "lang": lang,
                # As text, "10" comes before "9"; the best liked one stands last.
                "likes": str(6 + take),
            }
            if request.path_params["version"] == "v3.2":
                width, height = _SIZES[kind]
                row |= {"added": "2013-02-01 10:00:00", "width": width, "height": height}
            rows.append(row)
        return rows


_SIZES = {
    "artistthumb": ("1000", "1000"),
    "artistbackground": ("1920", "1080"),
    "albumcover": ("1000", "1000"),
    "movieposter": ("1000", "1426"),
    "moviebackground": ("1920", "1080"),
}
_DRAW: dict[str, Callable[[tuple[str, ...], str], bytes]] = {
    "artistthumb": lambda names, form: artwork.portrait(*names, 1000, form),
    "artistbackground": lambda names, form: artwork.poster(*names, 1920, 1080, form),
    "albumcover": lambda names, form: artwork.cover(*names, 1000, form),
    "movieposter": lambda names, form: artwork.poster(*names, 1000, 1426, form),
    "moviebackground": lambda names, form: artwork.poster(*names, 1920, 1080, form),
}


def _answer(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _error(status: int, words: str) -> Response:
    """A refusal; the space in its key is theirs."""
    return _answer({"status": "error", "error message": words}, status)
