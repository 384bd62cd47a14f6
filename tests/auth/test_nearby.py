"""What counts as coming from the server's own machine."""

from typing import Any

import pytest

from rewind_gql.auth.nearby import is_local

pytestmark = pytest.mark.either


def scope(client: str | None, host: str, **headers: str) -> dict[str, Any]:
    """A request by that address to a server of that name."""
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    given = None if client is None else (client, 50_000)
    return {"client": given, "headers": [(b"host", host.encode()), *told]}


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("127.0.0.1", "localhost:8000"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.9.9.9", "127.0.0.1:8000"),
        ("::1", "[::1]:8000"),
    ],
)
def test_this_machine_asking_for_itself_is_local(client: str, host: str) -> None:
    assert is_local(scope(client, host))


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("192.168.1.5", "localhost"),
        ("192.168.1.5", "127.0.0.1"),
        ("127.0.0.1", "rewind.example"),
        ("127.0.0.1", "localhost.rewind.example"),
        ("127.0.0.1", "127.0.0.1.rewind.example"),
        ("127.0.0.1", "127.0.0.1@rewind.example"),
        ("127.0.0.1", "["),
        ("127.0.0.1", ""),
        (None, "localhost"),
        ("testclient", "localhost"),
    ],
)
def test_others_and_other_names_are_not(client: str | None, host: str) -> None:
    assert not is_local(scope(client, host))


@pytest.mark.parametrize(
    "header",
    ["forwarded", "via", "x_forwarded_for", "x_forwarded_proto", "x_real_ip", "x_client_ip"],
)
def test_a_proxy_on_this_machine_asks_for_somebody_else(header: str) -> None:
    assert not is_local(scope("127.0.0.1", "localhost", **{header: "203.0.113.9"}))
