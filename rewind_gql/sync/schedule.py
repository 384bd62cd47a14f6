"""What the ledger needs done from time to time: due sources queued, lost runs taken care of."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, bindparam, not_, or_, select
from sqlmodel import col

from rewind_gql import clock, log
from rewind_gql.auth import users
from rewind_gql.errors import LostRun
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import ledger, outbox, pictures, sources
from rewind_gql.sync.columns import columns
from rewind_gql.sync.deps import Deps, enqueue
from rewind_gql.sync.ledger.words import PICTURES
from rewind_gql.sync.tables import Source

_log = log.get("sync")


@dataclass(frozen=True, slots=True)
class Due:
    """A source whose time has come."""

    id: int
    user_id: int
    provider: str


_DUE = Read(
    select(*columns(Source, Due))
    .where(
        col(Source.next_due_at) <= bindparam("now"),
        or_(
            not_(col(Source.paused)),
            and_(
                col(Source.pause_reason) == "failing", col(Source.backoff_until) <= bindparam("now")
            ),
        ),
    )
    .order_by(col(Source.next_due_at), col(Source.id)),
    Due,
)


async def begin(deps: Deps) -> None:
    """What every worker does first: the sources registered, what was left lying taken up."""
    async with deps.store.write() as conn:
        user_id = await users.ensure_default(conn, time_zone=deps.settings.time_zone)
        await sources.register(conn, user_id, deps.settings, cards=deps.sources)
        if deps.images and deps.settings.image_find:
            await pictures.register(conn, user_id, domains=deps.domains)
    await reap(deps, starting=True)
    await outbox.heal(deps)


async def due(conn: Conn) -> list[Due]:
    """Every source whose time has come, longest due first; a question about the installation."""
    return await conn.rows(_DUE, now=clock.now())


async def enqueue_due(deps: Deps) -> int:
    """Queue a run for every source that is due; gives how many.

    A source whose account another run holds stays due and comes next time.
    """
    queued = 0
    for source in await deps.store.system(due):
        if source.provider == PICTURES and not deps.settings.image_find:
            continue
        try:
            async with deps.store.write() as conn:
                made = await ledger.trigger(
                    conn,
                    source.user_id,
                    source_id=source.id,
                    trigger="schedule",
                    max_attempts=deps.settings.sync.max_attempts,
                )
        except (ledger.AlreadyRunning, ledger.SourcePaused):
            continue
        if not made.coalesced:
            await enqueue(deps.jobs, made.run_id)
            queued += 1
    return queued


async def reap(deps: Deps, *, starting: bool = False) -> int:
    """Take care of runs whose worker is lost, and of queued ones no job is behind; gives how many.

    `starting`: whatever waits is queued again, for queues in memory are empty then.
    """
    settings = deps.settings.sync
    recovered = 0
    for run in await deps.store.system(ledger.lost, settings=settings):
        try:
            async with deps.store.write() as conn:
                waiting = await ledger.recover(conn, run, settings=settings)
        except LostRun:
            continue
        recovered += 1
        _log.warning("worker lost", run=run.run_id, attempt=run.attempt)
        if waiting:
            await enqueue(deps.jobs, waiting.run_id, waiting.attempt)
    stale_s = settings.queue_stale_seconds
    older = timedelta(seconds=0 if starting else stale_s)
    # One job more for each start and each such stretch of time, however often this looks.
    again = deps.worker if starting else f"{clock.seconds(clock.now()) // stale_s:.0f}"
    for waiting in await deps.store.system(ledger.queued, older=older):
        await enqueue(deps.jobs, waiting.run_id, waiting.attempt, again=again)
    return recovered
