"""What a resolver has at hand: the store asked as one person, batch loading, rights."""

from asyncio import Event
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import strawberry

from rewind_gql import clock, trace
from rewind_gql.auth.callers import STRANGER
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.limits import Allowance, tell
from rewind_gql.auth.views import Caller
from rewind_gql.auth.watch import Watch
from rewind_gql.caching import Caching
from rewind_gql.errors import Denied, Refused, TooMany, Unauthenticated
from rewind_gql.images.deps import Images
from rewind_gql.images.links import Links
from rewind_gql.ports.jobs import Jobs
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn
from rewind_gql.sync.live import Hub
from rewind_gql.sync.playing import Players
from schema.batching import Batch, Batches
from schema.cost import Weighing, cost_of

P = ParamSpec("P")
A = TypeVar("A")
K = TypeVar("K")
TOO_MANY = "The operation fetches more items than is allowed; ask for fewer"
_NEEDED = {
    "admin": "a key with scope admin",
    "device": "the token of a device",
}
Query = Callable[Concatenate[Conn, int, P], Awaitable[A]]
Headers = list[tuple[bytes, bytes]]
__all__ = ["Batch", "Context", "Deps", "Info"]


class TooComplex(Refused):
    """The operation fetches more items than is allowed."""

    code = "TOO_COMPLEX"


class SchemaHidden(Denied):
    """The schema is told to who has a key of their own, or asks from the server's machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """What every request shares."""

    store: Store
    settings: Settings
    jobs: Jobs
    gate: Gate = field(repr=False)
    watch: Watch
    hub: Hub
    images: Images
    players: Players = field(default_factory=Players)
    caching: Caching = field(default=None, repr=False)  # type: ignore[assignment]  # made below

    def __post_init__(self) -> None:
        if self.caching is None:
            object.__setattr__(self, "caching", Caching(self.store, self.settings))


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation, or one event of it: who asks, and what they may be told.

    `links` are the addresses of pictures to tell them. `began` is set when the operation is
    executed, after its document was found to be good. `present` is the instant it came, for whoever
    tells `trace` how long that holds which is made of it.

    `is_local` is true of what comes from the server's own machine. `spent` is what was left of the
    caller's minute, which `headers` tell that go out with the answer. `node_count` is how many
    items the operation may fetch, `cost` what it takes of the minute.
    """

    deps: Deps
    caller: Caller
    request_id: str
    links: Links
    present: datetime = field(default_factory=clock.present)
    is_local: bool = False
    spent: Allowance | None = None
    headers: Headers | None = field(default=None, repr=False)
    began: Event = field(default_factory=Event, init=False)
    node_count: int = field(default=0, init=False)
    cost: int = field(default=1, init=False)
    as_json: bool = field(default=False, init=False)
    """Whether the answer is written by `results.written`, which prints instants itself."""
    batches: Batches = field(init=False, repr=False)
    _nodes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.batches = Batches(self.deps.store.ask, self.caller.user_id)

    @property
    def now(self) -> datetime:
        """The instant the operation came; what is made of it is kept for nobody."""
        trace.fleeting()
        return self.present

    async def ask(self, query: Query[P, A], /, *args: P.args, **kwargs: P.kwargs) -> A:
        """What `query` answers for the caller."""
        return await self.deps.store.ask(query, self.caller.user_id, *args, **kwargs)

    def load(
        self, batch: Batch[K, A], key: K, /, **kwargs: Hashable
    ) -> Coroutine[Any, Any, A | None]:
        """What the batch query has for `key`; None when nothing.

        Keys asked for in one step of the execution go into one call, whatever their number, as
        long as the keywords are the same.
        """
        return self.batches.load(batch, key, kwargs)

    def load_all(
        self, batch: Batch[K, A], keys: Sequence[K], /, **kwargs: Hashable
    ) -> Coroutine[Any, Any, list[A | None]]:
        """The same for each of these keys, in their order."""
        return self.batches.load_all(batch, keys, kwargs)

    def know(self, batch: Batch[K, A], found: Mapping[K, A], /) -> None:
        """Spare the batch query keys whose answer came along with another query's."""
        self.batches.know(batch, found)

    async def load_many(self, batch: Batch[K, A], keys: Iterable[K], /) -> list[A]:
        """What the batch query has for these keys, in their order, without those it has not."""
        found = await self.batches.load_each([(batch, key) for key in keys])
        return [each for each in found if each is not None]

    async def load_each(self, wanted: Iterable[tuple[Batch[Any, Any], Any]], /) -> list[Any]:
        """What each batch query has for its key, in their order; None where nothing."""
        return await self.batches.load_each(wanted)

    def admit(self, weighing: Weighing, variables: Mapping[str, Any]) -> int:
        """Whether the operation may be executed; gives what it costs beyond its one request.

        Raises `SchemaHidden`, `TooComplex`, and `Unauthenticated` for who has shown no key.
        """
        if weighing.introspects and not self.may_introspect:
            raise SchemaHidden
        if self.caller.scope == STRANGER and not weighing.only_introspects:
            raise Unauthenticated
        self.node_count = nodes = weighing.nodes(variables)
        most = self.deps.settings.graphql_max_nodes
        if nodes > most:
            raise TooComplex(
                f"The operation asks for up to {nodes:,} items; {most:,} are allowed. Ask for "
                "shorter lists, above all where they are within others"
            )
        self.cost = min(cost_of(nodes), self.caller.rate_limit_rpm)
        return self.cost - 1

    async def pay(self, cost: int) -> None:
        """Take this much more off the caller's minute. Raises `TooMany` where it does not fit."""
        spent = self.spent = await self.deps.gate.spend(self.caller, cost)
        if self.headers is not None:
            tell(self.headers, spent)
        if not spent.allowed:
            raise TooMany(retry_after=spent.retry_after(clock.present().timestamp()))

    @property
    def may_introspect(self) -> bool:
        """Whether the caller may be told of the schema."""
        caller = self.caller
        return (self.is_local or caller.key_id is not None) and not caller.trusted_only

    def spend(self, nodes: int) -> None:
        """Count items of lists toward what one operation may fetch.

        What is really there, as far as it is known only when it is fetched.
        Raises `TooComplex` beyond `graphql_max_nodes`.
        """
        self._nodes += nodes
        if self.overspent:
            raise TooComplex(TOO_MANY)

    @property
    def overspent(self) -> bool:
        """Whether the operation fetched more than it may."""
        return self._nodes > self.deps.settings.graphql_max_nodes

    def fresh(self) -> "Context":
        """The same caller at a later instant: nothing is loaded yet, and nothing spent."""
        return Context(
            deps=self.deps,
            caller=self.caller,
            request_id=self.request_id,
            links=self.links,
            is_local=self.is_local,
            spent=self.spent,
        )

    def forget(self) -> None:
        """Drop what was loaded, after a write."""
        self.batches.forget()

    def require(self, *scopes: str) -> None:
        """Raises `Denied` unless what the caller came with has one of these scopes."""
        if self.caller.scope not in scopes:
            raise Denied(f"This needs {' or '.join(_NEEDED[scope] for scope in scopes)}")


Info = strawberry.Info[Context, None]
