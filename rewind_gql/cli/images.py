"""`rewind images`: find pictures, see how many there are, look after those that are kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from rewind_gql import clock
from rewind_gql.across import wanted as across
from rewind_gql.across.wanted import Census
from rewind_gql.cli import options
from rewind_gql.cli.progress import LOOK_S, Bars, worst
from rewind_gql.cli.session import opened
from rewind_gql.cli.sync import shown, through
from rewind_gql.errors import BadInput
from rewind_gql.images import repair as mending
from rewind_gql.images import sweep
from rewind_gql.images.remeasure import remeasure, stale
from rewind_gql.images.repair import Mended
from rewind_gql.settings import Settings
from rewind_gql.sync import ledger, pictures, views
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.deps import opened as working
from rewind_gql.sync.pictures import Wanted

app = options.command(group=True)
BATCH = 50
LIMIT = 1_000_000


@app.callback()
def group() -> None:
    """Pictures of albums, artists and records: found at many places, kept here."""


@app.command()
def backfill(
    missing: Annotated[
        bool, typer.Option("--missing", help="Whatever has none, though it was looked for lately.")
    ] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only what could not be asked for last time.")
    ] = False,
    domain: Annotated[
        str | None, typer.Option("--domain", help="Only this one, such as listening.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, max=LIMIT, help="At most so many of each kind."),
    ] = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Look for the pictures that are due, the most wanted first; a bar each shows how far.

    What was looked for in vain is due again after days, what could not be asked for after minutes.
    Stopped with Ctrl-C, the next one goes on from there. It may run while the server does. Ends
    with 1 when a run did not go well.
    """
    if missing and failed:
        raise BadInput("Write --missing or --failed, not both")
    which = Wanted(which="again" if missing else "failed" if failed else "missing", limit=limit)
    settings = options.settings(data_dir, brief=True)
    runs, found = asyncio.run(_backfill(settings, chosen(domain), which, quiet=as_json))
    if as_json:
        options.print_json({"runs": [shown(run) for run in runs], "kinds": _printed(found)})
    else:
        _show(found)
    raise typer.Exit(worst(runs))


@app.command()
def status(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """How many things of each kind have a picture, and why the others have none."""
    found = asyncio.run(_status(options.settings(data_dir)))
    if as_json:
        options.print_json(_printed(found))
    else:
        _show(found)


@app.command()
def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Have damaged ones again from where they were found.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="With --repair, go on although the store seems to be away: what cannot be had "
            "again is let go of.",
        ),
    ] = False,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare every kept picture with what it was, and sweep up what belongs to nothing.

    With --repair, a damaged one is fetched again from where it was found; if that is another one by
    now, it is looked for anew. What a person chose stays, or gives way to the picture before it.
    While the store seems to be away, nothing is touched. Ends with 1 when any is damaged and stays
    so, or a choice is lost.
    """
    if force and not repair:
        raise BadInput("--force goes with --repair")
    settings = options.settings(data_dir, brief=True)
    done = asyncio.run(_check(settings, repair=repair, force=force, quiet=as_json))
    if as_json:
        options.print_json(done)
    else:
        options.say(_checked(done))
    raise typer.Exit(int(not done["is_well"]))


@app.command("remeasure")
def remeasure_(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Measure again, by today's rules, the blur and colours of pictures measured by older ones."""
    settings = options.settings(data_dir, brief=True)
    done = asyncio.run(_remeasure(settings, quiet=as_json))
    if as_json:
        options.print_json(done)
    else:
        options.say(f"{done['updated']:,} measured anew, {done['failed']:,} could not be read")
    raise typer.Exit(int(done["failed"] > 0))


def chosen(domain: str | None) -> tuple[str, ...]:
    """The domains meant. Raises `BadInput` for one that has no pictures."""
    known = pictures.pictured()
    if domain is not None and domain not in known:
        raise BadInput(f"There are no pictures of {domain!r}; there are of {', '.join(known)}")
    return known if domain is None else (domain,)


async def find_all(
    deps: Deps, user_id: int, domains: Sequence[str], wanted: Wanted, bars: Bars
) -> list[views.Run]:
    """Look for pictures of each domain, one after the other, in a run with a bar each.

    One that is under way is followed, or gone on with if nobody else does; one that looks for
    others is let through first.
    """
    return [await _one(deps, user_id, domain, wanted, bars) for domain in domains]


async def _one(deps: Deps, user_id: int, domain: str, wanted: Wanted, bars: Bars) -> views.Run:
    name = f"{domain} pictures"
    while True:
        try:
            made = await pictures.ask_for(deps, user_id, domain, wanted)
            break
        except ledger.AlreadyRunning as other:
            await through(deps, user_id, other.run_id)
            await asyncio.sleep(LOOK_S)
    if made.coalesced:
        bars.joined(name)
    drawing = asyncio.create_task(bars.follow(deps.store, user_id, name, made.run_id))
    try:
        await through(deps, user_id, made.run_id)
        return await drawing
    finally:
        drawing.cancel()
        await asyncio.wait({drawing})


