"""Calling resolvers: their arguments are made once for all parents of a step."""

from collections.abc import Callable
from copy import copy
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

from graphql import FieldNode, GraphQLField, ListValueNode, ObjectValueNode, ValueNode, VariableNode
from graphql.execution.executor import default_field_resolver
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema import schema_converter
from strawberry.schema.base import BaseSchema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UnsetType

from schema.shape import Bundle

_STEADY = (str, int, float, type(None), date, UUID, Enum, UnsetType)
_Resolver = Callable[..., Any]


def field_of(field: GraphQLField) -> StrawberryField | None:
    """Strawberry's field behind a field of the schema."""
    found = field.extensions.get(schema_converter.GraphQLCoreConverter.DEFINITION_BACKREF)
    own = getattr(field.resolve, "__module__", None) == schema_converter.__name__
    return found if own and isinstance(found, StrawberryField) else None


class Way(Enum):
    """What a resolver takes beside its arguments."""

    SOURCE_AND_INFO = 1
    SOURCE = 2


class Call:
    """How the resolver of a field is called.

    A resolver that Strawberry would only pass its arguments to is called at once. Others, such as
    those with field extensions, are called through Strawberry.
    """

    __slots__ = (
        "_bundles", "_field", "_fixed", "_is_steady", "_node", "_schema", "function", "is_direct",
        "known", "together", "way",
    )  # fmt: skip

    def __init__(
        self,
        schema: BaseSchema,
        field: GraphQLField,
        node: FieldNode,
        known: StrawberryField | None,
    ) -> None:
        self._schema: Any = schema
        self._field = field
        self._node = node
        self.known = known
        self._fixed: dict[str, Any] | None = None
        self._is_steady = False
        self._bundles: dict[str, Any] = {}
        self.function: _Resolver = field.resolve or default_field_resolver
        self.together: _Resolver | None = None
        """What is called once for all parents of a level, where there is such a thing."""
        self.way = Way.SOURCE_AND_INFO
        way = None if known is None else _way(known)
        self.is_direct = way is not None
        if way is not None and known is not None:
            self.way = way
            function: Any = known.base_resolver.wrapped_func  # type: ignore[union-attr]  # it has one
            self._bundles = getattr(function, "bundles", {})
            self.function = function.__wrapped__ if self._bundles else function
            self.together = getattr(self.function, "together", None)

    def arguments(self, variables: VariableValues) -> tuple[dict[str, Any], bool]:
        """The keywords of a call, and whether all calls of a run may share them.

        Raises `GraphQLError` where the variables do not fit.
        """
        if self._fixed is not None:
            if self._is_steady:
                return self._fixed, True
            return {name: _again(value) for name, value in self._fixed.items()}, False
        made = self._made(variables)
        shared = all(map(_is_steady, made.values()))
        if any(_varies(each.value) for each in self._node.arguments or ()):
            return made, shared
        if shared or all(map(_is_copied, made.values())):
            self._fixed, self._is_steady = made, shared
            return self.arguments(variables)
        return made, shared

    def _made(self, variables: VariableValues) -> dict[str, Any]:
        if not (self._field.args or self._node.arguments):
            return {}
        given = get_argument_values(self._field, self._node, variables)
        if self.known is None or not self.is_direct:
            return given
        schema = self._schema
        registry = schema.schema_converter.scalar_registry
        made = convert_arguments(given, self.known.arguments, registry, schema.config)
        for name, bundle in self._bundles.items():
            own = [field.name for field in fields(bundle) if field.name in made]
            made[name] = bundle(**{each: made.pop(each) for each in own})
        return made


def _way(field: StrawberryField) -> Way | None:
    """How a resolver is called without Strawberry; None where only Strawberry knows."""
    resolver = field.base_resolver
    if resolver is None or field.extensions:
        return None
    if resolver.parent_parameter or resolver.root_parameter or not resolver.self_parameter:
        return None
    if resolver.info_parameter is None:
        return Way.SOURCE
    first = list(resolver.signature.parameters)[:2]
    taken = [resolver.self_parameter.name, resolver.info_parameter.name]
    return Way.SOURCE_AND_INFO if first == taken else None


def _is_steady(value: Any) -> bool:
    """Whether nobody can change a value, so that many may have it."""
    if isinstance(value, Bundle):
        return all(_is_steady(getattr(value, field.name)) for field in fields(value))  # type: ignore[arg-type]  # bundles are dataclasses
    return isinstance(value, _STEADY)


def _is_copied(value: Any) -> bool:
    """Whether a value is one that nobody can change, or can be made again by copying it."""
    if isinstance(value, list):
        return all(map(_is_copied, value))
    if _is_input(value):
        return all(_is_copied(getattr(value, each.name)) for each in fields(value))
    return _is_steady(value)


def _again(value: Any) -> Any:
    """The same value, in which whoever gets it may change what they like."""
    if isinstance(value, list):
        return [_again(each) for each in value]
    if not _is_input(value):
        return value
    made = copy(value)
    for name, inner in vars(value).items():
        if inner.__class__ is list or _is_input(inner):
            setattr(made, name, _again(inner))
    return made


def _is_input(value: Any) -> bool:
    definition = getattr(value.__class__, "__strawberry_definition__", None)
    return getattr(definition, "is_input", False) and hasattr(value, "__dict__")


def _varies(node: ValueNode) -> bool:
    """Whether there is a variable in a value."""
    if isinstance(node, ListValueNode):
        return any(map(_varies, node.values))
    if isinstance(node, ObjectValueNode):
        return any(_varies(field.value) for field in node.fields)
    return isinstance(node, VariableNode)
