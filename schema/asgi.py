"""GraphQL at one address: over HTTP, as server-sent events and over WebSockets."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import orjson
from graphql import GraphQLError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from rewind_gql import log
from rewind_gql.auth.views import Caller
from rewind_gql.errors import Denied, Refused, Unauthenticated
from schema.accepting import CONTENT_TYPES, EVENT_STREAM, GRAPHQL_JSON, JSON, Accepted, accepted
from schema.caching import REVALIDATED, Replies, Reply
from schema.context import Context, Deps
from schema.documents import Asked, UnknownHash
from schema.errors import INTERNAL, ErrorCode, code_of, reveal, unexecuted
from schema.execution import Schema, payload
from schema.guard import is_forged
from schema.operations import MAX_BYTES, Operations, asked, parsed
from schema.posted import BODY_S, check_length, quick, reply, too_long, too_slow, whole
from schema.sockets import INIT_WAIT_S, AllowOrigin, Sockets
from schema.sse import RESERVED_S, Streams, token_of

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
SAFE = ("GET", "HEAD")
MAX_FIELDS = 20
"""How many parts the address of a request may have."""
_OWN_FIELDS = ("query", "documentId")

Authenticate = Callable[[Request], Awaitable[Caller]]
Explorer = Callable[[Request], Response | Awaitable[Response]]
Sending = Callable[[], Awaitable[None]]
_log = log.get("graphql")


def nobody(origin: str) -> bool:
    """Lets pages of no other origin open a socket."""
    return False


class Endpoint:
    """Answers operations in whichever way the client asks for.

    A query or mutation by GET or POST is answered at once, as JSON or, if the client accepts
    prefers that, as a stream of events; a subscription is answered as one. `sse` and `sockets` say
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
        self._replies = Replies(schema, deps.caching)
        self._authenticate = authenticate
        self._explorer = explorer
        self._allow_origin = allow_origin
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
        media_type = quick(scope)
        request = Request(scope, _capped(receive))
        if request.method == "HEAD":
            send = _bodiless(send)
        async with AsyncExitStack() as held:
            try:
                sending = await self._sending(request, receive, send, media_type, held)
            except HTTPException as wrong:
                unsaid = unexecuted(wrong.detail, code_of(wrong.status_code), _id_of(request))
                response = refusal(unsaid, wrong.status_code, _form(request))
                response.headers.update(wrong.headers or {})
                sending = partial(response, scope, receive, send)
            except Refused as refused:
                response = _refused(refused, _id_of(request), _form(request))
                sending = partial(response, scope, receive, send)
            except Exception as failed:  # the outermost place where it can be told as GraphQL
                sending = partial(_failed(failed, request), scope, receive, send)
            await sending()

    async def _sending(
        self,
        request: Request,
        receive: Receive,
        send: Send,
        media_type: str | None,
        held: AsyncExitStack,
    ) -> Sending:
        """What sends the answer."""
        scope = request.scope
        check_length(scope)
        if media_type is not None:
            found = await self._quickly(request, receive, media_type, held)
            if not isinstance(found, Response):
                return partial(reply, send, *found, media_type)
            return partial(found, scope, receive, send)
        return partial(await self._answer(request, held), scope, receive, send)

    async def _answer(self, request: Request, held: AsyncExitStack) -> Response:
        if self._explorer is not None and _is_browser(request):
            page = self._explorer(request)
            return await page if inspect.isawaitable(page) else page
        if request.method not in METHODS:
            raise HTTPException(405, f"GraphQL is asked by {', '.join(METHODS)}")
        if is_forged(request, self._allow_origin):
            raise Denied("A page of another site asks; it needs a key in the Authorization header")
        token = token_of(request)
        if token is not None and request.method == "GET" and not _asks(request):
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
        await self._operations.settle(operation, caller)
        _check_method(self._operations.schema, request.method, operation)
        return await self._answered(request, operation, context, token, held)

    async def _quickly(
        self, request: Request, receive: Receive, media_type: str, held: AsyncExitStack
    ) -> Response | tuple[bytes, int]:
        """The answer to a request that is known to be of the most common kind, and its status."""
        caller = await self._caller(request)
        body = await whole(receive)
        request_id = getattr(request.state, "request_id", None)
        context = self._operations.context(caller, request.scope, request_id)
        operation = asked(parsed(body, "The body"), "The body")
        await self._operations.settle(operation, caller)
        schema = self._operations.schema
        known = schema.known(operation.query or "", operation.operation_name)
        if known is None or known is OperationType.SUBSCRIPTION:
            return await self._answered(request, operation, context, None, held)
        reply = await self._replies.answer(request.scope, operation, context)
        unexecuted = 400 if media_type is GRAPHQL_JSON else 200
        return reply.body or b"", 200 if reply.was_executed else unexecuted

    async def _answered(
        self,
        request: Request,
        operation: Asked,
        context: Context,
        token: str | None,
        held: AsyncExitStack,
    ) -> Response:
        if token is not None:
            refused = await self._streams.perform(token, operation, context)
            return Response(status_code=202) if refused is None else _printed(refused, JSON, 400)
        media_type = _chosen(self._operations.schema, request, operation)
        if media_type == EVENT_STREAM:
            return await self._streams.answer(operation, context, held)
        is_safe = request.method in SAFE
        validated = media_type if is_safe else None
        reply = await self._replies.answer(request.scope, operation, context, validated)
        response = _replied(reply, media_type)
        if is_safe and reply.tag is None:
            response.headers["Cache-Control"] = "no-store"  # it holds for this once
        return response

    async def _caller(self, request: Request) -> Caller:
        caller = await self._authenticate(request)
        request.scope.setdefault("state", {})["caller"] = caller
        await self._operations.notice(caller)
        return caller


