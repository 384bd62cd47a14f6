"""`rewind keys`: make, list and revoke API keys."""

import asyncio
from typing import Annotated, Any, Literal

import typer

from rewind_gql import clock
from rewind_gql.auth import keys, queries, users, views
from rewind_gql.cli import options
from rewind_gql.cli.session import opened
from rewind_gql.settings import Settings
from rewind_gql.store.read import Conn

app = options.command(group=True)

User = Annotated[
    str | None,
    typer.Option("--user", help="Whose key: a username or an e-mail [default: the owner]."),
]


@app.callback()
def group() -> None:
    """API keys, each shown once.

    A read key fetches, an admin key may also sync and change, a scrobble key only sends what is
    heard.
    """


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="What to call it, such as my-website.")],
    scope: Annotated[
        Literal["read", "admin", "scrobble"], typer.Option("--scope", help="What it may do.")
    ] = "read",
    expires: Annotated[
        str | None, typer.Option("--expires", help="Not valid from this date or time on.")
    ] = None,
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key and print it: the only time it can be seen."""
    until = clock.parse_bound(expires) if expires else None
    made, key = asyncio.run(_create(options.settings(data_dir), user, name, scope, until))
    if as_json:
        options.print_json({"id": made.id, "key": key, "scope": made.scope, "name": made.name})
        return
    options.say(f"{key}\n")
    options.say(f"This is the {made.scope} key {made.name!r} (number {made.id}).")
    options.say("Keep it now: it is not stored and cannot be shown again.")


@app.command("list")
def list_(
    user: User = None, data_dir: options.DataDir = None, as_json: options.AsJson = False
) -> None:
    """Every key, revoked ones too; never the keys themselves."""
    found = asyncio.run(_list(options.settings(data_dir), user))
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
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Take a key back; every server refuses it from the next request on."""
    gone = asyncio.run(_revoke(options.settings(data_dir), user, key_id))
    if as_json:
        options.print_json(_shown(gone))
    else:
        options.say(f"Key {gone.id} ({gone.name}) is revoked.")


async def _create(
    settings: Settings, user: str | None, name: str, scope: str, expires_at: Any
) -> tuple[views.ApiKey, str]:
    async with opened(settings) as (store, owner), store.write() as conn:
        return await keys.create(
            conn,
            await _whose(conn, user, owner),
            name=name,
            scope=scope,
            pepper=keys.pepper(settings.secret_bytes()),
            expires_at=expires_at,
            rate_limit_rpm=settings.rate_limit_rpm,
        )


async def _revoke(settings: Settings, user: str | None, key_id: int) -> views.ApiKey:
    # Whoever sits at the keyboard can always make another, so the last one may go.
    async with opened(settings) as (store, owner), store.write() as conn:
        user_id = await _whose(conn, user, owner)
        return await keys.revoke(conn, user_id, key_id=key_id, even_last=True)


async def _list(settings: Settings, user: str | None) -> list[views.ApiKey]:
    async def listed(conn: Conn, owner: int) -> list[views.ApiKey]:
        return await queries.keys(conn, await _whose(conn, user, owner))

    async with opened(settings) as (store, owner):
        return await store.ask(listed, owner)


async def _whose(conn: Conn, user: str | None, owner: int) -> int:
    return (await users.named(conn, name=user)).id if user is not None else owner


def _shown(key: views.ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in views.ApiKey.__slots__}
