"""Which fields of a view an operation looks at, for statements that read no more than those."""

import dataclasses
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type

from rewind_gql.store.read import Wanted
from schema.execution.plan import How, Selection, Step


def of_items(step: Step) -> Wanted:
    """What is looked at of the views that a field gives, itself or in the pages it gives of them.

    None where that cannot be told: all of them may be looked at.
    """
    type_ = get_named_type(step.type_)
    if not isinstance(type_, GraphQLObjectType):
        return None
    selection = step.select(type_)
    if selection.view is not None:
        return _of_view(selection)
    found: set[str] = set()
    for inner in selection.steps:
        if inner.how is How.READ and isinstance(get_named_type(inner.type_), GraphQLObjectType):
            wanted = of_items(inner)
            if wanted is None:
                return None
            found |= wanted
    return frozenset(found)


def _of_view(selection: Selection) -> Wanted:
    view: Any = selection.view
    fields = {field.name for field in dataclasses.fields(view)}
    found: set[str] = set()
    for step in selection.steps:
        names = _of_step(step)
        if names is None or not fields.issuperset(name.split("__")[0] for name in names):
            return None
        found.update(names)
    return frozenset(found)


def _of_step(step: Step) -> tuple[str, ...] | None:
    """The fields of its own view that a field looks at; None where only its resolver knows."""
    if step.how is How.NAMED:
        return ()
    if step.how is How.READ:
        return _read(step)
    if step.how is How.MADE:
        known: tuple[str, Any] | None = getattr(step.function, "of", None)
        return None if known is None else known[:1]
    called: Any = step.call and step.call.function
    looks_at: tuple[str, ...] | None = getattr(called, "looks_at", None)
    return looks_at


def _read(step: Step) -> tuple[str, ...]:
    """The field itself, or those that are looked at of the view in it."""
    type_ = step.type_.of_type if isinstance(step.type_, GraphQLNonNull) else step.type_
    if not isinstance(type_, GraphQLObjectType):
        return (step.name,)
    selection = step.select(type_)
    wanted = None if selection.view is None else _of_view(selection)
    return tuple(f"{step.name}__{each}" for each in wanted) if wanted else (step.name,)
