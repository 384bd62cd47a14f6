"""`rewind sync`: bring sources up to date now."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from rewind_gql import clock
from rewind_gql.cli import options
from rewind_gql.cli.progress import Bars, worst
from rewind_gql.cli.session import opened
from rewind_gql.errors import BadInput
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries, views
from rewind_gql.sync import sources as registry
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps, worker_name
from rewind_gql.sync.run import run as work

app = options.command()


@app.command()
def run(
    source: Annotated[
        str | None, typer.Argument(help="Only this one, such as lastfm or discogs.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be done.")] = False,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Bring every configured source, or one, up to date now; a bar each shows how far.

    Each goes on where it stopped; running it twice changes nothing. It may run while the server
    does: who comes second follows the run under way. Ends with 1 when a run did not go well.
    """
    settings = options.settings(data_dir)
    if plan:
        show_plan(asyncio.run(_planned(settings, source)), as_json=as_json)
        return
    runs = asyncio.run(_sync(settings, source, quiet=as_json))
    if as_json:
        options.print_json([shown(run) for run in runs])
    raise typer.Exit(worst(runs))


async def _planned(settings: Settings, only: str | None) -> list[views.Source]:
    async with opened(settings) as (store, user_id):
        return await chosen(store, user_id, settings, only)


async def _sync(settings: Settings, only: str | None, *, quiet: bool) -> list[views.Run]:
    async with opened(settings) as (store, user_id):
        found = await chosen(store, user_id, settings, only)
        with Bars(quiet=quiet) as bars:
            return await sync_all(store, user_id, settings, found, bars)


async def chosen(
    store: Store, user_id: int, settings: Settings, only: str | None
) -> list[views.Source]:
    """The configured sources, or those of one provider. Raises `BadInput` when there are none."""
    if only is not None and only not in SOURCES:
        raise BadInput(f"There is no source {only!r}; there are {', '.join(sorted(SOURCES))}")
    lacking = {
        name: registry.missing(settings, card)
        for name, card in SOURCES.items()
        if only in (None, name)
    }
    if all(lacking.values()):
        needs = "; ".join(f"{name}: {', '.join(names)}" for name, names in lacking.items())
        raise BadInput(f"Nothing is configured yet. Set what a source needs ({needs}).")
    async with store.write() as conn:
        await registry.register(conn, user_id, settings)
    found = await store.ask(queries.sources, user_id)
    return [source for source in found if not lacking.get(source.provider, ["other"])]


async def sync_all(
    store: Store,
    user_id: int,
    settings: Settings,
    found: Sequence[views.Source],
    bars: Bars,
) -> list[views.Run]:
    """Run every source once: providers side by side, the sync types of one after each other."""
    deps = Deps(
        store=store,
        settings=settings,
        jobs=options.NoJobs(),
        vault=Vault(settings.secret_bytes()),
        worker=worker_name(),
    )

    async def provider(name: str) -> list[views.Run]:
        mine = [source for source in found if source.provider == name]
        return [await _one(deps, user_id, source, bars) for source in mine]

    try:
        names = dict.fromkeys(source.provider for source in found)
        grouped = await asyncio.gather(*(provider(name) for name in names))
    finally:
        await deps.clients.close()
    return [run for runs in grouped for run in runs]


async def _one(deps: Deps, user_id: int, source: views.Source, bars: Bars) -> views.Run:
    """Start a run, or follow the one under way, until it has ended."""
    async with deps.store.write() as conn:
        made = await ledger.trigger(
            conn,
            user_id,
            source_id=source.id,
            trigger="manual",
            max_attempts=deps.settings.sync.max_attempts,
        )
    working = asyncio.create_task(work(deps, made.run_id, made.attempt))
    name = f"{source.provider} {source.sync_type}"

    def done() -> bool:
        return working.done() and not made.coalesced

    run = await bars.follow(deps.store, user_id, name, made.run_id, done)
    await working
    return run


def show_plan(found: Sequence[views.Source], *, as_json: bool) -> None:
    """Print what a sync would do."""
    now = clock.now()
    rows = [
        {
            "source": source.provider,
            "sync_type": source.sync_type,
            "account": source.account,
            "does": "goes on from where it stopped"
            if source.last_success_at
            else "reads everything",
            "last_success_at": source.last_success_at,
            "due": source.next_due_at is not None and source.next_due_at <= now,
            "every_s": source.interval_s,
            "paused": source.pause_reason if source.paused else None,
        }
        for source in found
    ]
    if as_json:
        options.print_json(rows)
        return
    options.print_table(
        list(rows[0]) if rows else [], [list(row.values()) for row in rows], empty="Nothing to do."
    )


def shown(run: views.Run) -> dict[str, Any]:
    """A run as JSON."""
    return {name: getattr(run, name) for name in views.Run.__slots__}
