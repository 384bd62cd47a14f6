"""The pretend Trakt: one account's collection and history, and the way in to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rewind_gql import clock
from rewind_gql.demo.cinema import Owned, Seen
from rewind_gql.demo.films import Film
from rewind_gql.demo.upstreams.account import TRAKT_FROM, Account, iso
from rewind_gql.demo.upstreams.faults import Faults, Faulty
from rewind_gql.demo.upstreams.pace import Window
from rewind_gql.demo.upstreams.trakt_door import CLIENT_ID, CLIENT_SECRET, Doorman

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "Account", "Doorman", "app"]

MOST = 250
PERIOD_S = 300
ELSEWHEN = "2024-01-01T00:00:00.000Z"


def app(
    account: Account,
    faults: Faults | None = None,
    doorman: Doorman | None = None,
    *,
    most: int = MOST,
    rate_limit: int | None = None,
    paged_collection: bool = True,
) -> Starlette:
    """A Trakt that knows one account; `most` is the size of its largest page.

    `rate_limit` is in requests per five minutes. The older API has the collection on one page.
    """
    door = doorman or Doorman()
    site = _Site(account, door, most, rate_limit, paged_collection=paged_collection)
    routes = [
        Route("/oauth/device/code", door.code, methods=["POST"]),
        Route("/oauth/device/token", door.device_token, methods=["POST"]),
        Route("/oauth/token", door.token, methods=["POST"]),
        Route("/oauth/revoke", door.revoke, methods=["POST"]),
        Route("/sync/last_activities", site.activities),
        Route("/sync/collection/movies", site.collection),
        Route("/sync/collection", site.collect, methods=["POST"]),
        Route("/sync/collection/remove", site.uncollect, methods=["POST"]),
        Route("/sync/history/movies", site.history),
        Route("/search/tmdb/{id:int}", site.search),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Faulty, faults=faults or Faults())])


@dataclass(slots=True)
class _Counts:
    added: int = 0
    updated: int = 0
    existing: int = 0
    deleted: int = 0


class _Site:
    """The endpoints over one account."""

    def __init__(
        self,
        account: Account,
        door: Doorman,
        most: int,
        rate_limit: int | None,
        *,
        paged_collection: bool,
    ) -> None:
        self.account = account
        self.door = door
        self.most = most
        self.paged_collection = paged_collection
        self.limit = rate_limit
        self.window = None if rate_limit is None else Window(rate_limit, PERIOD_S)

    async def activities(self, request: Request) -> Response:
        """When what was last changed."""
        if refused := self._refused(request):
            return refused
        movies = {
            "watched_at": iso(self.account.watched_at),
            "collected_at": iso(self.account.collected_at),
            "rated_at": ELSEWHEN,
        }
        return _json({"all": max(movies.values()), "movies": movies, "episodes": {}})

    async def collection(self, request: Request) -> Response:
        """The owned films; what they are owned on only where that is asked for."""
        if refused := self._refused(request):
            return refused
        told = request.query_params.get("extended") == "metadata"
        rows = [self._owned(each, told=told) for each in self.account.owned()]
        return self._page(request, rows) if self.paged_collection else _json(rows)

    async def history(self, request: Request) -> Response:
        """A page of the history, newest first, from `start_at` on."""
        if refused := self._refused(request):
            return refused
        since = request.query_params.get("start_at")
        after = datetime.fromisoformat(since) if since else clock.EPOCH
        rows = [self._seen(each) for each in self.account.seen() if each.watched_at >= after]
        return self._page(request, rows)

    async def search(self, request: Request) -> Response:
        """What Trakt calls a film of TMDB's."""
        if refused := self._refused(request):
            return refused
        film = self.account.film(tmdb=request.path_params["id"])
        rows = [{"type": "movie", "score": 1000, "movie": self._movie(film)}] if film else []
        return _json(rows)

    async def collect(self, request: Request) -> Response:
        """Add films, or change what they are owned on."""
        return await self._change(request, self._collect, status=201)

    async def uncollect(self, request: Request) -> Response:
        """Remove films."""
        return await self._change(request, self._uncollect, status=200)

    async def _change(
        self,
        request: Request,
        change: Callable[[dict[str, Any], Film, _Counts], None],
        *,
        status: int,
    ) -> Response:
        if refused := self._refused(request):
            return refused
        counts = _Counts()
        unknown = []
        for entry in orjson.loads(await request.body()).get("movies") or ():
            ids = entry.get("ids") or {}
            film = self.account.film(tmdb=ids.get("tmdb"), trakt=ids.get("trakt"))
            if film is None:
                unknown.append({"ids": ids})
            else:
                change(entry, film, counts)
        names = ("deleted",) if status == 200 else ("added", "updated", "existing")
        said = {name: {"movies": getattr(counts, name), "episodes": 0} for name in names}
        return _json({**said, "not_found": {"movies": unknown, "shows": []}}, status)

    def _collect(self, entry: dict[str, Any], film: Film, counts: _Counts) -> None:
        said = entry.get("collected_at")
        made = Owned(
            film,
            media_type=entry.get("media_type"),
            resolution=entry.get("resolution"),
            hdr=entry.get("hdr"),
            audio=entry.get("audio"),
            audio_channels=entry.get("audio_channels"),
            collected_at=datetime.fromisoformat(said) if said else clock.now(),
        )
        what = self.account.own(made)
        setattr(counts, what, getattr(counts, what) + 1)

    def _uncollect(self, _entry: dict[str, Any], film: Film, counts: _Counts) -> None:
        counts.deleted += self.account.disown(film.tmdb_id)

    def _refused(self, request: Request) -> Response | None:
        """An answer without a body for who may not come in; 429 with its limit in a header."""
        headers = request.headers
        if headers.get("trakt-api-key") != CLIENT_ID or headers.get("trakt-api-version") != "2":
            return Response(status_code=403)
        if not self.door.admits(request):
            return Response(status_code=401)
        if request.method == "POST" and "json" not in headers.get("content-type", ""):
            return Response(status_code=412)
        if self.window is not None and not self.window.take():
            limit = {"name": "AUTHED_API_GET_LIMIT", "period": PERIOD_S, "limit": self.limit}
            told = {"x-ratelimit": orjson.dumps(limit | {"remaining": 0}).decode()}
            return Response(status_code=429, headers={"retry-after": "10", **told})
        return None

    def _page(self, request: Request, rows: Sequence[Any]) -> Response:
        params = request.query_params
        size = min(self.most, int(params.get("limit", 10)))
        number = int(params.get("page", 1))
        shown = rows[(number - 1) * size : number * size]
        answer = _json(shown)
        for name, value in (
            ("Page", number),
            ("Limit", size),
            ("Page-Count", max(1, -(-len(rows) // size))),
            ("Item-Count", len(rows)),
        ):
            answer.headers[f"X-Pagination-{name}"] = str(value)
        return answer

    def _movie(self, film: Film) -> dict[str, Any]:
        linked = film.tmdb_id not in self.account.unlinked
        return {
            "title": film.title,
            "year": film.year,
            "ids": {
                "trakt": film.tmdb_id - TRAKT_FROM,
                "slug": film.title.lower().replace(" ", "-"),
                "imdb": f"tt{film.tmdb_id}",
                "tmdb": film.tmdb_id if linked else None,
            },
        }

    def _owned(self, one: Owned, *, told: bool) -> dict[str, Any]:
        at = iso(one.collected_at)
        row = {"collected_at": at, "updated_at": at, "movie": self._movie(one.film)}
        if told and one.media_type is not None:
            row["metadata"] = {
                "media_type": one.media_type,
                "resolution": one.resolution,
                "hdr": one.hdr,
                "audio": one.audio,
                "audio_channels": one.audio_channels,
                "3d": False,
            }
        return row

    def _seen(self, one: Seen) -> dict[str, Any]:
        return {
            "id": one.play_id,
            "watched_at": iso(one.watched_at),
            "action": one.action,
            "type": "movie",
            "movie": self._movie(one.film),
        }


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
