"""GraphQL at one address: over HTTP, as server-sent events and over WebSockets."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.http import GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from rewind_gql.auth.views import Caller
from rewind_gql.errors import Refused, Unauthenticated
from schema.context import Context, Deps
from schema.errors import NO_OPERATION, ErrorCode
from schema.execution import Schema, kind_of, payload
from schema.operations import MAX_BYTES, Operations, asked, parsed
from schema.sockets import INIT_WAIT_S, AllowOrigin, Sockets
from schema.sse import RESERVED_S, Streams, token_of

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
METHODS = ("GET", "POST", "PUT", "DELETE")

Authenticate = Callable[[Request], Awaitable[Caller]]
Explorer = Callable[[Request], Response | Awaitable[Response]]


def nobody(origin: str) -> bool:
    """Lets pages of no other origin open a socket."""
    return False


class Endpoint:
    """Answers operations in whichever way the client asks for.

    A query or mutation by GET or POST is answered at once, as JSON or, if the client accepts
    nothing else, as a stream of events; a subscription is answered as one. `sse` and `sockets` say
    more of streams. Other requests are refused.
    """

    def __init__(
        self,
        schema: Schema,
        deps: Deps,
        *,
        authenticate: Authenticate,
        explorer: Explorer | None = None,
        allow_origin: AllowOrigin = nobody,
        init_wait_s: float = INIT_WAIT_S,
        reserved_s: float = RESERVED_S,
    ) -> None:
        self._operations = Operations(schema, deps)
        self._authenticate = authenticate
        self._explorer = explorer
        self._streams = Streams(self._operations, reserved_s=reserved_s)
        self._sockets = Sockets(self._operations, allow_origin, init_wait_s=init_wait_s)

    def running(self) -> AbstractAsyncContextManager[None]:
        """What has to be entered before the first request, and left after the last one."""
        return self._streams.running()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket."""
        if scope["type"] == "websocket":
            await self._sockets.serve(WebSocket(scope, receive, send))
            return
        request = Request(scope, _capped(receive))
        async with AsyncExitStack() as held:
            try:
                response = await self._answer(request, held)
            except HTTPException as wrong:
                response = refusal(wrong.detail, ErrorCode.BAD_REQUEST, wrong.status_code)
            except Refused as refused:
                response = refusal(refused.message, ErrorCode(refused.code), refused.status)
                response.headers.update(_hints(refused))
            await response(scope, receive, send)

    async def _answer(self, request: Request, held: AsyncExitStack) -> Response:
        if self._explorer is not None and _is_browser(request):
            page = self._explorer(request)
            return await page if inspect.isawaitable(page) else page
        if request.method not in METHODS:
            raise HTTPException(405, f"GraphQL is asked by {', '.join(METHODS)}")
        token = token_of(request)
        if token is not None and request.method == "GET" and "query" not in request.query_params:
            known = "authorization" in request.headers
            asker = await self._caller(request) if known else None
            return await self._streams.open(token, asker, held)
        caller = await self._caller(request)
        if request.method == "PUT":
            return self._streams.reserve(caller)
        if request.method == "DELETE":
            return self._streams.stop(token or "", caller, request.query_params.get("operationId"))
        request_id = getattr(request.state, "request_id", None)
        context = self._operations.context(caller, request.scope, request_id)
        operation = await _operation(request)
        if token is not None:
            refused = await self._streams.perform(token, operation, context)
            return Response(status_code=202) if refused is None else _printed(refused, JSON, 400)
        if _wants_stream(request, operation):
            return await self._streams.answer(operation, context, held)
        return await self._execute(request, operation, context)

    async def _caller(self, request: Request) -> Caller:
        caller = request.state.caller = await self._authenticate(request)
        await self._operations.notice(caller)
        return caller

    async def _execute(
        self, request: Request, operation: GraphQLRequestData, context: Context
    ) -> Response:
        """The answer to a query or mutation.

        The newer media type tells by its status that nothing was executed. Under the older one a
        status other than 200 could come from any proxy on the way.
        """
        try:
            result = await self._operations.schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
                operation_extensions=operation.extensions,
            )
        except CannotGetOperationTypeError as unknown:
            raise HTTPException(400, NO_OPERATION) from unknown
        if GRAPHQL_JSON in request.headers.get("accept", ""):
            return _printed(result, GRAPHQL_JSON, 400)
        return _printed(result, JSON, 200)


async def _operation(request: Request) -> GraphQLRequestData:
    """What is asked, from the address of a GET or the body of a POST."""
    if request.method == "GET":
        operation = asked(_from_address(request.query_params), "The address")
        if kind_of(operation.query or "", operation.operation_name) is OperationType.MUTATION:
            raise HTTPException(405, "GET is for queries; send anything else by POST")
        return operation
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != JSON:
        raise HTTPException(415, f"Send the request as {JSON}")
    return asked(parsed(await request.body(), "The body"), "The body")


def _wants_stream(request: Request, operation: GraphQLRequestData) -> bool:
    """Whether the answer has to be a stream. Raises `HTTPException` where it cannot be one."""
    accepted = {
        part.split(";")[0].strip().lower()
        for part in request.headers.get("accept", "*/*").split(",")
    }
    if kind_of(operation.query or "", operation.operation_name) is OperationType.SUBSCRIPTION:
        if accepted.isdisjoint((EVENT_STREAM, "text/*", "*/*")):
            raise HTTPException(406, f"A subscription is answered as {EVENT_STREAM}; accept that")
        return True
    return EVENT_STREAM in accepted and accepted.isdisjoint(
        (JSON, GRAPHQL_JSON, "application/*", "*/*")
    )


def _printed(result: ExecutionResult, media_type: str, unexecuted: int) -> Response:
    """A result as it is; its status is `unexecuted` when there are only errors."""
    body = payload(result)
    return Response(
        orjson.dumps(body), 200 if "data" in body else unexecuted, media_type=media_type
    )


def refusal(message: str, code: ErrorCode, status: int) -> Response:
    """A request that was not executed: a GraphQL answer with nothing but the error."""
    body = {"errors": [{"message": message, "extensions": {"code": code.value}}]}
    headers = {"Allow": ", ".join(METHODS)} if status == 405 else None
    return Response(orjson.dumps(body), status, headers, JSON)


def _hints(refused: Refused) -> dict[str, str]:
    if isinstance(refused, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if refused.retry_after is not None:
        return {"Retry-After": str(refused.retry_after)}
    return {}


def _is_browser(request: Request) -> bool:
    """Whether somebody looks at the endpoint in a browser rather than asking something."""
    return (
        request.method == "GET"
        and "query" not in request.query_params
        and "text/html" in request.headers.get("accept", "")
    )


def _capped(receive: Receive) -> Receive:
    """The request's body, refused once it is longer than any document should be."""
    seen = 0

    async def capped() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BYTES:
            raise HTTPException(413, f"The body is longer than {MAX_BYTES} bytes")
        return message

    return capped


def _from_address(params: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = dict(params)
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = parsed(given[name], name)
        else:
            given.pop(name, None)
    return given
