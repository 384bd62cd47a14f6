"""`rewind sync`: bring sources up to date now."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from rewind_gql import clock
from rewind_gql.cli import options
from rewind_gql.cli.lost import recover
from rewind_gql.cli.progress import LOOK_S, Bars, worst
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
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Let go of what is gone at the provider, however much."),
    ] = False,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Bring every configured source, or one, up to date now; a bar each shows how far.

    Each goes on where it stopped; running it twice changes nothing. It may run while the server
    does: who comes second follows the run under way. Ends with 1 when a run did not go well.

    When more than a fifth of a collection is gone at the provider, nothing is removed here until
    you say so with --confirm.
    """
    settings = options.settings(data_dir, brief=True)
    if plan:
        show_plan(asyncio.run(_planned(settings, source)), as_json=as_json)
        return
    runs = asyncio.run(_sync(settings, source, confirm=confirm, quiet=as_json))
    if as_json:
        options.print_json([shown(run) for run in runs])
    raise typer.Exit(worst(runs))


async def _planned(settings: Settings, only: str | None) -> list[views.Source]:
    async with opened(settings) as (store, user_id):
        return await chosen(store, user_id, settings, only)


async def _sync(
    settings: Settings, only: str | None, *, confirm: bool, quiet: bool
) -> list[views.Run]:
    async with opened(settings) as (store, user_id):
        found = await chosen(store, user_id, settings, only)
        if confirm:
            found = [await _confirmed(store, user_id, source) for source in found]
        if only is None:
            found = _unpaused(found)
        with Bars(quiet=quiet) as bars:
            return await sync_all(store, user_id, settings, found, bars)


async def _confirmed(store: Store, user_id: int, source: views.Source) -> views.Source:
    """The source, resumed if it waited for this word."""
    if source.pause_reason != "needs_confirmation":
        return source
    async with store.write() as conn:
        return await ledger.resume(conn, user_id, source_id=source.id)


def _unpaused(found: Sequence[views.Source]) -> list[views.Source]:
    """The sources without those a person has paused, which are named instead."""
    for source in found:
        if source.pause_reason == "manual":
            options.warn(f"{source.provider} {source.sync_type}: paused, left out")
    return [source for source in found if source.pause_reason != "manual"]


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
    if only is not None and all(each.provider != only for each in found):
        raise BadInput(f"{only} is not connected. Run: rewind connect {only}")
    order = [
        (name, registry.account(settings, card), stream.sync_type)
        for name, card in SOURCES.items()
        if not lacking.get(name, ["other"])
        for stream in card.streams()
    ]
    place = {key: number for number, key in enumerate(order)}
    known = [(source.provider, source.account, source.sync_type) for source in found]
    wanted = [pair for pair in zip(known, found, strict=True) if pair[0] in place]
    return [source for _, source in sorted(wanted, key=lambda pair: place[pair[0]])]


async def sync_all(
    store: Store,
    user_id: int,
    settings: Settings,
    found: Sequence[views.Source],
    bars: Bars,
) -> list[views.Run]:
    """Run every source once: providers side by side, the sync types of one after each other.

    Those that describe what others name come last.
    """
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
        ended: list[list[views.Run] | BaseException] = []
        for last in (False, True):
            names = dict.fromkeys(
                source.provider for source in found if SOURCES[source.provider].describes is last
            )
            # One provider's trouble must not take the others down, nor close what they still use.
            ended += await asyncio.gather(*map(provider, names), return_exceptions=True)
    finally:
        await deps.clients.close()
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return [run for runs in ended if not isinstance(runs, BaseException) for run in runs]


async def _one(deps: Deps, user_id: int, source: views.Source, bars: Bars) -> views.Run:
    """Start a run, or follow the one under way, until it has ended."""
    name = f"{source.provider} {source.sync_type}"
    made = await _start(deps, user_id, source)
    run_id = made.run_id
    if made.coalesced:
        bars.joined(name)
    drawing = asyncio.create_task(bars.follow(deps.store, user_id, name, run_id))
    try:
        await through(deps, user_id, run_id)
        return await drawing
    finally:
        drawing.cancel()
        await asyncio.wait({drawing})


async def _start(deps: Deps, user_id: int, source: views.Source) -> ledger.Triggered:
    """A run of this source; one of another kind that has the account goes first."""
    while True:
        try:
            async with deps.store.write() as conn:
                return await ledger.trigger(
                    conn,
                    user_id,
                    source_id=source.id,
                    trigger="manual",
                    max_attempts=deps.settings.sync.max_attempts,
                )
        except ledger.AlreadyRunning as other:
            await through(deps, user_id, other.run_id)
            await asyncio.sleep(LOOK_S)


async def through(deps: Deps, user_id: int, run_id: str) -> None:
    """Work on a run whenever nobody else does, until it has ended.

    Whoever has it may be killed; its lease runs out then, and the next attempt is made here.
    """
    while True:
        run = await deps.store.ask(queries.run, user_id, id=run_id)
        if run is not None and run.stage == "queued":
            run = await work(deps, run_id, run.attempt)
        if run is None or run.ended_at is not None:
            return
        await recover(deps, run_id)
        await asyncio.sleep(LOOK_S)


def show_plan(found: Sequence[views.Source], *, as_json: bool) -> None:
    """Print what a sync would do."""
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {
            "source": source.provider,
            "sync_type": source.sync_type,
            "account": source.account,
            "does": _does(source),
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
    cells = [
        [
            row["source"],
            row["sync_type"],
            row["account"],
            row["does"],
            row["last_success_at"] and f"{row['last_success_at']:%Y-%m-%d %H:%M}",
        ]
        for row in rows
    ]
    columns = ("source", "sync type", "account", "does", "last success (UTC)")
    options.print_table(columns, cells, empty="Nothing to do.")


def _does(source: views.Source) -> str:
    if source.pause_reason == "manual":
        return "nothing: paused"
    return "goes on from there" if source.last_success_at else "reads everything"


def shown(run: views.Run) -> dict[str, Any]:
    """A run as JSON."""
    return {name: getattr(run, name) for name in views.Run.__slots__}
