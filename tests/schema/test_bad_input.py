"""Every argument of every field given something it cannot take: refused, never a failure."""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from rewind_gql.store.page import cursor
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from schema.errors import ErrorCode
from schema.ids import global_id
from schema.root import schema
from tests.rest.writing import Delivering
from tests.schema.conftest import Asking
from tests.schema.test_edges import ROADS
from tests.serving import Kept

OURS = {ErrorCode.INTERNAL.value}
EXTREMES = (-1, 0, 2**31 - 1, 2**62, 2**63 - 1, -(2**63) + 1)
TEXTS = ("", " ", "x" * 5_000, "\u0000", "a\u0000b", "'; DROP TABLE x; --", "日本", "%", "\\")
VALUES: dict[str, tuple[Any, ...]] = {
    "Int": (-1, 0, 1, 200, 201, 2**31 - 1, 2**31, 2**64, 1.5, "1", True, None, [], {}),
    "Boolean": (True, False, "true", 1, None),
    "String": (*TEXTS, 1, None, [], {}),
    "ID": (
        *TEXTS,
        *(global_id(name, key) for name in ("Artist", "SyncRun") for key in (1, "a\0b", 10**30)),
        1,
        None,
        [],
    ),
    "DateTime": (
        "2025-03-01T12:00:00Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "2025-02-30T00:00:00Z",
        "2025-03-01",
        "2025-03-01T12:00:00",
        "yesterday",
        "",
        0,
        None,
    ),
    "Date": ("2025-03-01", "0001-01-01", "9999-12-31", "2025-02-30", "20250301", "", 0, None, []),
    "UUID": (*TEXTS, "01890a5d-ac96-774b-bcce-b302099a8057", "0" * 32, 0, None, []),
    "Float": (-1, 0, 25, 25.5, 720, 721, 1e300, -1e300, 5e-324, "25", True, None, []),
    "SyncCursor": (*TEXTS, cursor("sync_events", (1,)), cursor("sync_runs", (1, "x")), 0, None),
}
REQUIRED: dict[str, Any] = {
    "Int": 1,
    "Boolean": True,
    "ID": "eA==",
    "String": "x",
    "Float": 25,
    "UUID": "01890a5d-ac96-774b-bcce-b302099a8057",
    "DateTime": "2025-03-01T12:00:00Z",
}


@pytest.fixture
async def working(own_ask: Asking) -> AsyncIterator[Asking]:
    """Somebody whose orders are done at once, by a worker to whom no provider is set up."""
    behind = own_ask.deps
    vault = Vault(b"v" * 64)
    deps = Deps(
        store=behind.store, settings=behind.settings, jobs=Kept(), vault=vault, worker="one"
    )
    jobs = Delivering(deps)
    yield replace(own_ask, deps=replace(behind, jobs=jobs))
    await jobs.close()
    await deps.clients.close()


def arguments() -> Iterator[tuple[str, str, str]]:
    """Every argument of what can be asked or done: of which type's which field.

    What payloads hold is met elsewhere, too.
    """
    for name, kind in schema._schema.type_map.items():
        asked = name != "Subscription" and not name.startswith("__") and name[-7:] != "Payload"
        if isinstance(kind, GraphQLObjectType) and asked:
            for key, field in kind.fields.items():
                yield from ((name, key, argument) for argument in field.args)


def values(kind: Any, name: str) -> Iterator[Any]:
    """Values of all sorts for an argument of that type, most of them wrong."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        yield from (*named.values, "NOBODY", "", "name", 1, None, [])
    elif isinstance(named, GraphQLInputObjectType):
        yield from ({}, {"nobody": 1}, "x", None, [{}])
        for key, field in named.fields.items():
            others = {other: fitting(given.type) for other, given in required(named).items()}
            yield from ({**others, key: value} for value in values(field.type, key))
    else:
        yield from VALUES[named.name]
        if str(kind).startswith("["):
            yield from ([value] for value in VALUES[named.name])


def required(kind: GraphQLInputObjectType) -> dict[str, GraphQLInputField]:
    """The fields of an input that may not be left out."""
    return {
        key: given
        for key, given in kind.fields.items()
        if is_required_argument(GraphQLArgument(given.type, given.default_value))
    }


def forged(taken: str) -> Iterator[str]:
    """Cursors like one that was taken, with keys no item has."""
    name, *key = orjson.loads(base64.urlsafe_b64decode(taken + "=" * (-len(taken) % 4)))
    for extreme in EXTREMES:
        yield cursor(name, tuple(extreme if isinstance(each, int) else each for each in key))
    for text in ("", "~", "a\0", "\ud7ff"):
        yield cursor(name, tuple(text if isinstance(each, str) else each for each in key))
    yield cursor(name, (*key, 1))
    yield cursor(name, tuple(str(each) for each in key))
    yield cursor(name, tuple(None for _ in key))


def fitting(kind: Any) -> Any:
    """Some value of that type."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if isinstance(named, GraphQLInputObjectType):
        return {key: fitting(given.type) for key, given in required(named).items()}
    value = REQUIRED[named.name]
    return [value] if str(kind).startswith("[") else value


