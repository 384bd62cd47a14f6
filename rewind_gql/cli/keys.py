"""`rewind keys`: make, list and revoke API keys."""

import asyncio
from typing import Annotated, Any, Literal

import typer

from rewind_gql import clock
from rewind_gql.auth import keys, queries, views
from rewind_gql.cli import options
from rewind_gql.cli.session import opened
from rewind_gql.settings import Settings

app = options.command(group=True)


@app.callback()
def group() -> None:
    """API keys. A read key fetches, an admin key may also sync and change; both are shown once."""


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="What to call it, such as my-website.")],
    scope: Annotated[
        Literal["read", "admin"], typer.Option("--scope", help="What it may do.")
    ] = "read",
    expires: Annotated[
        str | None, typer.Option("--expires", help="Not valid from this date or time on.")
    ] = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key and print it: the only time it can be seen."""
    until = clock.parse_bound(expires) if expires else None
    made, key = asyncio.run(_create(options.settings(data_dir), name, scope, until))
    if as_json:
        options.print_json({"id": made.id, "key": key, "scope": made.scope, "name": made.name})
        return
    options.say(f"{key}\n")
    options.say(f"This is the {made.scope} key {made.name!r} (number {made.id}).")
    options.say("Keep it now: it is not stored and cannot be shown again.")


@app.command("list")
def list_(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Every key, revoked ones too; never the keys themselves."""
    found = asyncio.run(_list(options.settings(data_dir)))
    if as_json:
        options.print_json([_shown(key) for key in found])
        return
    rows = [
        [
            key.id,
            key.name,
            key.scope,
            f"{key.prefix}…{key.hint}",
            key.request_count,
            key.last_used_at and f"{key.last_used_at:%Y-%m-%d %H:%M}",
            "yes" if key.is_active else "revoked",
        ]
        for key in found
    ]
    columns = ("id", "name", "scope", "key", "requests", "last used (UTC)", "valid")
    options.print_table(columns, rows, empty="No keys yet: rewind keys create --name my-site")


@app.command()
def revoke(
    key_id: Annotated[int, typer.Argument(help="The key's number, from `rewind keys list`.")],
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Take a key back; every server refuses it from the next request on."""
    gone = asyncio.run(_revoke(options.settings(data_dir), key_id))
    if as_json:
        options.print_json(_shown(gone))
    else:
        options.say(f"Key {gone.id} ({gone.name}) is revoked.")


async def _create(
    settings: Settings, name: str, scope: str, expires_at: Any
) -> tuple[views.ApiKey, str]:
    async with opened(settings) as (store, user_id), store.write() as conn:
        return await keys.create(
            conn,
            user_id,
            name=name,
            scope=scope,
            pepper=keys.pepper(settings.secret_bytes()),
            expires_at=expires_at,
            rate_limit_rpm=settings.rate_limit_rpm,
        )


async def _revoke(settings: Settings, key_id: int) -> views.ApiKey:
    # Whoever sits at the keyboard can always make another, so the last one may go.
    async with opened(settings) as (store, user_id), store.write() as conn:
        return await keys.revoke(conn, user_id, key_id=key_id, even_last=True)


async def _list(settings: Settings) -> list[views.ApiKey]:
    async with opened(settings) as (store, user_id):
        return await store.ask(queries.keys, user_id)


def _shown(key: views.ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in views.ApiKey.__slots__}
