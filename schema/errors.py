"""Errors as clients see them: our refusals with their code, everything else behind a mask."""

import re
from typing import Annotated, Any

from annotated_doc import Doc
from graphql import FieldNode, GraphQLError, GraphQLSyntaxError
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.utils.str_converters import to_camel_case

from rewind_gql import log
from rewind_gql.errors import BadInput, Refused
from schema.context import TOO_MANY, Context
from schema.limits import TOO_DEEP
from schema.shape import Choice, choices, described

NO_OPERATION = "The document has no operation of that name"
_SUGGESTION = re.compile(r" Did you mean .*", re.DOTALL)
_log = log.get("graphql")
INTERNAL = "Internal error"


@choices
class ErrorCode(Choice):
    """Why something was not answered or not done; `extensions.code` of every error."""

    BAD_INPUT = "BAD_INPUT", "An argument has a value that cannot be used."
    UNAUTHENTICATED = "UNAUTHENTICATED", "The request carries no key that is valid."
    FORBIDDEN = "FORBIDDEN", "The key may not do this."
    NOT_FOUND = "NOT_FOUND", "There is no such thing, or it is somebody else's."
    CONFLICT = "CONFLICT", "It contradicts what is stored."
    SYNC_ALREADY_RUNNING = "SYNC_ALREADY_RUNNING", "Another run of this account is under way."
    SOURCE_PAUSED = "SOURCE_PAUSED", "Somebody paused the source; resume it first."
    SOURCE_NOT_FOUND = "SOURCE_NOT_FOUND", "There is no such source."
    RUN_NOT_FOUND = "RUN_NOT_FOUND", "There is no such run."
    RUN_FINISHED = "RUN_FINISHED", "The run has ended already."
    DEVICE_NOT_FOUND = "DEVICE_NOT_FOUND", "There is no such device."
    DEVICE_REVOKED = "DEVICE_REVOKED", "The device was signed out for good."
    CONFLICT_NOT_FOUND = "CONFLICT_NOT_FOUND", "There is no such conflict."
    CONFLICT_CHANGED = "CONFLICT_CHANGED", "The conflict is not what it was; look at it again."
    TRIM_TOO_SHORT = "TRIM_TOO_SHORT", "Fewer than 60 seconds of a session would be left."
    UNDO_EXPIRED = "UNDO_EXPIRED", "There is nothing to take back, or it is too late for it."
    REQUEST_RUNNING = "REQUEST_RUNNING", "The first request of this mark is still under way."
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED", "The mark was another request's."
    AMBIGUOUS = "AMBIGUOUS", "Several things go by this name; `candidates` lists them."
    TOO_LARGE = "TOO_LARGE", "It is more than can be taken at once."
    TOO_COMPLEX = "TOO_COMPLEX", "The operation fetches more items than is allowed."
    TIMEOUT = "TIMEOUT", "It took longer than is allowed; what it asked for was broken off."
    RATE_LIMITED = "RATE_LIMITED", "The key has used up its requests for now."
    TOO_MANY_STREAMS = "TOO_MANY_STREAMS", "Too many streams are open; close one first."
    UNAVAILABLE = "UNAVAILABLE", "What it needs is out of reach just now; try again later."
    BAD_REQUEST = "BAD_REQUEST", "The request is not GraphQL over HTTP."
    PERSISTED_QUERY_NOT_FOUND = (
        "PERSISTED_QUERY_NOT_FOUND",
        "No document of this hash is known; send its text along.",
    )
    PERSISTED_QUERY_NOT_SUPPORTED = (
        "PERSISTED_QUERY_NOT_SUPPORTED",
        "Only version 1 of automatic persisted queries is spoken here.",
    )
    PERSISTED_QUERY_HASH_MISMATCH = (
        "PERSISTED_QUERY_HASH_MISMATCH",
        "The hash is not the SHA-256 of the text.",
    )
    PERSISTED_QUERY_NOT_IN_LIST = (
        "PERSISTED_QUERY_NOT_IN_LIST",
        "No trusted document has this id.",
    )
    PERSISTED_QUERY_ID_REQUIRED = (
        "PERSISTED_QUERY_ID_REQUIRED",
        "The key only runs trusted documents; send an id instead of a text.",
    )
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED", "The document is not GraphQL."
    GRAPHQL_VALIDATION_FAILED = (
        "GRAPHQL_VALIDATION_FAILED",
        "The document does not fit the schema, or is larger than allowed.",
    )
    BAD_USER_INPUT = "BAD_USER_INPUT", "The variables do not fit the document."
    INTERNAL = "INTERNAL", "It is our fault; the log knows more under the request id."


_BY_STATUS = {408: ErrorCode.TIMEOUT, 413: ErrorCode.TOO_LARGE}


