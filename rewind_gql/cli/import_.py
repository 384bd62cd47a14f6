"""`rewind import`: read a file a provider let you export."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from rewind_gql.cli import options
from rewind_gql.cli.garbage import spare_what_stays
from rewind_gql.cli.lost import recover
from rewind_gql.cli.session import opened
from rewind_gql.settings import Settings
from rewind_gql.sources.base import Reject
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps, worker_name
from rewind_gql.sync.imports import ImportReport, OnFormat, OnProgress, import_file
from rewind_gql.sync.planning import ImportPlan, plan_file

R_co = TypeVar("R_co", covariant=True)

app = options.command()


@app.command()
def run(
    file: Annotated[
        Path, typer.Argument(help="The file, or a .zip or .gz with it inside.", show_default=False)
    ],
    form: Annotated[
        str | None,
        typer.Option("--format", help="Its format, where it is not recognised by itself."),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would come of it, and store nothing.")
    ] = False,
    with_skips: Annotated[
        bool,
        typer.Option("--with-skips", help="Count songs that were skipped after 30 seconds."),
    ] = False,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Read an exported file of any size into the database.

    What is there already, by this file or by the provider's API, is not added again. A line that
    cannot be read is reported with its number and the reason; everything else lands. Stopped in
    the middle, run it again.
    """
    settings = options.settings(data_dir, brief=True)
    spare_what_stays()
    if plan:
        planned = asyncio.run(_done(settings, file, form, with_skips, as_json, plan_file))
        if as_json:
            options.print_json(asdict(planned))
        else:
            _print_plan(planned)
        return
    report = asyncio.run(_done(settings, file, form, with_skips, as_json, import_file))
    if as_json:
        options.print_json(asdict(report))
    else:
        _print(report)
    raise typer.Exit(int(report.status not in ("success", "skipped", "partial")))


class _Doing(Protocol[R_co]):
    """Something that is done with a file."""

    async def __call__(
        self,
        deps: Deps,
        user_id: int,
        path: Path,
        *,
        format: str | None,  # noqa: A002  # its name there
        with_skips: bool,
        on_format: OnFormat,
        on_progress: OnProgress,
    ) -> R_co:
        """Do it."""
        ...


async def _done(
    settings: Settings,
    file: Path,
    form: str | None,
    with_skips: bool,
    quiet: bool,
    do: _Doing[R_co],
) -> R_co:
    """What comes of the file, its format and how far it is shown meanwhile."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        DownloadColumn(),
        TimeRemainingColumn(compact=True),
    )
    hidden = quiet or not options.err.is_terminal
    with Progress(*columns, console=options.err, disable=hidden) as progress:
        bar = progress.add_task(escape(file.name), total=None)

        def on_format(name: str) -> None:
            progress.update(bar, description=escape(f"{file.name} ({name})"))

        def on_progress(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        async with opened(settings) as (store, user_id):
            deps = Deps(
                store=store,
                settings=settings,
                jobs=options.NoJobs(),
                vault=Vault(settings.secret_bytes()),
                worker=worker_name(),
            )
            await recover(deps)
            return await do(
                deps,
                user_id,
                file,
                format=form,
                with_skips=with_skips,
                on_format=on_format,
                on_progress=on_progress,
            )


def _print(report: ImportReport) -> None:
    """What came of it, what is odd about it, and the first lines that could not be read."""
    if report.error:
        options.warn(f"{report.status}: {report.error}")
    options.say(
        f"{report.format}: {report.inserted:,} new, {report.updated:,} changed, "
        f"{report.skipped:,} known, {report.failed:,} unreadable"
    )
    _print_more(report.notes, report.rejects, report.failed)


def _print_plan(plan: ImportPlan) -> None:
    """What would come of it, part by part."""
    for part in plan.parts:
        options.say(
            f"{part.format}: {part.inserted:,} would be new, {part.updated:,} changed, "
            f"{part.skipped:,} are known, {part.failed:,} unreadable"
        )
        if part.since and part.until:
            options.say(f"  from {part.since:%Y-%m-%d} to {part.until:%Y-%m-%d}")
    if len(plan.parts) > 1:
        options.say("  What two of these tell of is counted in both; it is stored once.")
    _print_more(plan.notes, plan.rejects, sum(part.failed for part in plan.parts))
    options.say("Nothing was stored.")


def _print_more(notes: Sequence[str], rejects: Sequence[Reject], failed: int) -> None:
    for note in notes:
        options.say(f"  {note}")
    for reject in rejects:
        options.say(f"  {reject.place}: {reject.reason}")
    if failed > len(rejects):
        options.say(f"  … and {failed - len(rejects):,} more")
