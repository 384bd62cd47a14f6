"""Requests that a page of another site has a browser send behind its reader's back."""

from collections.abc import Callable

from starlette.requests import Request
from strawberry.http.websocket_origin import is_same_origin

ASKS_FIRST = (
    "authorization",
    "apollo-require-preflight",
    "graphql-require-preflight",
    "x-apollo-operation-name",
)
"""Headers a page can send elsewhere only once the server has allowed its origin to."""
_OWN = ("same-origin", "none")

AllowOrigin = Callable[[str], bool]


def is_forged(request: Request, allow_origin: AllowOrigin) -> bool:
    """Whether a request may come from a page that nobody allowed to ask.

    A browser tells where a request comes from, by `Origin` or `Sec-Fetch-Site`; other programs
    tell neither and are nobody's tool. A link, a picture or a form of another site can carry none
    of `ASKS_FIRST`: for those the browser asks before, and is told by CORS.
    """
    headers = request.headers
    if any(headers.get(name) for name in ASKS_FIRST):
        return False
    origin = headers.get("origin")
    if origin is not None:
        return not (is_same_origin(origin, headers.get("host")) or allow_origin(origin))
    return headers.get("sec-fetch-site", "none") not in _OWN
