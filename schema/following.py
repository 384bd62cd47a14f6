"""What subscriptions are made of: a decorator for their fields, and moments to look again."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import strawberry

from rewind_gql.sync.live import Hub
from schema.shape import paragraph, spread

LOOK_AGAIN_S = 30.0
"""Devices grow stale by time alone, which nobody tells of."""
_NO_MORE = object()

Resolver = Callable[..., AsyncGenerator[Any, None]]


def feed(kind: Any) -> Callable[[Resolver], Any]:
    """A subscription to values of GraphQL type `kind`; its docstring is the description."""

    def decorate(resolver: Resolver) -> Any:
        return strawberry.subscription(
            resolver=spread(resolver, kind), graphql_type=kind, description=paragraph(resolver)
        )

    return decorate


async def moments(
    hub: Hub, user_id: int, look_again_s: float = LOOK_AGAIN_S
) -> AsyncGenerator[None, None]:
    """Now, and whenever something of a person may be different."""
    async with aclosing(hub.changes(user_id)) as changes:
        change = asyncio.ensure_future(anext(changes, _NO_MORE))
        await asyncio.sleep(0)  # from here on no change is missed
        try:
            while not (change.done() and change.result() is _NO_MORE):
                if change.done():
                    change = asyncio.ensure_future(anext(changes, _NO_MORE))
                yield
                await asyncio.wait((change,), timeout=look_again_s)
        finally:
            change.cancel()
            await asyncio.wait((change,))
