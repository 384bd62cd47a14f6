"""Options every command shares, and how answers are printed: for people, or as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

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


def command(*, group: bool = False) -> typer.Typer:
    """A Typer application for one command, or for a group, which alone shows its help."""
    return typer.Typer(
        add_completion=False,
        no_args_is_help=group,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


WIDE = 250


def _console(*, stderr: bool) -> Console:
    """A console; into a file or a pipe it writes long lines, for nobody wants to find half ones."""
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = WIDE
    return made


out = _console(stderr=False)
err = _console(stderr=True)


def say(text: str) -> None:
    """A line for people, as it is: what looks like markup in names is none."""
    out.print(text, markup=False, soft_wrap=True)


def warn(text: str) -> None:
    """The same beside the output."""
    err.print(text, markup=False, soft_wrap=True)


def settings(data_dir: Path | None = None, *, brief: bool = False, **given: Any) -> Settings:
    """The settings, with what the command line gave; also sets the log up.

    `brief` is for commands that say themselves how they get on: only warnings are logged then,
    in a line each.
    """
    found, _ = load({"data_dir": data_dir, **given})
    level = "warning" if brief and found.log_level == "info" else found.log_level
    log.configure(level=level, form=found.log_form, traces=not brief or level == "debug")
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
    text = json.dumps(document, indent=2, ensure_ascii=False, default=_plain)
    # Names of files may hold bytes that are no text; JSON must.
    typer.echo(text.encode("utf-8", "replace"))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """A plain table, or the words for an empty one."""
    if not rows:
        say(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    out.print(table)
