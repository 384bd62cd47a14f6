"""The jobs: thin, safe to run twice, told by name."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rewind_gql import log
from rewind_gql.images import repair
from rewind_gql.images import sweep as cleaning
from rewind_gql.sync import ledger, outbox, refilter, schedule
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.run import run

Context = dict[Any, Any]
_log = log.get("jobs")


async def sync(ctx: Context, run_id: str, attempt: int) -> str:
    """Work on an attempt of a run; returns the status it has then."""
    deps: Deps = ctx["deps"]
    return (await run(deps, run_id, attempt)).status


async def tick(ctx: Context) -> int:
    """Queue every source that is due; returns how many.

    Libraries that do not follow their rules yet are queued, too.
    """
    await refilter.enqueue_behind(ctx["deps"])
    return await schedule.enqueue_due(ctx["deps"])


async def judge(ctx: Context, user_id: int) -> str | None:
    """Put a user's rules to the library; returns the status of the run, None when none was due."""
    return await refilter.refilter(ctx["deps"], user_id)


async def deliver(ctx: Context, user_id: int, order_id: int) -> str | None:
    """Write to a provider what was ordered; returns the order's state, None when it was done."""
    return await outbox.deliver(ctx["deps"], user_id, order_id)


async def heal(ctx: Context) -> int:
    """Take up orders whose worker is lost or that are to be tried again; returns how many."""
    return await outbox.heal(ctx["deps"])


async def reap(ctx: Context) -> int:
    """Take care of runs whose worker is lost; returns how many."""
    return await schedule.reap(ctx["deps"])


async def prune(ctx: Context) -> int:
    """Forget old events and runs; returns the rows deleted."""
    deps: Deps = ctx["deps"]
    return await ledger.prune(deps.store, settings=deps.settings.sync)


async def sweep(ctx: Context) -> int:
    """Take away originals that no picture consists of any more; returns how many."""
    deps: Deps = ctx["deps"]
    swept = await cleaning.sweep(deps.store, deps.finding.blobs)
    if swept.originals:
        _log.info("swept", originals=swept.originals, size_bytes=swept.size_bytes)
    return swept.originals


async def check(ctx: Context) -> int:
    """Compare every original with its name and mend what is damaged; returns how many were.

    Where much is, the whole store may be away rather than damaged: a person has to look.
    """
    deps: Deps = ctx["deps"]
    images = deps.finding
    found = await cleaning.check_all(deps.store, images.blobs)
    for each in found.damages:
        _log.warning("damaged original", hash=each.content_hash, why=each.reason)
    mended = await repair.repair_all(deps.store, images.blobs, images.guard, found)
    if mended.withheld:
        _log.error("so much is damaged that nothing is mended", damaged=len(found.damages))
    for lost in mended.lost:
        _log.error("a picture somebody chose is lost", **asdict(lost))
    return len(found.damages)


HANDLERS: Mapping[str, Any] = {
    "sync": sync,
    "tick": tick,
    "reap": reap,
    "prune": prune,
    "sweep": sweep,
    "check": check,
    refilter.JOB: judge,
    outbox.JOB: deliver,
    "heal": heal,
}
"""Every job by its name."""
