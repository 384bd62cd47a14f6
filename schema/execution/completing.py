"""Completing values closely: field by field, each error where it belongs, as graphql-core does.

Everything passes here the first time a document comes, and later whatever is unusual.
"""

from collections.abc import Coroutine
from typing import Any, Protocol

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    Undefined,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.executor import Executor, default_type_resolver, invalid_return_type_error
from graphql.pyutils import is_iterable
from strawberry.execution import optimized_is_awaitable

from schema.execution.faults import Above, Container, Place, Types
from schema.execution.kinds import known_type, remember
from schema.execution.plan import How, Selection, Step


class Running(Protocol):
    """What completing needs of a run."""

    types: Types

    def pend(self, wanted: tuple[Selection, Any, dict[str, Any]], /) -> None:
        """Have the resolvers of a selection called for a source."""
        ...

    def wait(
        self, work: Coroutine[Any, Any, Any], step: Step, type_: Any, container: Container, key: Any
    ) -> None:
        """Put what the coroutine gives in its place, later."""
        ...

    def blame(self, error: GraphQLError, place: Place) -> None:
        """Keep an error for which this place is null."""
        ...

    def located(self, error: Exception, step: Step, place: Place) -> GraphQLError:
        """An error that tells where it was met."""
        ...

    def info(self, step: Step, place: Place) -> Any:
        """What type resolvers are told."""
        ...


class Typed:
    """A value whose type had to be waited for."""

    __slots__ = ("type_", "value")

    def __init__(self, value: Any, type_: GraphQLObjectType | None) -> None:
        self.value = value
        self.type_ = type_


class Later(Exception):
    """What a value is has to be waited for."""

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        super().__init__()
        self.work = work


def settle(
    run: Running,
    step: Step,
    type_: Any,
    value: Any,
    container: Any,
    place: Place,
    *,
    is_awaited: bool = False,
) -> None:
    """Complete a value and put it in its place.

    Raises `GraphQLError` where the place must not be null and yet would be.
    """
    try:
        if not is_awaited and optimized_is_awaitable(value):
            raise Later(_awaited(value))
        container[place.key] = complete(run, step, type_, value, place)
    except Later as later:
        run.wait(later.work, step, type_, container, place.key)
    except Exception as raw:  # whatever a view or a scalar raises is told as it is with resolvers
        fail(run, step, type_, raw, place)


def fail(run: Running, step: Step, type_: Any, raw: Exception, place: Place) -> None:
    """Take in an error met at a place. Raises it where the place must not be null."""
    error = run.located(raw, step, place)
    if is_non_null_type(type_):
        raise error
    run.blame(error, place)


def complete(run: Running, step: Step, type_: Any, value: Any, place: Place) -> Any:
    """What the response says of a value. Raises whatever is wrong with it."""
    if isinstance(value, Exception):
        raise value
    if is_non_null_type(type_):
        completed = complete(run, step, type_.of_type, value, place)
        if completed is None:
            name = step.nodes[0].name.value
            raise TypeError(f"Cannot return null for non-nullable field {step.parent}.{name}.")
        return completed
    if value is None or value is Undefined:
        return None
    if is_list_type(type_):
        return _list(run, step, type_.of_type, value, place)
    if is_leaf_type(type_):
        return Executor.complete_leaf_value(type_, value)
    if is_abstract_type(type_):
        return _abstract(run, step, type_, value, place)
    return _object(run, step, type_, value, place)


def build(run: Running, selection: Selection, source: Any, above: Above) -> dict[str, Any]:
    """The response of one source; the resolvers it needs are left to the run."""
    made: dict[str, Any] = dict.fromkeys(selection.keys)
    for step in selection.steps:
        if step.how is How.CALLED:
            continue
        nullable = not is_non_null_type(step.type_)
        place = Place(above, made, step.key, step.order, nullable, selection.type_.name)
        try:
            value = step.read(source)
        except Exception as raw:  # as it is with resolvers
            fail(run, step, step.type_, raw, place)
        else:
            settle(run, step, step.type_, value, made, place)
    if selection.called:
        run.pend((selection, source, made))
    return made


def _list(run: Running, step: Step, type_: Any, value: Any, place: Place) -> list[Any]:
    if hasattr(value, "__aiter__"):
        raise Later(_collected(value))
    if not is_iterable(value):
        parent, name = step.parent, step.nodes[0].name.value
        raise GraphQLError(f"Expected Iterable, but did not find one for field '{parent}.{name}'.")
    done: list[Any] = []
    nullable = not is_non_null_type(type_)
    for at, item in enumerate(value):
        done.append(None)
        settle(run, step, type_, item, done, Place(place, done, at, at, nullable, None))
    return done


def _object(
    run: Running, step: Step, type_: GraphQLObjectType, value: Any, place: Place
) -> dict[str, Any]:
    if value.__class__ is Typed:
        value, is_known = value.value, True
    else:
        is_known = False
    if type_.is_type_of and not is_known:
        found = type_.is_type_of(value, run.info(step, place))
        if optimized_is_awaitable(found):
            raise Later(_checked(step, type_, value, found))
        if not found:
            raise invalid_return_type_error(type_, value, step.details)
    return build(run, step.select(type_), value, place)


def _abstract(
    run: Running, step: Step, type_: GraphQLAbstractType, value: Any, place: Place
) -> dict[str, Any]:
    if value.__class__ is Typed and value.type_ is not None:
        found, value = value.type_, value.value
    else:
        found = known_type(type_, value.__class__) or _type_of(run, step, type_, value, place)
    made = _object(run, step, found, value, place)
    run.types[id(made)] = made, step.select(found)
    return made


def _type_of(
    run: Running, step: Step, type_: GraphQLAbstractType, value: Any, place: Place
) -> GraphQLObjectType:
    info = run.info(step, place)
    name: Any = (type_.resolve_type or default_type_resolver)(value, info, type_)
    if optimized_is_awaitable(name):
        raise Later(_named(step, type_, value, name, info))
    found = _valid(step, type_, value, name, info)
    remember(info.schema, type_, value, found)
    return found


def _valid(
    step: Step, type_: GraphQLAbstractType, value: Any, name: Any, info: Any
) -> GraphQLObjectType:
    # The method looks at nothing of its executor but the schema, which `info` has as well.
    check: Any = Executor.ensure_valid_runtime_type
    found: GraphQLObjectType = check(info, name, type_, step.details, info, value)
    return found


async def _awaited(value: Any) -> Any:
    return await value


async def _collected(value: Any) -> list[Any]:
    return [item async for item in value]


async def _named(step: Step, type_: GraphQLAbstractType, value: Any, name: Any, info: Any) -> Typed:
    return Typed(value, _valid(step, type_, value, await name, info))


async def _checked(step: Step, type_: GraphQLObjectType, value: Any, found: Any) -> Typed:
    if not await found:
        raise invalid_return_type_error(type_, value, step.details)
    return Typed(value, None)
