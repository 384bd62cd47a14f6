"""`rewind keys`: make, list and revoke API keys."""

import asyncio
from typing import Annotated, Any, Literal

import typer

from rewind_gql import clock
from rewind_gql.auth import keys, queries, views
from rewind_gql.cli import options
from rewind_gql.cli.session import opened, whose
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
    heard. One limited to trusted documents is fit to stand in a web page.
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
    trusted_only: Annotated[
        bool,
        typer.Option("--trusted-only", help="Only run trusted documents; see `rewind documents`."),
    ] = False,
    rpm: Annotated[
        int | None,
        typer.Option("--rpm", help="Requests a minute [default: REWIND_RATE_LIMIT_RPM]."),
    ] = None,
    user: User = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key and print it: the only time it can be seen."""
    settings = options.settings(data_dir)
    wanted = {
        "name": name,
        "scope": scope,
        "expires_at": clock.parse_bound(expires) if expires else None,
        "rate_limit_rpm": settings.rate_limit_rpm if rpm is None else rpm,
        "trusted_only": trusted_only,
    }
    made, key = asyncio.run(_create(settings, user, wanted))
    if as_json:
        shown = {"id": made.id, "key": key, "scope": made.scope, "name": made.name}
        options.print_json({**shown, "trusted_only": made.trusted_only})
        return
    limits = ", for trusted documents alone" if made.trusted_only else ""
    options.say(f"{key}\n")
    options.say(f"This is the {made.scope} key {made.name!r} (number {made.id}){limits}.")
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
            f"{key.scope}, trusted only" if key.trusted_only else key.scope,
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
    settings: Settings, user: str | None, wanted: dict[str, Any]
) -> tuple[views.ApiKey, str]:
    pepper = keys.pepper(settings.secret_bytes())
    async with opened(settings) as (store, owner), store.write() as conn:
        return await keys.create(conn, await whose(conn, user, owner), pepper=pepper, **wanted)


async def _revoke(settings: Settings, user: str | None, key_id: int) -> views.ApiKey:
    # Whoever sits at the keyboard can always make another, so the last one may go.
    async with opened(settings) as (store, owner), store.write() as conn:
        user_id = await whose(conn, user, owner)
        return await keys.revoke(conn, user_id, key_id=key_id, even_last=True)


async def _list(settings: Settings, user: str | None) -> list[views.ApiKey]:
    async def listed(conn: Conn, owner: int) -> list[views.ApiKey]:
        return await queries.keys(conn, await whose(conn, user, owner))

    async with opened(settings) as (store, owner):
        return await store.ask(listed, owner)


def _shown(key: views.ApiKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in views.ApiKey.__slots__}
