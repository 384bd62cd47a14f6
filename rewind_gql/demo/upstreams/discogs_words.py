"""How Discogs lets requests in, counts them, refuses them and splits lists into pages."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rewind_gql.demo.upstreams.pace import Window

SIGNED_IN, ANONYMOUS = 60, 25  # requests a minute
NO_USER_AGENT = "Say who you are: a unique User-Agent is required."
TOO_MANY = "You are making requests too quickly."
SIGN_IN = "You must authenticate to access this resource."
NOT_FOUND = "The requested resource was not found."
# What HTTP libraries and tools call themselves when nobody named the application.
GENERIC = ("python-", "python/", "curl/", "wget/", "go-http-client", "okhttp", "axios", "mozilla/")

Item = TypeVar("Item")


def answer(body: object, status: int = 200) -> Response:
    """A body as JSON."""
    return Response(orjson.dumps(body), status, media_type="application/json")


def message(words: str, status: int) -> Response:
    """A refusal."""
    return answer({"message": words}, status)


async def refusal(_: Request, error: Exception) -> Response:
    """The answer to an `HTTPException`; a path nobody serves is one of them."""
    if not isinstance(error, HTTPException):
        raise error
    unknown = error.detail == "Not Found"
    return message(NOT_FOUND if unknown else error.detail, error.status_code)


class Door:
    """Middleware that turns away the unnamed and the too many, and tells all what is left.

    Without `rate_limit` nobody is refused, and the headers speak of a fresh minute every time.
    Handlers find in `request.state.owner` whether the request came with the right token.
    """

    def __init__(self, app: ASGIApp, token: str, rate_limit: int | None) -> None:
        self.app = app
        self.token = token
        self.total = rate_limit or SIGNED_IN
        self.window = None if rate_limit is None else Window(rate_limit, 60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal here, or let the app answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        owner = _token(scope, headers) == self.token
        limit = self.total if owner else max(1, self.total * ANONYMOUS // SIGNED_IN)
        scope.setdefault("state", {})["owner"] = owner
        app = self._admitted(headers, limit)
        used = 1 if self.window is None else min(limit, self.window.used)

        async def told(event: Message) -> None:
            if event["type"] == "http.response.start":
                sent = MutableHeaders(scope=event)
                sent["X-Discogs-Ratelimit"] = str(limit)
                sent["X-Discogs-Ratelimit-Used"] = str(used)
                sent["X-Discogs-Ratelimit-Remaining"] = str(limit - used)
            await send(event)

        await app(scope, receive, told)

    def _admitted(self, headers: Headers, limit: int) -> ASGIApp:
        if self.window is not None and not self.window.take(limit):
            return message(TOO_MANY, 429)
        agent = headers.get("user-agent", "").lower()
        if not agent or agent.startswith(GENERIC):
            return message(NO_USER_AGENT, 403)
        return self.app


def need_owner(request: Request) -> None:
    """Go on only for the owner of the token. Raises `HTTPException`."""
    if not request.state.owner:
        raise HTTPException(401, SIGN_IN)


def whole(request: Request, name: str, default: int) -> int:
    """A query parameter as a number. Raises `HTTPException` when it is none."""
    try:
        return int(request.query_params.get(name, default))
    except ValueError:
        raise HTTPException(422, f"{name} must be a whole number.") from None


def paged(
    request: Request, name: str, items: Sequence[Item], row: Callable[[Item], dict[str, Any]]
) -> Response:
    """The page of `items` asked for, written by `row`. Raises `HTTPException` beyond the end."""
    size = min(100, whole(request, "per_page", 50))
    if size < 1:
        raise HTTPException(422, "per_page must be at least 1.")
    page = whole(request, "page", 1)
    pages = max(1, -(-len(items) // size))
    if not 1 <= page <= pages:
        raise HTTPException(404, f"Page {page} is out of range: there are {pages}.")
    urls = _urls(request, page, pages, size)
    counts = {"page": page, "pages": pages, "per_page": size, "items": len(items)}
    shown = items[(page - 1) * size : page * size]
    reply = answer({"pagination": counts | {"urls": urls}, name: [row(item) for item in shown]})
    if urls:
        links = [f'<{url}>; rel="{relation}"' for relation, url in urls.items()]
        reply.headers["Link"] = ", ".join(links)
    return reply


def _urls(request: Request, page: int, pages: int, size: int) -> dict[str, str]:
    """The pages to go to from here; on a single page there are none."""
    targets: dict[str, int] = {}
    if page > 1:
        targets |= {"first": 1, "prev": page - 1}
    if page < pages:
        targets |= {"last": pages, "next": page + 1}
    kept = {k: v for k, v in request.query_params.items() if k not in ("page", "per_page", "token")}
    base = str(request.url.replace(query=""))
    return {
        relation: f"{base}?{urlencode({'page': number, 'per_page': size} | kept)}"
        for relation, number in targets.items()
    }


def _token(scope: Scope, headers: Headers) -> str | None:
    """The personal token a request came with, in its header or its query."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "discogs" and rest.startswith("token="):
        return rest.removeprefix("token=")
    return QueryParams(scope["query_string"]).get("token")
