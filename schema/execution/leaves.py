"""Leaf values on their way out, at one go where nothing is unusual about them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import GeneratorType
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable

from schema.scalars import print_instant

_USUAL = {
    GraphQLString.name: "{held}.__class__ is str",
    GraphQLID.name: "{held}.__class__ is str",
    GraphQLInt.name: "{held}.__class__ is int and -2147483648 <= {v} <= 2147483647",
    GraphQLFloat.name: "{held}.__class__ is float and {v} - {v} == 0.0",
    GraphQLBoolean.name: "{held}.__class__ is bool",
}
_NATIVE: dict[Any, str] = {
    print_instant: "{held}.__class__ is datetime and {v}.tzinfo is UTC and run.is_raw",
    date.isoformat: "{held}.__class__ is date and run.is_raw",
}
"""What whoever writes the answer prints in the same way, if only it is told to."""
NAMES: dict[str, Any] = {"UTC": UTC, "date": date, "datetime": datetime}
"""What the texts name."""
_BUILT_IN = {
    each.name: each for each in (GraphQLString, GraphQLID, GraphQLInt, GraphQLFloat, GraphQLBoolean)
}


class Unusual(Exception):
    """Something about a value that needs a closer look."""


_MANY = 10_000
_harmless: set[type] = set()


def vet(value: object) -> None:
    """Raises `Unusual` for what is no value: errors, what has to be awaited, nothing."""
    kind = value.__class__
    if kind in _harmless:
        return
    if value is None or value is Undefined or isinstance(value, Exception):
        raise Unusual
    if optimized_is_awaitable(value):
        raise Unusual
    if kind is not GeneratorType and len(_harmless) < _MANY:
        _harmless.add(kind)


def usual(type_: GraphQLLeafType) -> str | None:
    """Text that tells of `{v}` whether it goes out as it is; None where there is none.

    What gives it is put in the place of `{held}`, where it is named first.
    """
    if _BUILT_IN.get(type_.name) is not type_:
        return None if isinstance(type_, GraphQLEnumType) else _native(type_)
    return _USUAL[type_.name]


def _native(type_: GraphQLLeafType) -> str | None:
    coerce: Any = type_.coerce_output_value
    return _NATIVE.get(coerce)


def printer(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    """What prints values of the type. Raises whatever for what cannot be printed, and for None."""
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_)
    coerce = type_.coerce_output_value

    def print_it(value: Any) -> Any:
        if value.__class__ not in _harmless:
            vet(value)
        printed = coerce(value)
        if printed is None or printed is Undefined:
            raise Unusual
        return printed

    return print_it


def _enum(type_: GraphQLEnumType) -> Callable[[Any], Any]:
    """Names by the text of values; members of an enum that is text are equal to theirs."""
    names = {each.value: name for name, each in type_.values.items() if each.value.__class__ is str}
    coerce = type_.coerce_output_value

    def print_it(value: Any) -> Any:
        name = names.get(value)
        if name is not None and isinstance(value, str):
            return name
        vet(value)
        return coerce(value)

    return print_it