def document(name: str, key: str, argument: str) -> tuple[str, dict[str, Any]]:
    """An operation with the argument as its variable `x`, and the other variables it needs."""
    kind = schema._schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    field = kind.fields[key]
    others = {
        other: given
        for other, given in field.args.items()
        if other != argument and is_required_argument(given)
    }
    below = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
    if str(field.type).endswith("Connection!"):
        below = "{ nodes { __typename } pageInfo { hasNextPage } }"
    given = ", ".join(f"{other}: ${other}" for other in (*others, argument))
    asked = f"{key}({given}) {below}".replace(f"${argument}", "$x")
    roads = {
        "Query": "%s",
        "Mutation": "%s",
        "Listening": "listening { %s }",
        "Collecting": "collecting { %s }",
        "Focus": "focus { %s }",
        "DeviceSyncReport": "deviceSync { %s }",
        "Card": "cards { %s }",
        "CardLink": "cards { links { %s } }",
    }
    road = {**ROADS, **roads}[name]
    kinds = [f"${other}: {given.type}" for other, given in others.items()]
    declared = ", ".join([f"$x: {field.args[argument].type}", *kinds])
    verb = "mutation" if name == "Mutation" else "query"
    rest = {other: fitting(given.type) for other, given in others.items()}
    return f"{verb} ({declared}) {{ {road % asked} }}", rest


async def failures(ask: Asking, name: str, key: str, argument: str) -> list[tuple[bytes, Any]]:
    """The values of an argument that are answered with a failure of ours."""
    query, rest = document(name, key, argument)
    parent = schema._schema.type_map[name]
    assert isinstance(parent, GraphQLObjectType)
    failed = []
    for value in values(parent.fields[key].args[argument].type, argument):
        result = await ask.run(query, scope="admin", **rest, x=value)
        codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
        if codes & OURS or None in codes:
            failed.append((orjson.dumps(value)[:200], codes))
    return failed


@pytest.mark.either
@pytest.mark.parametrize(
    ("name", "key", "argument"), [each for each in arguments() if each[0] != "Mutation"]
)
async def test_no_value_of_an_argument_is_our_failure(
    ask: Asking, name: str, key: str, argument: str
) -> None:
    assert await failures(ask, name, key, argument) == []


@pytest.mark.either
@pytest.mark.parametrize(
    ("key", "argument"), [each[1:] for each in arguments() if each[0] == "Mutation"]
)
async def test_no_value_given_to_a_mutation_is_our_failure(
    working: Asking, key: str, argument: str
) -> None:
    assert await failures(working, "Mutation", key, argument) == []


@pytest.mark.parametrize(
    ("name", "key"), sorted({(n, k) for n, k, a in arguments() if a == "after"})
)
@pytest.mark.parametrize("argument", ["after", "before"])
async def test_no_forged_cursor_is_our_failure(
    ask: Asking, name: str, key: str, argument: str
) -> None:
    query, rest = document(name, key, argument)
    onward = query.replace("nodes { __typename } pageInfo", "edges { cursor } pageInfo")
    data: Any = await ask.data(onward, scope="admin", **rest)
    taken = next(_cursors(data))
    failed = []

    for value in forged(taken):
        result = await ask.run(query, scope="admin", **rest, x=value)
        codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
        if codes - {"BAD_INPUT"}:
            failed.append((value, codes))

    assert failed == []


def _cursors(data: Any) -> Iterator[str]:
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if key == "cursor":
            yield value
        elif isinstance(value, dict | list):
            yield from _cursors(value)


@pytest.mark.parametrize(
    ("literal", "code"),
    [
        ('recent(first: "1")', "GRAPHQL_VALIDATION_FAILED"),
        ("recent(first: 1.5)", "GRAPHQL_VALIDATION_FAILED"),
        ("recent(first: 99999999999)", "GRAPHQL_VALIDATION_FAILED"),
        ('recent(since: "2025")', "GRAPHQL_VALIDATION_FAILED"),
        ("recent(since: 2025)", "GRAPHQL_VALIDATION_FAILED"),
        ("recent(period: FORTNIGHT)", "GRAPHQL_VALIDATION_FAILED"),
        ("recent(unknown: 1)", "GRAPHQL_VALIDATION_FAILED"),
        ("nobody", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_literal_that_does_not_fit_is_refused_before_anything_runs(
    quick_ask: Asking, literal: str, code: str
) -> None:
    result = await quick_ask.run(f"{{ listening {{ {literal} {{ nodes {{ id }} }} }} }}")

    assert result.data is None
    assert {(error.extensions or {})["code"] for error in result.errors or ()} == {code}
    assert quick_ask.statements == []