@described
class UserError:
    """Why a mutation did not do what was asked."""

    code: Annotated[ErrorCode, Doc("What kind of trouble it is.")]
    message: Annotated[str, Doc("The same in words.")]
    path: Annotated[list[str] | None, Doc("The argument that is to blame, from the outside in.")]
    retry_after: Annotated[int | None, Doc("Seconds after which asking again may help.")]


def user_error(refused: Refused, *, inside: tuple[str, ...] = ()) -> UserError:
    """A refusal as a mutation's payload shows it; `inside` leads to the input it speaks of."""
    path = refused.path if isinstance(refused, BadInput) else None
    named = [*inside, to_camel_case(path)] if path else None
    return UserError(
        code=ErrorCode(refused.code),
        message=refused.message,
        path=named,
        retry_after=refused.retry_after,
    )


def publish(result: ExecutionResult, context: Context) -> None:
    """Give every error of a result its public form; what is masked is logged, once."""
    executed = context.began.is_set() or not isinstance(result, PreExecutionError)
    tell = _met if executed else _refused_document
    if result.errors:
        result.errors = [tell(error, context) for error in result.errors]
        told = [error for error in result.errors if error.message == TOO_MANY]
        if told:
            # One error, not one for every list that was not fetched any more.
            result.data, result.errors = None, told[:1]


def reveal(refused: Refused, request_id: str) -> GraphQLError:
    """A refusal of ours as clients see it."""
    extensions = {**refused.extensions, "requestId": request_id}
    if isinstance(refused, BadInput) and refused.path:
        extensions["argument"] = to_camel_case(refused.path)
    if refused.retry_after is not None:
        extensions["retryAfter"] = refused.retry_after
    return GraphQLError(refused.message, extensions=extensions)


def unexecuted(message: str, code: ErrorCode, request_id: str) -> GraphQLError:
    """Why a request was not even looked at."""
    return GraphQLError(message, extensions={"code": code.value, "requestId": request_id})


def code_of(status: int) -> ErrorCode:
    """The code of a request that was refused with this status, for what it is rather than asks."""
    return _BY_STATUS.get(status, ErrorCode.BAD_REQUEST)


def _refused_document(error: GraphQLError, context: Context) -> GraphQLError:
    """An error of a document that was not executed."""
    if isinstance(error.original_error, RecursionError):
        return _like(error, TOO_DEEP, ErrorCode.GRAPHQL_VALIDATION_FAILED, context)
    if isinstance(error.original_error, CannotGetOperationTypeError):
        return _like(error, NO_OPERATION, ErrorCode.BAD_REQUEST, context)
    if error.original_error is not None:
        return _masked(error, context)
    given = (error.extensions or {}).get("code")
    if given is not None:
        return _like(error, error.message, ErrorCode(given), context)
    syntax = isinstance(error, GraphQLSyntaxError)
    code = ErrorCode.GRAPHQL_PARSE_FAILED if syntax else ErrorCode.GRAPHQL_VALIDATION_FAILED
    return _like(error, _hushed(error.message, context), code, context)


def _met(error: GraphQLError, context: Context) -> GraphQLError:
    """An error met while executing."""
    cause = error.original_error
    if isinstance(cause, Refused):
        shown = reveal(cause, context.request_id)
        return _told(error, shown.message, shown.extensions or {})
    if _is_input(error):
        words = _hushed(error.message, context)
        return _like(error, words, ErrorCode.BAD_USER_INPUT, context)
    return _masked(error, context)


def _hushed(message: str, context: Context) -> str:
    """The message without what the schema has that is meant perhaps, for who may not look at it."""
    return message if context.may_introspect else _SUGGESTION.sub("", message)


def _masked(error: GraphQLError, context: Context) -> GraphQLError:
    _log.error(
        "graphql.failed",
        request_id=context.request_id,
        path=".".join(map(str, error.path or ())),
        exc_info=error.original_error or error,
    )
    return _like(error, INTERNAL, ErrorCode.INTERNAL, context)


def _is_input(error: GraphQLError) -> bool:
    """Whether the request's variables or operation name are to blame.

    What fails below a field is ours, for its arguments were validated; only a variable's value can
    still be wrong there, and then the error stands at the value, not at the field.
    """
    if error.nodes:
        return not isinstance(error.nodes[0], FieldNode)
    return error.path is None and error.original_error is None


def _like(error: GraphQLError, message: str, code: ErrorCode, context: Context) -> GraphQLError:
    return _told(error, message, {"code": code.value, "requestId": context.request_id})


def _told(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    told = GraphQLError(message, path=error.path, extensions=extensions)
    # Looking for places in a document of a hundred thousand lines takes long; they are known.
    told.nodes, told.source, told.positions = error.nodes, error.source, error.positions
    told.locations = error.locations
    return told
