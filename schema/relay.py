"""Relay: nodes, and connections over the store's keyset pages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar

import strawberry
from annotated_doc import Doc
from strawberry.relay import PageInfo

from rewind_gql.store.page import Page, Slice, slice_of
from rewind_gql.store.read import Wanted
from schema.context import Batch, Info
from schema.shape import Bundle, described, edge

N = TypeVar("N")
V = TypeVar("V")


@strawberry.interface(description="Anything with an id of its own, by which `node` finds it.")
class Node:
    """What `node` and `nodes` give."""

    id: Any = strawberry.field(
        graphql_type=strawberry.ID, description="Opaque; the same for as long as the thing exists."
    )


class Kind(NamedTuple):
    """How nodes of one GraphQL type are found: by a batch query, whether their keys are numbers.

    Where `scope` is given, only callers with it may see them.
    """

    query: Batch[Any, Any]
    numbered: bool = True
    scope: str | None = None


class Placed(NamedTuple):
    """An item and its cursor."""

    cursor: str
    node: Any


@dataclass(slots=True)
class Part(Generic[V]):
    """A page of a list as a connection shows it."""

    page: Page[V]

    @property
    def nodes(self) -> list[V]:
        """The items."""
        return self.page.items

    @property
    def edges(self) -> list[Placed]:
        """The items with their cursors."""
        return list(map(Placed, self.page.cursors, self.page.items))

    @property
    def page_info(self) -> PageInfo:
        """What lies beyond the page."""
        cursors = self.page.cursors
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )


@dataclass(slots=True)
class Listing(Part[V]):
    """The same, and how to count the whole list should anybody ask."""

    count: Callable[[], Awaitable[int]]


@described
class Edge(Generic[N]):
    """One item of a list and its place in it."""

    cursor: Annotated[str, Doc("The place of the item, for `after` and `before`.")]
    node: Annotated[N, Doc("The item.")]


@described(name="Connection")
class Stream(Generic[N]):
    """A part of a list that nobody counts. Items that arrive meanwhile shift nothing in it."""

    edges: Annotated[list[Edge[N]], Doc("The items with their cursors.")]
    nodes: Annotated[list[N], Doc("The items alone.")]
    page_info: Annotated[PageInfo, Doc("Where this part begins and ends, and what lies beyond.")]


@described
class Connection(Stream[N]):
    """A part of a list. Items that arrive meanwhile shift nothing: cursors stand for places."""

    @edge(int)
    async def total_count(self: Listing[Any]) -> int:
        """How many items the whole list has. Counted only when asked for."""
        return await self.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Bundle):
    """Relay's four arguments."""

    default: ClassVar[int] = 20
    first: Annotated[
        int | None, Doc("This many items from the front: 0 to 200, 20 unless told.")
    ] = None
    after: Annotated[str | None, Doc("Only items behind this cursor.")] = None
    last: Annotated[
        int | None, Doc("This many items from the end: 0 to 200. Not with `first`.")
    ] = None
    before: Annotated[str | None, Doc("Only items ahead of this cursor.")] = None

    def part(self, list_name: str, types: Sequence[type]) -> Slice:
        """The part of a list they ask for. Raises `BadInput` when they disagree."""
        return slice_of(
            list_name,
            types,
            first=self.first,
            after=self.after,
            last=self.last,
            before=self.before,
            default=self.default,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMore(Asked):
    """The same for lists that are read in longer parts."""

    default: ClassVar[int] = 50
    first: Annotated[
        int | None, Doc("This many items from the front: 0 to 200, 50 unless told.")
    ] = None


def wanted(info: Info) -> Wanted:
    """The fields an operation looks at of the items its resolver gives; None: perhaps all."""
    return getattr(info, "wanted", None)


async def listing(
    info: Info,
    query: Callable[..., Awaitable[Page[V]]],
    count: Callable[..., Awaitable[int]],
    part: Slice,
) -> Listing[V]:
    """A part of a list, and its length by another query should anybody ask."""
    ask = info.context.ask
    page = await ask(query, part=part)
    info.context.spend(len(page.items))
    return Listing(page, partial(ask, count))


def streamed(page: Page[V] | None) -> Part[V]:
    """A part of a list that is not counted; an empty one where there is nothing."""
    return Part(page or Page(items=[], cursors=[], has_next=False, has_previous=False))


async def nested(
    info: Info,
    batch: Batch[Any, Page[V]],
    key: Any,
    part: Slice,
    count: Batch[Any, int],
) -> Listing[V]:
    """The same of each parent, for all parents at once; an empty list where there is nothing."""
    load = info.context.load
    info.context.spend(0)

    async def total() -> int:
        return await load(count, key) or 0

    page = streamed(await load(batch, key, part=part)).page
    info.context.spend(len(page.items))
    return Listing(page, total)
