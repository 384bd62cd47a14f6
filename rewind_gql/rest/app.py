"""One API as an ASGI application: its routes looked up, its callers let in, its views printed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from rewind_gql.auth.views import Caller
from rewind_gql.errors import NotFound, Refused
from rewind_gql.rest.answers import KEYED, NO_STORE, Answer, Header, answer, validated
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.door import admit, header, read_body
from rewind_gql.rest.shim import Access, Call, Desk, Route, Said

ADMIN_PATHS = "/admin/"


@dataclass(slots=True)
class Resource:
    """One path: what answers each method."""

    methods: dict[str, Route] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The methods there are, as the Allow header lists them."""
        extra = {"HEAD", "OPTIONS"} if "GET" in self.methods else {"OPTIONS"}
        return ", ".join(sorted(extra | self.methods.keys()))

    def find(self, method: str) -> Route | None:
        """The route for a method; HEAD is answered like GET."""
        return self.methods.get("GET" if method == "HEAD" else method)


class Paths:
    """Every path of an API, found in one look where it has no parameters."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[str, Resource] = {}
        self._open: dict[str, tuple[re.Pattern[str], Resource]] = {}
        for route in routes:
            resource = self._resource(route.path)
            if route.method in resource.methods:
                raise ValueError(f"{route.method} {route.path} is routed twice")
            resource.methods[route.method] = route

    def _resource(self, path: str) -> Resource:
        if "{" not in path:
            return self._fixed.setdefault(path, Resource())
        pattern = re.compile(re.sub(r"{\w+}", "([^/]+)", path))
        return self._open.setdefault(path, (pattern, Resource()))[1]

    def find(self, path: str) -> tuple[Resource | None, tuple[str, ...]]:
        """The resource at a path, and the values of the path's parameters."""
        if fixed := self._fixed.get(path):
            return fixed, ()
        for pattern, resource in self._open.values():
            if found := pattern.fullmatch(path):
                return resource, found.groups()
        return None, ()


class Rest:
    """The application. It serves paths below the dialect's base and nothing else."""

    def __init__(self, desk: Desk, dialect: Dialect, routes: Sequence[Route]) -> None:
        self.dialect = dialect
        self._desk = desk
        self._paths = Paths(routes)
        self._base = len(dialect.base)
        self._headers: dict[int, tuple[Header, ...]] = {
            id(route): route.cache.headers if route.cache else (NO_STORE, KEYED) for route in routes
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answered = await self._answer(scope, receive)
        except Refused as refused:
            answered = self.dialect.refusal(refused)
        except HTTPException as failed:
            answered = self.dialect.failure(failed.status_code, failed.headers)
        await answered.send(scope, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path: str = scope["path"][self._base :]
        resource, values = self._paths.find(path)
        route = resource.find(scope["method"]) if resource else None
        caller = await self._let_in(scope, self._access(path, resource, route))
        if resource is None:
            raise NotFound
        if route is None:
            raise HTTPException(405, headers={"allow": resource.allow})
        keywords = route.read(scope["query_string"], values)
        if route.body:
            raw, media = await read_body(receive), header(scope, b"content-type") or b""
            body = route.body.read(raw, media.decode("latin-1"))
            keywords = {**keywords, "body": body}
        found = await route.run(Call(desk=self._desk, caller=caller), keywords)
        return self._print(scope, route, found)

    def _access(self, path: str, resource: Resource | None, route: Route | None) -> Access:
        if route is not None:
            return route.access
        if path.startswith(ADMIN_PATHS):
            return Access.ADMIN
        routes = resource.methods.values() if resource else ()
        return next((other.access for other in routes), Access.READ)

    async def _let_in(self, scope: Scope, access: Access) -> Caller | None:
        if access is Access.PUBLIC:
            return None
        keyless = header(scope, b"authorization") is None
        if access is Access.OPENABLE and self._desk.settings.health_public and keyless:
            return None
        return await admit(self._desk.gate, scope, admin=access is Access.ADMIN)

    def _print(self, scope: Scope, route: Route, found: Any) -> Answer:
        status = route.status
        if isinstance(found, Said):
            status, found = found
        body = orjson.dumps(route.wire(found) if route.wire else found)
        headers = self._headers[id(route)]
        if route.method == "GET":
            return validated(body, headers, header(scope, b"if-none-match"))
        return answer(status, body, headers)
