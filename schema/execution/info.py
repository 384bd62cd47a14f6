"""What resolvers are told of where they are; most ask for nothing but the context."""

from functools import cached_property
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfoHelpers,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.pyutils import Path, gather_with_cancel
from strawberry.execution import optimized_is_awaitable

from rewind_gql.store.read import Wanted
from schema.execution.faults import Place
from schema.execution.plan import UNKNOWN, Step
from schema.execution.wanting import of_items

_HELPERS = GraphQLResolveInfoHelpers(
    gather=lambda values: gather_with_cancel(*values), track=lambda _values: None
)


class Resolving:
    """What Strawberry has graphql-core tell resolvers; the names are theirs."""

    __slots__ = ("_place", "_run", "_step")

    is_awaitable = staticmethod(optimized_is_awaitable)
    abort_signal = None
    async_helpers = _HELPERS

    def __init__(self, run: Any, step: Step, place: Place) -> None:
        self._run = run
        self._step = step
        self._place = place

    @property
    def field_name(self) -> str:
        """The name of the field."""
        return self._step.nodes[0].name.value

    @property
    def field_nodes(self) -> list[FieldNode]:
        """Where it is asked for."""
        return self._step.nodes

    @property
    def return_type(self) -> GraphQLOutputType:
        """The type of the field."""
        return self._step.type_

    @property
    def parent_type(self) -> GraphQLObjectType:
        """The type it is a field of."""
        return self._step.parent

    @property
    def path(self) -> Path | None:
        """Where it is in the response."""
        return self._place.told()

    @property
    def schema(self) -> GraphQLSchema:
        """The schema."""
        schema: GraphQLSchema = self._run.plan.schema
        return schema

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """The fragments of the document."""
        return self._run.plan.definitions  # type: ignore[no-any-return]  # it is that

    @property
    def root_value(self) -> Any:
        """What root fields are fields of."""
        return self._run.root_value

    @property
    def operation(self) -> OperationDefinitionNode:
        """The operation."""
        return self._run.plan.operation  # type: ignore[no-any-return]  # it is that

    @property
    def variable_values(self) -> dict[str, Any]:
        """The variables."""
        return self._run.variables.coerced  # type: ignore[no-any-return]  # it is that

    @property
    def context(self) -> Any:
        """The context of the operation."""
        return self._run.context

    @property
    def operation_extensions(self) -> dict[str, Any] | None:
        """What the request says beside."""
        return self._run.extensions  # type: ignore[no-any-return]  # it is that


class PlannedInfo(strawberry.Info[Any, Any]):
    """Strawberry's `Info`, whose rarer parts are made when somebody asks."""

    context: Any = None

    def __init__(self, run: Any, step: Step, made: dict[str, Any]) -> None:
        self.context = run.context
        self._run = run
        self._step = step
        self._made = made

    @cached_property
    def _raw_info(self) -> Resolving:  # type: ignore[override]  # told by the same names
        told: Resolving = self._run.told(self._step, self._made)
        return told

    @property
    def wanted(self) -> Wanted:
        """The fields that are looked at of the views this field gives; None: perhaps all."""
        if self._step.wanted is UNKNOWN:
            self._step.wanted = of_items(self._step)
        found: Wanted = self._step.wanted
        return found

    @property
    def names(self) -> frozenset[str]:
        """The names of all fields that the document of the operation asks for."""
        found: frozenset[str] = self._run.plan.names
        return found

    @cached_property
    def _field(self) -> Any:  # type: ignore[override]  # found when asked for
        call = self._step.call
        return None if call is None else call.known
