"""Requests from the server's own machine, which may look at more than others."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

FORWARDED = frozenset(
    (b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"cf-ray")
)
"""Headers by which a proxy says that it asks for somebody else, beside all `x-forwarded-` ones."""

Headers = Iterable[tuple[bytes, bytes]]


def is_local(scope: Mapping[str, Any]) -> bool:
    """Whether a request comes from this machine, and asked for it by name.

    A proxy on this machine passes on what comes from anywhere, as a rule under its own name or with
    a header that says so. The name of another site could have been made to point here; then that is
    the name asked for.
    """
    client = scope.get("client")
    if client is None or not is_loopback(client[0]):
        return False
    host = b""
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name in FORWARDED or name.startswith(b"x-forwarded-"):
            return False
    try:
        return is_loopback(urlsplit(f"//{host.decode('latin-1')}").hostname)
    except ValueError:
        return False


def is_loopback(name: str | None) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address((name or "").strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"