async def _operation(request: Request) -> Asked:
    """What is asked, from the address of a GET or the body of a POST."""
    if request.method in SAFE:
        return asked(_from_address(request.scope["query_string"]), "The address")
    _check_form(request)
    try:
        body = await request.body()
    except ClientDisconnect:
        raise HTTPException(400, "The body did not come") from None
    return asked(parsed(body, "The body"), "The body")


def _check_form(request: Request) -> None:
    """Raises `HTTPException` for a body that is not plain JSON in UTF-8."""
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    charset = {"".join(each.split()).replace('"', "") for each in parameters if "charset" in each}
    if media_type.strip() != JSON or charset - {"charset=utf-8", "charset=utf8"}:
        raise HTTPException(415, f"Send the request as {JSON}, in UTF-8")
    coded = request.headers.get("content-encoding", "identity").strip().lower()
    if coded != "identity":
        raise HTTPException(415, "Send the body as it is", {"Accept-Encoding": "identity"})


def _check_method(schema: Schema, method: str, operation: Asked) -> None:
    """Raises `HTTPException` where what is asked is not to be asked in this way."""
    if method not in SAFE:
        return
    kind = schema.kind(operation.query or "", operation.operation_name)
    if kind is OperationType.MUTATION:
        raise HTTPException(405, "GET is for queries; send anything else by POST")
    if kind is OperationType.SUBSCRIPTION and method == "HEAD":
        raise HTTPException(405, "A subscription is nothing without its body")


def _accepted(request: Request) -> Accepted:
    return accepted(", ".join(request.headers.getlist("accept")).encode("latin-1"))


def _form(request: Request) -> str:
    """The media type of a refusal: the one that is accepted, if there is one."""
    return _accepted(request).whole or JSON


def _chosen(schema: Schema, request: Request, operation: Asked) -> str:
    """The media type that answers it. Raises `HTTPException` where none is acceptable."""
    accepts = _accepted(request)
    kind = schema.kind(operation.query or "", operation.operation_name)
    if kind is OperationType.SUBSCRIPTION:
        if not accepts.stream:
            raise HTTPException(406, f"A subscription is answered as {EVENT_STREAM}; accept that")
        return EVENT_STREAM
    if accepts.prefers_stream and request.method != "HEAD":
        return EVENT_STREAM
    if accepts.whole is None:
        raise HTTPException(406, f"It is answered as {GRAPHQL_JSON} or {JSON}; accept one of them")
    return accepts.whole


