"""A schema with everything in it that a schema can have, over things that go wrong at random."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any
from zlib import crc32

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from schema.batching import Batches
from schema.shape import Bundle, edge


class Chaos:
    """Decides by a seed what a field of a thing is, and whether anything is wrong with it."""

    def __init__(self, seed: int, share: float) -> None:
        self.seed = seed
        self.share = share
        self.log: list[str] = []

    def rng(self, *what: object) -> random.Random:
        """Chances of one thing, the same whenever asked."""
        return random.Random(crc32(repr((self.seed, *what)).encode()))

    def value(self, number: int, name: str) -> Any:
        """What a field of a thing is."""
        rng = self.rng(number, name)
        if rng.random() < self.share:
            return self._wrong(rng, number, name)
        return self.right(rng, number, name)

    def right(self, rng: random.Random, number: int, name: str) -> Any:
        """A value as the field should have it."""
        kind, _, form = name.partition("_")
        if form:
            items = [self._item(kind, rng, number, at) for at in range(rng.randint(0, 3))]
            made: Any = [items, items[:1]] if form.startswith("grid") else items
            return rng.choice((made, tuple(made), made)) if form != "grid" else made
        return self._item(kind, rng, number, 0)

    def _item(self, kind: str, rng: random.Random, number: int, at: int) -> Any:
        match kind:
            case "whole":
                return rng.choice((0, 7, -3, 2**31 - 1))
            case "real":
                return rng.choice((0.5, 3, -1e300))
            case "text" | "flag" | "color" | "size" | "key":
                return rng.choice(_CHOICES[kind])
            case "cat" | "dog" | "rock":
                return KINDS[kind](self, (number * 7 + at + rng.randint(1, 5)) % 1009)
        return KINDS[rng.choice(list(KINDS))](self, (number * 5 + at + 1) % 1009)

    def _wrong(self, rng: random.Random, number: int, name: str) -> Any:
        match rng.randint(0, 9):
            case 0 | 1:
                return None
            case 2:
                raise Broken(f"{name} of {number}")
            case 3:
                return Broken(f"returned {name}")
            case 4:
                return rng.choice((2**40, "wrong", 1.5, True, float("nan"), Odd()))
            case 6:
                raise GraphQLError(f"told {name}", extensions={"code": "TOLD"})
            case 7:
                return [None, Broken("in a list"), Odd()]
            case 8 | 5:
                late = Broken("late") if rng.random() < 0.5 else self.right(rng, number, name)
                return Awaited(late)
        return Some()


class Broken(Exception):
    """Something that goes wrong."""


class Odd:
    """Something nobody expects."""

    def __repr__(self) -> str:
        return "odd"


class Some:
    """Several things, but no list."""

    def __repr__(self) -> str:
        return "some"

    def __iter__(self) -> Iterator[Any]:
        return iter((None, 1, "x"))


class Awaited:
    """What has to be awaited, as often as anybody likes."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "awaited"

    def __await__(self) -> Iterator[Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


class Source:
    """A thing, whose attributes come out of chaos."""

    def __init__(self, chaos: Chaos, number: int) -> None:
        self.chaos = chaos
        self.number = number

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.number}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.chaos.value(self.number, name)


class CatSource(Source):
    """A cat."""


class DogSource(Source):
    """A dog."""


class RockSource(Source):
    """A rock."""


KINDS: dict[str, type[Source]] = {"cat": CatSource, "dog": DogSource, "rock": RockSource}


@strawberry.enum
class Color(Enum):
    """An enum of text."""

    RED = "red"
    BLUE = "blue"


@strawberry.enum
class Size(Enum):
    """An enum of numbers."""

    SMALL = 1
    LARGE = 2


_CHOICES: dict[str, tuple[Any, ...]] = {
    "text": ("", "é", "text"),
    "flag": (True, False),
    "color": tuple(Color),
    "size": tuple(Size),
    "key": ("k", 12),
}


@dataclass
class Context:
    """What resolvers of the schema have at hand."""

    chaos: Chaos
    batches: Batches = field(init=False)
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.batches = Batches(self.ask, 1)

    async def ask(self, query: Any, user_id: int, keys: list[int], **given: Any) -> Any:
        """What a batch query has."""
        self.asked.append(tuple(keys))
        return await query(self.chaos, keys, **given)


Info = strawberry.Info[Context, Any]


async def cats_by_number(chaos: Chaos, keys: list[int], *, slow: bool = False) -> dict[int, Any]:
    """Cats; some numbers are nobody's."""
    if slow:
        await asyncio.sleep(0)
    return {key: CatSource(chaos, key) for key in keys if key % 5}


