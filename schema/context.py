"""What a resolver has at hand: the store asked as one person, batch loading, rights."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from rewind_gql import clock
from rewind_gql.auth.keys import Pepper
from rewind_gql.auth.views import Caller
from rewind_gql.errors import BadInput, Denied
from rewind_gql.ports.jobs import Jobs
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn

P = ParamSpec("P")
A = TypeVar("A")
K = TypeVar("K")
MAX_NODES = 10_000
TOO_MANY = f"The operation fetches more than {MAX_NODES:,} items; ask for fewer"
Query = Callable[Concatenate[Conn, int, P], Awaitable[A]]
Batch = Callable[..., Awaitable[Mapping[K, A]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """What every request shares."""

    store: Store
    settings: Settings
    jobs: Jobs
    pepper: Pepper = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Context:
    """One request: who asks, and what they may be told."""

    deps: Deps
    caller: Caller
    request_id: str
    now: datetime = field(default_factory=clock.now)
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

    def forget(self) -> None:
        """Drop what was loaded, after a write."""
        self._loaders.clear()

    def require(self, scope: str) -> None:
        """Raises `Denied` unless the caller's key has this scope."""
        if self.caller.scope != scope:
            raise Denied(f"This needs a key with scope {scope}")


Info = strawberry.Info[Context, None]
