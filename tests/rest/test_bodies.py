"""Bodies: JSON into a dataclass, and each way it can be wrong."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import pytest
from annotated_types import Le
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from rewind_gql.errors import BadInput
from rewind_gql.rest.bodies import WHOLE, Body, body_of
from rewind_gql.rest.params import Invalid

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for."""

    name: str
    kind: Literal["small", "large"] = "small"
    until: datetime | None = None
    count: int = 1
    size: Annotated[int, Le(9), WHOLE] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something that may be left out."""

    word: str | None = None


async def grant(call: object, *, body: Wish) -> None:
    """A function that needs a body."""


async def guess(call: object, *, body: Hint = Hint()) -> None:
    """A function that can do without one."""


async def look(call: object) -> None:
    """A function that takes none."""


def taking(function: object) -> Body:
    """The body of a function that has one."""
    body = body_of(function)  # type: ignore[arg-type]  # a function
    assert body is not None
    return body


GRANT = taking(grant)
GUESS = taking(guess)


def test_a_function_without_the_keyword_takes_no_body() -> None:
    assert body_of(look) is None


def test_json_becomes_the_dataclass() -> None:
    raw = b'{"name": "x", "kind": "large", "until": "2026-01-01T00:00:00Z", "more": [1]}'

    wish = GRANT.read(raw, "Application/JSON; charset=utf-8")

    assert wish == Wish(name="x", kind="large", until=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("size", [b"5", b"5.0", b"5e0"])
def test_a_whole_number_may_be_written_as_any_number_is(size: bytes) -> None:
    wish = GRANT.read(b'{"name": "x", "size": %b}' % size, JSON)

    assert (wish.size, type(wish.size)) == (5, int)


@pytest.mark.parametrize("media", ["", JSON])
def test_an_optional_body_may_be_left_out(media: str) -> None:
    assert GUESS.read(b"", media) == Hint()


@pytest.mark.parametrize("media", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type_is_415(media: str) -> None:
    with pytest.raises(HTTPException) as refused:
        GRANT.read(b"name=x", media)

    assert refused.value.status_code == 415


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"null x", b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"[" * 100_000, b"\x00"],
)
def test_what_is_no_json_is_named(raw: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        GRANT.read(raw, JSON)

    assert refused.value.message == "Invalid JSON body"


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"x"', b"1"])
def test_json_that_is_no_object_is_named(raw: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        GRANT.read(raw, JSON)

    assert refused.value.message == "The body must be a JSON object"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{}", 'Field "name" is required'),
        (b'{"name": "x", "kind": "huge"}', 'Field "kind" must be "small" or "large"'),
        (b'{"name": 5}', 'Field "name" must be a valid string'),
        (b'{"name": "x", "count": "1"}', 'Field "count" must be a valid integer'),
        (b'{"name": "x", "count": 1.0}', 'Field "count" must be a valid integer'),
        (b'{"name": "x", "size": 5.5}', 'Field "size" must be a valid integer'),
        (b'{"name": "x", "size": 10.0}', 'Field "size" must be less than or equal to 9'),
    ],
)
def test_the_first_wrong_field_is_named(raw: bytes, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        GRANT.read(raw, JSON)

    assert refused.value.message == message


def test_every_wrong_field_is_listed() -> None:
    with pytest.raises(Invalid) as refused:
        GRANT.read(b'{"kind": 1, "until": "soon"}', JSON)

    assert [detail.path for detail in refused.value.details] == ["name", "kind", "until"]


@given(st.binary(max_size=300))
def test_no_body_does_worse_than_being_refused(raw: bytes) -> None:
    try:
        found = GRANT.read(raw, JSON)
    except BadInput:
        return

    assert isinstance(found, Wish)
