"""The gate every keyed request passes: who calls, may they, and how much is left to them."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar

from rewind_gql import clock
from rewind_gql.auth import callers, keys, links, passes, queries
from rewind_gql.auth.callers import DEFAULT_RPM, DeviceStanding, no_device
from rewind_gql.auth.limits import Allowance, Limits
from rewind_gql.auth.passwords import Queue
from rewind_gql.auth.tokens import Tokens
from rewind_gql.auth.usage import Usage
from rewind_gql.auth.views import Caller, Opened
from rewind_gql.errors import Denied, TooMany, Unauthenticated
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn

FAILURES_PER_MINUTE = 60
A = TypeVar("A")
_SCHEME = b"Bearer "
_KEY = "rw_"
_MOST_KNOWN = 1_000


class NoLink(Unauthenticated):
    """This link leads nowhere: it was taken back, or a part of it is missing"""

    status = 404
    code = "NOT_FOUND"


class OnlyScrobbles(Denied):
    """This key may only send what is heard"""


class OnlyDocuments(Denied):
    """This key only runs trusted documents, at /graphql"""


@dataclass(frozen=True, slots=True)
class Gate:
    """What it takes to let a request in.

    `standing` asks after a device, which is no thing of this room. With a token, `token_rpm`
    requests a minute are let through.
    """

    store: Store
    pepper: keys.Pepper
    limits: Limits
    usage: Usage
    tokens: Tokens = field(kw_only=True)
    standing: DeviceStanding = field(default=no_device, kw_only=True)
    token_rpm: int = field(default=DEFAULT_RPM, kw_only=True)
    signing_in: Queue = field(default_factory=Queue, kw_only=True)
    _known: dict[str, tuple[int, Caller]] = field(default_factory=dict, init=False, repr=False)
    """Who holds a key, and the state of the database that said so."""

    async def bearer(
        self,
        authorization: bytes | None,
        address: str | None,
        *,
        keys: bool = True,
        tokens: bool = False,
        documents: bool = False,
    ) -> Caller:
        """Who holds the key, or the token, in an Authorization header.

        A key limited to trusted documents lets nobody in but where `documents` says that they are
        run. Rows are read again as soon as anything was committed, so that what was taken back is
        refused at once, everywhere.
        Raises `Unauthenticated`, or `TooMany` once an address has failed too often in a minute.
        """
        return await self._counted(self._bearer(authorization, keys, tokens, documents), address)

    async def key(self, text: str, address: str | None) -> Caller:
        """Who holds a key, wherever it was written. Raises as `bearer` does."""
        return await self._counted(self._by_key(text), address)

    async def scrobbler(self, text: str, address: str | None) -> Caller:
        """Who holds a key, one for scrobblers included, which no other way lets in.

        Raises as `bearer` does.
        """
        return await self._counted(self._by_key(text, scrobbling=True), address)

    async def either(
        self, authorization: bytes | None, key: str | None, address: str | None
    ) -> Caller:
        """Who holds the key or token in an Authorization header, or else the key beside it.

        A client that sends both is let in if one of them is good. Raises as `bearer` does.
        """
        return await self._counted(self._either(authorization, key), address)

    async def redeem(self, ticket: str, address: str | None) -> Caller:
        """Who had this ticket made; it is used up by asking. Raises as `bearer` does."""
        return await self._counted(self._by_ticket(ticket), address)

    async def session(self, cookie: str, address: str | None) -> Caller:
        """Whose page shows this session, which lives on from now. Raises as `bearer` does."""
        return await self._counted(self._by_session(cookie), address)

    async def link(self, text: str, address: str | None) -> Opened:
        """What the link of this text leads to. Raises `NoLink`, or `TooMany` as `bearer` does."""
        return await self._counted(self._by_link(text), address)

    async def ticket(self, caller: Caller) -> str:
        """A ticket that lets whoever shows it in as `caller`, once, within a minute."""
        async with self.store.write() as conn:
            return await passes.make(conn, caller, "ticket", pepper=self.pepper)

    async def open_session(self, caller: Caller) -> str:
        """A session for a page of the caller's: what its cookie holds."""
        async with self.store.write() as conn:
            return await passes.make(conn, caller, "session", pepper=self.pepper)

    async def close_session(self, cookie: str) -> None:
        """End a session; one that is unknown stays so."""
        if len(cookie) == passes.LENGTH:
            hashed = keys.fingerprint(cookie, self.pepper)
            async with self.store.write() as conn:
                await passes.take(conn, hash=hashed, kind="session")

    def permit(self, caller: Caller, *, admin: bool) -> None:
        """Raises `Denied` when the caller's key may only read."""
        if admin and caller.scope != "admin":
            raise Denied

    def valid(
        self, caller: Caller | None, *, scrobbling: bool = False, documents: bool = False
    ) -> Caller:
        """The caller, if there is one, and what they came with has not run out.

        Raises `Unauthenticated`, and `OnlyScrobbles` and `OnlyDocuments` for a key that is for
        something else.
        """
        if caller is None:
            raise Unauthenticated
        if caller.expires_at is not None and caller.expires_at <= clock.now():
            raise Unauthenticated("Token expired")
        if caller.scope == "scrobble" and not scrobbling:
            raise OnlyScrobbles
        if caller.trusted_only and not documents:
            raise OnlyDocuments
        if caller.token is not None:
            caller.rate_limit_rpm = self.token_rpm
        return caller

    async def spend(self, caller: Caller, cost: int | None = None) -> Allowance:
        """Take one request off the key's minute; it counts as used when it fits in.

        With `cost`, take so much more for a request that is counted already. The tokens of one
        device share a minute.
        """
        if cost is not None:
            return await self.limits.hit(_minute(caller), caller.rate_limit_rpm, cost)
        spent = await self.limits.hit(_minute(caller), caller.rate_limit_rpm)
        if spent.allowed and caller.key_id is not None:
            self.usage.count(caller.key_id, clock.now())
        return spent

    async def left(self, caller: Caller) -> Allowance:
        """What is left of the key's minute."""
        return await self.limits.left(_minute(caller), caller.rate_limit_rpm)

    async def _counted(self, asked: Awaitable[A], address: str | None) -> A:
        try:
            return await asked
        except Unauthenticated:
            spent = await self.limits.hit(f"address:{network(address)}", FAILURES_PER_MINUTE)
            if not spent.allowed:
                raise TooMany(retry_after=spent.retry_after(clock.now().timestamp())) from None
            raise

    async def _bearer(
        self, authorization: bytes | None, keys: bool, tokens: bool, documents: bool = False
    ) -> Caller:
        if authorization is None or not authorization.startswith(_SCHEME):
            raise Unauthenticated
        text = authorization[len(_SCHEME) :].decode("latin-1")
        if text.startswith(_KEY):
            if keys:
                return await self._by_key(text, documents=documents)
        elif tokens:
            return await self._by_token(text)
        raise Unauthenticated

    async def _either(self, authorization: bytes | None, key: str | None) -> Caller:
        if authorization is None and key is not None:
            return await self._by_key(key)
        try:
            return await self._bearer(authorization, keys=True, tokens=True)
        except Unauthenticated:
            if key is None:
                raise
        return await self._by_key(key)

    async def _by_key(
        self, text: str, *, scrobbling: bool = False, documents: bool = False
    ) -> Caller:
        hashed = keys.fingerprint(text, self.pepper)
        # Asked for first: what is committed while the row is read makes it another number.
        version = self.store.version()
        known = None if version is None else self._known.get(hashed)
        if known is not None and known[0] == version:
            found: Caller | None = known[1]
        elif keys.well_formed(text):
            found = await self.store.system(queries.caller, hash=hashed)
            self._keep(hashed, version, found)
        else:
            raise Unauthenticated
        return self.valid(found, scrobbling=scrobbling, documents=documents)

    def _keep(self, hashed: str, version: int | None, found: Caller | None) -> None:
        if found is None or version is None:
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[hashed] = version, found

    async def _by_token(self, text: str) -> Caller:
        claims = self.tokens.read(text)
        found = await self.store.system(
            callers.with_token,
            uuid=claims.user,
            token=claims.standing,
            until=claims.expires_at,
            ask=self.standing,
        )
        return self.valid(found)

    async def _by_ticket(self, text: str) -> Caller:
        hashed = self._hashed(text)
        # Looked for first: guesses must not keep the one who writes busy.
        if await self.store.system(passes.held, hash=hashed, kind="ticket") is None:
            raise Unauthenticated
        async with self.store.write() as conn:
            held = await passes.take(conn, hash=hashed, kind="ticket")
            found = await callers.with_pass(conn, held=held, ask=self.standing)
        return self.valid(found)

    async def _by_link(self, text: str) -> Opened:
        code = links.code_of(text, self.pepper)
        found = await self.store.system(links.opened, code=code) if code else None
        if found is None:
            raise NoLink
        return found

    async def _by_session(self, text: str) -> Caller:
        hashed = self._hashed(text)

        async def shown(conn: Conn) -> tuple[passes.Held | None, Caller | None]:
            held = await passes.held(conn, hash=hashed, kind="session")
            return held, await callers.with_pass(conn, held=held, ask=self.standing)

        held, found = await self.store.system(shown)
        caller = self.valid(found)
        if held is not None and passes.is_due(held):
            async with self.store.write() as conn:
                await passes.renew(conn, hash=hashed)
        return caller

    def _hashed(self, text: str) -> str:
        if len(text) != passes.LENGTH:
            raise Unauthenticated
        return keys.fingerprint(text, self.pepper)


def _minute(caller: Caller) -> str:
    """The name under which a caller's requests are counted, whatever way they come."""
    if caller.key_id is not None:
        return f"key:{caller.key_id}"
    device_id = caller.token.device_id if caller.token else None
    return f"token:{caller.user_id}:{device_id or ''}"


def network(address: str | None) -> str:
    """What counts as one sender: an IPv4 address, or the network an IPv6 host has to itself."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
