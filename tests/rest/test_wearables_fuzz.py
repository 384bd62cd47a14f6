"""Whatever is sent to Open Wearables' sync status, the answer is one of its own: never a 500."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from tests.databases import ME, OTHER, UUIDS
from tests.rest.test_fuzz import METHODS, ask, header_values, texts
from tests.serving import Api, desk_of, serving
from tests.sync.told import happen, part_row, write

NAMES = ["limit", "scope", "since", "user_id", "provider", "status", "source", "run_id", "x", ""]
USERS = [UUIDS[ME], UUIDS[OTHER], "0", "%7B%7D", "urn:uuid:" + UUIDS[ME]]
# The stream itself never ends; a wrong parameter is told before it begins.
LISTS = ["recent", "runs", "history", "stream-ticket", "stream?replay=no&"]
WORDS = ["live", "success", "pull", "2026-03-18T12:00:00Z", "1e400", "-0", "0x10", "run_1"]

values = st.one_of(texts, st.sampled_from(WORDS), st.integers().map(str))
queries = st.one_of(
    st.binary(max_size=30),
    st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=5).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode()
    ),
)
paths = st.one_of(
    st.builds(
        "/api/v1/users/{}/sync/{}".format,
        st.sampled_from(USERS) | values,
        st.sampled_from(LISTS) | values,
    ),
    st.just("/api/v1/sync/runs"),
    values.map("/api/v1/sync/history/{}".format),
    values.map("/api/v1/{}".format),
)
names = st.sampled_from(
    [b"x-api-key", b"x-open-wearables-api-key", b"authorization", b"last-event-id", b"origin"]
)


@pytest.fixture
async def filled(quick_api: Api) -> Api:
    """The application with something to tell."""
    await happen(quick_api.desk.store, *range(1, 4))
    await write(quick_api.desk.store, parts=[part_row("run_1", "plays")])
    return quick_api


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(METHODS),
    path=paths,
    query=queries,
    headers=st.dictionaries(names, header_values, max_size=3),
    signed_in=st.booleans(),
)
@example(
    "GET", f"/api/v1/users/{UUIDS[ME]}/sync/history", b"since=9999-12-31T23:59:59-10", {}, True
)
@example("GET", f"/api/v1/users/{UUIDS[ME]}/sync/history", b"since=1e308", {}, True)
@example("GET", "/api/v1/sync/runs", b"provider=%ed%a0%80", {}, True)
@example("GET", "/api/v1/sync/history/%ED%A0%80", b"", {}, True)
async def test_any_request_is_answered_in_its_form(
    filled: Api,
    method: str,
    path: str,
    query: bytes,
    headers: dict[bytes, bytes],
    signed_in: bool,
) -> None:
    key = {b"x-api-key": filled.admin.encode()} if signed_in else {}
    path, _, more = path.partition("?")
    request = {
        "method": method,
        "path": path,
        "query": more.encode() + query,
        "headers": {**headers, **key},
        "body": b"",
    }

    status, answered, content = await ask(filled, request)

    assert status < 500
    assert b"x-request-id" in answered
    if status >= 400 and method != "HEAD":
        envelope = orjson.loads(content)
        if path.startswith("/api/v1/"):
            assert list(envelope) == ["detail"]
            assert isinstance(envelope["detail"], str) or status == 422
            for error in envelope["detail"] if status == 422 else ():
                assert list(error)[:4] == ["type", "loc", "msg", "input"]


@pytest.mark.parametrize(
    "query", ["limit=" + "9" * 5_000, "since=-1e30", "user_id=%00", "status=", "limit=%D9%A3"]
)
async def test_odd_filters_are_refused_on_both_databases(
    store: Store, settings: Callable[..., Settings], query: str
) -> None:
    async with serving(desk_of(store, settings())) as api:
        listed = await api.ask(f"/api/v1/sync/runs?{query}", key="admin")
        past = await api.ask(f"/api/v1/users/{UUIDS[ME]}/sync/history?{query}")

    assert {listed.status_code, past.status_code} <= {200, 422}


@pytest.mark.parametrize(
    "since", ["0001-01-01", "9999-12-31T23:59:59.999999Z", "0", "-62135596800", "253402300799"]
)
async def test_history_is_asked_from_any_instant(
    store: Store, settings: Callable[..., Settings], since: str
) -> None:
    async with serving(desk_of(store, settings())) as api:
        past: Any = await api.ask(f"/api/v1/users/{UUIDS[ME]}/sync/history?since={since}")

    assert (past.status_code, past.json()) == (200, [])
