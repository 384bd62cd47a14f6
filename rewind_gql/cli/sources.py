"""`rewind sources`: what is synced, how far, and what comes next."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rewind_gql import clock
from rewind_gql.cli import options
from rewind_gql.cli.session import opened
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.sources.exports import EXPORTS
from rewind_gql.sync import queries, tokens, views
from rewind_gql.sync import sources as registry

app = options.command()


@app.command()
def run(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Every source there is: configured or what it still needs, its newest run, its next one."""
    settings = options.settings(data_dir)
    found = asyncio.run(_found(settings))
    rows = [row for name in SOURCES for row in _rows(name, settings, found)]
    if as_json:
        options.print_json(rows)
        return
    columns = ("source", "sync type", "account", "state", "last success", "next run")
    cells = [
        [row["source"], row["sync_type"], row["account"], row["state"], *_times(row)]
        for row in rows
    ]
    options.print_table(columns, cells, empty="")
    names = ", ".join(sorted({export.name for export in EXPORTS}))
    options.say(f"\nFiles `rewind import` reads: {names}")


@dataclass(frozen=True, slots=True)
class _Found:
    """What is registered, the newest run of each, and the providers one is connected with."""

    registered: list[views.Source]
    runs: dict[int, views.Run]
    connected: set[str]


async def _found(settings: Settings) -> _Found:
    async with opened(settings) as (store, user_id):
        async with store.write() as conn:
            await registry.register(conn, user_id, settings)
        found = await store.ask(queries.sources, user_id)
        ids = [source.id for source in found]
        runs = await store.ask(queries.latest_runs_by_source, user_id, ids)
        return _Found(found, runs, await store.ask(tokens.connected, user_id))


def _rows(name: str, settings: Settings, found: _Found) -> list[dict[str, Any]]:
    """A row per sync type, or one that says what the provider needs."""
    lacking = registry.missing(settings, SOURCES[name])
    mine = [source for source in found.registered if source.provider == name]
    if lacking and not mine:
        needs = f"needs {', '.join(lacking)}"
        return [_row(name, None, None, needs, None, None)]
    if SOURCES[name].sign_in is not None and name not in found.connected:
        return [_row(name, None, None, f"not connected: rewind connect {name}", None, None)]
    return [
        _row(
            name,
            source.sync_type,
            source.account,
            _state(source, found.runs.get(source.id)),
            source.last_success_at,
            source.next_due_at,
        )
        for source in mine
    ]


def _row(
    name: str,
    sync_type: str | None,
    account: str | None,
    state: str,
    last_success_at: datetime | None,
    next_due_at: datetime | None,
) -> dict[str, Any]:
    return {
        "source": name,
        "sync_type": sync_type,
        "account": account,
        "state": state,
        "last_success_at": last_success_at,
        "next_due_at": next_due_at,
    }


def _state(source: views.Source, run: views.Run | None) -> str:
    """How it stands, in words."""
    if source.paused:
        return f"paused: {source.pause_reason}" + (f" ({run.error})" if run and run.error else "")
    if run is None:
        return "never run"
    return f"{run.status}: {run.error}" if run.error else run.status


def _times(row: dict[str, Any]) -> list[str]:
    now = clock.now()
    return [
        ""
        if at is None
        else ("now" if name == "next_due_at" and at <= now else f"{at:%Y-%m-%d %H:%M}")
        for name in ("last_success_at", "next_due_at")
        for at in (row[name],)
    ]
