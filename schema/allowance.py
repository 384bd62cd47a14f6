"""What is left of a caller's minute, and what the operation takes of it, in GraphQL."""

import math
from datetime import datetime
from typing import Annotated

from annotated_doc import Doc

from rewind_gql import clock, trace
from schema.context import Info
from schema.shape import described, edge


@described
class RateLimit:
    """What the key, or the device's token, may still ask for in this minute.

    GraphQL, REST and sockets take from the same minute.
    """

    limit: Annotated[int, Doc("Requests allowed in any sixty seconds.")]
    cost: Annotated[
        int, Doc("What this operation takes of them: 1 for every thousand items it may fetch.")
    ]
    remaining: Annotated[int, Doc("Requests left after this one.")]
    reset_at: Annotated[datetime, Doc("When the oldest of those counted is let go.")]
    node_count: Annotated[
        int, Doc("Items this operation may fetch, those of lists within lists multiplied.")
    ]


@described
class AllowanceQuery:
    """Where the question about the caller's minute begins."""

    @edge(RateLimit)
    async def rate_limit(self, info: Info) -> RateLimit:
        """What is left of the caller's minute, and what this operation takes of it."""
        context = info.context
        spent = context.spent or await context.deps.gate.left(context.caller)
        trace.fleeting()
        return RateLimit(
            limit=spent.limit,
            cost=context.cost,
            remaining=spent.remaining,
            reset_at=clock.from_seconds(math.ceil(spent.reset_at)),
            node_count=context.node_count,
        )
