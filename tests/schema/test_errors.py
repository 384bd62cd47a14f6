"""What clients see of errors: refusals in full, everything else behind a mask."""

from dataclasses import replace
from typing import Any

import pytest
from graphql import get_introspection_query
from structlog.testing import capture_logs

from schema.limits import MAX_ALIASES, MAX_DEPTH, MAX_TOKENS
from schema.root import schema
from tests.schema.conftest import Asking


async def codes(ask: Asking, query: str, **variables: Any) -> set[str]:
    """The codes of every error."""
    result = await ask.run(query, **variables)
    return {error.extensions["code"] for error in result.errors or () if error.extensions}


async def test_a_refusal_names_its_code_its_argument_and_its_place(quick_ask: Asking) -> None:
    result = await quick_ask.run("{ listening { top: topArtists(first: 201) { totalCount } } }")

    assert result.errors is not None
    assert result.errors[0].formatted == {
        "message": "first must be between 0 and 200",
        "locations": [{"line": 1, "column": 15}],
        "path": ["listening", "top"],
        "extensions": {"code": "BAD_INPUT", "requestId": "request-1", "argument": "first"},
    }


async def test_an_argument_of_two_words_is_named_as_clients_write_it(quick_ask: Asking) -> None:
    query = '{ listening { days(period: LAST_7_DAYS, timeZone: "Mars/Utopia") { day } } }'

    assert await quick_ask.refused(query) == ("BAD_INPUT", "timeZone")


async def test_what_we_did_not_expect_is_masked_and_logged_once(
    quick_ask: Asking,
) -> None:
    await quick_ask.deps.store.close()

    with capture_logs() as logged:
        result = await quick_ask.run("{ viewer { timeZone } }")

    assert result.errors is not None
    (error,) = result.errors
    assert error.message == "Internal error"
    assert error.original_error is None
    assert error.extensions == {"code": "INTERNAL", "requestId": "request-1"}
    (event,) = logged
    assert (event["event"], event["path"]) == ("graphql.failed", "viewer")
    assert event["request_id"] == "request-1"
    assert "closed" in str(event["exc_info"])


async def test_an_admin_field_tells_a_read_key_that_it_may_not(ask: Asking) -> None:
    assert await ask.refused("{ apiKeys { id } }") == ("FORBIDDEN", None)


@pytest.mark.parametrize("query", ["{", "nonsense", "query ( { viewer }"])
async def test_what_is_not_graphql_is_told_so(quick_ask: Asking, query: str) -> None:
    assert await codes(quick_ask, query) == {"GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query ($n: Int) { listening { recent(first: $n) { totalCount } } }", {"n": "one"}),
        ("query ($n: Int!) { listening { recent(first: $n) { totalCount } } }", {}),
        ("query ($n: Int = 1) { listening { recent(first: $n) { totalCount } } }", {"n": []}),
        (
            "query ($t: DateTime) { listening { recent(since: $t) { totalCount } } }",
            {"t": "9999-12-31T23:59:59-14:00"},
        ),
        ("query ($p: Period) { listening { days(period: $p) { day } } }", {"p": "NOW"}),
    ],
)
async def test_variables_that_do_not_fit_are_bad_user_input(
    quick_ask: Asking, query: str, variables: dict[str, Any]
) -> None:
    assert await codes(quick_ask, query, **variables) == {"BAD_USER_INPUT"}


def nested(depth: int) -> str:
    """A valid question that deep, and a little more."""
    inner = "{ id }"
    for _ in range(depth // 4):
        inner = f"{{ albums {{ nodes {{ artist {inner} }} }} }}"
    return f"{{ listening {{ artists {{ nodes {inner} }} }} }}"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (nested(MAX_DEPTH + 4), "deep"),
        (
            "{ " + " ".join(f"a{n}: viewer {{ scope }}" for n in range(MAX_ALIASES + 1)) + "}",
            "alias",
        ),
        ("{ viewer { } }", "selection"),
        ("{ viewer { ...a } } fragment a on Viewer { ...a }", "itself"),
        ("{ viewer { nobody } }", "nobody"),
        ("mutation { nobody }", "nobody"),
        ("subscription { nobody }", "nobody"),
    ],
)
async def test_documents_beyond_the_limits_are_not_executed(
    quick_ask: Asking, query: str, words: str
) -> None:
    result = await quick_ask.run(query)

    assert result.data is None
    assert result.errors
    assert any(words in error.message for error in result.errors)
    assert {(error.extensions or {})["code"] for error in result.errors} == {
        "GRAPHQL_VALIDATION_FAILED"
    }
    assert quick_ask.statements == []


@pytest.mark.parametrize(
    "query",
    [
        "{ viewer { " + "scope " * MAX_TOKENS + "} }",
        nested(300),
        "{ a" * 3_000,
        "{ a" * 600 + "}" * 600,
        "{ a(b: " + "[" * 900 + "]" * 900 + ") }",
        "{ a(b: " + "{c: " * 600 + "1" + "}" * 600 + ") }",
    ],
)
async def test_floods_are_refused_without_a_failure(quick_ask: Asking, query: str) -> None:
    found = await codes(quick_ask, query)

    assert found <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}
    assert found


async def test_fragments_spread_in_each_other_are_not_dear_to_measure(quick_ask: Asking) -> None:
    doubling = [
        f"fragment f{n} on Viewer {{ a: scope ...f{n + 1} ...f{n + 1} }}" for n in range(60)
    ]
    query = "{ viewer { ...f0 } } fragment f60 on Viewer { scope } " + " ".join(doubling)

    assert await codes(quick_ask, query) == {"GRAPHQL_VALIDATION_FAILED"}


async def test_tools_may_ask_for_the_whole_schema(quick_ask: Asking) -> None:
    data = await quick_ask.data(get_introspection_query())

    assert data["__schema"]["queryType"]["name"] == "Query"


async def test_one_operation_of_several_has_to_be_named(quick_ask: Asking) -> None:
    query = "query a { viewer { scope } } query b { viewer { timeZone } }"

    assert await codes(quick_ask, query) == {"BAD_USER_INPUT"}


async def test_a_document_is_parsed_once(quick_ask: Asking) -> None:
    query = "{ viewer { scope timeZone once: scope } }"
    await quick_ask.data(query)
    before = schema.documents.find(query)

    await quick_ask.data(query)

    assert schema.documents.find(query) is before


async def test_a_document_that_failed_fails_again(quick_ask: Asking) -> None:
    query = "{ viewer { nobody } }"

    assert await codes(quick_ask, query) == await codes(quick_ask, query)


async def test_a_person_sees_their_own_life_alone(ask: Asking) -> None:
    stranger = replace(ask)

    data = await stranger.data(
        "{ listening { recent { totalCount nodes { id } } } collecting { items { totalCount } } }",
        user_id=2,
    )

    assert data["listening"]["recent"] == {"totalCount": 0, "nodes": []}
    assert data["collecting"]["items"]["totalCount"] == 0
