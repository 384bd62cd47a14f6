"""What is told of a document by its tokens alone is what is told once it is parsed, or less."""

import random
from collections.abc import Callable

import pytest
from graphql import GraphQLError, parse

from schema.limits import (
    MAX_ALIASES,
    MAX_DIRECTIVES,
    MAX_FRAGMENTS,
    MAX_OPERATIONS,
    MAX_ROOT_FIELDS,
    MAX_WRITTEN,
    oversized,
)
from schema.scanning import scan

SAME = 141
"""So many fields of one name may stand in one place: 9,870 pairs."""


def many(count: int, words: str) -> str:
    """The same words so many times, with the number where they have a place for it."""
    return " ".join(words.format(number) for number in range(count))


FLOODS: dict[str, tuple[int, Callable[[int], str]]] = {
    "operations": (MAX_OPERATIONS, lambda n: many(n, "query q{} {{ a }}")),
    "operations without a name": (MAX_OPERATIONS, lambda n: "{ a }" * n),
    "fragments": (MAX_FRAGMENTS, lambda n: "{ ...f1 }" + many(n, "fragment f{} on A {{ a }}")),
    "aliases": (MAX_ALIASES, lambda n: f"{{ a {{ {many(n, 'a{}: b')} }} }}"),
    "aliases of a fragment": (
        MAX_ALIASES,
        lambda n: f"{{ a {{ ...f }} }} fragment f on A {{ {many(n, 'a{}: b')} }}",
    ),
    "directives": (MAX_DIRECTIVES, lambda n: f"{{ a {'@b(c: {d: 1}) ' * n} }}"),
    "directives of an operation": (MAX_DIRECTIVES, lambda n: f"query a {'@b ' * n} {{ a }}"),
    "directives of a variable": (MAX_DIRECTIVES, lambda n: f"query ($a: B {'@b ' * n}) {{ a }}"),
    "root fields": (MAX_ROOT_FIELDS, lambda n: f"{{ {many(n, 'a{}')} }}"),
    "root fields of one name": (MAX_ROOT_FIELDS, lambda n: f"mutation {{ {'a{b} ' * n} }}"),
    "one field": (SAME, lambda n: f"{{ a {{ {'b ' * n} }} }}"),
    "one name of many": (SAME, lambda n: f"{{ a {{ {'b(c: [{d: 1}]) ' * n} }} }}"),
    "an argument": (MAX_WRITTEN, lambda n: f"{{ a(b: {{ {many(n, 'c{}: 1')} }}) }}"),
    "an argument's lists": (MAX_WRITTEN, lambda n: f"{{ a(b: [{many(n, '{{c: {}}}')}], d: 1) }}"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_what_is_just_allowed_is_not_refused(name: str) -> None:
    most, make = FLOODS[name]
    text = make(most)

    scan(text)

    assert oversized(parse(text)) == []


@pytest.mark.parametrize("name", FLOODS)
def test_what_is_one_too_many_is_refused_with_the_same_words(name: str) -> None:
    most, make = FLOODS[name]
    text = make(most + 1)
    exact = oversized(parse(text))[0]

    with pytest.raises(GraphQLError) as refused:
        scan(text)

    assert refused.value.message == exact.message


@pytest.mark.parametrize("name", ["aliases", "aliases of a fragment", "root fields", "one field"])
def test_the_place_is_where_the_definition_begins(name: str) -> None:
    most, make = FLOODS[name]
    text = f"# about\nquery first {{ a }}\n\n  {make(most + 1)}"
    exact = oversized(parse(text))[0]

    with pytest.raises(GraphQLError) as refused:
        scan(text)

    assert refused.value.locations == exact.locations


@pytest.mark.parametrize(
    "text",
    [
        f"{{ a {{ ...b {many(200, '... on C {{ d{} }}')} }} }}",
        f"{{ a {{ {'...b ' * 200} }} }}",
        f"{{ a(b: {{ {many(150, 'c{}: 1')} }}, d: {{ {many(150, 'c{}: 1')} }}) }}",
        f"query ($a: B = [{many(201, '{{c: {}}}')}]) {{ a }}",
        f'{{ a(b: "{"c: " * 300}", d: """{"@e " * 300}""") }} # {"f: " * 300}',
        f"{{ on {{ on }} ...on on {{ on on: on }} {many(17, 'a{}')} }}",
        "fragment a on B { c } query { ...a }",
    ],
)
def test_what_only_looks_like_many_is_let_through(text: str) -> None:
    scan(text)

    assert oversized(parse(text)) == []


def test_nothing_is_refused_that_would_be_let_through_once_parsed() -> None:
    dice = random.Random(6)
    texts = [_document(dice) for _ in range(100)]

    refused = [text for text in texts if _is_refused(text)]

    assert all(oversized(parse(text)) for text in refused)
    assert 10 < len(refused) < 90


def _is_refused(text: str) -> bool:
    try:
        scan(text)
    except GraphQLError:
        return True
    return False


def _document(dice: random.Random) -> str:
    """A document that is near some of the bounds."""
    words = [f"query q{number}($a: B = {{c: 1}} @d) {_selection(dice, 3)}" for number in range(3)]
    words += [f"fragment f{number} on on @a {_selection(dice, 3)}" for number in range(3)]
    dice.shuffle(words)
    return "\n".join(words)


def _selection(dice: random.Random, depth: int) -> str:
    parts = []
    for number in range(dice.randint(1, 5)):
        pick = dice.random()
        if pick < 0.15:
            parts.append(dice.choice(["...f0", "...f1 @a", "... on C { a }", "...{ on: on }"]))
        else:
            alias = f"x{number}: " if dice.random() < 0.35 else ""
            given = dice.choice(["", "", "(b: {c: [{d: 1}, {e: $a}]})", '(b: "{ @ : }", c: [1])'])
            directive = dice.choice(["", "", "@skip(if: true)", "@a @b(c: {d: 1})"])
            below = _selection(dice, depth - 1) if depth and dice.random() < 0.5 else ""
            parts.append(f"{alias}{dice.choice(['a', 'on', 'fragment'])}{given} {directive}{below}")
    return "{ " + dice.choice([" ", ", ", " # { @ :\n"]).join(parts) + " }"
