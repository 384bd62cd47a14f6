"""Documents, read and checked once: what is wrong with them, and the plans of what is right."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableNode,
    Visitor,
    get_operation_ast,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.cost import Weighing
from schema.execution.building import prepare
from schema.execution.plan import Plan, Unplanned
from schema.execution.shelf import Shelf
from schema.execution.texts import bare, outline, read
from schema.limits import CROWDED, MAX_WRONG, TOO_DEEP, crowded, oversized

KEPT = 500
"""How many documents are kept, and as many of those that are refused."""
KEPT_LETTERS = 500_000
"""How long those may be together: a letter of a document takes some 140 bytes once it is read."""
LONG = 120
"""How many characters a document may have that is read while everybody waits: a millisecond."""
WAYS = 16
"""How many plans an operation may have: one for each way variables decide what is left out."""
COMPILED_AT = 2
"""The use of a plan from which on it is worth it to write builders for it."""
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
_DECIDING = ("skip", "include")
_NOTHING = DocumentNode(definitions=())
_NO_VARIABLES = VariableValues({}, {})


class Operation:
    """One operation of a document, and its plans."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode
    ) -> None:
        self.node = node
        self.kind = node.operation
        self._schema = schema
        self._document = document
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self._deciding = _deciding(document)
        self.weighing = Weighing(schema, document, node)

    def variables(self, given: dict[str, Any] | None) -> VariableValues | list[GraphQLError]:
        """The values of its variables, or what is wrong with those given."""
        if not self.node.variable_definitions:
            return _NO_VARIABLES
        if given and crowded(given):
            return [GraphQLError(CROWDED, self.node)]
        return get_variable_values(
            self._schema, self.node.variable_definitions, given or {}, max_errors=MAX_WRONG
        )

    def plan(self, variables: VariableValues) -> Plan:
        """How it is executed. Raises `Unplanned` where that has to be left to graphql-core."""
        if self.kind is OperationType.SUBSCRIPTION or self.node.directives:
            raise Unplanned
        coerced = variables.coerced
        way = tuple(coerced.get(name, Undefined) for name in self._deciding)
        if not all(value.__class__ is bool for value in way):
            raise Unplanned
        plan = self._plans.get(way)
        if plan is None:
            plan = self._planned(dict(zip(self._deciding, way, strict=True)), variables)
            if len(self._plans) < WAYS:
                self._plans[way] = plan
        plan.uses += 1
        if plan.uses == COMPILED_AT:
            prepare(plan)
        return plan

    def _planned(self, deciding: dict[str, bool], variables: VariableValues) -> Plan:
        sources = {name: variables.sources[name] for name in deciding}
        with suppress(RecursionError, GraphQLError):
            values = VariableValues(sources, dict(deciding))
            return Plan(self._schema, self._document, self.node, values)
        raise Unplanned


class Document:
    """A document that was read, and what is wrong with it; one that is too large is not checked."""

    def __init__(
        self, schema: GraphQLSchema, node: DocumentNode, errors: list[GraphQLError] | None = None
    ) -> None:
        self.node = node
        self.errors = _wrong(schema, node) if errors is None else errors
        self._schema = schema
        self._operations: dict[str | None, Operation] = {}

    def operation(self, name: str | None) -> Operation | None:
        """The operation of that name, or the only one; None where there is none, or a choice."""
        if name not in self._operations:
            found = get_operation_ast(self.node, name)
            if found is None:
                return None  # names of nothing are not kept, for clients may send what they like
            self._operations[name] = Operation(self._schema, self.node, found)
        return self._operations[name]


def _wrong(schema: GraphQLSchema, node: DocumentNode) -> list[GraphQLError]:
    """What is wrong with a document: the first things only, for some have thousands."""
    return oversized(node) or validate(schema, node, RULES, max_errors=MAX_WRONG)


class Documents:
    """The documents that were asked for last, of one schema.

    Those that are refused are kept apart, so that no number of them makes the others be forgotten,
    and but for what is wrong with them little is kept: what was read of a large one is ten thousand
    objects, and looking through those for what is used no more is what would hold up everybody.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._good = Shelf[Document](KEPT, KEPT_LETTERS)
        self._refused = Shelf[Document](KEPT, KEPT_LETTERS)
        # One thread, so that it never takes more than its half of the time from the event loop.
        self._apart = ThreadPoolExecutor(1, thread_name_prefix="rewind-documents")

    def find(self, text: str) -> Document:
        """A document by its text, and be it that it cannot be read."""
        found = self._known(text)
        if found is None:
            found = self._found(text)
            (self._refused if found.errors else self._good).put(text, found)
        return found

    async def read(self, text: str) -> None:
        """Read a document that is long and unknown on a thread, so that nobody else waits for it.

        Whoever looks for it afterwards finds it at once.
        """
        if len(text) >= LONG and self._known(text) is None:
            await asyncio.get_running_loop().run_in_executor(self._apart, self.find, text)

    def _known(self, text: str) -> Document | None:
        return self._good.get(text) or self._refused.get(text)

    def _found(self, text: str) -> Document:
        try:
            document = Document(self._schema, read(text))
        except GraphQLError as wrong:
            return Document(self._schema, _NOTHING, [bare(wrong)])
        except RecursionError:
            return Document(self._schema, _NOTHING, [GraphQLError(TOO_DEEP)])
        if document.errors:
            errors = [bare(each) for each in document.errors]
            return Document(self._schema, outline(document.node), errors)
        return document


class _Deciding(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_directive(self, node: Any, *_: Any) -> None:
        if node.name.value in _DECIDING:
            for argument in node.arguments:
                if isinstance(argument.value, VariableNode):
                    self.names[argument.value.name.value] = None


def _deciding(document: DocumentNode) -> tuple[str, ...]:
    """The variables that decide what is left out."""
    source = document.loc.source.body if document.loc else None
    if source is not None and "@" not in source:
        return ()
    found = _Deciding()
    visit(document, found)
    return tuple(found.names)
