"""Which addresses on the network are everybody's: the only ones found in data that are asked."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Protocol

Address = IPv4Address | IPv6Address

# Beyond what the standard library calls private: it has changed its mind between versions. One
# cloud has its metadata at 168.63.129.16, and nobody is reached through 6to4 (2002::/16) any more.
_CLOSED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
            "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32",
            "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10",
            "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL = ip_network("2000::/3")
_ISATAP = (0x00005EFE, 0x02005EFE)

# Names are looked up on threads of their own: a name server that stalls holds up nothing else.
_LOOKUPS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="lookup")


class Resolver(Protocol):
    """Finds the addresses of a name."""

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Every address of `host`. Raises `OSError` when it has none."""
        ...


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of `host`, as the system knows it. Raises `OSError` when it has none."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_LOOKUPS, _looked_up, host, port)
    return list(dict.fromkeys(found))


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet, and so is every one it may stand for."""
    if "%" in text:
        return False
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return all(map(_is_open, _meanings(address)))


def _looked_up(host: str, port: int) -> list[str]:
    return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _meanings(address: Address) -> Iterator[Address]:
    """The address, and the older kind of address that a router may take it for."""
    yield address
    if not isinstance(address, IPv6Address):
        return
    number = int(address)
    last = IPv4Address(number & 0xFFFFFFFF)
    tunnelled = (number >> 32) & 0xFFFFFFFF in _ISATAP
    if address.ipv4_mapped is not None or address in _NAT64 or tunnelled:
        yield last


def _is_open(address: Address) -> bool:
    if any(address.version == each.version and address in each for each in _CLOSED):
        return False
    if isinstance(address, IPv4Address):
        return address.is_global
    # What is mapped or translated is judged by the older address it stands for.
    return address in _GLOBAL or address in _NAT64 or address.ipv4_mapped is not None
