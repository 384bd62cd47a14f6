"""What holds for every operation, whatever executes it: its rights, its cost, and its time."""

import math
from collections.abc import Coroutine, Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLError
from strawberry.types import ExecutionResult as Result

from rewind_gql import clock
from rewind_gql.errors import Refused, Unauthenticated
from rewind_gql.patience import Late, within
from schema.context import Context
from schema.cost import Weighing
from schema.scalars import print_instant


class OutOfTime(Refused):
    """The operation took longer than is allowed"""

    code = "TIMEOUT"
    status = 504


async def admitted(
    weighing: Weighing, variables: Mapping[str, Any], context: Context
) -> ExecutionResult | None:
    """Why an operation is not executed; None where it may be, and has been paid for.

    Raises `Unauthenticated` for who has shown no key and asks for more than the schema.
    """
    try:
        more = context.admit(weighing, variables)
        if more:
            await context.pay(more)
    except Unauthenticated:
        raise
    except Refused as refused:
        return refusal(refused)
    return None


async def in_time(work: Coroutine[Any, Any, ExecutionResult], context: Context) -> ExecutionResult:
    """The result of an operation, or of one event of it; what takes too long is broken off.

    A statement that runs for it is interrupted; a change that is being written is undone.
    """
    seconds = context.deps.settings.graphql_timeout_s
    try:
        return await within(work, seconds)
    except Late:
        context.batches.abandon()
        return refusal(OutOfTime(f"The operation took longer than {seconds:g} seconds"))


def told(result: Result, context: Context, asked: dict[str, Any] | None) -> Result:
    """The result, with what the operation costs where the request asks for that."""
    if asked and asked.get("cost") is True:
        cost: dict[str, Any] = {"cost": context.cost, "nodeCount": context.node_count}
        spent = context.spent
        if spent is not None:
            reset_at = clock.from_seconds(math.ceil(spent.reset_at))
            cost |= {"limit": spent.limit, "remaining": spent.remaining}
            cost["resetAt"] = print_instant(reset_at)
        result.extensions = {**(result.extensions or {}), "cost": cost}
    return result


def refusal(refused: Refused) -> ExecutionResult:
    """A result with nothing but the refusal."""
    return ExecutionResult(None, [GraphQLError(refused.message, original_error=refused)])
