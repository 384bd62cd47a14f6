"""The schema as a whole: printed as committed, and described without a gap."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    is_specified_scalar_type,
    parse,
)

from rewind_gql.errors import Refused
from rewind_gql.sync import ledger
from schema.errors import ErrorCode
from schema.root import KINDS, SDL, print_sdl, schema

CORE = schema._schema


def described_things() -> Iterator[tuple[str, str | None]]:
    """Everything in the schema that can carry a description, with the one it has."""
    for name, kind in CORE.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{key}", value.description) for key, value in kind.values.items())
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{key}", field.description) for key, field in kind.fields.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for key, field in kind.fields.items():
                yield f"{name}.{key}", field.description
                for argument, given in field.args.items():
                    yield f"{name}.{key}({argument})", given.description


def test_the_committed_schema_is_the_printed_one() -> None:
    assert SDL.read_text(encoding="utf-8") == print_sdl()


def test_the_printed_schema_can_be_read_again() -> None:
    assert parse(print_sdl()).definitions


def test_everything_has_a_description() -> None:
    things = list(described_things())

    assert len(things) > 500
    assert [name for name, words in things if not words or not words.strip()] == []


def test_every_scalar_says_by_what_it_is_specified() -> None:
    own = {
        name: kind.specified_by_url
        for name, kind in CORE.type_map.items()
        if isinstance(kind, GraphQLScalarType) and not is_specified_scalar_type(kind)
    }

    assert set(own) == {"DateTime", "Date", "UUID", "JSON", "SyncCursor", "DataVersion"}
    assert all(url and url.startswith("https://") for url in own.values())


def test_no_inner_id_is_shown() -> None:
    shown = {
        f"{name}.{key}"
        for name, kind in CORE.type_map.items()
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__")
        for key in kind.fields
        if key.endswith("Id")
    }

    # Numbers of providers, the person's uuid, what devices call things, the client's mark.
    assert {name for name in shown if not name.endswith(".clientMutationId")} == {
        "Release.discogsId",
        "CollectedArtist.discogsId",
        "CollectionNoteField.fieldId",
        "AddingCandidate.discogsId",
        "AddingCandidate.tmdbId",
        "Movie.tmdbId",
        "Movie.traktId",
        "Movie.imdbId",
        "Viewer.userId",
        "Device.deviceId",
        "Device.installId",
        "FocusSession.clientSessionId",
        "FocusTimer.clientSessionId",
        "SubmittedSession.sessionId",
    }


def test_every_refusal_has_its_code_in_the_enum() -> None:
    assert ledger.RunNotFound in _below(Refused)
    assert {kind.code for kind in _below(Refused)} <= {code.value for code in ErrorCode}


def _below(kind: type[Refused]) -> set[type[Refused]]:
    return {kind, *(each for below in kind.__subclasses__() for each in _below(below))}


def test_what_has_an_id_is_a_node_that_can_be_found() -> None:
    known = {
        name
        for name, kind in CORE.type_map.items()
        if isinstance(kind, GraphQLObjectType) and "id" in kind.fields
        if str(kind.fields["id"].type) == "ID!"
    }
    nodes = {kind.name for kind in CORE.get_possible_types(CORE.type_map["Node"])}

    assert known == nodes == set(KINDS)


def test_connections_have_what_relay_asks_for() -> None:
    connections = {
        name: kind
        for name, kind in CORE.type_map.items()
        if name.endswith("Connection") and isinstance(kind, GraphQLObjectType)
    }

    assert len(connections) > 10
    for name, kind in connections.items():
        edge = name.removesuffix("Connection") + "Edge"
        assert str(kind.fields["pageInfo"].type) == "PageInfo!"
        assert str(kind.fields["edges"].type) == f"[{edge}!]!"


def test_every_list_argument_comes_with_its_three_companions() -> None:
    for kind in CORE.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for field in kind.fields.values():
                if str(field.type).endswith("Connection!"):
                    assert {"first", "after", "last", "before"} <= set(field.args)
