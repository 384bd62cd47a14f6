"""Plans give what graphql-core gives for operations that another generator writes.

It knows no variables, no fragments by name and no conditions, but makes up arguments of its own.
"""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from graphql import GraphQLScalarType, is_specified_scalar_type
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

import schema as surface
from schema.context import TOO_MANY
from schema.context import Context as OurContext
from schema.root import schema
from tests.databases import ME
from tests.schema.conftest import HERE, Asking, Lives, asking_at, caller
from tests.schema.execution.comparing import LEFT_BEHIND
from tests.schema.execution.faults import Faulty
from tests.schema.execution.generating import Generated
from tests.schema.execution.test_differential import NOW, SHARES, difference

pytestmark = LEFT_BEHIND
TEXTS = {
    "Date": "2025-01-01",
    "DateTime": "2025-01-01T00:00:00Z",
    "UUID": "00000000-0000-4000-8000-000000000001",
}
# What asks others, and what tells how often it was asked.
ELSEWHERE = ("imageAlternatives", "scan", "nowPlaying")


@pytest.fixture
async def asking(lives: Lives, settings: Any) -> AsyncIterator[Asking]:
    """Somebody who asks about a small life while the clock stands still."""
    with time_machine.travel(NOW, tick=False):
        async with asking_at(await lives.shared("sqlite"), settings()) as made:
            yield made


async def test_operations_of_another_generator(asking: Asking) -> None:
    assert await _differences(asking, written(20, 1)) == []


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_many_operations_of_another_generator(asking: Asking) -> None:
    assert await _differences(asking, written(1_000, 2)) == []


def written(count: int, number: int) -> list[str]:
    """Operations over our own schema."""
    text = Path(surface.__file__).with_name("schema.graphql").read_text()
    scalars = {
        name: st.just(nodes.String(TEXTS.get(name, "1")))
        for name, kind in schema._schema.type_map.items()
        if isinstance(kind, GraphQLScalarType) and not is_specified_scalar_type(kind)
    }
    found: list[str] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(queries(text, custom_scalars=scalars))
    def write(made: str) -> None:
        found.append(made)

    write()
    return [made for made in found if not any(name in made for name in ELSEWHERE)]


async def _differences(asking: Asking, texts: list[str]) -> list[str]:
    found = []
    for number, text in enumerate(texts):

        def context(number: int = number) -> OurContext:
            store: Any = Faulty(asking.deps.store, number, SHARES[number % len(SHARES)])
            return OurContext(
                deps=dataclasses.replace(asking.deps, store=store),
                caller=caller(ME, "admin"),
                request_id="request-1",
                links=asking.deps.images.addresses.links(HERE),
            )

        told_twice = await difference(schema, Generated(text, {}), context, TOO_MANY)
        if told_twice is not None:
            found.append(told_twice)
    return found
