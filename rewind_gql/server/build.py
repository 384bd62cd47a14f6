"""Every port chosen from the settings, once, and put together to the application."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rewind_gql.auth import keys, users
from rewind_gql.auth.callers import stranger
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.limits import limits
from rewind_gql.auth.nearby import is_local, is_loopback
from rewind_gql.auth.tokens import Tokens
from rewind_gql.auth.usage import Usage
from rewind_gql.auth.views import Caller
from rewind_gql.auth.watch import Watch
from rewind_gql.domains.focus import queries as focus
from rewind_gql.images import deps as pictures
from rewind_gql.ports.jobs import Jobs, RedisJobs
from rewind_gql.rest.door import address, charge, header
from rewind_gql.rest.shim import Desk
from rewind_gql.server.app import create_app
from rewind_gql.server.cors import Origins
from rewind_gql.server.pages.explorer import explorer_response
from rewind_gql.server.pages.starters import STARTERS
from rewind_gql.settings import Settings
from rewind_gql.sync import deps as sync
from rewind_gql.sync.live import Hub, signals
from schema.asgi import Endpoint
from schema.context import Deps
from schema.root import print_sdl, schema
from schema.sse import TOKEN_HEADER
from workers.embedded import Embedded


class Application:
    """The application as uvicorn wants it: made in its event loop, when that has started."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open everything for the length of the lifespan; answer requests in between."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._app is None:
            raise RuntimeError("no lifespan: start uvicorn with lifespan='on'")
        else:
            await self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        last: list[Message] = []

        async def held(message: Message) -> None:
            # Once it is told that all is shut down, uvicorn waits for nothing any more.
            if message["type"] == "lifespan.shutdown.complete":
                last.append(message)
            else:
                await send(message)

        async with opened(self._settings) as self._app:
            await self._app(scope, receive, held)
        for message in last:
            await send(message)


def application(settings: Settings) -> Application:
    """The application for these settings, whose database is migrated already.

    Raises `BadSettings` now rather than when it starts, where nobody would read it.
    """
    pictures.check(settings)
    return Application(settings)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Starlette]:
    """The application, over a store and ports that are open for the length of a block."""
    async with AsyncExitStack() as stack:
        jobs: Jobs
        if settings.redis_url:
            jobs = queue = RedisJobs(settings.redis_url)
            stack.push_async_callback(queue.close)
            embedded = None
        else:
            jobs = embedded = Embedded()
        deps = await stack.enter_async_context(sync.opened(settings, jobs))
        async with deps.store.write() as conn:
            owner = await users.ensure_default(conn, time_zone=settings.time_zone)
        shared = limits(settings.redis_url)
        stack.push_async_callback(shared.close)
        pepper = keys.pepper(settings.secret_bytes())
        gate = Gate(
            deps.store,
            pepper,
            shared,
            Usage(deps.store),
            tokens=Tokens(settings.secret_bytes()),
            standing=focus.standing,
            token_rpm=settings.rate_limit_rpm,
        )
        desk = Desk(
            store=deps.store,
            settings=settings,
            jobs=jobs,
            gate=gate,
            hub=Hub(deps.store, settings.sync, signals(deps.store, settings)),
            watch=Watch(deps.store, focus.STANDINGS),
            images=deps.finding,
            owner=owner,
        )
        running: list[AbstractAsyncContextManager[None]] = [
            gate.usage.running(),
            desk.watch.running(),
            desk.hub.running(),
        ]
        if embedded is not None:
            running.append(_working(embedded, deps))
        graphql = endpoint(desk)
        running.append(graphql.running())
        yield create_app(desk, graphql=graphql, sdl=print_sdl(), running=running)


@asynccontextmanager
async def _working(embedded: Embedded, deps: sync.Deps) -> AsyncIterator[None]:
    await embedded.start(deps)
    try:
        yield
    finally:
        await embedded.stop()


def endpoint(desk: Desk) -> Endpoint:
    """GraphQL over what the routes use too: one gate, one limit."""
    deps = Deps(
        store=desk.store,
        settings=desk.settings,
        jobs=desk.jobs,
        gate=desk.gate,
        watch=desk.watch,
        hub=desk.hub,
        images=desk.images,
        players=desk.players,
        caching=desk.caching,
    )

    async def authenticate(request: Request) -> Caller:
        scope = request.scope
        given = header(scope, b"authorization")
        if given is None and _only_asks(scope):
            return await charge(desk.gate, scope, stranger(desk.settings.rate_limit_rpm))
        caller = await desk.gate.bearer(given, address(scope), tokens=True, documents=True)
        return await charge(desk.gate, scope, caller)

    def explorer(request: Request) -> Response:
        origin = desk.settings.image_origin
        return explorer_response(
            request,
            queries=STARTERS,
            headers=_demo_headers(request, desk),
            pictures_from=(origin,) if origin else (),
        )

    return Endpoint(
        schema,
        deps,
        authenticate=authenticate,
        explorer=explorer,
        allow_origin=Origins(desk.settings.allowed_origins).allow,
    )


def _demo_headers(request: Request, desk: Desk) -> dict[str, str]:
    """The demo's key, for a browser on this machine that asked for this machine by name.

    Another site could have its own name point here; the page's address would then be that name.
    """
    key = desk.settings.demo_key
    caller = request.client.host if request.client else None
    names = (desk.settings.host, request.url.hostname, caller)
    if key is None or not all(map(is_loopback, names)):
        return {}
    return {"Authorization": f"Bearer {key.get_secret_value()}"}


def _only_asks(scope: Scope) -> bool:
    """Whether a request without a key may be one about the schema, from this machine."""
    if scope["method"] not in ("GET", "POST") or not is_local(scope):
        return False
    headers = dict(scope["headers"])
    streams = b"event-stream" in headers.get(b"accept", b"")
    return not streams and TOKEN_HEADER.encode() not in headers
