"""How many items an operation may fetch, and what it costs."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLObjectType, OperationDefinitionNode, parse
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult

from rewind_gql.auth.limits import Allowance
from schema.context import Context
from schema.cost import SIZES, Weighing, cost_of
from schema.root import schema
from tests.databases import ME
from tests.schema.conftest import Asking, caller


def weighed(text: str, **variables: Any) -> int:
    """What the first operation of a document may fetch."""
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return Weighing(schema._schema, document, operation).nodes(variables)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("{ viewer { scope } }", 0),
        ("{ listening { recent { nodes { id } } } }", 20),
        ("{ listening { recent(first: 7) { nodes { id } } } }", 7),
        ("{ listening { recent(last: 7) { edges { node { id } } nodes { id } } } }", 7),
        ("{ listening { recent(first: 0) { totalCount } } }", 0),
        ("{ syncEvents { nodes { seq } } }", 50),
        ("{ listening { artists(first: 5) { nodes { albums { nodes { id } } } } } }", 5 + 5 * 20),
        (
            "{ listening { artists(first: 5) { edges { node { albums(first: 3) { edges { node {"
            " tracks(last: 2) { nodes { id } } } } } } } } } }",
            5 + 15 + 30,
        ),
        ("{ listening { recent(first: 2) { nodes { artist { topTracks { plays } } } } } }", 2 + 20),
        ("{ listening { a: recent(first: 2) { totalCount } b: recent { totalCount } } }", 22),
        ("{ syncSources { source } }", 10),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("{ collecting { calendar { days { count } } } }", 366),
        ("{ __schema { types { fields { name } } } }", 0),
    ],
)
def test_items_of_lists_within_lists_multiply(text: str, nodes: int) -> None:
    assert weighed(text) == nodes


def test_a_list_of_several_fragments_counts_once() -> None:
    text = """{ listening { ...a ...b ... on Listening { recent(first: 9) { nodes { id } } } } }
        fragment a on Listening { recent(first: 9) { nodes { artist { copies { id } } } } }
        fragment b on Listening { recent(first: 9) { totalCount } }"""

    assert weighed(text) == 9 + 9 * 10


def test_what_variables_leave_out_does_not_count() -> None:
    text = """query ($with: Boolean!, $n: Int) { listening {
        recent(first: $n) @include(if: $with) { nodes { id } }
        albums(first: 3) @skip(if: $with) { nodes { id } } } }"""

    assert weighed(text, **{"with": True, "n": 8}) == 8
    assert weighed(text, **{"with": False, "n": 8}) == 3
    assert weighed(text, **{"with": True, "n": None}) == 20


def test_ids_count_however_they_come() -> None:
    assert weighed("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["a"] * 40) == 40


def test_a_size_no_list_has_counts_nothing_for_the_list_refuses_it_itself() -> None:
    assert weighed("{ listening { recent(first: 1000000000) { nodes { id } } } }") == 0
    assert weighed("{ listening { recent(first: -1) { nodes { id } } } }") == 0


@pytest.mark.parametrize("name", SIZES)
def test_every_list_of_known_size_is_there(name: str) -> None:
    parent, _, key = name.partition(".")
    kind = schema._schema.type_map[parent]

    assert isinstance(kind, GraphQLObjectType)
    assert "[" in str(kind.fields[key].type)


@pytest.mark.parametrize(("nodes", "cost"), [(0, 1), (1_000, 1), (1_001, 2), (10_000, 10)])
def test_a_thousand_items_cost_one(nodes: int, cost: int) -> None:
    assert cost_of(nodes) == cost


BOMB = """{ listening { artists(first: 200) { nodes { albums(first: 200) { nodes {
    tracks(first: 200) { nodes { plays(first: 200) { nodes { id } } } } } } } } } }"""


async def test_a_bomb_is_refused_before_anything_is_fetched(quick_ask: Asking) -> None:
    result = await quick_ask.run(BOMB)

    (error,) = result.errors or ()
    assert (error.extensions or {})["code"] == "TOO_COMPLEX"
    assert "1,608,040,200" in error.message
    assert quick_ask.statements == []


async def test_a_bomb_may_come_by_its_variables(quick_ask: Asking) -> None:
    query = BOMB.replace("200", "$n").replace("{ listening", "query ($n: Int) { listening", 1)

    assert await quick_ask.refused(query, n=200) == ("TOO_COMPLEX", None)
    assert (await quick_ask.run(query, n=3)).errors is None


async def test_a_server_may_allow_more_or_less(quick_ask: Asking) -> None:
    settings = quick_ask.deps.settings.model_copy(update={"graphql_max_nodes": 19})
    strict = replace(quick_ask, deps=replace(quick_ask.deps, settings=settings))

    assert (await strict.run("{ listening { recent(first: 19) { totalCount } } }")).errors is None
    assert await strict.refused("{ listening { recent { totalCount } } }") == ("TOO_COMPLEX", None)


@pytest.mark.parametrize(
    ("arguments", "blamed"),
    [
        ("first: 1000000000", "first"),
        ("first: 201", "first"),
        ("first: -1", "first"),
        ("last: 1000000000", "last"),
        ("last: -5", "last"),
        ("first: 1, last: 1", "first"),
    ],
)
async def test_a_page_that_is_no_page_is_refused_by_its_argument(
    quick_ask: Asking, arguments: str, blamed: str
) -> None:
    query = f"{{ listening {{ recent({arguments}) {{ nodes {{ id }} }} }} }}"

    assert await quick_ask.refused(query) == ("BAD_INPUT", blamed)
    assert quick_ask.statements == []


async def asked(ask: Asking, query: str, **extensions: Any) -> tuple[ExecutionResult, Context]:
    """The result of a query to somebody with two requests left, and its context."""
    spent = Allowance(True, 1_000, 2, 1_000_000_000.25)
    headers: list[tuple[bytes, bytes]] = []
    context = Context(
        deps=ask.deps,
        caller=caller(ME, "read"),
        request_id="request-1",
        links=ask.links,
        spent=spent,
        headers=headers,
    )
    result = await schema.execute(query, context_value=context, operation_extensions=extensions)
    return result, context


async def test_what_an_operation_costs_is_told_where_it_is_asked_for(quick_ask: Asking) -> None:
    query = "{ listening { recent(first: 30) { totalCount } } }"

    told, _ = await asked(quick_ask, query, cost=True)
    untold, _ = await asked(quick_ask, query)

    assert told.extensions == {
        "cost": {
            "cost": 1,
            "nodeCount": 30,
            "limit": 1_000,
            "remaining": 2,
            "resetAt": "2001-09-09T01:46:41Z",
        }
    }
    assert not untold.extensions


async def test_a_field_tells_the_same(quick_ask: Asking) -> None:
    query = """{ rateLimit { limit cost remaining resetAt nodeCount }
        listening { recent(first: 30) { totalCount } } }"""

    told, _ = await asked(quick_ask, query)

    assert told.errors is None
    assert told.data is not None
    assert told.data["rateLimit"] == {
        "limit": 1_000,
        "cost": 1,
        "remaining": 2,
        "resetAt": "2001-09-09T01:46:41Z",
        "nodeCount": 30,
    }


async def test_the_field_looks_itself_where_nothing_was_counted(quick_ask: Asking) -> None:
    data = await quick_ask.data("{ rateLimit { limit remaining } }")

    assert data["rateLimit"]["limit"] == 1_000
    assert 0 <= data["rateLimit"]["remaining"] <= 1_000


async def test_a_large_operation_takes_more_of_the_minute_and_the_headers_say_so(
    quick_ask: Asking,
) -> None:
    query = "{ listening { artists(first: 20) { nodes { plays(first: 200) { totalCount } } } } }"
    before = await quick_ask.deps.gate.left(caller(ME, "read"))

    told, context = await asked(quick_ask, query)

    after = await quick_ask.deps.gate.left(caller(ME, "read"))
    assert told.errors is None
    assert (context.node_count, context.cost) == (4_020, 5)
    assert before.remaining - after.remaining == 4
    assert context.headers is not None
    assert (b"x-ratelimit-remaining", b"%d" % after.remaining) in context.headers


async def test_asking_for_operations_that_are_not_there_lifts_no_limit(quick_ask: Asking) -> None:
    large = "artists(first: 200) { nodes { plays(first: 200) { totalCount } } }"
    query = f"query A {{ viewer {{ scope }} }} query B {{ listening {{ {large} }} }}"

    async def named(name: str) -> ExecutionResult:
        context = Context(
            deps=quick_ask.deps,
            caller=caller(ME, "read"),
            request_id="request-1",
            links=quick_ask.links,
        )
        return await schema.execute(query, context_value=context, operation_name=name)

    for name in ("A", "x", "y", "z"):
        with suppress(CannotGetOperationTypeError):
            await named(name)
    result = await named("B")

    assert result.data is None
    assert result.errors
    assert (result.errors[0].extensions or {})["code"] == "TOO_COMPLEX"


async def test_what_does_not_fit_into_the_minute_is_refused(quick_ask: Asking) -> None:
    query = "{ listening { artists(first: 20) { nodes { plays(first: 200) { totalCount } } } } }"
    asker = replace(caller(ME, "read"), key_id=77, rate_limit_rpm=6)

    def context() -> Context:
        return Context(deps=quick_ask.deps, caller=asker, request_id="r", links=quick_ask.links)

    first = await schema.execute(query, context_value=context())
    second = await schema.execute(query, context_value=context())

    assert first.errors is None
    (error,) = second.errors or ()
    assert (error.extensions or {})["code"] == "RATE_LIMITED"
    assert 0 < (error.extensions or {})["retryAfter"] <= 60
