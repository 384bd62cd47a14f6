"""Options every command shares, and how answers are printed: for people, or as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from rewind_gql import log
from rewind_gql.settings import Settings, load

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder of the database and the server's secret [default: data, or REWIND_DATA_DIR].",
    ),
]


def command() -> typer.Typer:
    """A Typer application for one command or group."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def settings(data_dir: Path | None = None, **given: Any) -> Settings:
    """The settings, with what the command line gave; also sets the log up."""
    found, _ = load({"data_dir": data_dir, **given})
    log.configure(level=found.log_level, form=found.log_form)
    return found


class NoJobs:
    """A job queue that takes nothing: the command itself does the work."""

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        """Leave it to whoever runs the schedule."""
        return False


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """A plain table, or the words for an empty one."""
    if not rows:
        out.print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)
