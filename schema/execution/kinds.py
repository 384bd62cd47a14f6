"""Which type a value is of behind an interface or union, by its class where that is enough."""

from typing import Any

from graphql import GraphQLAbstractType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

from schema.execution.plan import view_of

_known: dict[tuple[int, type], GraphQLObjectType] = {}
_MANY = 10_000


def known_type(type_: GraphQLAbstractType, kind: type) -> GraphQLObjectType | None:
    """The type of values of this class, where one was remembered."""
    return _known.get((id(type_), kind))


def remember(
    schema: GraphQLSchema, type_: GraphQLAbstractType, value: Any, found: GraphQLObjectType
) -> None:
    """Keep the type that a value turned out to be of, if its class alone decides.

    It does where every possible type is that of a view, for their values have no room for a word
    of their own. The schema is kept alive by its server, and so is the type that is the key.
    """
    if len(_known) >= _MANY or value.__class__.__dictoffset__ != 0:
        return
    definition: Any = type_.extensions.get("strawberry-definition")
    if isinstance(type_, GraphQLInterfaceType) and getattr(definition, "resolve_type", True):
        return
    if all(view_of(each) is not None for each in schema.get_possible_types(type_)):
        _known[id(type_), value.__class__] = found
