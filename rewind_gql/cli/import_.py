"""`rewind import`: read a file a provider let you export."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from rewind_gql.cli import options
from rewind_gql.cli.lost import recover
from rewind_gql.cli.session import opened
from rewind_gql.settings import Settings
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps, worker_name
from rewind_gql.sync.imports import ImportReport, import_file

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
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Read an exported file of any size into the database.

    What is there already, by this file or by the provider's API, is not added again. A line that
    cannot be read is reported with its number and the reason; everything else lands. Stopped in
    the middle, run it again.
    """
    settings = options.settings(data_dir, brief=True)
    report = asyncio.run(_import(settings, file, form, quiet=as_json))
    if as_json:
        options.print_json(asdict(report))
    else:
        _print(report)
    raise typer.Exit(int(report.status not in ("success", "skipped", "partial")))


async def _import(settings: Settings, file: Path, form: str | None, *, quiet: bool) -> ImportReport:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        DownloadColumn(),
        TimeRemainingColumn(compact=True),
    )
    hidden = quiet or not options.err.is_terminal
    with Progress(*columns, console=options.err, disable=hidden) as progress:
        bar = progress.add_task(escape(file.name), total=None)

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
            return await import_file(deps, user_id, file, format=form, on_progress=on_progress)


def _print(report: ImportReport) -> None:
    """What came of it, what is odd about it, and the first lines that could not be read."""
    if report.error:
        options.warn(f"{report.status}: {report.error}")
    options.say(
        f"{report.format}: {report.inserted:,} new, {report.updated:,} changed, "
        f"{report.skipped:,} known, {report.failed:,} unreadable"
    )
    for note in report.notes:
        options.say(f"  {note}")
    for reject in report.rejects:
        options.say(f"  {reject.place}: {reject.reason}")
    if report.failed > len(report.rejects):
        options.say(f"  … and {report.failed - len(report.rejects):,} more")
