"""A real S3 server for a whole session of tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import httpx
import pytest

from tests.valkey import free_port

READY_WITHIN_S = 90
LOGIN = ("key", "secret")

_buckets = count(1)


@contextmanager
def s3_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a server that is up, and its process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as client:
            # Retries wait 0.5 s, then twice as long each time.
            client.get(f"{url}/moto-api/", timeout=READY_WITHIN_S)
        yield url, process
    finally:
        process.kill()
        process.wait()


def bucket(url: str) -> str:
    """The name of a new, empty bucket."""
    name = f"pictures-{next(_buckets)}"
    httpx.put(f"{url}/{name}", trust_env=False, timeout=READY_WITHIN_S).raise_for_status()
    return name


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """The address of a server of the session's own."""
    with s3_server() as (url, _):
        yield url
