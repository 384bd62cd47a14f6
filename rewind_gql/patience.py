"""Work that may take only so long; what is done at once pays nothing for it."""

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

A = TypeVar("A")
Work = Coroutine[Any, Any, A]


class Late(Exception):
    """The work was not done in time, and has been broken off."""


async def within(work: Work[A], seconds: float) -> A:
    """What the work gives. Raises `Late` when that takes longer.

    A timer costs some microseconds, so there is one only once the work has to wait for something.
    """
    try:
        waiting = work.send(None)
    except StopIteration as done:
        answer: A = done.value
        return answer
    timer = asyncio.timeout(seconds)
    try:
        async with timer:
            return await _onward(work, waiting)
    except TimeoutError:
        if timer.expired():
            raise Late from None
        raise


@types.coroutine
def _onward(work: Work[A], waiting: Any) -> Generator[Any, Any, A]:
    """Go on with work that has begun, and waits for something."""
    try:
        while True:
            try:
                sent = yield waiting
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # what is raised where it waits is the work's
                waiting = work.throw(error)
            else:
                waiting = work.send(sent)
    except StopIteration as done:
        answer: A = done.value
        return answer
