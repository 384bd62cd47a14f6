"""Passes: what a page or a stream shows instead of a key or a token, which it must not keep."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth.keys import Pepper, fingerprint
from rewind_gql.auth.tables import Pass
from rewind_gql.auth.views import Caller, Standing
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

Kind = Literal["session", "ticket"]

LIVES: dict[Kind, timedelta] = {"session": timedelta(days=30), "ticket": timedelta(seconds=60)}
LENGTH = 43  # of 32 random bytes in URL-safe base64
SWEPT_AT_ONCE = 1_000
_RENEWED_EVERY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Held:
    """A pass as it is stored."""

    user_id: int
    key_id: int | None
    user_epoch: int | None
    device_id: str | None
    device_epoch: int | None
    token_ends_at: datetime | None
    expires_at: datetime

    @property
    def standing(self) -> Standing | None:
        """What the token it was made with holds by; None when it was made with a key."""
        if self.user_epoch is None:
            return None
        return Standing(
            user_epoch=self.user_epoch, device_id=self.device_id, device_epoch=self.device_epoch
        )


_COLUMNS = (
    col(Pass.user_id),
    col(Pass.key_id),
    col(Pass.user_epoch),
    col(Pass.device_id),
    col(Pass.device_epoch),
    col(Pass.token_ends_at),
    col(Pass.expires_at),
)
_THIS = (col(Pass.hash) == bindparam("hash"), col(Pass.kind) == bindparam("kind"))
_HELD = Read(select(*_COLUMNS).where(*_THIS), Held)
_TAKEN = Read(delete(Pass).where(*_THIS).returning(*_COLUMNS), Held)

# Rows another sweep has under its hands are left to it, so that two never wait for each other.
_OLD = (
    select(col(Pass.hash))
    .where(col(Pass.expires_at) <= bindparam("now"))
    .order_by(col(Pass.expires_at))
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP = delete(Pass).where(col(Pass.hash).in_(_OLD))


async def make(conn: Writing, caller: Caller, kind: Kind, *, pepper: Pepper) -> str:
    """A new pass, worth what `caller` came with is worth; its text is nowhere kept.

    Old ones are swept out on the way.
    """
    now = clock.now()
    text = secrets.token_urlsafe(32)
    token = caller.token
    await conn.execute(_SWEEP, {"now": now})
    row = {
        "hash": fingerprint(text, pepper),
        "kind": kind,
        "user_id": caller.user_id,
        "key_id": caller.key_id,
        "user_epoch": token.user_epoch if token else None,
        "device_id": token.device_id if token else None,
        "device_epoch": token.device_epoch if token else None,
        "token_ends_at": caller.expires_at if token else None,
        "created_at": now,
        "expires_at": now + LIVES[kind],
    }
    await conn.execute(insert(Pass).values(row))
    return text


async def held(conn: Conn, *, hash: str, kind: Kind) -> Held | None:  # noqa: A002  # the column's name
    """The pass with this fingerprint; None when there is none, or it has run out."""
    found = await conn.first(_HELD, hash=hash, kind=kind)
    return _unexpired(found)


async def take(conn: Writing, *, hash: str, kind: Kind) -> Held | None:  # noqa: A002  # the column's name
    """The same, and nobody else gets it any more: of many who ask at once, one does."""
    found = await conn.first(_TAKEN, hash=hash, kind=kind)
    return _unexpired(found)


async def renew(conn: Writing, *, hash: str) -> None:  # noqa: A002  # the column's name
    """Let a session live its full time again from now on."""
    until = clock.now() + LIVES["session"]
    this = update(Pass).where(col(Pass.hash) == hash, col(Pass.kind) == "session")
    await conn.execute(this.values(expires_at=until))


def is_due(pass_: Held) -> bool:
    """Whether a session has not been renewed for a day; more often would be writing for nothing."""
    return pass_.expires_at - clock.now() < LIVES["session"] - _RENEWED_EVERY


def _unexpired(found: Held | None) -> Held | None:
    return found if found is not None and found.expires_at > clock.now() else None
