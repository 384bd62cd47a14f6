"""The application: the REST API, GraphQL and its explorer, behind one frame."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from rewind_gql import __version__
from rewind_gql.auth.nearby import is_local
from rewind_gql.rest.app import Rest
from rewind_gql.rest.devices import DEVICES
from rewind_gql.rest.devices import ROUTES as DEVICES_ROUTES
from rewind_gql.rest.dialects import REWIND
from rewind_gql.rest.door import admit
from rewind_gql.rest.listenbrainz import LISTENBRAINZ
from rewind_gql.rest.listenbrainz import ROUTES as LISTENBRAINZ_ROUTES
from rewind_gql.rest.rewind import ROUTES
from rewind_gql.rest.shim import Desk
from rewind_gql.rest.wearables import ROUTES as WEARABLES_ROUTES
from rewind_gql.rest.wearables import UPSTREAM, UPSTREAM_ROUTES, WEARABLES
from rewind_gql.server.cards import Cards
from rewind_gql.server.cors import Origins
from rewind_gql.server.middleware import At, Below, Compress, Frame
from rewind_gql.server.origin import Origin, Public
from rewind_gql.server.pages import explorer
from rewind_gql.server.pages.status import PATH as STATUS
from rewind_gql.server.pages.status import Status
from rewind_gql.server.replay import Replay

OPENAPI = f"{REWIND.base}/openapi.json"
GRAPHQL = "/graphql"
SCHEMA = "/schema.graphql"


def create_app(
    desk: Desk,
    *,
    graphql: ASGIApp | None = None,
    sdl: str | None = None,
    running: Sequence[AbstractAsyncContextManager[Any]] = (),
) -> Starlette:
    """The application. `graphql` answers its path, `sdl` is its schema in words.

    `running` is entered, in order, before the first request and left after the last one.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for context in running:
                await stack.enter_async_context(context)
            yield

    origins = Origins(desk.settings.allowed_origins)
    apis = _apis(desk)
    others = [api.dialect for api in apis]
    app = Starlette(
        routes=[*_routes(desk, graphql, sdl), *Status(desk).routes(), *Cards(desk).routes()],
        middleware=[
            *_replaying(desk),
            Middleware(Public, origin=Origin(desk.store, desk.images, owner=desk.owner)),
            Middleware(Frame, origins=origins, dialect=REWIND, others=others),
            Middleware(Compress),
            *([] if graphql is None else [Middleware(At, path=GRAPHQL, serve=graphql)]),
            *(Middleware(Below, base=api.dialect.base, serve=api) for api in apis),
        ],
        # The frame prints every failure in one form; this keeps Starlette from printing its own.
        exception_handlers={HTTPException: _pass_on},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _replaying(desk: Desk) -> list[Middleware]:
    """What sends again what was sent, where answers are kept."""
    answers = desk.caching.answers
    if not answers.most_bytes:
        return []
    return [Middleware(Replay, store=desk.store, gate=desk.gate, answers=answers, posts=GRAPHQL)]


def _apis(desk: Desk) -> list[Rest]:
    """Every API, those first whose paths lie within those of another."""
    wearables = (WEARABLES, WEARABLES_ROUTES)
    if desk.settings.sync.ow_compat == "upstream":
        wearables = (UPSTREAM, UPSTREAM_ROUTES)
    return [
        Rest(desk, REWIND, ROUTES),
        Rest(desk, *wearables),
        Rest(desk, DEVICES, DEVICES_ROUTES),
        Rest(desk, LISTENBRAINZ, LISTENBRAINZ_ROUTES),
    ]


async def _pass_on(request: Request, failed: Exception) -> Response:
    raise failed


def _routes(desk: Desk, graphql: ASGIApp | None, sdl: str | None) -> list[BaseRoute]:
    async def document(request: Request) -> Response:
        """The document's older address."""
        return RedirectResponse(OPENAPI, 301)

    async def landing(request: Request) -> Response:
        """What there is: for people the explorer, for programs a list."""
        if graphql is not None and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(GRAPHQL, 307)
        listed = {"name": "Rewind GQL", "version": __version__, "rest": OPENAPI, "status": STATUS}
        if graphql is not None:
            listed |= {"graphql": GRAPHQL, "schema": SCHEMA}
        return JSONResponse(listed, headers={"Vary": "Accept, Origin"})

    routes: list[BaseRoute] = [Route("/", landing), Route("/openapi.json", document)]
    if graphql is not None:
        routes += [*explorer.ROUTES, Route(GRAPHQL, graphql), WebSocketRoute(GRAPHQL, graphql)]
    if sdl is not None:
        routes.append(Route(SCHEMA, _schema(desk, sdl)))
    return routes


def _schema(desk: Desk, sdl: str) -> Callable[[Request], Awaitable[Response]]:
    async def schema(request: Request) -> Response:
        """The GraphQL schema in words: for keys, and on this machine."""
        if "authorization" in request.headers or not is_local(request.scope):
            await admit(desk.gate, request.scope)
        headers = {"Cache-Control": "private, max-age=300", "Vary": "Authorization, Origin"}
        return PlainTextResponse(sdl, headers=headers)

    return schema
