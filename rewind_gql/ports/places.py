"""Addresses of the web taken apart, and refused where they lead anywhere but into the open."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from rewind_gql.ports.addresses import is_public

MAX_URL = 4_096
PORTS = {"https": 443, "http": 80}
_MAX_HOST = 253
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_AUTHORITY = re.compile(r"(\[[^\[\]@]*:[^\[\]@]*\]|[^\[\]@:]+)(:[0-9]*)?", re.ASCII)  # no login
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)
_KEPT = "/%:@!$&'()*+,;=~?[]"
# Names that only a network of one's own knows; those with no dot are refused, too.
_OWN_NAMES = (
    ".localhost", ".local", ".localdomain", ".internal", ".intranet", ".private", ".lan", ".corp",
    ".home", ".home.arpa", ".svc", ".metadata.goog",
)  # fmt: skip


class NotOpen(ValueError):
    """This is not an address of the web"""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


@dataclass(frozen=True, slots=True)
class Place:
    """An address taken apart: ASCII throughout, host in lower case and without the last dot."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host as a `Host` header names it: with its port where that is not the usual one."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if PORTS[self.scheme] == self.port else f"{name}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.origin}{self.target}"


def place(url: str) -> Place:
    """An address of the web taken apart. Raises `NotOpen` for what is none, or carries a login."""
    if len(url) > MAX_URL or not url.isprintable() or "\\" in url:
        raise NotOpen
    try:
        parts = urlsplit(url.strip(" "))
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        raise NotOpen from None
    if parts.scheme not in PORTS or not port or not _AUTHORITY.fullmatch(parts.netloc):
        raise NotOpen
    return Place(parts.scheme, host, port, _target(parts))


def moved(at: Place, target: str) -> Place:
    """Where `target`, found at a place, leads. Raises `NotOpen` like `place`."""
    try:
        return place(urljoin(at.url, target))
    except NotOpen:
        raise
    except ValueError:
        raise NotOpen from None


def check_open(found: Place, *, plain: bool) -> None:
    """Raises `NotOpen` for a place that may not be asked, going by what its address says.

    `plain` lets http through. Where its name leads is another question.
    """
    if found.scheme == "http" and not plain:
        raise NotOpen("only https is asked here")
    if found.port not in PORTS.values():
        raise NotOpen("only the web's own ports are asked")
    last = found.host.rpartition(".")[2]
    if ":" in found.host or _NUMBER.fullmatch(last):
        # Anything but four plain numbers is read in a different way by every reader: 127.1, 0x7f.1
        if not is_public(found.host):
            raise NotOpen("this address may not be asked")
    elif last == found.host or f".{found.host}".endswith(_OWN_NAMES):
        raise NotOpen("this address may not be asked")


def _host(name: str) -> str:
    """A host as it is asked for: lower case, ASCII, without the dot at its end."""
    if ":" in name:
        return ip_address(name).compressed
    known = name if name.isascii() else name.encode("idna").decode()
    bare = known.lower().removesuffix(".")
    if len(bare) > _MAX_HOST or not _HOST.fullmatch(bare):
        raise NotOpen
    return bare


def _target(parts: SplitResult) -> str:
    """What is asked of the host. Percent signs stay as they are; what is no ASCII is written so."""
    path, query = quote(parts.path or "/", safe=_KEPT), quote(parts.query, safe=_KEPT)
    return f"{path}?{query}" if query else path
