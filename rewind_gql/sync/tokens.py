"""The tokens of connected accounts: kept sealed, renewed in time, by one process at a time.

A refresh token is good for one use, so whoever uses it must be alone and must store what comes
back. A lease sees to the first; what is stored is compared before it is replaced for the second.
What nobody can help: a process that dies after the provider has made new tokens and before they are
stored here takes them with it. That one was sent is written down first, so that the person is told.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, delete, select
from sqlmodel import col

from rewind_gql import clock, log
from rewind_gql.errors import BadInput, BadSettings, SourceBusy, SourceDenied, SourceError
from rewind_gql.images import leases
from rewind_gql.ports.http import Client
from rewind_gql.sources.auth import DeviceCode, SignIn, Tokens, Waiting
from rewind_gql.sources.base import Source as Card
from rewind_gql.store.engine import Writing
from rewind_gql.store.finishing import whole
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.tables import Credential

MARGIN = timedelta(minutes=5)
"""A token with less time left than this is renewed before it is used."""
ALONE = timedelta(minutes=3)
"""How long whoever renews a token has it to itself; longer than one request may take."""
LOOK_S = 0.2
LOOKS, AFTERLOOKS = 100, 10
ACCESS, REFRESH, EXPIRES = "access_token", "refresh_token", "expires_at"
TOKENS = {ACCESS, REFRESH, EXPIRES}
RENEWING = "renewal_began_at"
"""When the refresh token was last sent; there only until the answer to that is stored."""
NAMES = TOKENS | {RENEWING}
SLOWER_S = 5.0
"""What RFC 8628, 3.5, has a `slow_down` add to the pause from then on."""
CUT_SHORT = ", perhaps because the renewal at {} was cut short before its answer was stored here"

_CONNECTED = Read(
    select(col(Credential.provider)).where(
        col(Credential.user_id) == bindparam("user_id"), col(Credential.name) == REFRESH
    ),
    str,
)
_log = log.get("tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person's account at a provider one connects with, and what its sign-in needs."""

    user_id: int
    provider: str
    name: str
    scheme: SignIn
    client: Client
    options: Mapping[str, str]


def account(
    deps: Deps, user_id: int, card: type[Card], name: str, options: Mapping[str, str]
) -> Account:
    """The account of that name. Raises `BadInput` for a provider one does not connect with."""
    scheme = card.sign_in
    if scheme is None:
        raise BadInput(f"{card.name} is not connected to; it needs {', '.join(card.needs)}")
    address = options.get(scheme.base_url_setting) or scheme.base_url
    client = deps.clients.get(f"{card.name} sign-in", name, address, pace=None)
    return Account(
        user_id=user_id,
        provider=card.name,
        name=name,
        scheme=scheme,
        client=client,
        options=options,
    )


async def connected(conn: Conn, user_id: int) -> set[str]:
    """The providers that a person is connected with."""
    return {*await conn.rows(_CONNECTED, user_id=user_id)}


async def fresh(deps: Deps, of: Account, refused: str = "") -> str:
    """An access token good for five minutes more, and another than the one that was `refused`.

    Whoever finds that another process renews it at the moment waits for what that one stores.
    Raises `SourceDenied` when nobody is connected, or no longer; `SourceBusy` when it takes long.
    """
    for _ in range(LOOKS):
        held = await _held(deps, of)
        if _good(held, refused):
            return held.access
        async with _alone(deps, of) as mine:
            if mine:
                return await whole(_renewed(deps, of, refused))  # a worker that stops, too
        await asyncio.sleep(LOOK_S)
    raise SourceBusy("Another process renews the token and takes long", retry_after=30)


async def _renewed(deps: Deps, of: Account, refused: str) -> str:
    """A new access token, stored; the one that is stored by now, if that is new enough."""
    held = await _held(deps, of)
    if _good(held, refused):
        return held.access
    earlier = await _begun(deps, of)
    try:
        new = await of.scheme.refresh(of.client, of.options, held.refresh)
    except Waiting as slow:
        raise SourceBusy(slow.message, retry_after=60, kind="rate_limit") from slow
    except SourceDenied as ended:
        if other := await _anothers(deps, of, held):
            return other.access
        await _answered(deps, of, held, earlier)
        words = ended.message + (CUT_SHORT.format(earlier) if earlier else "")
        raise SourceDenied(f"{words}. {_again(of)}", code="disconnected") from ended
    return await _keep(deps, of, new, instead_of=held.refresh)


async def _begun(deps: Deps, of: Account) -> str | None:
    """When an earlier renewal began whose answer was never stored; now this one has begun."""
    async with deps.store.write() as conn:
        sealed = await _sealed(deps, conn, of)
        began = clock.iso(clock.now())
        await deps.vault.put(conn, of.user_id, of.provider, of.name, RENEWING, began)
    return sealed.get(RENEWING)


async def _answered(deps: Deps, of: Account, held: Tokens, earlier: str | None) -> None:
    """As before a renewal that was refused: only an earlier one may have cost the tokens."""
    async with deps.store.write() as conn:
        now = _tokens(await _sealed(deps, conn, of))
        if now is None or now.refresh != held.refresh:
            return
        if earlier:
            await deps.vault.put(conn, of.user_id, of.provider, of.name, RENEWING, earlier)
        else:
            await _forget_begun(conn, of)


async def _forget_begun(conn: Writing, of: Account) -> None:
    await conn.execute(delete(Credential).where(*_rows(of), col(Credential.name) == RENEWING))


