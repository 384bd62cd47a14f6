"""Steps the worker tests share: queue a run, wait for it, count what it stored."""

import asyncio
from collections.abc import Callable

from sqlmodel import col, select

from rewind_gql.domains.listening.tables import Play
from rewind_gql.ports.jobs import Jobs
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries, sources, views
from rewind_gql.sync.deps import enqueue
from rewind_gql.sync.tables import Reject
from tests.databases import ME


async def queued(store: Store, settings: Settings, jobs: Jobs | None = None) -> str:
    """A run of the scrobbles, queued; nothing else of the account may fall due beside it."""
    async with store.write() as conn:
        await sources.register(conn, ME, settings)
    found = await store.ask(queries.sources, ME)
    source_id = next(each.id for each in found if each.sync_type == "scrobbles")
    async with store.write() as conn:
        for each in found:
            if each.sync_type != "scrobbles":
                await ledger.pause(conn, ME, source_id=each.id)
        made = await ledger.trigger(conn, ME, source_id=source_id, trigger="manual")
    if jobs:
        await enqueue(jobs, made.run_id)
    return made.run_id


async def until(store: Store, run_id: str, fits: Callable[[views.Run], bool]) -> views.Run:
    """The run once it is as asked for; fails after about a minute and a half."""
    for _ in range(1_800):
        found = await store.ask(queries.run, ME, id=run_id)
        if found is not None and fits(found):
            return found
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{found}")


async def ended(store: Store, run_id: str) -> views.Run:
    """The run once it has ended."""
    return await until(store, run_id, lambda run: run.ended_at is not None)


async def stored(store: Store) -> tuple[int, int]:
    """How many plays there are, and how many were unreadable."""
    async with store.write() as conn:
        plays = (await conn.execute(select(col(Play.id)))).all()
        rejects = (await conn.execute(select(col(Reject.id)))).all()
    return len(plays), len(rejects)
