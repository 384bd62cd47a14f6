"""Work that is brought to its end although whoever waits for it has been cancelled meanwhile.

A statement or a COMMIT cut off halfway leaves the driver's thread at it, and the lock with it:
SQLAlchemy throws such a connection away, and the next writer waits for as long as it is busy.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

AGAIN_S = 0.01
"""How often work that is to end soon is told so."""

A = TypeVar("A")


async def whole(
    work: Coroutine[Any, Any, A], hurry: Callable[[], Awaitable[None]] | None = None
) -> A:
    """What `work` gives. A caller cancelled meanwhile learns of it when the work has ended.

    From then on `hurry` is called again and again, for what has not begun yet is not ended by it.
    """
    task = asyncio.ensure_future(work)
    gone: asyncio.CancelledError | None = None
    while not task.done():
        try:
            if gone is None or hurry is None:
                await asyncio.wait({task})
            else:
                await hurry()
                await asyncio.wait({task}, timeout=AGAIN_S)
        except asyncio.CancelledError as again:  # some cancel more than once
            gone = again
    if gone is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # it was asked for; nobody is left to be told
    raise gone


@asynccontextmanager
async def unbroken(manager: AbstractAsyncContextManager[A]) -> AsyncIterator[A]:
    """`manager`, entered and left wholly or not at all; a caller may be cancelled inside it."""
    entered: list[A] = []

    async def enter() -> None:
        entered.append(await manager.__aenter__())

    try:
        await whole(enter())
        yield entered[0]
    except BaseException as error:
        if not entered:
            raise
        if not await whole(_left(manager, error)):
            raise
    else:
        await whole(_left(manager, None))


async def _left(manager: AbstractAsyncContextManager[Any], error: BaseException | None) -> bool:
    kind = None if error is None else type(error)
    trace = None if error is None else error.__traceback__
    return bool(await manager.__aexit__(kind, error, trace))
