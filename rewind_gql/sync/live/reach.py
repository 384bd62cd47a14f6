"""How the processes of one installation reach each other: which signals fit its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rewind_gql.ports.signals import Heard, PostgresSignals, Quiet, RedisSignals, Signals
from rewind_gql.settings import Settings
from rewind_gql.store.engine import CHANNEL, Store, plain_url


def signals(store: Store, settings: Settings) -> Signals:
    """PostgreSQL's own where that is the database, else Redis where there is one, else none.

    Without any, what other processes write is found by looking.
    """
    if store.dialect == "postgresql":
        return PostgresSignals(plain_url(store.url), channel=CHANNEL, own=store.origin)
    return RedisSignals(settings.redis_url) if settings.redis_url else Quiet()


@asynccontextmanager
async def telling(store: Store, by: Signals, heard: Heard | None = None) -> AsyncIterator[None]:
    """Other processes are told of what this store commits while inside, and heard if asked."""
    async with by.running(heard):
        store.announced.append(by.tell)
        try:
            yield
        finally:
            store.announced.remove(by.tell)
