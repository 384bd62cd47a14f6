"""One operation on its way from a client to its results, whatever carries it."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from uuid import uuid4

import orjson
from starlette.exceptions import HTTPException
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from rewind_gql import clock
from rewind_gql.auth.views import Caller
from rewind_gql.domains.focus.records import Device
from rewind_gql.errors import TooMany
from rewind_gql.sync.devices import presence
from schema.context import Context, Deps
from schema.execution import Schema

MAX_BYTES = 1024 * 1024
"""What a request or a message may have: five hundred sessions and their notes."""
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


def asked(given: Any, what: str) -> GraphQLRequestData:
    """The operation that is asked for. Raises `HTTPException` when nothing is."""
    if isinstance(given, list):
        raise HTTPException(400, "Send one operation at a time; batches are not answered")
    if not isinstance(given, dict):
        raise HTTPException(400, f"{what} must be a JSON object")
    query = _typed(given, "query", str, "a string")
    if not query:
        raise HTTPException(400, "There is no query in the request")
    return GraphQLRequestData(
        query=query,
        variables=_typed(given, "variables", dict, "an object"),
        operation_name=_typed(given, "operationName", str, "a string") or None,
        extensions=_typed(given, "extensions", dict, "an object"),
    )


def _typed(given: dict[str, Any], name: str, kind: type, form: str) -> Any:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise HTTPException(400, f"`{name}` must be {form}")
    return value


class Operations:
    """Runs operations over one schema, each in a context of its own."""

    def __init__(self, schema: Schema, deps: Deps) -> None:
        self.schema = schema
        self.deps = deps

    def context(
        self, caller: Caller, scope: Mapping[str, Any], request_id: str | None = None
    ) -> Context:
        """The context of one operation of this caller's, which came by the request of `scope`."""
        return Context(
            deps=self.deps,
            caller=caller,
            request_id=request_id or uuid4().hex,
            links=self.deps.images.addresses.links(scope),
        )

    def run(
        self, operation: GraphQLRequestData, context: Context
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The results of an operation of any kind, as `Schema.run` gives them."""
        return self.schema.run(operation, context)

    async def notice(self, caller: Caller) -> None:
        """Write down that a device has called. Raises `DeviceRevoked`."""
        if caller.device_id is not None:
            device = Device(device_id=caller.device_id)
            await presence.seen(self.deps.store, caller.user_id, device)

    async def spend(self, caller: Caller) -> None:
        """Take one request off the caller's minute. Raises `TooMany`."""
        spent = await self.deps.gate.spend(caller)
        if not spent.allowed:
            raise TooMany(retry_after=spent.retry_after(clock.now().timestamp()))
