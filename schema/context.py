"""What a resolver has at hand: the store asked as one person, batch loading, rights."""

from asyncio import Event, gather
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from rewind_gql import clock
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.views import Caller
from rewind_gql.auth.watch import Watch
from rewind_gql.errors import BadInput, Denied
from rewind_gql.images.deps import Images
from rewind_gql.images.links import Links
from rewind_gql.ports.jobs import Jobs
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn
from rewind_gql.sync.live import Hub
from rewind_gql.sync.playing import Players

P = ParamSpec("P")
A = TypeVar("A")
K = TypeVar("K")
MAX_NODES = 10_000
TOO_MANY = f"The operation fetches more than {MAX_NODES:,} items; ask for fewer"
_NEEDED = {
    "admin": "a key with scope admin",
    "device": "the token of a device",
}
Query = Callable[Concatenate[Conn, int, P], Awaitable[A]]
Batch = Callable[..., Awaitable[Mapping[K, A]]]


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


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation, or one event of it: who asks, and what they may be told.

    `links` are the addresses of pictures to tell them. `began` is set when the operation is
    executed, after its document was found to be good.
    """

    deps: Deps
    caller: Caller
    request_id: str
    links: Links
    now: datetime = field(default_factory=clock.now)
    began: Event = field(default_factory=Event, init=False)
    _loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict, init=False)
    _nodes: int = field(default=0, init=False)

    async def ask(self, query: Query[P, A], /, *args: P.args, **kwargs: P.kwargs) -> A:
        """What `query` answers for the caller."""
        return await self.deps.store.ask(query, self.caller.user_id, *args, **kwargs)

    async def load(self, batch: Batch[K, A], key: K, /, **kwargs: Hashable) -> A | None:
        """What the batch query has for `key`; None when nothing.

        Keys asked for in one step of the execution go into one call, whatever their number, as
        long as the keywords are the same.
        """
        name = (batch, tuple(sorted(kwargs.items())))
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(self._reader(batch, kwargs))
        found: A | None = await loader.load(key)
        return found

    async def load_many(self, batch: Batch[K, A], keys: Iterable[K], /) -> list[A]:
        """What the batch query has for these keys, in their order, without those it has not."""
        found = await gather(*(self.load(batch, key) for key in keys))
        return [each for each in found if each is not None]

    def _reader(
        self, batch: Batch[K, A], kwargs: dict[str, Any]
    ) -> Callable[[list[K]], Awaitable[Sequence[A | None]]]:
        async def read(keys: list[K]) -> Sequence[A | None]:
            found = await self.deps.store.ask(batch, self.caller.user_id, keys, **kwargs)
            return [found.get(key) for key in keys]

        return read

    def spend(self, nodes: int) -> None:
        """Count items of lists toward what one operation may fetch.

        Lists within lists multiply; without a bound a short document could hold up everybody.
        Raises `BadInput` beyond `MAX_NODES`.
        """
        self._nodes += nodes
        if self.overspent:
            raise BadInput(TOO_MANY)

    @property
    def overspent(self) -> bool:
        """Whether the operation fetched more than it may."""
        return self._nodes > MAX_NODES

    def fresh(self) -> "Context":
        """The same caller at a later instant: nothing is loaded yet, and nothing spent."""
        return Context(
            deps=self.deps, caller=self.caller, request_id=self.request_id, links=self.links
        )

    def forget(self) -> None:
        """Drop what was loaded, after a write."""
        self._loaders.clear()

    def require(self, *scopes: str) -> None:
        """Raises `Denied` unless what the caller came with has one of these scopes."""
        if self.caller.scope not in scopes:
            raise Denied(f"This needs {' or '.join(_NEEDED[scope] for scope in scopes)}")


Info = strawberry.Info[Context, None]
