"""The frame: request ids, masked failures, compression, and the line that is logged."""

import asyncio
import gzip
import re
from typing import Any

import httpx
import pytest
import structlog
from starlette.types import Receive, Scope, Send

from rewind_gql.errors import Conflicting
from rewind_gql.rest.dialects import REWIND
from rewind_gql.server.cors import Origins
from rewind_gql.server.middleware import Compress, Frame
from tests.serving import Api


async def request(app: Any, **headers: str) -> httpx.Response:
    """One request of an application."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rewind") as client:
        client.headers.pop("accept-encoding")
        return await client.get("/", headers=headers)


def framed(app: Any) -> Frame:
    """An application behind the frame."""
    return Frame(app, origins=Origins([]), dialect=REWIND)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that fails, with something nobody should see."""
    raise RuntimeError("postgresql://user:hunter2@db/rewind")


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that refuses."""
    raise Conflicting("There is one already")


def saying(body: bytes) -> Any:
    """An application that says `body`, with a strong validator."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"etag", b'"abc"')]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def test_a_failure_is_masked_and_logged_once() -> None:
    with structlog.testing.capture_logs() as logged:
        answered = await request(framed(broken))

    assert answered.status_code == 500
    assert answered.json() == {"error": "Internal server error", "status": 500}
    assert answered.headers["cache-control"] == "no-store"
    [line] = logged
    assert line["request_id"] == answered.headers["x-request-id"]
    assert (line["log_level"], line["method"], line["path"]) == ("error", "GET", "/")
    assert isinstance(line["exc_info"], RuntimeError)


async def test_a_refusal_is_printed_and_not_logged() -> None:
    with structlog.testing.capture_logs() as logged:
        answered = await request(framed(refusing))

    assert answered.json() == {"error": "There is one already", "status": 409}
    assert logged == []


async def test_a_failure_after_the_first_byte_is_not_answered_twice() -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        await request(framed(half))


async def test_every_answer_has_its_own_request_id(quick_api: Api) -> None:
    answers = await asyncio.gather(*(quick_api.ask("/v1/health") for _ in range(50)))

    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 50
    assert all(re.fullmatch(r"[0-9a-f]{16}", text) for text in ids)


async def test_a_request_id_that_came_along_is_kept(quick_api: Api) -> None:
    given = await quick_api.ask("/v1/health", headers={"X-Request-Id": "trace-0123456789"})
    odd = await quick_api.ask("/v1/health", headers={"X-Request-Id": "a b"})

    assert given.headers["x-request-id"] == "trace-0123456789"
    assert odd.headers["x-request-id"] != "a b"


async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that sends a stream of events."""
    kind = [(b"content-type", b"text/event-stream; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": kind})
    await send({"type": "http.response.body", "body": b"data: 1\n\n" * 500, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def test_streams_of_events_are_never_compressed() -> None:
    answered = await request(Compress(streaming), **{"Accept-Encoding": "gzip, br, zstd"})

    assert "content-encoding" not in answered.headers
    assert answered.text == "data: 1\n\n" * 500


async def test_a_large_body_is_compressed_for_who_asks() -> None:
    body = b'{"data": "' + b"x" * 5_000 + b'"}'

    answered = await request(Compress(saying(body)), **{"Accept-Encoding": "gzip"})

    assert answered.headers["content-encoding"] == "gzip"
    assert answered.headers["etag"] == 'W/"abc"'
    assert "Accept-Encoding" in answered.headers["vary"]
    assert answered.content == body
    assert int(answered.headers["content-length"]) == len(gzip.compress(body, 4))


@pytest.mark.parametrize(
    ("size", "headers"),
    [(5_000, {}), (900, {"Accept-Encoding": "gzip, br"}), (5_000, {"Accept-Encoding": "gzip;q=0"})],
)
async def test_other_bodies_pass_untouched(size: int, headers: dict[str, str]) -> None:
    body = b"x" * size

    answered = await request(Compress(saying(body)), **headers)

    assert "content-encoding" not in answered.headers
    assert answered.headers["etag"] == '"abc"'
    assert answered.content == body


async def test_what_is_not_http_passes_by() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await framed(Compress(app))({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # unused

    assert seen == ["lifespan"]