async def _backfill(
    settings: Settings, domains: Sequence[str], wanted: Wanted, *, quiet: bool
) -> tuple[list[views.Run], list[Census]]:
    async with opened(settings) as (_, user_id), working(settings, options.NoJobs()) as deps:
        with Bars(quiet=quiet) as bars:
            runs = await find_all(deps, user_id, domains, wanted, bars)
        return runs, await deps.store.ask(across.census, user_id, now=clock.now())


async def _status(settings: Settings) -> list[Census]:
    async with opened(settings) as (store, user_id):
        return await store.ask(across.census, user_id, now=clock.now())


async def _check(settings: Settings, *, repair: bool, force: bool, quiet: bool) -> dict[str, Any]:
    async with opened(settings), working(settings, options.NoJobs()) as deps:
        store, images = deps.store, deps.finding
        with Bars(quiet=quiet) as bars:
            bar = bars.count("originals", await store.system(sweep.originals))
            found = await sweep.check_all(
                store, images.blobs, tell=lambda more: bars.advance(bar, more)
            )
        mended = Mended()
        if repair:
            if found.suspicious and force:
                options.warn(_warning(found))
            mended = await mending.repair_all(store, images.blobs, images.guard, found, force=force)
        # What a store seems not to have may be about to come back: nothing is swept up meanwhile.
        swept = sweep.Swept() if found.suspicious else await sweep.sweep(store, images.blobs)
        return {
            "swept": asdict(swept),
            "checked": found.checked,
            "damaged": [asdict(each) for each in found.damages],
            "suspicious": found.suspicious,
            "is_well": mended.is_well if repair else not found.damages,
            **asdict(mended),
        }


def _warning(found: sweep.Checked) -> str:
    return (
        f"{len(found.damages):,} of {found.checked:,} originals are not as they were, as if the "
        "image store were away. With --force, each is fetched again; those whose address has "
        "another picture or none are let go of and looked for anew, and so are former pictures."
    )


async def _remeasure(settings: Settings, *, quiet: bool) -> dict[str, int]:
    done = {"updated": 0, "failed": 0}
    async with opened(settings) as (_, user_id), working(settings, options.NoJobs()) as deps:
        store, images = deps.store, deps.finding
        with Bars(quiet=quiet) as bars:
            bar = bars.count("pictures", await store.ask(stale, user_id))
            after: str | None = ""
            while after is not None:
                some = await remeasure(
                    store, images.blobs, images.worker, user_id, limit=BATCH, after=after
                )
                done["updated"] += some.updated
                done["failed"] += some.failed
                bars.advance(bar, some.updated + some.failed)
                after = some.after
    return done


def _printed(found: Sequence[Census]) -> list[dict[str, Any]]:
    return [asdict(each) | {"missing_share": round(each.missing_share, 4)} for each in found]


def _show(found: Sequence[Census]) -> None:
    columns = (
        "kind", "things", "pictures", "missing", "nobody has one", "unfit", "not answered",
        "never looked for", "due",
    )  # fmt: skip
    rows = [
        [
            f"{each.domain} {each.entity_type}",
            f"{each.things:,}",
            f"{each.pictures:,}",
            f"{each.missing_share:.1%}",
            *(f"{count:,}" for count in (each.none, each.unfit, each.failed, each.unseen)),
            f"{each.due:,}",
        ]
        for each in found
    ]
    options.print_table(columns, rows, empty="Nothing here has pictures.")


def _checked(done: dict[str, Any]) -> str:
    damaged = len(done["damaged"])
    lines = [f"{done['checked']:,} originals looked at, {damaged:,} damaged"]
    lines += [f"  {each['content_hash']}: {each['reason']}" for each in done["damaged"]]
    if done["repaired"] or done["later"] or done["anew"] or done["lost"] or done["formers"]:
        lines += _mended(done)
    elif done["suspicious"]:
        lines.append("So much is damaged that the image store seems to be away: nothing is touched")
        lines.append("`--repair --force` lets go of what cannot be fetched again")
    elif damaged:
        lines.append("`rewind images check --repair` fetches them again")
    lines.append(f"{done['swept']['originals']:,} that belonged to nothing swept up")
    return "\n".join(lines)


def _mended(done: dict[str, Any]) -> list[str]:
    lines = [
        f"{len(done['repaired']):,} fetched again, {len(done['anew']):,} are looked for anew, "
        f"{len(done['later']):,} could not be asked for and stay"
    ]
    if done["formers"]:
        lines.append(f"{done['formers']:,} former pictures let go of")
    for each in done["lost"]:
        thing = f"{each['domain']}/{each['entity_type']}/{each['entity_id']}"
        what = (
            "stays, and is not shown until another is chosen"
            if each["instead"] is None
            else f"gave way to version {each['instead']}"
        )
        lines.append(f"  lost: the choice of user {each['user_id']} for {thing} {what}")
    return lines
