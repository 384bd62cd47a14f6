"""Strawberry's schema, executed by plans: whole operations at once, or as Strawberry would."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    get_operation_ast,
)
from graphql import execute as execute_by_core
from strawberry.extensions import SchemaExtension
from strawberry.http import GraphQLRequestData
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionResult as Result
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType as Kind

from rewind_gql import log
from schema.context import Context
from schema.errors import ErrorCode, publish
from schema.execution.documents import Document, Documents, Operation
from schema.execution.guarding import admitted, in_time, told
from schema.execution.plan import Unplanned
from schema.execution.running import Run
from schema.limits import MAX_TOKENS

_log = log.get("graphql")


class Known(SchemaExtension):
    """Parses and checks a document once. One that cannot be parsed fails where it always does."""

    def on_parse(self) -> Iterator[None]:
        """Give the parsed document, if there is one."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        schema: Any = context.schema
        found = schema.documents.find(context.query or "")
        if not found.errors:
            context.graphql_document = found.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Give what is wrong with it."""
        context = self.execution_context
        schema: Any = context.schema
        context.pre_execution_errors = schema.documents.find(context.query or "").errors
        yield

    def on_execute(self) -> Iterator[None]:
        """Tell that the document was found to be good."""
        self.execution_context.context.began.set()
        yield


EXTENSIONS: list[Callable[[], SchemaExtension]] = [Known]


class PerEvent(StrawberryGraphQLCoreExecutionContext):
    """Executes each event of a subscription in a context of its own.

    In one for them all, what was loaded would grow stale, the hour stand still, and what an
    operation may fetch run out.
    """

    is_event = False

    def build_per_event_executor(self, payload: Any) -> Any:
        """The executor of one event."""
        executor: Any = super().build_per_event_executor(payload)
        executor.context_value = self.context_value.fresh()
        executor.is_event = True
        return executor

    def execute_operation(self, serially: bool | None = None) -> Any:
        """What comes of an operation, or of one event, which has as long as an operation has."""
        result: Any = super().execute_operation(serially)
        if self.is_event and self.is_awaitable(result):
            work: Any = result
            return in_time(work, self.context_value)
        return result


class Schema(strawberry.Schema):
    """Strawberry's schema, whose operations are planned, and whose errors are fit to be shown.

    `planned` and `unplanned` count the operations that ran by a plan, and those that graphql-core
    ran.
    """

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.planned = 0
        self.unplanned = 0
        self.documents = Documents(self._schema)
        # Extensions of others have to see each step; with none but ours the steps are known.
        self._is_plain = all(each in EXTENSIONS for each in self.extensions)

    async def execute(  # type: ignore[override]  # only ever called by keyword, and with a context
        self,
        query: str | None,
        *,
        context_value: Context,
        variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        **given: Any,
    ) -> Result:
        """Execute one query or mutation for the caller in `context_value`."""
        if self._is_plain and not given:
            operation = self._good(query or "", operation_name)
            if operation is not None:
                context_value.began.set()
                done = await self._planned_result(
                    operation, context_value, variable_values, None, operation_extensions
                )
                if done is not None:
                    result = Result(done.data, done.errors)
                    if done.errors:
                        publish(result, context_value)
                    return told(result, context_value, operation_extensions)
        refused = self._refused(query or "", operation_name)
        if refused is not None:
            publish(refused, context_value)
            return refused
        result = await super().execute(
            query,
            context_value=context_value,
            variable_values=variable_values,
            operation_name=operation_name,
            operation_extensions=operation_extensions,
            **given,
        )
        publish(result, context_value)
        return told(result, context_value, operation_extensions)

    def kind(self, text: str, name: str | None) -> Kind | None:
        """What kind of operation is asked for; None where the document does not tell."""
        found = get_operation_ast(self.documents.find(text).node, name)
        return None if found is None else Kind(found.operation.value)

    def known(self, text: str, name: str | None) -> Kind | None:
        """The kind of an operation with which nothing is wrong; None for every other."""
        found = self._good(text, name)
        return None if found is None else Kind(found.kind.value)

    async def run(
        self, asked: GraphQLRequestData, context: Context
    ) -> AsyncGenerator[Result, None]:
        """Execute an operation of any kind: its one result, or a subscription's as they come.

        A `PreExecutionError` comes first and last. Close it when done.
        """
        refused = self._refused(asked.query or "", asked.operation_name)
        if refused is None:
            refused = await self._unwelcome(asked, context)
        if refused is not None:
            publish(refused, context)
            yield refused
            return
        stream: Any = await super().stream(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
        )
        async with aclosing(stream) as results:
            async for result in results:
                publish(result, context)
                yield told(result, context, asked.extensions)

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Nothing: `publish` logs what has to be logged."""

    def _good(self, text: str, name: str | None) -> Operation | None:
        """The operation that is asked for, if nothing is wrong with its document."""
        document = self.documents.find(text)
        return None if document.errors else document.operation(name)

    def _refused(self, text: str, name: str | None) -> PreExecutionError | None:
        """What is wrong with a document, as far as it is known before anything is executed."""
        document = self.documents.find(text)
        if document.errors and self._is_plain:
            return PreExecutionError(None, list(document.errors))
        return _unnamed(document, name)

    async def _unwelcome(
        self, asked: GraphQLRequestData, context: Context
    ) -> PreExecutionError | None:
        """Why a subscription is not begun."""
        operation = self._good(asked.query or "", asked.operation_name)
        if operation is None or operation.kind is not OperationType.SUBSCRIPTION:
            return None
        variables = operation.variables(asked.variables)
        if isinstance(variables, list):
            return None  # told when it is tried
        refused = await admitted(operation.weighing, variables.coerced, context)
        if refused is None:
            return None
        context.began.set()  # it is not the document that is to blame
        return PreExecutionError(None, refused.errors)

    async def _planned_result(
        self,
        operation: Operation,
        context: Any,
        given: dict[str, Any] | None,
        root_value: Any,
        extensions: dict[str, Any] | None,
    ) -> ExecutionResult | None:
        """The result of an operation by its plan; None where there is none for it."""
        variables = operation.variables(given)
        if isinstance(variables, list):
            return ExecutionResult(None, variables)
        if operation.kind is not OperationType.SUBSCRIPTION:
            refused = await admitted(operation.weighing, variables.coerced, context)
            if refused is not None:
                return refused
        try:
            plan = operation.plan(variables)
        except Unplanned:
            return None
        self.planned += 1
        run = Run(plan, variables, context, root_value, extensions)
        return await in_time(run.result(), context)

    def _own(self, document: DocumentNode, name: str | None) -> Operation | None:
        """The operation of a document that somebody parsed, perhaps not us."""
        text = document.loc.source.body if document.loc else ""
        found = self.documents.find(text)
        if found.node is document:
            return found.operation(name)
        node = get_operation_ast(document, name)
        return None if node is None else Operation(self._schema, document, node)

    def _get_execute_function(self) -> Callable[..., Any]:
        """What Strawberry executes operations with, once its extensions have seen them."""
        if self.config.enable_experimental_incremental_execution:
            return super()._get_execute_function()
        return self._executed

    async def _executed(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        *,
        root_value: Any = None,
        context_value: Any = None,
        variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        middleware: Any = None,
        operation_extensions: dict[str, Any] | None = None,
        **given: Any,
    ) -> Any:
        operation = None
        if not middleware.middlewares:
            operation = self._own(document, operation_name)
        if operation is not None:
            done = await self._planned_result(
                operation, context_value, variable_values, root_value, operation_extensions
            )
            if done is not None:
                return done
        self.unplanned += 1
        _log.info("graphql.unplanned", operation=operation_name, so_far=self.unplanned)
        result: Any = execute_by_core(
            schema,
            document,
            root_value=root_value,
            context_value=context_value,
            variable_values=variable_values,
            operation_name=operation_name,
            middleware=middleware,
            operation_extensions=operation_extensions,
            **given,
        )
        return await in_time(result, context_value) if hasattr(result, "__await__") else result


def _unnamed(document: Document, operation_name: str | None) -> PreExecutionError | None:
    """Strawberry would take the first of several; the specification lets nobody guess."""
    kinds = (each.kind for each in document.node.definitions)
    operations = sum(kind == "operation_definition" for kind in kinds)
    if operation_name is not None or operations < 2:
        return None
    extensions = {"code": ErrorCode.BAD_USER_INPUT.value}
    error = GraphQLError("There are several operations; name one", extensions=extensions)
    return PreExecutionError(None, [error])
