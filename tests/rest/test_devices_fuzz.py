"""Whatever devices send, the answer is one of ours: never a 500, never another form."""

from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewind_gql.rest.devices import ROUTES
from tests.rest.test_fuzz import ask, quoted, texts
from tests.serving import Api
from tests.sync.devices import made

JSON = b"application/json"
PATHS = sorted({f"/api{route.path}" for route in ROUTES if route.path != "/login"})
NAMES = sorted({param.name for route in ROUTES for param in route.params})
METHODS = ["GET", "GET", "POST", "POST", "POST", "PUT", "PUT", "DELETE", "HEAD", "PATCH", "FROB"]
FIELDS = [
    "session_id", "start_time", "end_time", "duration", "category", "project", "note", "source",
    "kind", "planned_duration", "client_time", "pending_after", "sessions", "device_id",
    "device_type", "name", "install_id", "sessions_pending", "oldest_pending_at",
    "preferences_version", "version", "elapsed_minutes", "reason", "daily_goal", "timezone",
    "base_version", "x",
]  # fmt: skip

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(
        [
            "\x00", "", str(made.uuid(1)), "2025-08-24T12:00:00Z", "2025-08-24T12:25:00Z",
            "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", 25,
            "mac_app", "Europe/Oslo", 10**18, -1,
        ]
    ),
)  # fmt: skip
nested = st.recursive(
    odd,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)
    ),
    max_leaves=8,
)
# Nearly right ones get furthest: whole bodies with a field or two that are something else.
nearly = st.builds(
    lambda whole, changes: {**whole, **changes},
    st.sampled_from(
        [
            made.body(),
            {"sessions": [made.body(1), made.body(2)]},
            {"client_time": "2025-08-24T12:00:00Z", "sessions_pending": 1},
            {"device_type": "mac_app"},
            {
                "session_id": str(made.uuid(3)),
                "planned_duration": 25,
                "category": "Work",
                "source": "cli",
            },
            {"session_id": str(made.uuid(3)), "elapsed_minutes": 5},
            {"daily_goal": 5},
        ]
    ),
    st.dictionaries(st.sampled_from(FIELDS), nested, max_size=2),
)
bodies = st.one_of(
    nearly.map(orjson.dumps), nearly.map(orjson.dumps), nested.map(orjson.dumps), st.binary()
)
queries = st.one_of(
    st.binary(max_size=30),
    st.lists(st.tuples(st.sampled_from([*NAMES, "x", ""]), texts), max_size=4).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode()
    ),
)
header_values = st.one_of(
    st.sampled_from([JSON, b"mac", b"web-1.0", b"", b"text/plain", b"abc"]),
    st.binary(max_size=20).filter(lambda raw: not set(raw) & set(b"\r\n\x00")),
)
headers = st.dictionaries(
    st.sampled_from(
        [b"content-type", b"x-device-id", b"x-app-identifier", b"idempotency-key", b"x-other"]
    ),
    header_values,
    max_size=3,
)
paths = st.builds(
    lambda path, name: path.replace("{device_id}", name),
    st.sampled_from(PATHS),
    st.one_of(st.sampled_from(["mac", "web-2.0"]), texts, st.binary(max_size=6).map(quoted)),
)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(METHODS),
    path=paths,
    query=queries,
    given_headers=headers,
    body=bodies,
    key=st.sampled_from(["admin", "admin", "admin", "read", "none", "wrong"]),
)
async def test_any_request_of_a_device_is_answered_in_our_form(
    api: Api,
    method: str,
    path: str,
    query: bytes,
    given_headers: dict[bytes, bytes],
    body: bytes,
    key: str,
) -> None:
    token = {"admin": api.admin, "read": api.read, "wrong": "rw_x"}.get(key)
    sent = {b"authorization": f"Bearer {token}".encode()} if token else {}
    request: dict[str, Any] = {
        "method": method,
        "path": path,
        "query": query,
        "body": body,
        "headers": {b"content-type": JSON, **given_headers, **sent},
    }

    status, answered, content = await ask(api, request)

    assert status < 500
    if status >= 400 and method != "HEAD":
        assert isinstance(orjson.loads(content)["error"], str)
        assert answered[b"content-type"] == JSON
        assert answered[b"cache-control"] == b"no-store"
