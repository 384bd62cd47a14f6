"""One API as an ASGI application: its routes looked up, its callers let in, its views printed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from rewind_gql.caching import if_none_match
from rewind_gql.errors import BadInput, NotFound, Refused
from rewind_gql.rest.answers import NO_STORE, Answer, Header, answer, validated
from rewind_gql.rest.dialects import Dialect
from rewind_gql.rest.door import charge, header, read_body
from rewind_gql.rest.lasting import Known, Lasting
from rewind_gql.rest.shim import Access, Call, Desk, Route, Said, Streamed
from rewind_gql.rest.versioned import Versioned
from rewind_gql.trace import traced

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

    def lacks(self, path: str) -> bool:
        """Whether a path would be one of these, were a parameter inside it not empty."""
        if "//" not in path:
            return False
        return self.find(path.replace("//", "/0/"))[0] is not None


class Rest:
    """The application. It serves paths below the dialect's base and nothing else."""

    def __init__(self, desk: Desk, dialect: Dialect, routes: Sequence[Route]) -> None:
        self.dialect = dialect
        self._desk = desk
        self._paths = Paths(routes)
        self._base = len(dialect.base)
        self._lasting = Lasting(desk.store)
        self._versioned = Versioned(desk.caching)
        self._door, self._encode = dialect.door, dialect.encode
        self._headers: dict[int, tuple[Header, ...]] = {
            id(route): route.cache.headers if route.cache else (NO_STORE, dialect.vary)
            for route in routes
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answered = await self._answer(scope, receive)
            if isinstance(answered, Streamed):
                await answered.app(scope, receive, send)
                return
        except Refused as refused:
            answered = self.dialect.refusal(refused)
        except HTTPException as failed:
            answered = self.dialect.failure(failed.status_code, failed.headers)
        await answered.send(scope, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | Streamed:
        path: str = scope["path"][self._base :]
        resource, values = self._paths.find(path)
        route = resource.find(scope["method"]) if resource else None
        asked = self._lasting.asked(scope) if route is not None and route.lasting else None
        if asked and (known := self._lasting.find(asked)):
            caller = await charge(self._desk.gate, scope, self._desk.gate.valid(known.caller))
            await self._versioned.tell(scope, caller)
            return known.answer
        version = self._lasting.version
        admitted = await self._door(self._desk, scope, self._access(path, resource, route))
        if resource is None:
            raise BadInput("A part of the path is empty") if self._paths.lacks(path) else NotFound
        if route is None:
            raise HTTPException(405, headers={"allow": resource.allow})
        call = Call(desk=self._desk, caller=admitted, scope=scope)
        if route.method != "GET":
            return await self._done(call, route, values, receive)
        answered = await self._got(call, route, values)
        if asked and admitted and isinstance(answered, Answer):
            self._lasting.keep(asked, Known(admitted, answered), version)
        return answered

    async def _got(self, call: Call, route: Route, values: tuple[str, ...]) -> Answer | Streamed:
        """What is answered to GET: again, as long as it is true, or made now."""
        scope = call.scope
        numbers = await self._versioned.tell(scope, call.caller)
        turn = self._versioned.turn(scope, route, call.caller, numbers)
        if turn and (known := self._versioned.find(turn, self._headers[id(route)])):
            return known
        keywords = route.read(scope["query_string"], values)
        with traced() as trace:
            found = await route.run(call, keywords)
        if isinstance(found, Streamed | Answer):
            return found
        status, body, headers = self._printed(route, found)
        if status != 200:
            return answer(status, body, headers)
        if turn:
            return self._versioned.answer(turn, body, headers, trace)
        return validated(body, headers, if_none_match(scope))

    async def _done(
        self, call: Call, route: Route, values: tuple[str, ...], receive: Receive
    ) -> Answer | Streamed:
        """What is answered to a request that does something."""
        keywords = route.read(call.scope["query_string"], values)
        if route.body:
            most = route.body.max_bytes or self.dialect.max_body_bytes
            raw = await read_body(receive, most)
            media = header(call.scope, b"content-type") or b""
            body = route.body.read(raw, media.decode("latin-1"))
            keywords = {**keywords, "body": body}
        found = await route.run(call, keywords)
        await self._versioned.tell(call.scope, call.caller)
        if isinstance(found, Streamed | Answer):
            return found
        return answer(*self._printed(route, found))

    def _access(self, path: str, resource: Resource | None, route: Route | None) -> Access:
        if route is not None:
            return route.access
        if self.dialect.tells_strangers:
            return Access.PUBLIC
        if path.startswith(ADMIN_PATHS):
            return Access.ADMIN
        routes = resource.methods.values() if resource else ()
        return next((other.access for other in routes), Access.READ)

    def _printed(self, route: Route, found: Any) -> tuple[int, bytes, tuple[Header, ...]]:
        """Status, body and headers of what a route has found."""
        status, headers = route.status, self._headers[id(route)]
        if isinstance(found, Said):
            status, found, more = found
            said = {name for name, _ in more}
            headers = (*(each for each in headers if each[0] not in said), *more)
        body = self._encode(route.wire(found) if route.wire else found)
        return status, body, headers
