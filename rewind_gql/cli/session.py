"""An open, migrated store with its default user, for the length of a command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rewind_gql.auth import users
from rewind_gql.settings import Settings
from rewind_gql.store import migrate
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Store, int]]:
    """The store at its newest form, and the id of the person whose data it holds."""
    await migrate.upgrade(settings.url)
    store = await Store.open(settings.url)
    try:
        async with store.write() as conn:
            user_id = await users.ensure_default(conn, time_zone=settings.time_zone)
        yield store, user_id
    finally:
        await store.close()


async def whose(conn: Conn, user: str | None, owner: int) -> int:
    """The person of that username or e-mail, the owner unless one is named. Raises `NotFound`."""
    return (await users.named(conn, name=user)).id if user is not None else owner
