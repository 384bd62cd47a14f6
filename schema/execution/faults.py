"""Where things stand in a response, which is found out only when something goes wrong there."""

from typing import Any, Protocol

from graphql import GraphQLList, is_leaf_type, is_list_type, is_non_null_type
from graphql.pyutils import Path

from schema.execution.plan import Selection

Container = dict[str, Any] | list[Any]
Types = dict[int, tuple[dict[str, Any], Selection]]


class Above(Protocol):
    """What a place is in."""

    def path(self) -> list[str | int]:
        """The response path."""
        ...

    def orders(self) -> tuple[int, ...]:
        """What sorts places as they come in the response."""
        ...

    def told(self) -> Path | None:
        """The path as resolvers are told it."""
        ...

    def is_dead(self, nulled: "Nulled") -> bool:
        """Whether it, or what it is in, was nulled."""
        ...


class Place:
    """One place in the response: that of `key` in a container, or the whole of it."""

    __slots__ = ("container", "key", "nullable", "order", "typename", "up")

    def __init__(
        self,
        up: Above | None,
        container: Container | None,
        key: str | int,
        order: int,
        nullable: bool,
        typename: str | None,
    ) -> None:
        self.up = up
        self.container = container
        self.key = key
        self.order = order
        self.nullable = nullable
        self.typename = typename

    def path(self) -> list[str | int]:
        """The response path."""
        return [] if self.up is None else [*self.up.path(), self.key]

    def orders(self) -> tuple[int, ...]:
        """What sorts places as they come in the response."""
        return () if self.up is None else (*self.up.orders(), self.order)

    def told(self) -> Path | None:
        """The path as resolvers are told it."""
        return None if self.up is None else Path(self.up.told(), self.key, self.typename)

    def is_dead(self, nulled: "Nulled") -> bool:
        """Whether it, or what it is in, was nulled."""
        if (id(self.container), self.key) in nulled:
            return True
        return self.up is not None and self.up.is_dead(nulled)


Nulled = dict[tuple[int, str | int], Container | None]


class Atlas:
    """The places of the containers in a response, as far as it is there."""

    def __init__(self, root: Selection, data: dict[str, Any], types: Types) -> None:
        self._types = types
        self.places: dict[int, tuple[Container, Place]] = {}
        self._object(data, root, Place(None, None, "", 0, True, None))

    def _object(self, found: dict[str, Any], selection: Selection, place: Place) -> None:
        self.places[id(found)] = found, place
        for step in selection.steps:
            value = found.get(step.key)
            if value is not None:
                nullable = not is_non_null_type(step.type_)
                below = Place(place, found, step.key, step.order, nullable, step.parent.name)
                self._value(value, step, step.type_, below)

    def _value(self, value: Any, step: Any, type_: Any, place: Place) -> None:
        inner = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(inner):
            self._list(value, step, inner, place)
        elif not is_leaf_type(inner):
            known = self._types.get(id(value))
            selection = step.select(inner) if known is None else known[1]
            self._object(value, selection, place)

    def _list(self, found: list[Any], step: Any, type_: GraphQLList[Any], place: Place) -> None:
        self.places[id(found)] = found, place
        nullable = not is_non_null_type(type_.of_type)
        for at, item in enumerate(found):
            if item is not None:
                self._value(item, step, type_.of_type, Place(place, found, at, at, nullable, None))
