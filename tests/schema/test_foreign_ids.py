"""Ids of somebody else's things, in every argument that takes an id: like ids of nothing at all."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
)

from schema.ids import global_id, parse_id
from schema.root import KINDS, schema
from tests.databases import ME
from tests.schema.conftest import Asking
from tests.schema.test_bad_input import arguments, document, fitting, required, working
from tests.schema.test_edges import ROADS
from tests.schema.test_subscriptions import followed

__all__ = ["working"]
pytestmark = pytest.mark.either
OTHER = 2
PLACES = (*ROADS.items(), ("Filter", "listening { filters { %s } }"))
_CHANGING = re.compile(rb'"(?:requestId|serverTime|clientMutationId)":"[^"]*"')


def takers() -> Iterator[tuple[str, str, str, str | None]]:
    """Every argument that takes an id, or an input with a field that does: that field."""
    for name, key, argument in arguments():
        parent = schema._schema.type_map[name]
        assert isinstance(parent, GraphQLObjectType)
        kind = get_named_type(parent.fields[key].args[argument].type)
        if kind.name == "ID":
            yield name, key, argument, None
        elif isinstance(kind, GraphQLInputObjectType):
            for field, given in kind.fields.items():
                if get_named_type(given.type).name == "ID":
                    yield name, key, argument, field


def followed_by_id() -> Iterator[tuple[str, str]]:
    """Every argument of what can be followed that takes an id."""
    parent = schema._schema.type_map["Subscription"]
    assert isinstance(parent, GraphQLObjectType)
    for key, field in parent.fields.items():
        for argument, given in field.args.items():
            if get_named_type(given.type).name == "ID":
                yield key, argument


def value(name: str, key: str, argument: str, field: str | None, id_: str) -> Any:
    """What is given for the argument, with the id in it."""
    parent = schema._schema.type_map[name]
    assert isinstance(parent, GraphQLObjectType)
    kind = parent.fields[key].args[argument].type
    if field is None:
        return [id_] if "[" in str(kind) else id_
    given = get_named_type(kind)
    assert isinstance(given, GraphQLInputObjectType)
    others = {other: fitting(each.type) for other, each in required(given).items()}
    return {**others, field: [id_] if "[" in str(given.fields[field].type) else id_}


async def known(ask: Asking) -> dict[str, str]:
    """An id of a thing of each type somebody has."""
    found = {}
    for name, road in PLACES:
        kind = schema._schema.type_map[name]
        if isinstance(kind, GraphQLObjectType) and _is_node(kind):
            data = await ask.data(f"{{ {road % 'id'} }}", scope="admin")
            found[name] = next(_ids(data), "")
    return {name: id_ for name, id_ in found.items() if id_}


def _is_node(kind: GraphQLObjectType) -> bool:
    node = schema._schema.type_map["Node"]
    return isinstance(node, GraphQLInterfaceType) and node in kind.interfaces


def _ids(data: Any) -> Iterator[str]:
    for key, each in data.items() if isinstance(data, dict) else enumerate(data or ()):
        if key == "id":
            yield each
        elif isinstance(each, dict | list):
            yield from _ids(each)


def nothing(id_: str) -> str:
    """An id of the same type that nothing has."""
    name, key = parse_id(id_)
    return global_id(name, 987_654_321 if KINDS[name].numbered else key[:-2] + "zz")


async def differences(
    ask: Asking, cases: list[tuple[str, str, str, str | None]], user_id: int = OTHER
) -> list[Any]:
    """Where an id of somebody's thing gives this user another answer than an id of nothing."""
    mine = await known(ask)
    assert {"Artist", "Item", "SyncRun", "FocusSession", "Filter", "SyncConflict"} <= set(mine)
    told = []
    for name, key, argument, field in cases:
        query, rest = document(name, key, argument)
        for kind, id_ in mine.items():
            answers = []
            for each in (id_, nothing(id_)):
                given = value(name, key, argument, field, each)
                result = await ask.run(query, user_id=user_id, scope="admin", **rest, x=given)
                errors = [error.formatted for error in result.errors or ()]
                sent = orjson.dumps({"data": result.data, "errors": errors})
                answers.append(_CHANGING.sub(b"", sent).replace(each.encode(), b"ID"))
            if answers[0] != answers[1]:
                told.append((key, argument, field, kind, *answers))
    return told


async def first_told(ask: Asking, key: str, argument: str, id_: str, user_id: int) -> bytes:
    """The first that is told of what is followed, or that nothing is."""
    query = f"subscription ($x: ID) {{ {key}({argument}: $x) {{ __typename }} }}"
    async with followed(ask, query, {"x": id_}, user_id) as follower:
        result = await follower.next()
    errors = [error.formatted for error in (result and result.errors) or ()]
    sent = orjson.dumps({"data": result and result.data, "errors": errors})
    return _CHANGING.sub(b"", sent).replace(id_.encode(), b"ID")


def test_there_are_many_such_arguments() -> None:
    found = list(takers())

    assert len(found) > 25
    assert ("Query", "nodes", "ids", None) in found


async def test_questions_tell_their_owner(ask: Asking) -> None:
    keys = {"node", "nodes", "item", "release", "session"}

    found = await differences(ask, [each for each in takers() if each[1] in keys], ME)

    assert {each[0] for each in found} == keys


async def test_no_question_tells_of_somebody_elses_thing(ask: Asking) -> None:
    assert await differences(ask, [each for each in takers() if each[0] != "Mutation"]) == []


async def test_nothing_that_is_followed_tells_of_somebody_elses_thing(ask: Asking) -> None:
    mine = await known(ask)
    places = list(followed_by_id())

    told = []
    for key, argument in places:
        for kind, id_ in mine.items():
            answers = [
                await first_told(ask, key, argument, each, OTHER) for each in (id_, nothing(id_))
            ]
            told += [(key, argument, kind, *answers)] if answers[0] != answers[1] else []
            assert b'"code"' in answers[0]

    assert ("syncEvents", "runId") in places
    assert told == []


async def test_who_follows_their_own_run_is_told_of_it(ask: Asking) -> None:
    run = (await known(ask))["SyncRun"]

    told = await first_told(ask, "syncEvents", "runId", run, ME)

    assert b'"code"' not in told


async def test_no_change_tells_of_somebody_elses_thing_or_touches_it(working: Asking) -> None:
    everything = "{ listening { artists { nodes { id name } } filters { id } } " + (
        "collecting { items { nodes { id pin { id: __typename } } } } syncConflicts(state: null) "
        "{ id state } focusSessions { nodes { id state minutes: durationMin } } "
        "syncRuns { nodes { id status } } devices(all: true) { id name state } }"
    )
    before = await working.data(everything, scope="admin")

    found = await differences(working, [each for each in takers() if each[0] == "Mutation"])

    assert found == []
    assert await working.data(everything, scope="admin") == before
