"""Signing in with a password: who it is, how often one may guess, what a guesser learns."""

import hashlib
from dataclasses import dataclass

from rewind_gql import clock, log
from rewind_gql.auth import passwords, users, views
from rewind_gql.auth.gate import Gate, network
from rewind_gql.errors import TooMany, Unauthenticated

FAILURES_PER_MINUTE = 5


@dataclass(slots=True, kw_only=True)
class SignedIn:
    """Somebody who gave the right password, and the epoch a token of theirs is made with."""

    user: views.User
    epoch: int


async def login(gate: Gate, *, identifier: str, password: str, address: str | None) -> SignedIn:
    """Whoever has this username or e-mail, if the password is theirs.

    Nobody can tell a wrong password from an unknown name, not by the time it takes either.
    Raises `Unauthenticated` with "Invalid credentials", or, with the right password,
    "Account is disabled"; `TooMany` after five failures a minute, of one name or one address.
    """
    name = users.folded(identifier)
    counted = (f"login:{_digest(name)}", f"login:{network(address)}")
    async with gate.signing_in.turn():
        await _refuse_guessing(gate, counted)
        account = await gate.store.system(users.account, identifier=name)
        kept = account.password_hash if account else None
        if not await passwords.matches(password, kept) or account is None:
            for each in counted:
                await gate.limits.hit(each, FAILURES_PER_MINUTE)
            log.get("auth").warning("sign-in refused", address=address)
            raise Unauthenticated("Invalid credentials")
    if account.user.disabled:
        raise Unauthenticated("Account is disabled")
    return SignedIn(user=account.user, epoch=account.epoch)


async def _refuse_guessing(gate: Gate, counted: tuple[str, ...]) -> None:
    for name in counted:
        left = await gate.limits.left(name, FAILURES_PER_MINUTE)
        if not left.allowed:
            raise TooMany(retry_after=left.retry_after(clock.now().timestamp()))


def _digest(name: str) -> str:
    """A short name for a name, which a stranger chose."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
