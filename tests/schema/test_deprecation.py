"""What is deprecated says what to use in its place, and until when it stays."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from schema.root import schema

REASON = re.compile(r"Use `[^`]+`; goes after (?P<day>\d{4}-\d\d-\d\d)\.")


def deprecated(shown: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """All that is deprecated in a schema, with the reason."""
    for name, kind in shown.type_map.items():
        things: list[tuple[str, str | None]] = []
        if isinstance(kind, GraphQLEnumType):
            things = [(key, value.deprecation_reason) for key, value in kind.values.items()]
        if isinstance(kind, GraphQLInputObjectType):
            things = [(key, field.deprecation_reason) for key, field in kind.fields.items()]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for key, field in kind.fields.items():
                things.append((key, field.deprecation_reason))
                things += [(f"{key}({a})", arg.deprecation_reason) for a, arg in field.args.items()]
        if not name.startswith("__"):
            yield from ((f"{name}.{key}", reason) for key, reason in things if reason is not None)


def wrong(shown: GraphQLSchema) -> list[str]:
    """What is deprecated for a reason that helps nobody."""
    return [thing for thing, reason in deprecated(shown) if not _helps(reason)]


def _helps(reason: str) -> bool:
    found = REASON.fullmatch(reason)
    try:
        return found is not None and bool(date.fromisoformat(found["day"]))
    except ValueError:
        return False


def test_every_reason_names_a_way_and_a_day() -> None:
    assert wrong(schema._schema) == []


@pytest.mark.parametrize(
    ("reason", "fits"),
    [
        ("Use `nodes`; goes after 2027-06-30.", True),
        ("Use `Artist.plays(first:)`; goes after 2027-06-30.", True),
        ("No longer supported", False),
        ("Use `nodes`.", False),
        ("Use nodes; goes after 2027-06-30.", False),
        ("Use `nodes`; goes after 2027-06-31.", False),
    ],
)
def test_a_reason_that_helps_nobody_is_found(reason: str, fits: bool) -> None:
    mark = f'@deprecated(reason: "{reason}")'
    shown = build_schema(
        f"""type Query {{ a(b: Int {mark}): Colour {mark} }}
        input Wish {{ c: Int {mark} }}
        enum Colour {{ RED {mark} BLUE }}"""
    )

    things = ["Query.a", "Query.a(b)", "Wish.c", "Colour.RED"]
    assert sorted(wrong(shown)) == ([] if fits else sorted(things))
