"""Progress bars for ledger runs: done, total, rate and time left, one line each."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from rewind_gql.cli import options
from rewind_gql.store.engine import Store
from rewind_gql.sync import queries, views

LOOK_S = 0.1
GOOD = ("success", "skipped")


class Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        """Such as `2,431/s`; nothing until it is known."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="cyan", justify="right")


class Bars(AbstractContextManager["Bars"]):
    """A bar per run, filled from the ledger's own rows; plain lines where nobody looks."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            Rate(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=options.err,
            disable=quiet or not options.err.is_terminal,
        )
        self._plain = not quiet and not options.err.is_terminal

    def __enter__(self) -> "Bars":
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state standing."""
        self._progress.stop()

    def add(self, name: str) -> TaskID:
        """A bar for what is about to run."""
        return self._progress.add_task(name, total=None)

    def show(self, bar: TaskID, run: views.Run) -> None:
        """Bring a bar to where its run is."""
        total = run.items_total
        done = run.items_processed + run.items_failed
        if run.progress is not None and total:
            done = round(run.progress * total)
        if run.ended_at is not None:
            total, done = max(total or 0, done, 1), max(total or 0, done, 1)
        self._progress.update(bar, completed=done, total=total)

    def end(self, bar: TaskID, name: str, run: views.Run) -> None:
        """Say how a run ended."""
        self.show(bar, run)
        if run.status not in GOOD:
            self._progress.update(bar, description=f"[red]{name}: {run.error or run.status}[/red]")
        if self._plain:
            options.err.print(f"{name}: {summary(run)}")

    async def follow(
        self, store: Store, user_id: int, name: str, run_id: str, done: Callable[[], bool]
    ) -> views.Run:
        """Draw a run until it has ended, or `done` says that nobody works on it; gives the run."""
        bar = self.add(name)
        while True:
            last_look = done()
            run = await store.ask(queries.run, user_id, run_id=run_id)
            self.show(bar, run)
            if run.ended_at is not None or last_look:
                self.end(bar, name, run)
                return run
            await asyncio.sleep(LOOK_S)


def summary(run: views.Run) -> str:
    """A run in a line: how it ended, and what it brought."""
    counts = (
        f"{run.items_inserted:,} new, {run.items_updated:,} changed, {run.items_skipped:,} known"
    )
    unread = f", {run.items_failed:,} unreadable" if run.items_failed else ""
    took = (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else 0
    failed = f" ({run.error})" if run.error else ""
    return f"{run.status}{failed}: {counts}{unread} in {took:.1f} s"


def worst(runs: Iterable[views.Run]) -> int:
    """The exit code: 0 when every run went well."""
    return int(any(run.status not in GOOD for run in runs))