def _printed(result: ExecutionResult, media_type: str, unexecuted: int) -> Response:
    """A result as it is; its status is `unexecuted` when there are only errors."""
    body = payload(result)
    status = 200 if "data" in body else unexecuted
    return _response(orjson.dumps(body), status, media_type)


def _replied(reply: Reply, media_type: str) -> Response:
    """The answer to a query or mutation.

    The newer media type tells by its status that nothing was executed. Under the older one a
    status other than 200 could come from any proxy on the way.
    """
    unexecuted = 400 if media_type == GRAPHQL_JSON else 200
    status = 200 if reply.was_executed else unexecuted
    if reply.tag is None:
        return _response(reply.body or b"", status, media_type)
    response = _response(reply.body or b"", 304 if reply.body is None else status, media_type)
    response.headers.update({"ETag": reply.tag.decode(), **REVALIDATED})
    return response


def _response(body: bytes, status: int, media_type: str) -> Response:
    headers = {"Content-Type": CONTENT_TYPES[media_type], "Vary": "Accept, Origin"}
    return Response(body, status, headers)


def refusal(error: GraphQLError, status: int, media_type: str = JSON) -> Response:
    """A request that was not executed: a GraphQL answer with nothing but the error."""
    response = _response(orjson.dumps({"errors": [error.formatted]}), status, media_type)
    response.headers["Cache-Control"] = "no-store"
    if status == 405:
        response.headers["Allow"] = ", ".join(METHODS)
    return response


def _refused(refused: Refused, request_id: str, media_type: str) -> Response:
    status = refused.status
    if isinstance(refused, UnknownHash) and media_type == JSON:
        status = 200  # older clients look for this error only where all went well
    response = refusal(reveal(refused, request_id), status, media_type)
    response.headers.update(_hints(refused))
    return response


def _failed(failed: Exception, request: Request) -> Response:
    """Our own fault: told under the request's id, by which the log knows more."""
    request_id = _id_of(request)
    _log.error("request failed", request_id=request_id, method=request.method, exc_info=failed)
    return refusal(unexecuted(INTERNAL, ErrorCode.INTERNAL, request_id), 500, _form(request))


def _id_of(request: Request) -> str:
    found: str | None = getattr(request.state, "request_id", None)
    return found or uuid4().hex


def _hints(refused: Refused) -> dict[str, str]:
    if isinstance(refused, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if refused.retry_after is not None:
        return {"Retry-After": str(refused.retry_after)}
    return {}


def _is_browser(request: Request) -> bool:
    """Whether somebody looks at the endpoint in a browser rather than asking something."""
    return (
        request.method in SAFE
        and not _asks(request)
        and "text/html" in request.headers.get("accept", "")
    )


def _asks(request: Request) -> bool:
    """Whether the address holds an operation."""
    fields = request.query_params
    return any(name in fields for name in _OWN_FIELDS) or "persistedQuery" in fields.get(
        "extensions", ""
    )


def _capped(receive: Receive) -> Receive:
    """The request's body, refused once it is too long, or does not come."""
    seen = 0
    until: float | None = None
    has_come = False

    async def capped() -> Message:
        nonlocal seen, has_come, until
        if has_come:  # what else comes is that the client has gone, whenever that is
            return await receive()
        until = until or asyncio.get_running_loop().time() + BODY_S
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise too_slow() from None
        has_come = not message.get("more_body")
        seen += len(message.get("body", b""))
        if seen > MAX_BYTES:
            raise too_long()
        return message

    return capped


def _bodiless(send: Send) -> Send:
    """Sends what a GET would be answered with, but for the body."""

    async def bodiless(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bodiless


def _from_address(raw: bytes) -> dict[str, Any]:
    """The parts of an address. Raises `HTTPException` for one that is broken or ambiguous."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as wrong:
        raise HTTPException(400, "The address is not UTF-8, or has very many parts") from wrong
    given: dict[str, Any] = dict(pairs)
    if len(given) != len(pairs):
        raise HTTPException(400, "A part of the address is there twice")
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = parsed(given[name], name)
        else:
            given.pop(name, None)
    return given
