"""One operation on its way from a client to its results, whatever carries it."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from uuid import uuid4

import orjson
from starlette.exceptions import HTTPException
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from rewind_gql import clock
from rewind_gql.auth.documents import is_id
from rewind_gql.auth.limits import Allowance
from rewind_gql.auth.nearby import is_local
from rewind_gql.auth.views import Caller
from rewind_gql.domains.focus.records import Device
from rewind_gql.errors import TooMany
from rewind_gql.sync.devices import presence
from schema.context import Context, Deps
from schema.documents import PERSISTED, Asked, Documents
from schema.execution import Schema
from schema.limits import MAX_NESTING, nested

MAX_BYTES = 128 * 1024
"""What a request or a message may have."""
MAX_OPERATIONS = 25
"""How many operations one socket or stream may run at a time."""
PATIENCE_S = 5.0
"""How long a client that is sent away may take to read so."""


def parsed(raw: bytes | str, what: str) -> Any:
    """What a piece of JSON says. Raises `HTTPException` for what is none."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise HTTPException(400, f"{what} is not JSON") from wrong


def asked(given: Any, what: str) -> Asked:
    """The operation that is asked for. Raises `HTTPException` when nothing is.

    Without a text, by the id of its document or by its hash: `Operations.settle` finds the text.
    """
    if isinstance(given, list):
        raise HTTPException(400, "Send one operation at a time; batches are not answered")
    if not isinstance(given, dict):
        raise HTTPException(400, f"{what} must be a JSON object")
    query = _typed(given, "query", str, "a string")
    extensions = _typed(given, "extensions", dict, "an object")
    document_id = _typed(given, "documentId", str, "a string") or None
    is_hashed = bool(extensions and extensions.get(PERSISTED))
    if document_id is not None:
        _check_id(document_id, is_alone=not query and not is_hashed)
    elif not query and not is_hashed:
        raise HTTPException(400, "There is no query in the request")
    return Asked(
        query=query or None,
        variables=_typed(given, "variables", dict, "an object"),
        operation_name=_typed(given, "operationName", str, "a string") or None,
        extensions=extensions,
        document_id=document_id,
    )


def _check_id(document_id: str, *, is_alone: bool) -> None:
    if not is_alone:
        raise HTTPException(400, "Name the document by `documentId`, or send it; not both")
    if not is_id(document_id):
        raise HTTPException(400, "`documentId` is none")


def _typed(given: dict[str, Any], name: str, kind: type, form: str) -> Any:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, kind):
        raise HTTPException(400, f"`{name}` must be {form}")
    if isinstance(value, dict) and nested(value):
        raise HTTPException(400, f"`{name}` is nested deeper than {MAX_NESTING}")
    return value


class Operations:
    """Runs operations over one schema, each in a context of its own."""

    def __init__(self, schema: Schema, deps: Deps) -> None:
        self.schema = schema
        self.deps = deps
        self._documents = Documents(schema, deps.store)

    def context(
        self, caller: Caller, scope: Mapping[str, Any], request_id: str | None = None
    ) -> Context:
        """The context of one operation of this caller's, which came by the request of `scope`."""
        state = scope.get("state") or {}
        return Context(
            deps=self.deps,
            caller=caller,
            request_id=request_id or uuid4().hex,
            links=self.deps.images.addresses.links(scope),
            is_local=caller.key_id is None and is_local(scope),
            spent=state.get("spent"),
            headers=state.get("headers"),
        )

    def run(
        self, operation: GraphQLRequestData, context: Context
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The results of an operation of any kind, as `Schema.run` gives them."""
        return self.schema.run(operation, context)

    async def settle(self, operation: Asked, caller: Caller) -> None:
        """Find the operation's text, where it came without, and read it where that takes long.

        Raises as `Documents.settle` does.
        """
        await self._documents.settle(operation, caller)
        await self.schema.documents.read(operation.query or "")

    async def notice(self, caller: Caller) -> None:
        """Write down that a device has called. Raises `DeviceRevoked`."""
        if caller.device_id is not None:
            device = Device(device_id=caller.device_id)
            await presence.seen(self.deps.store, caller.user_id, device)

    async def spend(self, caller: Caller) -> Allowance:
        """Take one request off the caller's minute; gives what is left. Raises `TooMany`."""
        spent = await self.deps.gate.spend(caller)
        if not spent.allowed:
            raise TooMany(retry_after=spent.retry_after(clock.now().timestamp()))
        return spent
