"""How operations run: documents parsed once, results as they come, errors fit to be shown."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from functools import lru_cache
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, get_operation_ast, parse
from strawberry.extensions import AddValidationRules, SchemaExtension, ValidationCache
from strawberry.http import GraphQLRequestData
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from schema.context import Context
from schema.errors import ErrorCode, publish
from schema.limits import MAX_TOKENS, Limits

DOCUMENTS = 500


class Documents(SchemaExtension):
    """Parses a document once. One that cannot be parsed is left to fail where it always does."""

    def on_parse(self) -> Iterator[None]:
        """Give the parsed document, if there is one."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        with suppress(GraphQLError, RecursionError):
            context.graphql_document = _parsed(context.query or "")
        yield

    def on_execute(self) -> Iterator[None]:
        """Tell that the document was found to be good."""
        self.execution_context.context.began.set()
        yield


@lru_cache(DOCUMENTS)
def _parsed(text: str) -> DocumentNode:
    return parse(text, max_tokens=MAX_TOKENS)


def kind_of(text: str, operation_name: str | None) -> OperationType | None:
    """What kind of operation is asked for; None where the document does not tell."""
    with suppress(GraphQLError, RecursionError):
        found = get_operation_ast(_parsed(text), operation_name)
        return OperationType(found.operation.value) if found else None
    return None


def _operations(text: str) -> int:
    """How many operations a document has; 0 for one that cannot be parsed."""
    with suppress(GraphQLError, RecursionError):
        kinds = (each.kind for each in _parsed(text).definitions)
        return sum(kind == "operation_definition" for kind in kinds)
    return 0


def _unnamed(text: str, operation_name: str | None) -> PreExecutionError | None:
    """Strawberry would take the first of several; the specification lets nobody guess."""
    if operation_name is not None or _operations(text) < 2:
        return None
    extensions = {"code": ErrorCode.BAD_USER_INPUT.value}
    error = GraphQLError("There are several operations; name one", extensions=extensions)
    return PreExecutionError(None, [error])


class PerEvent(StrawberryGraphQLCoreExecutionContext):
    """Executes each event of a subscription in a context of its own.

    In one for them all, what was loaded would grow stale, the hour stand still, and what an
    operation may fetch run out.
    """

    def build_per_event_executor(self, payload: Any) -> Any:
        """The executor of one event."""
        executor = super().build_per_event_executor(payload)
        executor.context_value = self.context_value.fresh()
        return executor


class Schema(strawberry.Schema):
    """Strawberry's schema, whose errors are fit to be shown."""

    async def execute(  # type: ignore[override]  # only ever called by keyword, and with a context
        self, query: str | None, *, context_value: Context, **given: Any
    ) -> ExecutionResult:
        """Execute one query or mutation for the caller in `context_value`."""
        unnamed = _unnamed(query or "", given.get("operation_name"))
        if unnamed is not None:
            return unnamed
        result = await super().execute(query, context_value=context_value, **given)
        publish(result, context_value)
        return result

    async def run(
        self, asked: GraphQLRequestData, context: Context
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Execute an operation of any kind: its one result, or a subscription's as they come.

        A `PreExecutionError` comes first and last. Close it when done.
        """
        unnamed = _unnamed(asked.query or "", asked.operation_name)
        if unnamed is not None:
            yield unnamed
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
                yield result

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Nothing: `publish` logs what has to be logged."""


def payload(result: ExecutionResult) -> dict[str, Any]:
    """A result as it is sent; without `data` when nothing was executed."""
    sent: dict[str, Any] = {}
    if result.data is not None or any(error.path for error in result.errors or ()):
        sent["data"] = result.data
    if result.errors:
        sent["errors"] = [error.formatted for error in result.errors]
    return sent


EXTENSIONS: list[Callable[[], SchemaExtension]] = [
    Documents,
    lambda: AddValidationRules([Limits]),
    lambda: ValidationCache(maxsize=DOCUMENTS),
]
