"""Operations that use one plan at the same time, the first uses of it among them."""

import asyncio
import dataclasses
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import time_machine
from graphql import OperationType, parse

from schema.context import TOO_MANY
from schema.context import Context as OurContext
from schema.execution.documents import Operation
from schema.execution.plan import Unplanned
from schema.execution.running import Run
from schema.root import schema
from tests.databases import ME
from tests.schema.conftest import HERE, Asking, Lives, asking_at, caller
from tests.schema.execution.comparing import LEFT_BEHIND, agree, told
from tests.schema.execution.test_differential import LIFE, NOW, by_core

pytestmark = LEFT_BEHIND
AT_ONCE = 6


class Halting:
    """A store whose answers are the same, but come one turn of the loop or some later, or two."""

    def __init__(self, store: Any, seed: int) -> None:
        self._store = store
        self._random = random.Random(seed)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the store's."""
        return getattr(self._store, name)

    async def ask(self, query: Any, user_id: int, /, *args: Any, **kwargs: Any) -> Any:
        """What the store answers, before or after a while."""
        for _ in range(self._random.choice((0, 0, 1, 2, 5))):
            await asyncio.sleep(0)
        return await self._store.ask(query, user_id, *args, **kwargs)


@pytest.fixture
async def asking(lives: Lives, settings: Any) -> AsyncIterator[Asking]:
    """Somebody who asks about a small life while the clock stands still."""
    with time_machine.travel(NOW, tick=False):
        async with asking_at(await lives.shared("sqlite"), settings()) as made:
            yield made


async def test_one_plan_serves_many_at_once_from_its_first_use_on(asking: Asking) -> None:
    assert await _differences(asking, range(60_000, 60_100)) == []


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_a_great_many_plans_serve_many_at_once(asking: Asking) -> None:
    assert await _differences(asking, range(60_100, 63_000)) == []


async def _differences(asking: Asking, numbers: range) -> list[str]:
    found = []
    for number in numbers:
        made = LIFE.make(number, OperationType.QUERY)
        document = parse(made.text)
        expected = await by_core(schema, document, made, _context(asking, None))
        operation = Operation(schema._schema, document, document.definitions[0])  # type: ignore[arg-type]  # it is one
        variables = operation.variables(made.variables)
        if isinstance(variables, list):
            continue

        async def once(seed: int, operation: Operation = operation, made: Any = variables) -> Any:
            return await Run(
                operation.plan(made), made, _context(asking, seed), None, None
            ).result()

        try:
            operation.plan(variables).uses -= 1
        except Unplanned:
            continue
        seeds = [number * AT_ONCE + at for at in range(AT_ONCE)]
        found += [
            f"{number}: {made}\n{told(got)}\n{told(expected)}"
            for got in await asyncio.gather(*map(once, seeds))
            if not agree(got, expected, budget=TOO_MANY)
        ]
    return found


def _context(asking: Asking, seed: int | None) -> OurContext:
    store: Any = asking.deps.store if seed is None else Halting(asking.deps.store, seed)
    return OurContext(
        deps=dataclasses.replace(asking.deps, store=store),
        caller=caller(ME, "admin"),
        request_id="request-1",
        links=asking.deps.images.addresses.links(HERE),
    )
