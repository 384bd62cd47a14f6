"""Watching over callers who stay: streams and sockets end when what opened them is taken back."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import Integer, Select, String, cast, false, literal, not_, null, select, union_all
from sqlmodel import col

from rewind_gql import clock, log
from rewind_gql.auth.tables import ApiKey, User
from rewind_gql.auth.views import Caller, Standing
from rewind_gql.store.columns import Id, among
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn, Read

EVERY_S = 1.0
_UNREACHABLE = (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)


class Credential(NamedTuple):
    """What a caller came with: a key, or a token with what it was made with."""

    user_id: int
    key_id: int | None
    token: Standing | None


class Watch:
    """Looks every second whether what callers came with still holds, in one statement for all.

    `devices` selects the `user_id`, `device_id` and `epoch` of every device whose tokens may hold;
    without it, none do.
    """

    def __init__(self, store: Store, devices: Select[Any] | None = None) -> None:
        self._store = store
        self._valid = _valid(devices)
        self._watched: dict[Credential, dict[asyncio.Event, datetime | None]] = {}

    @asynccontextmanager
    async def over(self, caller: Caller) -> AsyncIterator[asyncio.Event]:
        """An event that is set once the caller would not be let in any more.

        That is a key revoked or expired, a token expired, a device revoked, a password changed, a
        person disabled. Nothing is looked up on entering: the gate has just done that.
        """
        credential = Credential(caller.user_id, caller.key_id, caller.token)
        over = asyncio.Event()
        self._watched.setdefault(credential, {})[over] = caller.expires_at
        try:
            yield over
        finally:
            watchers = self._watched[credential]
            del watchers[over]
            if not watchers:
                del self._watched[credential]

    @asynccontextmanager
    async def running(self, every_s: float = EVERY_S) -> AsyncIterator[None]:
        """Look again and again while inside; outside, nobody's event is ever set."""
        stop = asyncio.Event()
        looking = asyncio.create_task(self._keep_looking(every_s, stop))
        try:
            yield
        finally:
            stop.set()
            await looking

    async def _keep_looking(self, every_s: float, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every_s)
                return
            try:
                await self.look()
            except _UNREACHABLE as failed:
                # Nobody is sent away because the database is; the next look may get through.
                log.get("auth").warning("callers not looked after", error=str(failed))

    async def look(self) -> None:
        """Set the events of all whose credential does not hold; asks nothing if nobody stays."""
        credentials = list(self._watched)
        if not credentials:
            return
        valid = await self._store.system(self._holding, credentials)
        now = clock.now()
        for credential in credentials:
            for over, expires_at in self._watched.get(credential, {}).items():
                if credential not in valid or (expires_at is not None and expires_at <= now):
                    over.set()

    async def _holding(self, conn: Conn, credentials: list[Credential]) -> set[Credential]:
        tokens = [(each.user_id, each.token) for each in credentials if each.token]
        rows = await conn.rows(
            self._valid,
            key_ids=sorted({each.key_id for each in credentials if each.key_id is not None}),
            user_ids=sorted({user_id for user_id, _ in tokens}),
            device_ids=sorted({token.device_id for _, token in tokens if token.device_id}),
        )
        return {_credential(*row) for row in rows}


def _credential(
    key_id: int | None,
    user_id: int,
    user_epoch: int | None,
    device_id: str | None,
    device_epoch: int | None,
) -> Credential:
    if user_epoch is None:
        return Credential(user_id, key_id, None)
    token = Standing(user_epoch=user_epoch, device_id=device_id, device_epoch=device_epoch)
    return Credential(user_id, None, token)


def _valid(devices: Select[Any] | None) -> Read[Any]:
    """The keys and tokens, of those asked about, that are good: a row each.

    A token without a device is a row of its person alone.
    """
    none = select(
        literal(0).label("user_id"), literal("").label("device_id"), literal(0).label("epoch")
    ).where(false())
    known = (none if devices is None else devices).subquery()
    nobodys = (cast(null(), Integer), cast(null(), String), cast(null(), Integer))
    keys = (
        select(col(ApiKey.id), col(ApiKey.user_id), *nobodys)
        .join(User, col(User.id) == col(ApiKey.user_id))
        .where(among(col(ApiKey.id), "key_ids"), col(ApiKey.is_active), not_(col(User.disabled)))
    )
    people = select(cast(null(), Id), col(User.id), col(User.epoch), *nobodys[1:]).where(
        among(col(User.id), "user_ids"), not_(col(User.disabled))
    )
    theirs = (
        select(cast(null(), Id), col(User.id), col(User.epoch), known.c.device_id, known.c.epoch)
        .join(known, known.c.user_id == col(User.id))
        .where(
            among(col(User.id), "user_ids"),
            among(known.c.device_id, "device_ids"),
            not_(col(User.disabled)),
        )
    )
    return Read(union_all(keys, people, theirs))
