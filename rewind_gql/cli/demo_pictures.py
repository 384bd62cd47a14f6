"""The demo's pictures: the most wanted ones are found before it serves."""

from rewind_gql.cli import images, options
from rewind_gql.cli.progress import Bars
from rewind_gql.images import queries
from rewind_gql.settings import Settings
from rewind_gql.sync import pictures, views
from rewind_gql.sync.deps import opened
from rewind_gql.sync.pictures import Wanted

FIRST = 40
"""So many of each kind are there when the server starts; it finds the others while it serves."""


async def find(settings: Settings, user_id: int, bars: Bars) -> list[views.Run]:
    """Find the most wanted pictures, with a bar each, and have the others looked for soon.

    At a later start there are some already, and a run that was broken off goes on by itself.
    """
    async with opened(settings, options.NoJobs()) as deps:
        domains = pictures.pictured()
        runs: list[views.Run] = []
        if not await deps.store.ask(queries.tally, user_id):
            runs = await images.find_all(deps, user_id, domains, Wanted(limit=FIRST), bars)
        async with deps.store.write() as conn:
            for domain in domains:
                await pictures.due(conn, user_id, domain)
    return runs
