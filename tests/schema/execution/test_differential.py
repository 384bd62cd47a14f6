"""Plans give what graphql-core gives, whatever is asked and whatever goes wrong."""

import base64
import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
import time_machine
from graphql import OperationType, execute, parse, validate
from strawberry.execution import optimized_is_awaitable

from schema.context import TOO_MANY
from schema.context import Context as OurContext
from schema.execution import PerEvent, Schema, written
from schema.execution.documents import Operation
from schema.execution.plan import Unplanned
from schema.execution.running import Run
from schema.root import schema
from tests.databases import ME
from tests.schema.conftest import HERE, Asking, Lives, asking_at, caller
from tests.schema.execution.comparing import LEFT_BEHIND, agree, told
from tests.schema.execution.faults import Faulty
from tests.schema.execution.generating import BASE, Generated, Generator
from tests.schema.execution.synthetic import Chaos, Context, Mutation, Query

pytestmark = LEFT_BEHIND
SYNTHETIC = Schema(Query, Mutation, execution_context_class=PerEvent)
SHARES = (0.0, 0.02, 0.1)
TIMES = 2
"""How often a plan is used: closely at first, then by its builders."""
NOW = "2025-04-01T12:00:00Z"
KINDS = (
    *("Artist", "Album", "Track", "Play", "Release", "Item", "Want", "Movie", "Media", "Filter"),
    *("SyncSource", "Device", "FocusSession", "SyncConflict", "SyncReject", "Nobody"),
)
IDS = tuple(
    base64.b64encode(f"{kind}:{number}".encode()).decode() for kind in KINDS for number in (1, 2, 9)
)
LIFE = Generator(
    schema._schema,
    {
        **BASE,
        "ID": IDS,
        "Int": (5, 2, 0, 20, -1, 201, 2025, 2**31 - 1),
        "String": ("lastfm", "listening", "Low", "UTC", "open", "Europe/Oslo", "", "nobody"),
    },
    # What asks others, or writes; and what tells how often it was asked.
    without=frozenset(
        {("Query", "imageAlternatives"), ("Query.deviceSync", "scan"), ("Listening", "nowPlaying")}
    ),
)
Made = Callable[[], Any]


async def by_core(of: Schema, document: Any, made: Generated, context: Any) -> Any:
    """The result as graphql-core has it."""
    result: Any = execute(
        of._schema,
        document,
        context_value=context,
        variable_values=made.variables,
        executor_class=PerEvent,
        is_awaitable=optimized_is_awaitable,
        operation_extensions=None,
    )
    return await result if optimized_is_awaitable(result) else result


async def difference(of: Schema, made: Generated, context: Made, budget: str | None) -> str | None:
    """What is told in two ways of an operation."""
    document = parse(made.text)
    wrong = validate(of._schema, document)
    assert not wrong, (wrong, made.text)
    expected = await by_core(of, document, made, context())
    operation = Operation(of._schema, document, document.definitions[0])  # type: ignore[arg-type]  # it is one
    variables = operation.variables(made.variables)
    if isinstance(variables, list):
        return None
    for _ in range(TIMES):
        try:
            plan = operation.plan(variables)
        except Unplanned:
            return None
        mine = context()
        got = await Run(plan, variables, mine, None, None).result()
        if getattr(mine, "as_json", False):
            got.data = orjson.loads(written({"data": got.data}))["data"]
        if not agree(got, expected, budget=budget):
            return f"{made}\n{told(got)}\n{told(expected)}"
    return None


async def over_everything(numbers: range, kind: OperationType) -> list[str]:
    """The differences of operations of these numbers over the schema of everything."""
    generator = Generator(SYNTHETIC._schema)
    found = []
    for number in numbers:
        share = SHARES[number % len(SHARES)]
        told_twice = await difference(
            SYNTHETIC,
            generator.make(number, kind),
            lambda number=number, share=share: Context(Chaos(number, share)),  # type: ignore[misc]
            None,
        )
        if told_twice is not None:
            found.append(f"{number}: {told_twice}")
    return found


async def over_life(asking: Asking, numbers: range, kind: OperationType) -> list[str]:
    """The same over our own schema; mutations by somebody who may not."""
    found = []
    for number in numbers:
        share = SHARES[number % len(SHARES)]
        scope = "read" if number % 2 or kind is OperationType.MUTATION else "admin"

        def context(number: int = number, share: float = share, scope: str = scope) -> OurContext:
            store: Any = Faulty(asking.deps.store, number, share)
            made = OurContext(
                deps=dataclasses.replace(asking.deps, store=store),
                caller=caller(ME, scope),
                request_id="request-1",
                links=asking.deps.images.addresses.links(HERE),
            )
            made.as_json = number % 2 == 1
            return made

        told_twice = await difference(schema, LIFE.make(number, kind), context, TOO_MANY)
        if told_twice is not None:
            found.append(f"{number}: {told_twice}")
    return found


@pytest.fixture
async def asking(lives: Lives, settings: Any) -> AsyncIterator[Asking]:
    """Somebody who asks about a small life while the clock stands still."""
    with time_machine.travel(NOW, tick=False):
        async with asking_at(await lives.shared("sqlite"), settings()) as made:
            yield made


async def test_queries_over_a_schema_of_everything() -> None:
    assert await over_everything(range(900), OperationType.QUERY) == []


async def test_mutations_over_a_schema_of_everything() -> None:
    assert await over_everything(range(1_600), OperationType.MUTATION) == []


async def test_queries_over_our_own_schema(asking: Asking) -> None:
    assert await over_life(asking, range(2_000), OperationType.QUERY) == []


async def test_mutations_over_our_own_schema(asking: Asking) -> None:
    assert await over_life(asking, range(500), OperationType.MUTATION) == []


@pytest.mark.parametrize("number", [13_877])
async def test_an_operation_that_once_told_something_else(asking: Asking, number: int) -> None:
    assert await over_life(asking, range(number, number + 1), OperationType.QUERY) == []


@pytest.mark.long
@pytest.mark.timeout(7_200)
async def test_a_great_many_operations(asking: Asking) -> None:
    assert await over_everything(range(10_000, 40_000), OperationType.QUERY) == []
    assert await over_everything(range(10_000, 25_000), OperationType.MUTATION) == []
    assert await over_life(asking, range(10_000, 63_000), OperationType.QUERY) == []
    assert await over_life(asking, range(10_000, 12_000), OperationType.MUTATION) == []
