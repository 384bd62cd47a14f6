"""The gate every keyed request passes: who calls, may they, and how much is left to them."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from rewind_gql import clock
from rewind_gql.auth import keys, queries
from rewind_gql.auth.limits import Allowance, Limits
from rewind_gql.auth.usage import Usage
from rewind_gql.auth.views import Caller
from rewind_gql.errors import Denied, TooMany, Unauthenticated
from rewind_gql.store.engine import Store

FAILURES_PER_MINUTE = 60
_SCHEME = b"Bearer "


@dataclass(frozen=True, slots=True)
class Gate:
    """What it takes to let a request in."""

    store: Store
    pepper: keys.Pepper
    limits: Limits
    usage: Usage

    async def caller(self, authorization: bytes | None, address: str | None) -> Caller:
        """Who holds the key in an Authorization header.

        The key's row is read every time, so that one taken back is refused at once, everywhere.
        Raises `Unauthenticated`, or `TooMany` once an address has failed too often in a minute.
        """
        try:
            return await self._recognised(authorization, clock.now())
        except Unauthenticated:
            await self._failed(address)
            raise

    async def _recognised(self, authorization: bytes | None, now: datetime) -> Caller:
        if authorization is None or not authorization.startswith(_SCHEME):
            raise Unauthenticated
        key = authorization[len(_SCHEME) :].decode("latin-1")
        if not keys.well_formed(key):
            raise Unauthenticated
        hashed = keys.fingerprint(key, self.pepper)
        caller = await self.store.system(queries.caller, hash=hashed)
        if caller is None:
            raise Unauthenticated
        if caller.expires_at is not None and caller.expires_at <= now:
            raise Unauthenticated("Token expired")
        return caller

    async def _failed(self, address: str | None) -> None:
        spent = await self.limits.hit(f"address:{_network(address)}", FAILURES_PER_MINUTE)
        if not spent.allowed:
            raise TooMany(retry_after=spent.retry_after(clock.now().timestamp()))

    def permit(self, caller: Caller, *, admin: bool) -> None:
        """Raises `Denied` when the caller's key may only read."""
        if admin and caller.scope != "admin":
            raise Denied

    async def spend(self, caller: Caller) -> Allowance:
        """Take one request off the key's minute; it counts as used when it fits in."""
        spent = await self.limits.hit(f"key:{caller.key_id}", caller.rate_limit_rpm)
        if spent.allowed and caller.key_id is not None:
            self.usage.count(caller.key_id, clock.now())
        return spent


def _network(address: str | None) -> str:
    """What counts as one sender: an IPv4 address, or the network an IPv6 host has to itself."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
