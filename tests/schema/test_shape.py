"""How views become GraphQL types, and how a request's context answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import pytest
import strawberry
from annotated_doc import Doc

from rewind_gql.auth import queries
from rewind_gql.errors import Denied
from rewind_gql.store.read import Conn
from schema.context import Context
from schema.relay import Node
from schema.shape import Bundle, Choice, choices, described, edge, shape, taking
from tests.databases import ME, OTHER
from tests.schema.conftest import Asking, caller


@choices
class Colour(Choice):
    """Colours."""

    RED = "r", "Like a rose."


@dataclass(slots=True, kw_only=True)
class Leaf:
    """A leaf."""

    id: Annotated[int, Doc("Inside.")]
    branch_id: Annotated[int, Doc("Inside too.")]
    colour: Annotated[str, Doc("Its colour.")]
    more: Annotated[dict[str, Any], Doc("More.")]
    secret: Annotated[str, Doc("Nobody's business.")]

    @property
    def words(self) -> str:
        """In words."""
        return f"{self.colour} leaf"


@shape(Leaf, colour=Colour, secret=None)
class GraphLeaf(Leaf, Node):
    """A leaf of a tree,
    in two lines.
    """

    @edge(int)
    async def branch(self, number: Annotated[int, Doc("Which.")] = 2) -> int:
        """Where it grows."""
        return self.branch_id * number


@dataclass(frozen=True, slots=True, kw_only=True)
class Size(Bundle):
    """Two measures."""

    width: Annotated[int, Doc("Across.")]
    height: Annotated[int | None, Doc("Up.")] = None


@taking
class Wish:
    """What is wanted."""

    colour: Annotated[Colour, Doc("Which.")] = Colour.RED


@described
class Query:
    """Roots."""

    @edge(GraphLeaf)
    def leaf(self) -> Leaf:
        """One leaf."""
        return Leaf(id=7, branch_id=4, colour="r", more={"a": 1}, secret="s")

    @edge(Node)
    def node(self) -> Leaf:
        """The same as what it also is."""
        return Leaf(id=7, branch_id=4, colour="r", more={}, secret="s")

    @edge(str)
    async def area(self, size: Size, unit: Annotated[str, Doc("In what.")] = "m") -> str:
        """How large."""
        return f"{size.width}x{size.height}{unit}"

    @edge(int, deprecated="Use `area`; goes after 2027-06-30.")
    async def surface(self) -> int:
        """How large, once."""
        return 1

    @edge(str)
    async def wish(self, given: Wish) -> str:
        """What it is inside."""
        return str(given.colour.inside)


TREE = strawberry.Schema(Query, types=[GraphLeaf])


async def told(query: str) -> Any:
    """The data of a query to the small schema."""
    result = await TREE.execute(query)
    assert result.errors is None
    return result.data


async def test_rows_are_shown_as_they_are_with_their_ids_made_opaque() -> None:
    assert await told("{ leaf { __typename id colour more words branch } node { id } }") == {
        "leaf": {
            "__typename": "GraphLeaf",
            "id": "R3JhcGhMZWFmOjc=",
            "colour": "RED",
            "more": {"a": 1},
            "words": "r leaf",
            "branch": 8,
        },
        "node": {"id": "R3JhcGhMZWFmOjc="},
    }


async def test_a_bundle_is_several_arguments() -> None:
    assert await told('{ a: area(width: 2) b: area(width: 2, height: 3, unit: "cm") }') == {
        "a": "2xNonem",
        "b": "2x3cm",
    }


async def test_an_input_reaches_the_resolver_as_its_class() -> None:
    assert await told("{ wish(input: {}) }") == {"wish": "r"}


def test_words_are_published() -> None:
    printed = TREE.as_str()

    for line in (
        '"""A leaf of a tree, in two lines."""',
        '"""Its colour."""',
        '"""Like a rose."""',
        '"""Where it grows."""',
        '"""Which."""',
        '"""Across."""',
        '"""In words."""',
        '"""What is wanted."""',
    ):
        assert line in printed
    assert "branchId" not in printed
    assert "secret" not in printed
    assert "height: Int\n" in printed


def test_an_edge_says_what_to_use_in_its_place() -> None:
    reason = "Use `area`; goes after 2027-06-30."

    assert f'surface: Int! @deprecated(reason: "{reason}")' in TREE.as_str()


calls: list[tuple[int, list[int], str]] = []


async def doubled(
    conn: Conn, user_id: int, keys: Sequence[int], *, sign: str = "+"
) -> dict[int, str]:
    """Twice every even key; a batch query."""
    calls.append((user_id, list(keys), sign))
    return {key: f"{sign}{2 * key}" for key in keys if key % 2 == 0}


@pytest.fixture
def context(quick_ask: Asking) -> Context:
    """The context of one request."""
    calls.clear()
    return Context(
        deps=quick_ask.deps, caller=caller(ME, "read"), request_id="r", links=quick_ask.links
    )


async def test_what_is_loaded_together_is_asked_together(context: Context) -> None:
    found = await context.load_many(doubled, [4, 3, 2])
    again = await context.load(doubled, 4)

    assert found == ["+8", "+4"]
    assert again == "+8"
    assert calls == [(ME, [4, 3, 2], "+")]


async def test_other_keywords_are_another_question(context: Context) -> None:
    assert await context.load(doubled, 2, sign="-") == "-4"
    assert await context.load(doubled, 3, sign="-") is None
    assert await context.load(doubled, 2) == "+4"
    assert [sign for _, _, sign in calls] == ["-", "-", "+"]


async def test_after_a_write_nothing_is_remembered(context: Context) -> None:
    await context.load(doubled, 2)
    context.forget()
    await context.load(doubled, 2)

    assert len(calls) == 2


async def test_nobody_asks_for_another_person(context: Context) -> None:
    other = replace(context, caller=caller(OTHER, "read"))

    mine = await context.ask(queries.viewer, scope="read")
    theirs = await other.ask(queries.viewer, scope="read")
    await other.load(doubled, 2)

    assert mine.user_id != theirs.user_id
    assert [user_id for user_id, *_ in calls] == [OTHER]


def test_a_scope_is_required_by_name(context: Context) -> None:
    with pytest.raises(Denied, match="admin"):
        context.require("admin")

    replace(context, caller=caller(ME, "admin")).require("admin")


def test_a_context_never_prints_the_pepper(context: Context) -> None:
    assert repr(context.deps.gate.pepper) not in repr(context)
