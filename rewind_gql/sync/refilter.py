"""The library put to the rules again, as a run of the ledger, after a rule has changed."""

from collections.abc import AsyncIterator

from sqlalchemy import bindparam, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import derive, filters
from rewind_gql.ports.jobs import Jobs
from rewind_gql.sources.base import Batch, Position
from rewind_gql.store.engine import Store, Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import after, ledger, run
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.plan import Feed, Plan
from rewind_gql.sync.tables import Run

JOB = "refilter"
PROVIDER = "rewind"
SYNC_TYPE = "filters"
UNIT = "artist"
ARTISTS_AT_ONCE = 200

_UNDER_WAY = Read(
    select(col(Run.user_id)).where(
        col(Run.ended_at).is_(None),
        col(Run.provider) == PROVIDER,
        col(Run.sync_type) == SYNC_TYPE,
        col(Run.user_id) == bindparam("user_id"),
    ),
    int,
)


async def enqueue(jobs: Jobs, user_id: int, *, again: str = "") -> None:
    """Have the library looked at soon; call it after the commit of the changed rule.

    Nothing is lost when this fails: the rules know how far the library follows them.
    """
    name = f"{JOB}:{user_id}:{again or clock.microseconds(clock.now())}"
    await jobs.enqueue(JOB, job_id=name, user_id=user_id)


async def enqueue_behind(deps: Deps) -> int:
    """Have every library looked at that does not follow its rules; gives how many."""
    found = [
        each
        for each in await deps.store.system(filters.behind)
        if not await deps.store.ask(_under_way, each.user_id)
    ]
    for each in found:
        # One job for each stretch of time, however often this looks before it begins.
        again = f"{each.wanted}:{clock.seconds(clock.now()) // 60}"
        await enqueue(deps.jobs, each.user_id, again=again)
    return len(found)


async def refilter(deps: Deps, user_id: int) -> str | None:
    """Make a user's library follow the rules; gives the status, None when it does already.

    Safe to run twice and at once. Stopped at any point, it has judged whole artists, and the rest
    is judged by the next run, which the changed rules ask for until one has come to the end.
    """
    standing = await deps.store.ask(filters.standing, user_id)
    if standing.applied >= standing.wanted:
        return None
    row = ledger.blank(
        user_id,
        source="backfill",
        provider=PROVIDER,
        domain="listening",
        sync_type=SYNC_TYPE,
    )
    row |= {"trigger": "system", "scope": "historical", "housekeeping": True}
    async with deps.store.write() as conn:
        claimed = await ledger.open_run(conn, row, worker=deps.worker, lease=deps.lease)
    judging = _Judging(deps, user_id, standing.wanted)
    await run.work(deps, claimed, judging.plan)
    return (await deps.store.ask(ledger.run_of, user_id, claimed.run_id)).status


async def set_shown(
    store: Store, user_id: int, *, kind: filters.Kind, entity_id: int, shown: bool | None
) -> None:
    """Show or hide something whatever the rules say, and count again what that changes.

    None leaves it to the rules. Raises `filters.NothingThere`.
    """
    async with store.write() as conn:
        done = await filters.set_shown(conn, user_id, kind=kind, entity_id=entity_id, shown=shown)
        await derive.derive(conn, user_id, done.touched)
        for task in after.due(done.touched):
            await task.work(conn, user_id, done.touched)


class _Judging:
    """The one part of such a run: every artist, in pages."""

    def __init__(self, deps: Deps, user_id: int, wanted: int) -> None:
        self._deps = deps
        self._user_id = user_id
        self._wanted = wanted

    async def plan(self) -> Plan:
        """The part, and what its items are called."""
        into = filters.judge_artists
        return Plan([Feed("filters", "task", into, self._pages)], UNIT)

    async def _pages(self, _at: Position) -> AsyncIterator[Batch[int]]:
        after, ask = 0, self._deps.store.ask
        while True:
            ids = await ask(filters.artist_ids, self._user_id, after=after, limit=ARTISTS_AT_ONCE)
            last = len(ids) < ARTISTS_AT_ONCE
            yield Batch(ids, after=self._done if last else None)
            if last:
                return
            after = ids[-1]

    async def _done(self, conn: Writing, user_id: int) -> Stored:
        await filters.applied(conn, user_id, up_to=self._wanted)
        return Stored()


async def _under_way(conn: Conn, user_id: int) -> bool:
    return await conn.first(_UNDER_WAY, user_id=user_id) is not None