async def _anothers(deps: Deps, of: Account, held: Tokens) -> Tokens | None:
    """What whoever used this refresh token has stored, or is just about to; None after a while."""
    for _ in range(AFTERLOOKS):
        other = await _held(deps, of)
        if other.refresh != held.refresh:
            return other
        await asyncio.sleep(LOOK_S)
    return None


async def _keep(deps: Deps, of: Account, new: Tokens, *, instead_of: str) -> str:
    """Store tokens in the place of those they were made from; otherwise the others count."""
    async with deps.store.write() as conn:
        held = _tokens(await _sealed(deps, conn, of))
        if held is None:
            raise SourceDenied(
                f"{of.scheme.title} was disconnected. {_again(of)}", code="not_connected"
            )
        if held.refresh != instead_of:
            return held.access
        await put(deps, conn, of, new)
    return new.access


async def put(deps: Deps, conn: Writing, of: Account, tokens: Tokens) -> None:
    """Store an account's tokens, all of them or none."""
    values = {
        ACCESS: tokens.access,
        REFRESH: tokens.refresh,
        EXPIRES: str(clock.microseconds(tokens.expires_at)),
    }
    for name, value in values.items():
        await deps.vault.put(conn, of.user_id, of.provider, of.name, name, value)
    await _forget_begun(conn, of)


async def connect(
    deps: Deps,
    of: Account,
    *,
    show: Callable[[DeviceCode], Awaitable[None]],
    slower_s: float = SLOWER_S,
) -> None:
    """Connect an account: `show` a code, wait until a person has entered it, store the tokens.

    It is asked `slower_s` less often whenever the provider finds it too often. Raises
    `SourceDenied` when it is denied or expires, `SourceBusy` when the provider is away.
    """
    code = await of.scheme.begin(of.client, of.options)
    await show(code)
    tokens = await _entered(of, code, slower_s)
    async with deps.store.write() as conn:
        await put(deps, conn, of, tokens)
    _log.info("connected", provider=of.provider)


async def _entered(of: Account, code: DeviceCode, slower_s: float) -> Tokens:
    interval = code.interval_s
    while clock.now() < code.expires_at:
        await asyncio.sleep(interval)
        try:
            return await of.scheme.poll(of.client, of.options, code)
        except Waiting as waiting:
            interval += slower_s if waiting.code == "slow_down" else 0
        except SourceBusy as away:
            _log.info("asked in vain", provider=of.provider, error=away.message)
    raise SourceDenied("The code has expired before it was entered", code="expired_token")


async def disconnect(deps: Deps, of: Account) -> bool:
    """Forget an account's tokens here, and have the provider forget them; false: there were none.

    They are forgotten here even when the provider cannot be told.
    """
    async with deps.store.write() as conn:
        held = await _readable(deps, conn, of)
        gone = await conn.execute(delete(Credential).where(*_rows(of)))
    if held is None:
        return bool(gone.rowcount)
    try:
        await of.scheme.revoke(of.client, of.options, held.access)
    except SourceError as untold:
        _log.warning("not revoked", provider=of.provider, error=untold.message)
    return True


async def _readable(deps: Deps, conn: Writing, of: Account) -> Tokens | None:
    """The stored tokens; None without any, or when they were sealed under a secret now lost."""
    try:
        return _tokens(await _sealed(deps, conn, of))
    except BadSettings as locked:
        _log.warning("not revoked", provider=of.provider, error=locked.message)
        return None


@asynccontextmanager
async def _alone(deps: Deps, of: Account) -> AsyncIterator[bool]:
    """Whether this process alone may renew the account's token now."""
    key = f"token:{of.user_id}:{of.provider}:{of.name}"
    owner = f"{deps.worker}:{id(asyncio.current_task())}"
    async with deps.store.write() as conn:
        mine = await leases.take(conn, key, owner, now=clock.now(), length=ALONE)
    try:
        yield mine
    finally:
        if mine:
            async with deps.store.write() as conn:
                await leases.give_back(conn, key, owner)


async def _held(deps: Deps, of: Account) -> Tokens:
    """The stored tokens. Raises `SourceDenied` when there are none."""
    found = await deps.store.ask(
        deps.vault.of_account, of.user_id, provider=of.provider, account=of.name
    )
    held = _tokens(found)
    if held is None:
        raise SourceDenied(
            f"{of.scheme.title} is not connected. {_again(of)}", code="not_connected"
        )
    return held


async def _sealed(deps: Deps, conn: Writing, of: Account) -> dict[str, str]:
    return await deps.vault.of_account(conn, of.user_id, provider=of.provider, account=of.name)


def _tokens(found: Mapping[str, str]) -> Tokens | None:
    if not found.keys() >= TOKENS:
        return None
    return Tokens(
        access=found[ACCESS],
        refresh=found[REFRESH],
        expires_at=clock.from_microseconds(int(found[EXPIRES])),
    )


def _rows(of: Account) -> tuple[ColumnElement[bool], ...]:
    """The rows of an account's secrets."""
    return (
        col(Credential.user_id) == of.user_id,
        col(Credential.provider) == of.provider,
        col(Credential.account) == of.name,
    )


def _good(held: Tokens, refused: str) -> bool:
    return held.access != refused and held.expires_at - clock.now() > MARGIN


def _again(of: Account) -> str:
    return f"Run: rewind connect {of.provider}"
