"""How large documents may be: what is refused before anything is checked or executed."""

import time

import pytest
from graphql import parse, print_ast

from schema.execution.documents import Documents
from schema.limits import MAX_TOKENS
from schema.root import SDL, schema
from schema.scanning import scan
from tests.schema.conftest import Asking

SPREAD = " ".join(f"fragment f{n} on Viewer {{ ...f{n + 1} ...f{n + 1} }}" for n in range(59))
WIDE = " ".join(f"fragment w{n} on Play {{ track {{ name }} }}" for n in range(101))

TOO_LARGE = {
    "tokens": ("{ viewer { " + "scope " * MAX_TOKENS + "} }", "tokens"),
    "comments": ("#\n" * 60_000 + "{ viewer { scope } }", "tokens"),
    "brackets": ("{ a" * 3_000 + "}" * 3_000, "nested"),
    "brackets left open": ("{ a" * 3_000, "nested"),
    "lists": ("{ a(b: " + "[" * 900 + "]" * 900 + ") }", "nested"),
    "depth": ("{ a" * 50 + "}" * 50, "levels deep"),
    "fragments within each other": (
        "{ viewer { ...f0 } } fragment f59 on Viewer { scope } " + SPREAD,
        "fields",
    ),
    "fragments in a circle": (
        "{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }",
        "within itself",
    ),
    "fragments in a circle of fields": (
        "{ node(id: 1) { ...a } } fragment a on Artist { albums { nodes { ...b } } } "
        "fragment b on Album { artist { ...a } }",
        "within itself",
    ),
    "fragments": ("{ listening { recent { nodes { ...w0 } } } } " + WIDE, "101 fragments"),
    "inline fragments": ("{ viewer { " + "... { " * 62 + "scope" + " }" * 62 + " } }", "nested"),
    "aliases": (
        "{ viewer { " + " ".join(f"a{n}: scope" for n in range(31)) + " } }",
        "31 aliases",
    ),
    "aliases in fragments": (
        "{ viewer { ...a ...a } } fragment a on Viewer { "
        + " ".join(f"a{n}: scope" for n in range(16))
        + " }",
        "32 aliases",
    ),
    "directives": ("{ viewer " + "@skip(if: false) " * 31 + "{ scope } }", "31 directives"),
    "directives in fragments": (
        "{ viewer { ...a ...a } } fragment a on Viewer { scope " + "@skip(if: false) " * 16 + "}",
        "32 directives",
    ),
    "directives of the operation": ("query " + "@x " * 31 + "{ viewer { scope } }", "directives"),
    "root fields": ("{ " + "viewer { scope } " * 21 + "}", "root fields"),
    "one field": ("{ viewer { " + "scope " * 150 + "} }", "same fields"),
    "one field with fields": (
        "{ listening { recent { nodes { " + "track { name } " * 150 + "} } } }",
        "same fields",
    ),
    "written objects": (
        "{ collecting { items(filter: { "
        + " ".join(f"a{n}: 1" for n in range(201))
        + " }) { totalCount } } }",
        "as a variable",
    ),
    "operations": (
        " ".join(f"query q{n} {{ viewer {{ scope }} }}" for n in range(11)),
        "11 operations",
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_what_is_larger_than_allowed_is_not_executed(quick_ask: Asking, name: str) -> None:
    text, words = TOO_LARGE[name]

    result = await quick_ask.run(text)

    assert result.data is None
    assert result.errors
    assert any(words in error.message for error in result.errors), result.errors
    codes = {(error.extensions or {})["code"] for error in result.errors}
    assert codes <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}
    assert quick_ask.statements == []


@pytest.mark.parametrize(
    "text",
    [
        "{ viewer { " + " ".join(f"a{n}: scope" for n in range(30)) + " } }",
        "{ viewer " + "@skip(if: false) " * 1 + "{ scope } }",
        "{ " + " ".join("viewer { scope }" for _ in range(20)) + " }",
        "{ viewer { " + "... { " * 50 + "scope" + " }" * 50 + " } }",
        "{ viewer { ...a ...a ...a } } fragment a on Viewer { scope timeZone }",
    ],
)
async def test_what_is_just_allowed_is_executed(quick_ask: Asking, text: str) -> None:
    result = await quick_ask.run(text)

    assert result.errors is None


@pytest.mark.parametrize("sign", [*'{"!#@\\\x00', '"""', '"\\"', "#\n", ", ", "a ", "1."])
def test_floods_of_one_sign_are_looked_through_quickly(sign: str) -> None:
    documents = Documents(schema._schema)
    text = sign * (128 * 1024 // len(sign))

    began = time.perf_counter()
    found = documents.find(text)
    took = time.perf_counter() - began

    assert found.errors
    assert took < 0.5


def test_looking_through_refuses_nothing_that_can_be_read() -> None:
    parts = [print_ast(each) for each in parse(SDL.read_text()).definitions]

    for part in parts:
        scan(part)

    assert len(parts) > 100
    scan('{ a(b: "{{{{ \\" [[[[", c: """{{{{ \\""" [[[[ """) #{{{{{\n}' + "#" * 100)
    scan("{ a " * 60 + "}" * 60)
    scan("\ufeff{ a(b: -1.5e+10, c: $d, e: [1,,,,2]) @f ...g }")


async def test_a_document_that_cannot_be_read_is_read_once(quick_ask: Asking) -> None:
    text = "{ viewer { scope } } and nothing of sense"
    await quick_ask.run(text)
    before = schema.documents.find(text)

    again = await quick_ask.run(text)

    assert schema.documents.find(text) is before
    assert again.errors is not None
    assert (again.errors[0].extensions or {})["code"] == "GRAPHQL_PARSE_FAILED"
