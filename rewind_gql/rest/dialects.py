"""Dialects: where each API lives, how it prints a refusal, and how its routes are written down."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from rewind_gql.errors import BadInput, Refused, TooMany, Unauthenticated
from rewind_gql.rest.answers import KEYED, NO_STORE, Answer, Cache, answer
from rewind_gql.rest.params import Detail, Invalid
from rewind_gql.rest.shim import Access, Route, acting, asking, route

Envelope = Callable[[int, str, Sequence[Detail]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One API's habits. `base` is where its paths begin."""

    base: str
    envelope: Envelope
    titles: dict[int, str]

    def get(
        self, path: str, query: Callable[..., Awaitable[Any]], *, cache: Cache, **rest: Any
    ) -> Route:
        """A route that asks one query and prints its view."""
        return route("GET", path, query, asking(query), cache=cache, **rest)

    def page(
        self, path: str, act: Callable[..., Awaitable[Any]], *, cache: Cache | None, **rest: Any
    ) -> Route:
        """A GET answered by a function of the call: it asks no query, or minds who calls."""
        return route("GET", path, act, acting(act), cache=cache, **rest)

    def post(self, path: str, act: Callable[..., Awaitable[Any]], **rest: Any) -> Route:
        """A route that does something, with an admin key."""
        return route("POST", path, act, acting(act), access=Access.ADMIN, **rest)

    def delete(self, path: str, act: Callable[..., Awaitable[Any]], **rest: Any) -> Route:
        """A route that takes something away, with an admin key."""
        return route("DELETE", path, act, acting(act), access=Access.ADMIN, **rest)

    def refusal(self, refused: Refused) -> Answer:
        """A refusal in this API's envelope, with the headers that belong to its status."""
        details: Sequence[Detail] = ()
        if isinstance(refused, Invalid):
            details = refused.details
        elif isinstance(refused, BadInput) and refused.path:
            details = [Detail(refused.path, refused.message)]
        body = self.envelope(refused.status, refused.message, details)
        headers = [NO_STORE, KEYED]
        if isinstance(refused, Unauthenticated):
            headers.append((b"www-authenticate", b"Bearer"))
        if isinstance(refused, TooMany):
            headers.append((b"retry-after", b"%d" % refused.retry_after))
        return answer(refused.status, orjson.dumps(body), headers)

    def failure(self, status: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Any other failure in this API's envelope, in the words of its status."""
        body = self.envelope(status, self.titles.get(status, "Request failed"), ())
        extra = ((name.encode(), value.encode()) for name, value in (headers or {}).items())
        return answer(status, orjson.dumps(body), [NO_STORE, KEYED, *extra])


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
        413: "The body is too large",
        415: "The body must be application/json",
        429: "Too Many Requests",
        500: "Internal server error",
        503: "Service unavailable",
    },
)
