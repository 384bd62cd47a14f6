"""The schema put together: its roots, its limits, its caches, and its printed form."""

from asyncio import gather
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import strawberry
from annotated_doc import Doc
from graphql import DocumentNode, GraphQLError, parse
from strawberry.extensions import AddValidationRules, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from rewind_gql.errors import BadInput
from schema import auth, collecting, listening, runs, sync
from schema.context import Context, Info
from schema.errors import ErrorCode, publish
from schema.ids import as_number, parse_id
from schema.limits import MAX_TOKENS, Limits
from schema.relay import Kind, Node
from schema.scalars import SCALARS
from schema.shape import described, edge

SDL = Path(__file__).with_name("schema.graphql")
MAX_NODES = 200
DOCUMENTS = 500

KINDS: dict[str, Kind] = {**listening.NODES, **collecting.NODES, **runs.NODES}


@described
class Query(listening.ListeningQuery, collecting.CollectingQuery, sync.SyncQuery, auth.AuthQuery):
    """What can be asked."""

    @edge(Node | None)
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, Doc("Its global id.")],  # noqa: A002  # Relay's name
    ) -> Any:
        """Anything by its id; null where there is nothing of that id, or it is somebody else's."""
        return await _node(info, id, "id")

    @edge(list[Node | None])
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], Doc("Up to 200 global ids.")]
    ) -> list[Any]:
        """Several things by their ids, in their order, with null as for `node`."""
        if len(ids) > MAX_NODES:
            raise BadInput(f"Give at most {MAX_NODES} ids", path="ids")
        return await gather(*(_node(info, each, "ids") for each in ids))


async def _node(info: Info, text: str, path: str) -> Any:
    name, key = parse_id(text, path=path)
    kind = KINDS.get(name)
    if kind is None:
        raise BadInput("This is not an id of this server", path=path)
    inside = as_number(key, path=path) if kind.numbered else key
    return await info.context.load(kind.query, inside)


@described
class Mutation(collecting.CollectingMutation, sync.SyncMutation, auth.AuthMutation):
    """What can be changed. Everything here needs an admin key."""


class Documents(SchemaExtension):
    """Parses a document once. One that cannot be parsed is left to fail where it always does."""

    def on_parse(self) -> Iterator[None]:
        """Give the parsed document, if there is one."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        with suppress(GraphQLError, RecursionError):
            context.graphql_document = _parsed(context.query or "")
        yield


def _operations(text: str) -> int:
    """How many operations a document has; 0 for one that cannot be parsed."""
    with suppress(GraphQLError, RecursionError):
        kinds = (each.kind for each in _parsed(text).definitions)
        return sum(kind == "operation_definition" for kind in kinds)
    return 0


@lru_cache(DOCUMENTS)
def _parsed(text: str) -> DocumentNode:
    return parse(text, max_tokens=MAX_TOKENS)


class Schema(strawberry.Schema):
    """Strawberry's schema, whose errors are fit to be shown."""

    async def execute(  # type: ignore[override]  # only ever called by keyword, and with a context
        self, query: str | None, *, context_value: Context, **given: Any
    ) -> ExecutionResult:
        """Execute one operation for the caller in `context_value`."""
        if given.get("operation_name") is None and _operations(query or "") > 1:
            # Strawberry would take the first one; the specification lets nobody guess.
            words = "There are several operations; name one"
            extensions = {"code": ErrorCode.BAD_USER_INPUT.value}
            return PreExecutionError(None, [GraphQLError(words, extensions=extensions)])
        result = await super().execute(query, context_value=context_value, **given)
        publish(result, request_id=context_value.request_id)
        return result

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Nothing: `publish` logs what has to be logged."""


_EXTENSIONS: list[Callable[[], SchemaExtension]] = [
    Documents,
    lambda: AddValidationRules([Limits]),
    lambda: ValidationCache(maxsize=DOCUMENTS),
]

schema = Schema(
    Query,
    Mutation,
    extensions=_EXTENSIONS,
    config=StrawberryConfig(scalar_map=SCALARS),
)


def print_sdl() -> str:
    """The schema in its own language, as it is committed."""
    return schema.as_str() + "\n"
