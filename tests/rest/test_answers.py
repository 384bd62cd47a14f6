"""Answers: validators, and when a client is told that it has the bytes already."""

import pytest

from rewind_gql.rest.answers import Cache, answer, validated

KEPT = Cache("private", 30).headers


def etag(body: bytes) -> bytes:
    """The validator of a body."""
    return dict(validated(body, KEPT, None).headers)[b"etag"]


def test_the_same_bytes_have_the_same_strong_validator() -> None:
    assert etag(b"{}") == etag(b"{}") != etag(b"[]")
    assert etag(b"{}").startswith(b'"')


@pytest.mark.parametrize("form", [b"%s", b"W/%s", b'"other", %s', b'"a",W/%s , "b"', b" %s "])
def test_a_client_that_has_the_bytes_gets_none(form: bytes) -> None:
    answered = validated(b"{}", KEPT, form % etag(b"{}"))

    assert (answered.status, answered.body) == (304, b"")
    assert dict(answered.headers)[b"etag"] == etag(b"{}")
    assert dict(answered.headers)[b"cache-control"] == b"private, max-age=30"
    assert b"content-length" not in dict(answered.headers)


def test_a_star_matches_whatever_there_is() -> None:
    assert validated(b"{}", KEPT, b"*").status == 304


@pytest.mark.parametrize("given", [b"", b'"other"', b"W/", b'"', b"\xff", b","])
def test_any_other_validator_gets_the_body(given: bytes) -> None:
    answered = validated(b"{}", KEPT, given)

    assert (answered.status, answered.body) == (200, b"{}")


def test_private_answers_vary_by_key_and_public_ones_do_not() -> None:
    assert (b"vary", b"Authorization, Origin") in KEPT
    assert Cache("public", 300).headers == ((b"cache-control", b"public, max-age=300"),)


def test_an_answer_tells_its_type_and_length() -> None:
    headers = dict(answer(201, b"{}", ()).headers)

    assert headers == {b"content-type": b"application/json", b"content-length": b"2"}
