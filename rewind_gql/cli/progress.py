"""Progress bars for ledger runs: done, total, rate and time left, one line each."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractContextManager

from rich.markup import escape
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
)
from rich.text import Text

from rewind_gql import clock
from rewind_gql.cli import options
from rewind_gql.errors import NotFound
from rewind_gql.store.engine import Store
from rewind_gql.sync import queries, views

LOOK_S = 0.1
GOOD = ("success", "skipped")


class Rate(ProgressColumn):
    """Items a second, as the ledger counts them."""

    def render(self, task: Task) -> Text:
        """Such as `2,431/s`; nothing until it is known."""
        rate = task.fields.get("rate")
        return Text("" if rate is None else f"{rate:,.0f}/s", style="cyan", justify="right")


class Left(ProgressColumn):
    """The time that is left if it goes on as it went."""

    def render(self, task: Task) -> Text:
        """Such as `1:05 left`; nothing until it is known, and at the end."""
        left = task.fields.get("left_s")
        if left is None or task.finished:
            return Text("")
        minutes, seconds = divmod(round(left), 60)
        return Text(f"{minutes}:{seconds:02d} left", style="cyan")


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
            Left(),
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

    def count(self, name: str, total: int) -> TaskID:
        """A bar for work that is no run of the ledger."""
        return self._progress.add_task(name, total=total)

    def advance(self, bar: TaskID, done: int) -> None:
        """Note that so much more of it is done."""
        self._progress.update(bar, advance=done)

    def joined(self, name: str) -> None:
        """Say that a run was under way already; where bars are drawn, they show it."""
        if self._plain:
            options.warn(f"{name}: under way already, following it (or taking over soon)")

    def show(self, bar: TaskID, run: views.Run) -> None:
        """Bring a bar to where its run is."""
        total = run.items_total
        items = run.items_processed + run.items_failed
        done = round(run.progress * total) if run.progress is not None and total else items
        if run.ended_at is not None:
            total = done = max(total or 0, items, 1)
        took = _seconds(run)
        self._progress.update(
            bar,
            completed=done,
            total=total,
            rate=items / took if took else None,
            left_s=took * (1 - run.progress) / run.progress if run.progress else None,
        )

    def end(self, bar: TaskID, name: str, run: views.Run) -> None:
        """Say how a run ended."""
        self.show(bar, run)
        if run.status not in GOOD:
            words = escape(f"{name}: {run.error or run.status}")
            self._progress.update(bar, description=f"[red]{words}[/red]")
        if self._plain:
            options.warn(f"{name}: {summary(run)}")

    async def follow(self, store: Store, user_id: int, name: str, run_id: str) -> views.Run:
        """Draw a run until it has ended; gives the run."""
        bar = self.add(name)
        while True:
            run = await store.ask(queries.run, user_id, id=run_id)
            if run is None:
                raise NotFound(f"Run {run_id} is gone")
            if run.ended_at is not None:
                self.end(bar, name, run)
                return run
            self.show(bar, run)
            await asyncio.sleep(LOOK_S)


def summary(run: views.Run) -> str:
    """A run in a line: how it ended, and what it brought."""
    counts = (
        f"{run.items_inserted:,} new, {run.items_updated:,} changed, {run.items_skipped:,} known"
    )
    unread = f", {run.items_failed:,} unreadable" if run.items_failed else ""
    took = _seconds(run)
    failed = f" ({run.error})" if run.error else ""
    return f"{run.status}{failed}: {counts}{unread} in {took:.1f} s"


def _seconds(run: views.Run) -> float:
    """How long it took, or takes already."""
    if run.started_at is None:
        return 0.0
    return ((run.ended_at or clock.now()) - run.started_at).total_seconds()


def worst(runs: Iterable[views.Run]) -> int:
    """The exit code: 0 when every run went well."""
    return int(any(run.status not in GOOD for run in runs))
