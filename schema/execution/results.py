"""Results as they are sent."""

from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult

_TIMEOUT = "TIMEOUT"


def payload(result: ExecutionResult) -> dict[str, Any]:
    """A result as it is sent; without `data` when nothing was executed."""
    sent: dict[str, Any] = {}
    if result.data is not None or any(map(_was_executed, result.errors or ())):
        sent["data"] = result.data
    if result.errors:
        sent["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        sent["extensions"] = result.extensions
    return sent


def _was_executed(error: GraphQLError) -> bool:
    """Whether something was executed before the error: it has a place, or time ran out."""
    return bool(error.path) or (error.extensions or {}).get("code") == _TIMEOUT


def written(sent: dict[str, Any]) -> bytes:
    """A result on its way as JSON, with instants as `DateTime` prints them."""
    return orjson.dumps(sent, option=orjson.OPT_UTC_Z)
