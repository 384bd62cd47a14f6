"""Dialects: where each API lives, how it prints a refusal, and how its routes are written down."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Scope

from rewind_gql.auth.views import Caller
from rewind_gql.errors import BadInput, Refused, Unauthenticated
from rewind_gql.rest.answers import KEYED, NO_STORE, Answer, Cache, Header, answer
from rewind_gql.rest.bodies import body_of
from rewind_gql.rest.door import MAX_BODY_BYTES, admit, header
from rewind_gql.rest.params import Detail, Invalid, Params
from rewind_gql.rest.shim import Access, BodyOf, Desk, ReadingOf, Route, acting, asking, route

Envelope = Callable[[int, str, Sequence[Detail]], dict[str, Any]]
Door = Callable[[Desk, Scope, Access], Awaitable[Caller | None]]


async def by_key(desk: Desk, scope: Scope, access: Access) -> Caller | None:
    """The usual door: a key in the Authorization header."""
    if access is Access.PUBLIC:
        return None
    keyless = header(scope, b"authorization") is None
    if access is Access.OPENABLE and desk.settings.health_public and keyless:
        return None
    return await admit(desk.gate, scope, admin=access is Access.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One API's habits. `base` is where its paths begin, `encode` is how it
    writes what it answers.

    `door` lets callers in, `reading` and `taking` read parameters and bodies, each with refusals of
    its own; then come the route's function and whatever it refuses. `envelope` prints a refusal,
    `titles` are the words of failures that have none. With `tells_strangers`, a path or method that
    is not there is answered as such before anybody is asked for a credential.
    """

    base: str
    envelope: Envelope
    titles: dict[int, str]
    door: Door = by_key
    reading: ReadingOf = Params
    taking: BodyOf = body_of
    max_body_bytes: int = MAX_BODY_BYTES
    tells_strangers: bool = False
    vary: Header = KEYED
    encode: Callable[[Any], bytes] = orjson.dumps

    def get(
        self, path: str, query: Callable[..., Awaitable[Any]], *, cache: Cache, **rest: Any
    ) -> Route:
        """A route that asks one query and prints its view."""
        return self._route("GET", path, query, asking(query), cache=cache, **rest)

    def page(
        self, path: str, act: Callable[..., Awaitable[Any]], *, cache: Cache | None, **rest: Any
    ) -> Route:
        """A GET answered by a function of the call: it asks no query, or minds who calls."""
        return self._route("GET", path, act, acting(act), cache=cache, **rest)

    def post(self, path: str, act: Callable[..., Awaitable[Any]], **rest: Any) -> Route:
        """A route that does something; with an admin key, unless `access` says otherwise."""
        return self._route("POST", path, act, acting(act), **{"access": Access.ADMIN, **rest})

    def put(self, path: str, act: Callable[..., Awaitable[Any]], **rest: Any) -> Route:
        """A route that sets something; with an admin key, unless `access` says otherwise."""
        return self._route("PUT", path, act, acting(act), **{"access": Access.ADMIN, **rest})

    def delete(self, path: str, act: Callable[..., Awaitable[Any]], **rest: Any) -> Route:
        """A route that takes something away; with an admin key, unless `access` says otherwise."""
        return self._route("DELETE", path, act, acting(act), **{"access": Access.ADMIN, **rest})

    def _route(
        self,
        method: str,
        path: str,
        function: Callable[..., Any],
        run: Callable[..., Awaitable[Any]],
        **rest: Any,
    ) -> Route:
        usual = {"reading": self.reading, "taking": self.taking}
        return route(method, path, function, run, **{**usual, **rest})

    def said(self, refused: Refused) -> tuple[int, dict[str, Any]]:
        """Status and body of a refusal; an API with errors of another form overrides it."""
        details: Sequence[Detail] = ()
        if isinstance(refused, Invalid):
            details = refused.details
        elif isinstance(refused, BadInput) and refused.path:
            details = [Detail(refused.path, refused.message)]
        return refused.status, self.envelope(refused.status, refused.message, details)

    def refusal(self, refused: Refused) -> Answer:
        """A refusal in this API's envelope, with the headers that belong to its status."""
        status, body = self.said(refused)
        headers = [NO_STORE, self.vary]
        if isinstance(refused, Unauthenticated):
            headers.append((b"www-authenticate", b"Bearer"))
        if refused.retry_after is not None:
            headers.append((b"retry-after", b"%d" % refused.retry_after))
        return answer(status, orjson.dumps(body), headers)

    def failure(self, status: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Any other failure in this API's envelope, in the words of its status."""
        body = self.envelope(status, self.titles.get(status, "Request failed"), ())
        extra = ((name.encode(), value.encode()) for name, value in (headers or {}).items())
        return answer(status, orjson.dumps(body), [NO_STORE, self.vary, *extra])


def _rewind(status: int, message: str, details: Sequence[Detail]) -> dict[str, Any]:
    printed: dict[str, Any] = {"error": message, "status": status}
    if details:
        printed["details"] = [detail._asdict() for detail in details]
    return printed


REWIND = Dialect(
    base="/v1",
    envelope=_rewind,
    titles={
        400: "Bad request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not found",
        405: "Method not allowed",
        408: "The body took too long to come",
        413: "The body is too large",
        415: "The body must be application/json",
        429: "Too Many Requests",
        500: "Internal server error",
        503: "Service unavailable",
    },
)
