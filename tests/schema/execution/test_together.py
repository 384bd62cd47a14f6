"""Edges that answer for a whole level at once, and what comes of one that fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from graphql import parse

from schema.execution import PerEvent, Schema
from schema.execution.documents import Operation
from schema.execution.running import Run
from schema.shape import each
from tests.schema.execution.comparing import agree
from tests.schema.execution.generating import Generated
from tests.schema.execution.test_differential import by_core

pytestmark = pytest.mark.either


@dataclass
class Asked:
    """What a resolver was called with."""

    calls: list[list[int]] = field(default_factory=list)


async def _times(leaves: "Sequence[Leaf]", info: strawberry.Info, by: int = 2) -> list[int | None]:
    """Its number, some times."""
    info.context.calls.append([leaf.number for leaf in leaves])
    if any(leaf.number == 13 for leaf in leaves):
        raise ValueError("unlucky")
    return [None if leaf.number == 0 else leaf.number * by for leaf in leaves]


@strawberry.type
class Leaf:
    """A leaf."""

    number: int
    times = each(int | None, _times)
    surely = each(int, _times)


@strawberry.type
class Query:
    """Where questions begin."""

    @strawberry.field
    def leaves(self, numbers: list[int]) -> list[Leaf | None]:
        """Leaves of these numbers."""
        return [Leaf(number=number) for number in numbers]


OWN = Schema(Query, execution_context_class=PerEvent)


async def executed(text: str, times: int) -> tuple[Any, Any, list[list[int]]]:
    """The result of a plan used so often, graphql-core's, and the calls of the last use."""
    document = parse(text)
    operation = Operation(OWN._schema, document, document.definitions[0])  # type: ignore[arg-type]  # it is one
    variables: Any = operation.variables(None)
    made = Generated(text, {})
    for _ in range(times):
        context = Asked()
        got = await Run(operation.plan(variables), variables, context, None, None).result()
    return got, await by_core(OWN, document, made, Asked()), context.calls


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_all_of_a_level_are_answered_at_once(times: int) -> None:
    got, expected, calls = await executed(
        "{ leaves(numbers: [1, 2, 0]) { number times more: times(by: 5) } }", times
    )

    assert agree(got, expected, budget=None)
    assert calls == [[1, 2, 0], [1, 2, 0]]


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_where_it_fails_each_has_its_own_answer_or_error(times: int) -> None:
    got, expected, calls = await executed("{ leaves(numbers: [1, 13, 2]) { times } }", times)

    assert agree(got, expected, budget=None)
    assert calls == [[1, 13, 2], [1], [13], [2]]


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_null_where_it_must_not_be_takes_its_own_parent_alone(times: int) -> None:
    got, expected, _ = await executed("{ leaves(numbers: [1, 0, 2]) { surely } }", times)

    assert agree(got, expected, budget=None)
    assert got.data == {"leaves": [{"surely": 2}, None, {"surely": 4}]}
