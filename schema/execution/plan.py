"""The plan of an operation: what is done for each of its fields, merged, type by type."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from schema.execution.calls import Call, field_of

TYPENAME = "__typename"
UNKNOWN: Any = object()


class How(Enum):
    """How the value of a field comes about."""

    NAMED = "named"
    """It is the name of the type."""
    READ = "read"
    """It is an attribute of the source."""
    MADE = "made"
    """It is a function of the source alone, which may be asked twice."""
    CALLED = "called"
    """It is what a resolver gives, which is called once, and perhaps waited for."""


class Unplanned(Exception):
    """The operation has something in it that no plan is made for."""


class Step:
    """One field of a selection; several of one response key are one."""

    __slots__ = (
        "call", "details", "finish", "function", "how", "key", "name", "nodes", "order", "parent",
        "plan", "selections", "type_", "wanted",
    )  # fmt: skip

    def __init__(
        self,
        plan: "Plan",
        parent: GraphQLObjectType,
        key: str,
        order: int,
        details: FieldDetailsList,
        field: GraphQLField,
    ) -> None:
        self.plan = plan
        self.parent = parent
        self.key = key
        self.order = order
        self.details = details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.type_: GraphQLOutputType = field.type
        self.selections: dict[GraphQLObjectType, Selection] = {}
        self.finish: Callable[[Any, Any], Any] | None = None
        """Completes a value at one go; raises whatever where anything is unusual about it."""
        self.wanted: Any = UNKNOWN
        """What is looked at of the views it gives, once somebody has asked."""
        self.name = self.nodes[0].name.value
        self.call: Call | None = None
        self.function: Callable[[Any], Any] | None = None
        self.how = self._found_out(field)

    def _found_out(self, field: GraphQLField) -> How:
        if self.name == TYPENAME:
            return How.NAMED
        known = None if self.plan.handles_exceptions else field_of(field)
        if known is not None and known.is_basic_field and known.default_resolver is getattr:
            self.name = known.python_name
            return How.READ
        if known is not None and _is_made(known):
            made: Any = known.base_resolver
            self.function = made.wrapped_func
            return How.MADE
        self.call = Call(self.plan.strawberry, field, self.nodes[0], known)
        return How.CALLED

    def read(self, source: Any) -> Any:
        """The value, where no resolver need be called for it."""
        if self.function is not None:
            return self.function(source)
        return self.parent.name if self.how is How.NAMED else getattr(source, self.name)

    def select(self, type_: GraphQLObjectType) -> "Selection":
        """What is asked of a value that is of this type."""
        known = self.selections.get(type_)
        if known is None:
            known = self.selections[type_] = self.plan.subselection(type_, self.details)
        return known


def _is_made(field: StrawberryField) -> bool:
    made = field.base_resolver
    if made is None or field.is_async or field.extensions or field.arguments:
        return False
    others = made.info_parameter or made.parent_parameter or made.root_parameter
    return bool(made.self_parameter and not others)


class Selection:
    """The fields that are asked of values of one type, in their order in the response."""

    __slots__ = ("build", "called", "is_compiled", "keys", "plan", "steps", "type_", "view")

    def __init__(self, plan: "Plan", type_: GraphQLObjectType, steps: Sequence[Step]) -> None:
        self.plan = plan
        self.type_ = type_
        self.steps = tuple(steps)
        self.called = tuple(step for step in steps if step.how is How.CALLED)
        self.keys = tuple(step.key for step in steps)
        self.view = view_of(type_)
        self.is_compiled = False
        self.build: Callable[[Any, Any], dict[str, Any]] | None = None
        """Makes a value at one go; raises whatever where anything is unusual about it."""


class Plan:
    """What is done for one operation, as long as the variables decide alike what is left out.

    Types behind interfaces and unions are planned when one is met.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        deciding: VariableValues,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.definitions: dict[str, FragmentDefinitionNode] = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._fragments = {name: FragmentDetails(each) for name, each in self.definitions.items()}
        self._deciding = deciding
        self.strawberry: Any = schema._strawberry_schema  # type: ignore[attr-defined]  # Strawberry sets it
        self.handles_exceptions = bool(self.strawberry.exception_handlers)
        self.is_serial = operation.operation is OperationType.MUTATION
        self.uses = 0
        root = schema.get_root_type(operation.operation)
        if root is None:
            raise Unplanned
        found = collect_fields(schema, self._fragments, deciding, root, operation)
        self.root = self._selection(root, found.grouped_field_set)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all fields in the operation and the fragments beside it."""
        found: set[str] = set()
        left: list[SelectionSetNode] = [self.operation.selection_set]
        left += [each.selection_set for each in self.definitions.values()]
        while left:
            for node in left.pop().selections:
                if isinstance(node, FieldNode):
                    found.add(node.name.value)
                inner = getattr(node, "selection_set", None)
                if inner is not None:
                    left.append(inner)
        return frozenset(found)

    def subselection(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Selection:
        """What the fields select of a value of this type."""
        found = collect_subfields(
            self.schema, self._fragments, self._deciding, self.operation, type_, details
        )
        return self._selection(type_, found.grouped_field_set)

    def _selection(self, type_: GraphQLObjectType, grouped: GroupedFieldSet) -> Selection:
        steps: list[Step] = []
        for key, details in grouped.items():
            field = self.schema.get_field(type_, details[0].node.name.value)
            if field is not None:
                steps.append(Step(self, type_, key, len(steps), details, field))
        return Selection(self, type_, steps)


def view_of(type_: GraphQLObjectType) -> type | None:
    """The class whose instances alone are of this type, where that is all there is to it."""
    definition = type_.extensions.get("strawberry-definition")
    origin = getattr(definition, "origin", None)
    view: type | None = None if origin is None else vars(origin).get("__view__")
    return view
