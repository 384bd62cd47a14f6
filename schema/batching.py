"""Batched loading: keys asked for in one step go into one call of a batch query.

A resolver that lacks a key waits for the flight it is on. The executor that drives resolvers itself
lets flights start once nobody can go on without them. Under a task of its own, such as one part of
a `gather`, a resolver waits for a future, and the flight starts in the next turn of the event loop.
"""

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

A = TypeVar("A")
K = TypeVar("K")
Batch = Callable[..., Awaitable[Mapping[K, A]]]
Ask = Callable[..., Awaitable[Mapping[Any, Any]]]


class Failed:
    """Kept in place of what could not be loaded."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class Flight:
    """Keys on their way through one call of a batch query, and who waits for them."""

    __slots__ = ("_future", "_group", "has_landed", "jobs", "keys")

    def __init__(self, group: "Group") -> None:
        self._group = group
        self._future: asyncio.Future[None] | None = None
        self.keys: dict[Any, None] = {}
        self.has_landed = False
        self.jobs: list[Any] = []
        """Resolvers the executor has to go on with when it has landed."""

    async def fly(self) -> None:
        """Ask for the keys; whatever comes of it, it is known to the group afterwards."""
        group = self._group
        keys = list(self.keys)
        if group.next is self:
            group.next = None
        group.flying.append(self)
        try:
            found = await group.ask(group.batch, group.user_id, keys, **group.kwargs)
            group.known.update(zip(keys, map(found.get, keys), strict=True))
        except Exception as failed:  # told to everybody who waits for it
            group.known.update(dict.fromkeys(keys, Failed(failed)))
            group.has_failed = True
        group.flying.remove(self)
        self.has_landed = True
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def landing(self) -> asyncio.Future[None]:
        """Done once it has landed."""
        if self._future is None:
            self._future = asyncio.get_running_loop().create_future()
        return self._future


class Group:
    """What one batch query was asked with the same keywords, and what it knew."""

    __slots__ = ("ask", "batch", "flying", "has_failed", "known", "kwargs", "next", "user_id")

    def __init__(self, ask: Ask, user_id: int, batch: Any, kwargs: dict[str, Any]) -> None:
        self.ask = ask
        self.user_id = user_id
        self.batch = batch
        self.kwargs = kwargs
        self.known: dict[Any, Any] = {}
        self.flying: list[Flight] = []
        self.next: Flight | None = None
        self.has_failed = False


class Batches:
    """The groups of one operation; `ask` asks batch queries for the user."""

    __slots__ = ("_ask", "_groups", "_starting", "_user_id", "driver", "landed", "open")

    def __init__(self, ask: Ask, user_id: int) -> None:
        self._ask = ask
        self._user_id = user_id
        self._groups: dict[Hashable, Group] = {}
        self.driver: asyncio.Task[Any] | None = None
        """The task whose executor drives resolvers itself; None where nobody does."""
        self.open: list[Flight] = []
        """Flights that wait for their executor."""
        self.landed: Callable[[Flight], None] | None = None
        """Told of flights that landed by themselves with the executor's resolvers on them."""
        self._starting: set[asyncio.Task[None]] = set()

    def abandon(self) -> None:
        """Break off what was started apart from its operation."""
        for task in self._starting:
            task.cancel()

    def forget(self) -> None:
        """Ask again for everything."""
        self._groups.clear()

    async def load(self, batch: Batch[K, A], key: K, kwargs: dict[str, Any]) -> A | None:
        """What the batch query has for the key; None when nothing. Raises what it raised."""
        group = self._group(batch, kwargs)
        if key not in group.known:
            await self._landed(self._flight(group, key))
        return _told(group.known[key])  # type: ignore[no-any-return]  # what the batch query gave

    async def load_all(
        self, batch: Batch[K, A], keys: Sequence[K], kwargs: dict[str, Any]
    ) -> list[A | None]:
        """The same for any number of keys, in their order."""
        group = self._group(batch, kwargs)
        known = group.known
        missing = dict.fromkeys([key for key in keys if key not in known] if known else keys)
        flights = []
        for flight in group.flying:
            there = missing.keys() & flight.keys.keys()
            if there:
                flights.append(flight)
                missing = {key: None for key in missing if key not in there}
        if missing:
            flight = self._next(group)
            flight.keys.update(missing)
            flights.append(flight)
        for flight in flights:
            await self._landed(flight)
        found = [known[key] for key in keys]
        if group.has_failed:
            return list(map(_told, found))
        return found

    def know(self, batch: Batch[K, A], found: Mapping[K, A]) -> None:
        """Take what a query gave along as what the batch query would give for these keys."""
        known = self._group(batch, {}).known
        for key, value in found.items():
            known.setdefault(key, value)

    async def load_each(self, wanted: Iterable[tuple[Batch[Any, Any], Any]]) -> list[Any]:
        """The same for each batch query and key, all at once, in their order."""
        groups = [(self._group(batch, {}), key) for batch, key in wanted]
        flights = {
            id(flight): flight
            for flight in [
                self._flight(group, key) for group, key in groups if key not in group.known
            ]
        }
        for flight in flights.values():
            await self._landed(flight)
        return [_told(group.known[key]) for group, key in groups]

    def _group(self, batch: Any, kwargs: dict[str, Any]) -> Group:
        name = (batch, *sorted(kwargs.items())) if kwargs else batch
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(self._ask, self._user_id, batch, kwargs)
        return group

    def _flight(self, group: Group, key: Any) -> Flight:
        """The flight the key is on; it is put on the next one where it is on none."""
        for flight in group.flying:
            if key in flight.keys:
                return flight
        flight = self._next(group)
        flight.keys[key] = None
        return flight

    def _next(self, group: Group) -> Flight:
        """The group's next flight."""
        flight = group.next
        if flight is None:
            flight = group.next = Flight(group)
            if self._is_driven():
                self.open.append(flight)
            else:
                asyncio.get_running_loop().call_soon(self._start, flight)
        return flight

    async def _landed(self, flight: Flight) -> None:
        if flight.has_landed:
            return
        if self._is_driven():
            await _on(flight)
        else:
            await asyncio.shield(flight.landing())

    def _is_driven(self) -> bool:
        return self.driver is not None and self.driver is asyncio.current_task()

    def _start(self, flight: Flight) -> None:
        task = asyncio.get_running_loop().create_task(self._flown(flight))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _flown(self, flight: Flight) -> None:
        await flight.fly()
        if flight.jobs and self.landed is not None:
            self.landed(flight)


def _told(found: Any) -> Any:
    if found.__class__ is Failed:
        raise found.error
    return found


@types.coroutine
def _on(flight: Flight) -> Generator[Flight, None, None]:
    yield flight
