"""GraphQL over HTTP: one ASGI endpoint, strict about requests, with every error in one form."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from rewind_gql.auth.views import Caller
from rewind_gql.errors import Refused, TooMany, Unauthenticated
from schema.context import TOO_MANY, Context, Deps
from schema.errors import ErrorCode

MAX_BODY_BYTES = 128 * 1024
JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
METHODS = "GET, POST"

Authenticate = Callable[[Request], Awaitable[Caller]]
Explorer = Callable[[Request], Response | Awaitable[Response]]


class Endpoint(GraphQL[Context, None]):
    """Answers GET and POST as Strawberry does, and refuses what is not GraphQL over HTTP."""

    def __init__(
        self,
        schema: Schema,
        deps: Deps,
        *,
        authenticate: Authenticate,
        explorer: Explorer | None = None,
    ) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._deps = deps
        self._authenticate = authenticate
        self._explorer = explorer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. There are no subscriptions, so sockets are turned away."""
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close()
            return
        request = Request(scope, _capped(receive))
        try:
            response = await self._answer(request)
        except HTTPException as wrong:
            response = refusal(wrong.reason, ErrorCode.BAD_REQUEST, wrong.status_code)
        except Refused as refused:
            response = refusal(refused.message, ErrorCode(refused.code), refused.status)
            response.headers.update(_hints(refused))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self._explorer is not None and _is_browser(request):
            page = self._explorer(request)
            return await page if inspect.isawaitable(page) else page
        return await self.run(request)

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Never: the explorer is a page of the server's, and has been shown by now."""
        return False

    async def get_context(self, request: Any, response: Any) -> Context:
        """The context of one request. Raises what `authenticate` raises."""
        caller = request.state.caller = await self._authenticate(request)
        return Context(
            deps=self._deps,
            caller=caller,
            request_id=getattr(request.state, "request_id", None) or uuid4().hex,
        )

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """What is asked, from the address of a GET or the body of a POST."""
        if request.method == "GET":
            given = _from_address(request.query_params)
        else:
            if (request.content_type or "").split(";")[0].strip().lower() != JSON:
                raise HTTPException(415, f"Send the request as {JSON}")
            given = _json(await request.get_body(), "The body")
        if isinstance(given, list):
            raise HTTPException(400, "Send one operation at a time; batches are not answered")
        if not isinstance(given, dict):
            raise HTTPException(400, "The body must be a JSON object")
        return GraphQLRequestData(
            query=_typed(given, "query", str, "a string"),
            variables=_typed(given, "variables", dict, "an object"),
            operation_name=_typed(given, "operationName", str, "a string") or None,
            extensions=_typed(given, "extensions", dict, "an object"),
        )

    async def execute_single(  # the signature is Strawberry's
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Execute one operation; only queries by GET."""
        try:
            result = await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=OperationType.from_http(request_adapter.method),
                operation_extensions=request_data.extensions,
            )
            if context.overspent:
                # One error, not one for every list that was not fetched any more.
                told = [error for error in result.errors or () if error.message == TOO_MANY][:1]
                return ExecutionResult(data=None, errors=told)
            return result
        except MissingQueryError as missing:
            raise HTTPException(400, "There is no query in the request") from missing
        except CannotGetOperationTypeError as unknown:
            raise HTTPException(400, "The document has no operation of that name") from unknown
        except InvalidOperationTypeError as wrong:
            raise HTTPException(405, "GET is for queries; send anything else by POST") from wrong

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """The response map; without `data` when nothing was executed."""
        answer = await super().process_result(request, result)
        if result.data is None and not any(error.path for error in result.errors or ()):
            del answer["data"]
        return answer

    async def get_sub_response(self, request: Any) -> Response:
        """Carries the media type that the client reads."""
        accepted = GRAPHQL_JSON in request.headers.get("accept", "")
        return Response(media_type=GRAPHQL_JSON if accepted else JSON)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """The answer as JSON; the newer media type tells by its status that nothing was executed.

        Under the older one a status other than 200 could come from any proxy on the way.
        """
        told = sub_response.media_type == GRAPHQL_JSON and "data" not in response_data
        media_type = sub_response.media_type
        return Response(orjson.dumps(response_data), 400 if told else 200, media_type=media_type)


def refusal(message: str, code: ErrorCode, status: int) -> Response:
    """A request that was not executed: a GraphQL answer with nothing but the error."""
    body = {"errors": [{"message": message, "extensions": {"code": code.value}}]}
    headers = {"Allow": METHODS} if status == 405 else None
    return Response(orjson.dumps(body), status, headers, JSON)


def _hints(refused: Refused) -> dict[str, str]:
    if isinstance(refused, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(refused, TooMany):
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
        if seen > MAX_BODY_BYTES:
            raise HTTPException(413, f"The body is longer than {MAX_BODY_BYTES} bytes")
        return message

    return capped


def _from_address(params: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = dict(params)
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = _json(given[name], name)
        else:
            given.pop(name, None)
    return given


def _json(raw: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise HTTPException(400, f"{what} is not JSON") from wrong


def _typed(given: dict[str, Any], name: str, kind: type, form: str) -> Any:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise HTTPException(400, f"`{name}` must be {form}")
    return value
