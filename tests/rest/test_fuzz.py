"""Whatever is sent, the answer is one of ours: never a 500, never another form."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewind_gql.rest.rewind import ROUTES, backfill, sync
from tests.serving import Api

PATHS = sorted({f"/v1{route.path}" for route in ROUTES})
NAMES = sorted({param.name for route in ROUTES for param in route.params})
NUMBERS = ["", "0", "-1", "1", "50", "2.5", "1e9", str(10**30), "null", "٣", "%00", "%zz", "%FF"]
DATES = ["2025", "2025-02", "2025-02-30", "9999-12-31", "0000-01-01", "2025-02-01T00:00:00%2B99:00"]
METHODS = ["GET", "GET", "GET", "HEAD", "POST", "POST", "DELETE", "PUT", "PATCH", "TRACE", "FROB"]
JSON = b"application/json"


def quoted(raw: bytes) -> str:
    """Bytes, every one of them percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in raw)


texts = st.one_of(
    st.sampled_from(NUMBERS + DATES),
    st.binary(max_size=8).map(quoted),
    st.text(max_size=8).map(lambda text: quoted(text.encode(errors="surrogatepass"))),
    st.dates().map(str),
    st.datetimes().map(datetime.isoformat),
)
queries = st.one_of(
    st.binary(max_size=30),
    st.lists(st.tuples(st.sampled_from([*NAMES, "x", ""]), texts), max_size=5).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode()
    ),
)
paths = st.one_of(
    st.builds(
        lambda path, text: re.sub(r"{\w+}", lambda _: text, path),
        st.sampled_from(PATHS),
        texts,
    ),
    texts.map("/v1/{}".format),
    texts.map("/v1/admin/{}".format),
    # Whatever lies below /1 answers in the words of ListenBrainz.
    texts.map("/{}".format).filter(lambda path: not re.match("/1(/|$)", path)),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "scope", "type", "expires_at", "x"]), inner)
    ),
    max_leaves=5,
)
bodies = st.one_of(st.binary(max_size=60), values.map(lambda value: repr(value).encode()), values)
header_values = st.one_of(
    st.sampled_from([JSON, b"text/plain", b"*", b"null", b"gzip, br", b"W/", b'"', b""]),
    st.binary(max_size=20).filter(lambda raw: not set(raw) & set(b"\r\n\x00")),
)
headers = st.dictionaries(
    st.sampled_from([b"content-type", b"if-none-match", b"origin", b"accept-encoding", b"cookie"]),
    header_values,
    max_size=4,
)


async def ask(api: Api, request: dict[str, Any]) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request as a server hands it over, with whatever bytes."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": request["body"], "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "method": request["method"],
        "path": unquote(request["path"]),
        "raw_path": request["path"].encode(),
        "query_string": request["query"],
        "headers": list(request["headers"].items()),
    }
    await api.app(scope, receive, send)
    start, *rest = sent
    return start["status"], dict(start["headers"]), b"".join(part["body"] for part in rest)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works here, so nobody waits until work is done."""
    monkeypatch.setattr(sync, "WAIT_S", 0.0)
    monkeypatch.setattr(backfill, "WAIT_S", 0.0)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(METHODS),
    path=paths,
    query=queries,
    given_headers=headers,
    body=bodies,
    key=st.sampled_from(["admin", "admin", "read", "none", "wrong"]),
)
async def test_any_request_is_answered_in_our_form(
    quick_api: Api,
    impatient: None,
    method: str,
    path: str,
    query: bytes,
    given_headers: dict[bytes, bytes],
    body: Any,
    key: str,
) -> None:
    token = {"admin": quick_api.admin, "read": quick_api.read, "wrong": "rw_x"}.get(key)
    sent = {b"authorization": f"Bearer {token}".encode()} if token else {}
    raw = body if isinstance(body, bytes) else _json(body)
    request = {
        "method": method,
        "path": path,
        "query": query,
        "body": raw,
        "headers": {b"content-type": JSON, **given_headers, **sent},
    }

    status, answered, content = await ask(quick_api, request)

    assert status < 500
    assert b"x-request-id" in answered
    if status >= 400 and method != "HEAD":
        envelope = orjson.loads(content)
        assert envelope["status"] == status
        assert isinstance(envelope["error"], str)
        assert envelope.keys() <= {"error", "status", "details"}
        assert answered[b"content-type"] == JSON
        assert answered[b"cache-control"] == b"no-store"


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer or a text that JSON of ours has no form for
        return b"1" * 400
