"""What killed processes left behind in the ledger, put right by the next command."""

import contextlib

from rewind_gql.errors import LostRun
from rewind_gql.sync import ledger
from rewind_gql.sync.deps import Deps


async def recover(deps: Deps, run_id: str | None = None) -> None:
    """End the imports whose process is lost; have the run named queued again, if its worker is.

    The runs of other sources are left to the server, whose queue has to be told of them.
    """
    settings = deps.settings.sync
    for lost in await deps.store.system(ledger.lost, settings=settings):
        if lost.source_id is None or lost.run_id == run_id:
            with contextlib.suppress(LostRun):  # it gave a sign of life after all
                async with deps.store.write() as conn:
                    await ledger.recover(conn, lost, settings=settings)
