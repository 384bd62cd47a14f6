"""The shim: one route from one query, its parameters, body and answer declared by its signature."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, get_type_hints

from starlette.types import ASGIApp, Scope

from rewind_gql.auth.gate import Gate
from rewind_gql.auth.views import Caller
from rewind_gql.auth.watch import Watch
from rewind_gql.caching import Caching
from rewind_gql.images.deps import Images
from rewind_gql.images.links import Links
from rewind_gql.ports.jobs import Jobs
from rewind_gql.rest.answers import Cache, Header
from rewind_gql.rest.bodies import KEYWORD, Body, body_of
from rewind_gql.rest.params import Param, Params, Reading
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn
from rewind_gql.sync.live import Hub
from rewind_gql.sync.playing import Players

P = ParamSpec("P")
A = TypeVar("A")
ReadingOf = Callable[[Callable[..., Any], Sequence[str], str], Reading]
BodyOf = Callable[[Callable[..., Any]], Body | None]

# Answers to the same text are the same keywords; most clients ask with few texts.
_KNOWN_TEXTS = 256
_KNOWN_LENGTH = 1_024
_NO_OTHERS: Mapping[int, Any] = MappingProxyType({})


class Access(Enum):
    """Who may call a route."""

    PUBLIC = "anybody"
    OPENABLE = "any key; anybody, if the owner opens it"
    READ = "any key"
    TICKETED = "any key, or a ticket made with one"
    ADMIN = "an admin key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every route has at hand. `owner` is whose data a route without a key tells of."""

    store: Store
    settings: Settings
    jobs: Jobs
    gate: Gate
    hub: Hub
    watch: Watch
    images: Images
    owner: int
    players: Players = field(default_factory=Players)
    caching: Caching = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "caching", Caching(self.store, self.settings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was let in, and by whose key."""

    desk: Desk
    caller: Caller | None
    scope: Scope

    def header(self, name: bytes) -> str | None:
        """The request's first header of that name, in lower case; None without one."""
        for known, value in self.scope["headers"]:
            if known == name:
                text: str = value.decode("latin-1")
                return text
        return None

    @property
    def user_id(self) -> int:
        """Whose data is asked for."""
        return self.caller.user_id if self.caller else self.desk.owner

    @property
    def links(self) -> Links:
        """Addresses of pictures for the caller."""
        return self.desk.images.addresses.links(self.scope)

    async def ask(
        self,
        query: Callable[Concatenate[Conn, int, P], Awaitable[A]],
        /,
        *args: P.args,
        **keywords: P.kwargs,
    ) -> A:
        """What `query` answers for the caller."""
        return await self.desk.store.ask(query, self.user_id, *args, **keywords)


class Said(NamedTuple):
    """What a function answers when it chooses the status itself, or adds headers.

    A header takes the place of the route's own of that name.
    """

    status: int
    body: Any
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Streamed:
    """What a function answers when the answer is sent bit by bit: an application that sends it.

    It may refuse as long as it has sent nothing.
    """

    app: ASGIApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method and a path with what answers them. `wire` prints a view as this dialect does.

    `returns` is the type of what is printed, for the document, and `others` are those of what is
    printed with another status; `refuses` are statuses of refusals that it does not know of by
    itself. What it answers with `lasting` hangs on nothing but what is stored and asked, and is
    kept until something else is stored.
    """

    method: str
    path: str
    function: Callable[..., Any]
    run: Callable[[Call, Mapping[str, Any]], Awaitable[Any]]
    read: Callable[[bytes, tuple[str, ...]], Mapping[str, Any]]
    wire: Callable[[Any], Any] | None
    params: tuple[Param, ...]
    body: Body | None
    access: Access
    cache: Cache | None
    status: int
    others: Mapping[int, Any]
    refuses: tuple[int, ...]
    returns: Any
    tag: str
    name: str
    lasting: bool


def in_path(path: str) -> list[str]:
    """The names of a path's parameters, in order."""
    return re.findall(r"{(\w+)}", path)


def asking(query: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A call that is answered by a query."""

    async def run(call: Call, keywords: Mapping[str, Any]) -> Any:
        return await call.desk.store.ask(query, call.user_id, **keywords)

    return run


def acting(act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A call that is answered by a function of the call itself: it writes, or asks nothing."""

    async def run(call: Call, keywords: Mapping[str, Any]) -> Any:
        return await act(call, **keywords)

    return run


def _reader(
    params: Reading, names: Sequence[str]
) -> Callable[[bytes, tuple[str, ...]], Mapping[str, Any]]:
    """What reads the parameters of requests. What a short text says is remembered."""

    def anew(query: bytes, values: tuple[str, ...]) -> Mapping[str, Any]:
        return params.read(query, dict(zip(names, values, strict=True)))

    known = lru_cache(_KNOWN_TEXTS)(anew)

    def read(query: bytes, values: tuple[str, ...]) -> Mapping[str, Any]:
        return (known if len(query) <= _KNOWN_LENGTH else anew)(query, values)

    return read


def route(
    method: str,
    path: str,
    function: Callable[..., Any],
    run: Callable[..., Awaitable[Any]],
    *,
    name: str,
    tag: str,
    wire: Callable[[Any], Any] | None = None,
    access: Access = Access.READ,
    cache: Cache | None = None,
    status: int = 200,
    others: Mapping[int, Any] = _NO_OTHERS,
    refuses: tuple[int, ...] = (),
    returns: Any = None,
    reading: ReadingOf = Params,
    taking: BodyOf = body_of,
    lasting: bool = False,
) -> Route:
    """A route whose parameters and body are the keywords of `function`.

    `reading` and `taking` are how its API reads them, and names what is wrong with them.
    """
    names = in_path(path)
    params = reading(function, names, KEYWORD)

    return Route(
        method=method,
        path=path,
        function=function,
        run=run,
        read=_reader(params, names),
        wire=wire,
        params=tuple(params.all),
        body=taking(function),
        access=access,
        cache=cache,
        status=status,
        others=others,
        refuses=refuses,
        returns=returns or get_type_hints(wire or function)["return"],
        tag=tag,
        name=name,
        lasting=lasting,
    )
