"""Arguments without variables are made once, and nobody's changes to them reach anybody else."""

from typing import Any

import pytest
import strawberry
from graphql import parse

from schema.execution import PerEvent, Schema
from schema.execution.documents import Operation
from schema.execution.running import Run

pytestmark = pytest.mark.either


@strawberry.input
class Inner:
    """What is in the other."""

    words: list[str]


@strawberry.input
class Outer:
    """What somebody may change."""

    number: int
    inner: Inner


@strawberry.type
class Query:
    """Where questions begin."""

    @strawberry.field
    async def changing(self, info: strawberry.Info, given: Outer) -> str:
        """What it was given, which it changes."""
        told = f"{given.number} {given.inner.words}"
        given.number += 1
        given.inner.words.append("more")
        return told


OWN = Schema(Query, execution_context_class=PerEvent)


@pytest.mark.parametrize(
    "text",
    [
        '{ changing(given: {number: 1, inner: {words: ["a"]}}) }',
        'query($n: Int!) { changing(given: {number: $n, inner: {words: ["a"]}}) }',
    ],
)
async def test_an_input_that_is_changed_is_as_it_was_for_the_next(text: str) -> None:
    document = parse(text)
    operation = Operation(OWN._schema, document, document.definitions[0])  # type: ignore[arg-type]  # it is one
    variables: Any = operation.variables({"n": 1})

    told = []
    for _ in range(4):
        result = await Run(operation.plan(variables), variables, None, None, None).result()
        assert result.data is not None
        told.append(result.data["changing"])

    assert told == ["1 ['a']"] * 4