async def broken_by_number(chaos: Chaos, keys: list[int]) -> dict[int, Any]:
    """Nothing but an error."""
    raise Broken("no batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Bundle):
    """Arguments that go together."""

    first: int | None = None
    color: Color = Color.RED


@strawberry.input
class Filter:
    """An input with an input in it."""

    names: list[str] | None = None
    least: int = 3
    inner: "Filter | None" = None
    color: Color | None = Color.BLUE


class Allowed(BasePermission):
    """A permission some things give."""

    message = "not allowed"

    def has_permission(self, source: Any, info: Any, **given: Any) -> bool:
        return bool(source.number % 3)


class Shouting(FieldExtension):
    """A field extension."""

    async def resolve_async(self, next_: Any, source: Any, info: Any, **given: Any) -> Any:
        return f"{await next_(source, info, **given)}!"


@strawberry.interface
class Named:
    """An interface."""

    text: str
    whole: int | None

    @strawberry.field
    def key(self) -> strawberry.ID:
        return self.chaos.value(self.number, "key")  # type: ignore[attr-defined]


def _described(given: object) -> str:
    return repr(given)


@strawberry.type
class Rock:
    """A rock, which no type resolver knows."""

    whole: int
    real: float | None
    flag: bool
    color: Color
    size: Size | None
    text_list: list[str | None] | None
    whole_gridall: list[list[int]]
    cat: "Cat | None"

    @strawberry.field
    async def late_text(self, info: Info) -> str:
        await asyncio.sleep(0)
        return self.chaos.value(self.number, "text")  # type: ignore[attr-defined]


@strawberry.type
class Cat(Named):
    """A cat."""

    cat: "Cat"
    dog: "Dog | None"
    rock_all: list[Rock]
    thing_list: list["Thing | None"]
    real: float
    size_list: list[Size]

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, CatSource)

    @edge("Cat | None")
    async def other(self, info: Info, number: int = 2) -> Any:
        """Another cat, by way of a batch."""
        key = self.number * number % 1009  # type: ignore[attr-defined]
        return await info.context.batches.load(cats_by_number, key, {})

    @edge("Cat")
    async def slow_other(self, info: Info, wanted: Range) -> Any:
        """Another cat, after a while, which must be there."""
        key = self.number + (wanted.first or 0)  # type: ignore[attr-defined]
        return await info.context.batches.load(cats_by_number, key, {"slow": True})

    @edge("Cat | None")
    async def lost(self, info: Info) -> Any:
        """What no batch has."""
        return await info.context.batches.load(broken_by_number, self.number, {})  # type: ignore[attr-defined]

    @strawberry.field
    async def both(self, info: Info) -> list["Cat | None"]:
        """Two at once."""
        load = info.context.batches.load
        number = self.number  # type: ignore[attr-defined]
        work = (load(cats_by_number, number + more, {}) for more in (1, 2))
        return await asyncio.gather(*work)

    @strawberry.field
    def placed(self, info: Info) -> str:
        """Where it is."""
        return ".".join(map(str, info.path.as_list()))

    @strawberry.field
    async def placed_late(self, info: Info) -> str:
        """Where it is, asked later."""
        await asyncio.sleep(0)
        return f"{info.field_name} {info.path.as_list()} {info.return_type}"


@strawberry.type
class Dog(Named):
    """A dog."""

    dog_list: list["Dog"] | None
    named: "Named | None"
    flag: bool | None

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, DogSource)

    @strawberry.field(permission_classes=[Allowed])
    async def secret(self, info: Info) -> str | None:
        return self.chaos.value(self.number, "text")  # type: ignore[attr-defined]

    @strawberry.field(extensions=[Shouting()])
    async def loud(self) -> str:
        return self.chaos.value(self.number, "text")  # type: ignore[attr-defined]

    @strawberry.field
    def described(
        self,
        filter: Filter | None = None,  # noqa: A002
        colors: list[Color] | None = None,
        size: Size = Size.LARGE,
    ) -> str:
        return _described((filter, colors, size))

    @strawberry.field
    def barks(self) -> list[str]:
        return (bark for bark in ("a", "b"))  # type: ignore[return-value]

    @strawberry.field
    async def stream(self) -> list[int]:
        return _numbers(self.number)  # type: ignore[attr-defined, return-value]


async def _numbers(number: int) -> AsyncIterator[int]:
    for each in range(number % 3):
        yield each
    if number % 7 == 0:
        raise Broken("stream")


Thing = Annotated[Cat | Dog, strawberry.union("Thing")]


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def cat(self, info: Info, number: int = 1) -> Cat:
        return CatSource(info.context.chaos, number)  # type: ignore[return-value]

    @strawberry.field
    async def dog(self, info: Info, number: int = 1) -> Dog | None:
        return DogSource(info.context.chaos, number)  # type: ignore[return-value]

    @strawberry.field
    def rock(self, info: Info, number: int = 3) -> Rock | None:
        return RockSource(info.context.chaos, number)  # type: ignore[return-value]

    @strawberry.field
    def things(self, info: Info, numbers: list[int] = strawberry.UNSET) -> list[Thing]:
        chaos = info.context.chaos
        kinds = (CatSource, DogSource, CatSource, RockSource)
        return [kinds[each % 4](chaos, each % 1009) for each in numbers or (1, 2)]  # type: ignore[misc]

    @strawberry.field
    async def nameds(self, info: Info) -> list[Named | None]:
        chaos = info.context.chaos
        return [CatSource(chaos, 11), None, DogSource(chaos, 12)]  # type: ignore[list-item]


@strawberry.type
class Mutation:
    """What can be done."""

    @strawberry.mutation
    async def note(self, info: Info, text: str = "n") -> str | None:
        info.context.chaos.log.append(f"begin {text}")
        await asyncio.sleep(0)
        info.context.chaos.log.append(f"end {text}")
        return " ".join(info.context.chaos.log)

    @strawberry.mutation
    async def cat(self, info: Info, number: int = 4) -> Cat:
        info.context.chaos.log.append(f"cat {number}")
        return CatSource(info.context.chaos, number)  # type: ignore[return-value]

    @strawberry.mutation
    def fail(self, info: Info, must: bool = False) -> str | None:
        info.context.chaos.log.append("fail")
        raise Broken("mutation")

    @strawberry.mutation
    async def must(self, info: Info, number: int = 1) -> str:
        info.context.chaos.log.append(f"must {number}")
        if number > 4:
            raise Broken("must")
        return str(number)
