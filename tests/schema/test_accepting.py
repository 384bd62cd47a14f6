"""What is understood of an Accept header."""

import pytest

from schema.accepting import GRAPHQL_JSON, JSON, KEPT_LENGTH, accepted

pytestmark = pytest.mark.either


@pytest.mark.parametrize(
    ("header", "whole", "stream", "prefers_stream"),
    [
        ("", JSON, True, False),
        ("*/*", JSON, True, False),
        ("*/*;q=0", None, False, False),
        ("application/*", JSON, False, False),
        ("APPLICATION/JSON", JSON, False, False),
        ("application/json;q=0, */*", GRAPHQL_JSON, True, False),
        (f"{JSON}, {GRAPHQL_JSON}", GRAPHQL_JSON, False, False),
        (f"{GRAPHQL_JSON};q=0.8, {JSON};q=0.9", JSON, False, False),
        (f"{GRAPHQL_JSON};charset=utf-8, {JSON};charset=utf-8", GRAPHQL_JSON, False, False),
        (f"{JSON};charset=utf-16, {GRAPHQL_JSON};q=0.1", GRAPHQL_JSON, False, False),
        ("application/json;q=2", None, False, False),
        ("application/json;q=nan", None, False, False),
        ("application/json;q=", None, False, False),
        ("json, /, application/, ;q=1", None, False, False),
        ("text/event-stream", None, True, True),
        ("text/*", None, True, True),
        ("text/event-stream, application/json", JSON, True, False),
        ("text/event-stream, application/json;q=0.5", JSON, True, True),
        (
            f"{GRAPHQL_JSON}, application/json, text/event-stream, multipart/mixed",
            GRAPHQL_JSON,
            True,
            False,
        ),
        (f"{'x/y, ' * KEPT_LENGTH}application/json", JSON, False, False),
    ],
)
def test_an_accept_header_says(
    header: str, whole: str | None, stream: bool, prefers_stream: bool
) -> None:
    assert accepted(header.encode()) == (whole, stream, prefers_stream)
