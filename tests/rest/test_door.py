"""Bodies at the door: read as they come, and not waited for without end."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from rewind_gql.rest.devices.dialect import DEVICES
from rewind_gql.rest.dialects import REWIND, Dialect
from rewind_gql.rest.door import SLOWEST_BYTES_PER_S, read_body
from rewind_gql.rest.listenbrainz.dialect import LISTENBRAINZ
from rewind_gql.rest.wearables.dialect import WEARABLES

pytestmark = pytest.mark.either

SOON = 0.05


def arriving(
    *parts: bytes, every: float, for_ever: bool = False
) -> Callable[[], Awaitable[Message]]:
    """What gives the parts of a body, one after another."""
    left = list(parts)

    async def receive() -> Message:
        await asyncio.sleep(every)
        part = left[0] if for_ever else left.pop(0)
        return {"type": "http.request", "body": part, "more_body": for_ever or bool(left)}

    return receive


async def test_a_body_comes_in_as_many_parts_as_it_likes() -> None:
    assert await read_body(arriving(b"a", b"", b"b", every=0)) == b"ab"


@pytest.mark.parametrize("part", [b"", b"a"])
async def test_one_that_comes_in_drops_is_not_waited_for(part: bytes) -> None:
    with pytest.raises(HTTPException) as refused:
        await read_body(arriving(part, every=0.01, for_ever=True), seconds=SOON)

    assert (refused.value.status_code, refused.value.headers) == (408, {"connection": "close"})


async def test_one_that_does_not_begin_is_not_waited_for() -> None:
    with pytest.raises(HTTPException) as refused:
        await read_body(arriving(b"a", every=30), seconds=SOON)

    assert refused.value.status_code == 408


async def test_a_long_one_may_take_longer_as_long_as_it_comes_on() -> None:
    second = bytes(SLOWEST_BYTES_PER_S)
    parts = [second] * 20

    body = await read_body(arriving(*parts, every=0.01), len(second) * 20, seconds=SOON)

    assert len(body) == len(second) * 20


async def test_a_body_that_breaks_off_is_refused() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(HTTPException) as refused:
        await read_body(receive)

    assert refused.value.status_code == 400


async def test_one_that_is_too_large_is_refused_before_it_is_whole() -> None:
    with pytest.raises(HTTPException) as refused:
        await read_body(arriving(b"abc", every=0, for_ever=True), 100)

    assert refused.value.status_code == 413


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        (REWIND, {"error": "The body took too long to come", "status": 408}),
        (DEVICES, {"error": "Request took too long"}),
        (LISTENBRAINZ, {"code": 408, "error": "The body took too long to come"}),
        (WEARABLES, {"detail": "Request Timeout"}),
    ],
)
def test_each_api_tells_it_in_its_own_words(dialect: Dialect, told: object) -> None:
    answer = dialect.failure(408, {"connection": "close"})

    assert orjson.loads(answer.body) == told
    assert (b"connection", b"close") in answer.headers
