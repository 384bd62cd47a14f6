"""Documents that are read, remembered and forgotten; what is left of those that are refused."""

import asyncio

import pytest
from graphql import DocumentNode, GraphQLError, OperationType, Source, parse
from graphql.language import FieldNode

from schema.execution.documents import KEPT, LONG, Documents
from schema.execution.shelf import Shelf
from schema.execution.texts import Text, outline
from schema.limits import MAX_WRONG
from schema.root import schema

GOOD = "{ viewer { scope } }"
UNKNOWN = " ".join(f"a{number}" for number in range(400))


@pytest.fixture
def documents() -> Documents:
    """No documents yet."""
    return Documents(schema._schema)


def test_a_shelf_makes_room_by_number_and_by_length() -> None:
    shelf = Shelf[str](3, 100)

    for text in ("a", "b", "c"):
        shelf.put(text, text)
    shelf.get("a")
    shelf.put("d", "d")
    kept = [text for text in "abcd" if shelf.get(text)]
    shelf.put("e" * 99, "e")
    shelf.put("f" * 101, "f")

    assert kept == ["a", "c", "d"]
    assert len(shelf) == 0


def test_what_is_put_on_a_shelf_again_is_counted_once() -> None:
    shelf = Shelf[int](3, 10)

    for number in range(5):
        shelf.put("a" * 6, number)

    assert shelf.get("a" * 6) == 4


def test_only_the_first_things_wrong_with_a_document_are_looked_for(documents: Documents) -> None:
    found = documents.find(f"{{ viewer {{ {UNKNOWN} }} }}")

    assert len(found.errors) == MAX_WRONG + 1
    assert "aborted" in found.errors[-1].message


@pytest.mark.parametrize("wrong", [UNKNOWN, "scope " * 1_000, "scope {", "a: scope b: a"])
def test_nothing_is_kept_of_a_refused_document_but_its_errors(
    documents: Documents, wrong: str
) -> None:
    found = documents.find(f"query Wrong {{ viewer {{ {wrong} }} }}")

    assert found.errors
    assert not any(error.nodes or error.source or error.__traceback__ for error in found.errors)
    assert not any(_fields(found.node))


def _fields(document: DocumentNode) -> list[FieldNode]:
    return [field for each in document.definitions for field in each.selection_set.selections]  # type: ignore[attr-defined]  # operations


def test_names_of_no_operation_hide_none_that_is_there(documents: Documents) -> None:
    document = documents.find("query A { viewer { scope } } query B { viewer { timeZone } }")

    unknown = [document.operation(f"x{number}") for number in range(10)]

    assert unknown == [None] * 10
    assert document.operation("A") is not None
    assert document.operation("B") is not None


def test_an_outline_tells_the_operations_of_a_document() -> None:
    text = "query A { a } fragment b on C { d } mutation { e } subscription F { g }"

    left = outline(parse(text)).definitions

    named = [(each.operation, each.name and each.name.value) for each in left]  # type: ignore[attr-defined]  # operations
    assert named == [
        (OperationType.QUERY, "A"),
        (OperationType.MUTATION, None),
        (OperationType.SUBSCRIPTION, "F"),
    ]
    assert not any(_fields(outline(parse(text))))


def test_the_kind_of_a_refused_operation_is_known() -> None:
    text = "query A { nobody } mutation B { nobody }"

    kinds = [schema.kind(text, name) for name in ("A", "B", "C", None)]

    assert [None if kind is None else kind.value for kind in kinds] == [
        "query",
        "mutation",
        None,
        None,
    ]


def test_refused_documents_do_not_make_good_ones_be_forgotten(documents: Documents) -> None:
    good = documents.find(GOOD)
    first = documents.find("{ a ")

    for number in range(KEPT):
        documents.find(f"{{ b{number} ")

    assert documents.find(GOOD) is good
    assert documents.find("{ a ") is not first


async def test_a_long_unknown_document_is_read_while_others_go_on(documents: Documents) -> None:
    text = f"{{ viewer {{ scope {'timeZone ' * 100} }} }} #".ljust(LONG + 1)
    steps = 0
    assert len(text) > LONG

    reading = asyncio.ensure_future(documents.read(text))
    while not reading.done():
        await asyncio.sleep(0)
        steps += 1

    assert steps > 1
    assert documents.find(text) is documents.find(text)
    assert documents.find(text).errors == []


async def test_a_short_document_is_not_read_ahead(documents: Documents) -> None:
    reading = documents.read(GOOD)

    with pytest.raises(StopIteration):
        reading.send(None)


@pytest.mark.parametrize("body", ["", "a", "\n", "\n\r\n\ra\r\n\r\nb\n", "{ a\r b\n\n c }"])
def test_places_in_a_text_are_counted_as_graphql_core_counts_them(body: str) -> None:
    ours, theirs = Text(body), Source(body)

    for position in range(len(body) + 2):
        assert ours.get_location(position) == theirs.get_location(position)


def test_an_error_far_down_in_a_document_knows_its_line(documents: Documents) -> None:
    lines = "\n" * 100_000

    unknown = documents.find(f"{lines}{{ viewer {{ nobody }} }}").errors
    unread = documents.find(f"{lines}{{ viewer {{ scope }} }} }}").errors

    assert [(error.locations or [])[0].line for error in (*unknown, *unread)] == [100_001] * 2


async def test_a_published_error_still_knows_its_places() -> None:
    text = "{\n viewer { nobody } }"
    (error,) = schema.documents.find(text).errors

    with pytest.raises(GraphQLError) as raised:
        raise error

    assert raised.value.formatted["locations"] == [{"line": 2, "column": 11}]
