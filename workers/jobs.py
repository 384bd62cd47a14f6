"""The jobs: thin, safe to run twice, told by name."""

from collections.abc import Mapping
from typing import Any

from rewind_gql.sync import ledger, schedule
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.run import run

Context = dict[Any, Any]


async def sync(ctx: Context, run_id: str, attempt: int) -> str:
    """Work on an attempt of a run; returns the status it has then."""
    deps: Deps = ctx["deps"]
    return (await run(deps, run_id, attempt)).status


async def tick(ctx: Context) -> int:
    """Queue every source that is due; returns how many."""
    return await schedule.enqueue_due(ctx["deps"])


async def reap(ctx: Context) -> int:
    """Take care of runs whose worker is lost; returns how many."""
    return await schedule.reap(ctx["deps"])


async def prune(ctx: Context) -> int:
    """Forget old events and runs; returns the rows deleted."""
    deps: Deps = ctx["deps"]
    return await ledger.prune(deps.store, settings=deps.settings.sync)


HANDLERS: Mapping[str, Any] = {
    "sync": sync,
    "tick": tick,
    "reap": reap,
    "prune": prune,
}
"""Every job by its name."""
