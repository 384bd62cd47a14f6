"""`rewind demo`: an invented life, synced from pretend providers and served."""

import asyncio
import json
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from rewind_gql import clock, log
from rewind_gql.auth import keys, queries
from rewind_gql.cli import demo_devices, demo_pictures, demo_providers, options
from rewind_gql.cli.connect import account_of
from rewind_gql.cli.progress import Bars, worst
from rewind_gql.cli.serve import address, listen, serve
from rewind_gql.cli.session import opened
from rewind_gql.cli.sync import chosen, sync_all
from rewind_gql.demo.life import Life, life
from rewind_gql.demo.upstreams.apple_music import Listener
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import tokens

app = options.command()

KEYS = {"read": "demo: read", "admin": "demo: admin"}
REQUESTS_A_MINUTE = 10_000


@app.command()
def run(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to serve on.")] = 8000,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", help="Folder of the demo's database.")
    ] = Path("demo-data"),
    as_json: options.AsJson = False,
) -> None:
    """Sync three invented years from pretend Last.fm, Discogs and Trakt servers, and serve them.

    The most wanted covers and portraits are found before it serves, the others while it does.

    Three devices send focus sessions too, of which some contradict each other; then Apple Music
    ends the user token and Last.fm asks for a pause, so that the status page has something to show.

    The providers run in this process, on loopback, and speak the real ones' formats; everything
    else is exactly what your own data would go through. Run it again and it goes on from there.
    """
    log.configure(level="warning")
    settings = Settings(data_dir=data_dir, port=port, rate_limit_rpm=REQUESTS_A_MINUTE)
    listening = listen(settings)
    with ExitStack() as stack:
        until = _until(data_dir)
        invented = life(until)
        plays, listened = Faults(), Faults()
        known = demo_providers.accounts(stack, invented, plays)
        known |= demo_providers.catalogues(stack, Listener(invented.listens), listened)
        settings = settings.model_copy(update=known)
        made = asyncio.run(_prepare(settings, invented, until, plays, listened, quiet=as_json))
        url = address(settings, listening)
        _tell(url, made, as_json=as_json)
        stack.enter_context(demo_devices.beating(url, made["admin"]))
        demo_key = SecretStr(made["admin"])
        serve(settings.model_copy(update={"demo_key": demo_key}), listening)


def _until(data_dir: Path) -> datetime:
    """The end of the invented life: now, at the first start; kept, so that a restart goes on."""
    path = data_dir / "demo.json"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        until = clock.now().replace(microsecond=0) - timedelta(minutes=2)
        path.write_text(json.dumps({"until": until.isoformat()}), encoding="utf-8")
    return datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["until"])


async def _prepare(
    settings: Settings,
    invented: Life,
    until: datetime,
    plays: Faults,
    listened: Faults,
    *,
    quiet: bool,
) -> dict[str, str]:
    """Sync everything with a bar each; gives fresh keys by scope. Ends the program on failure."""
    async with account_of(settings, "trakt") as (deps, account):
        await tokens.connect(deps, account, show=_entered)
    async with opened(settings) as (store, user_id):
        found = await chosen(store, user_id, settings, None)
        with Bars(quiet=quiet) as bars:
            runs = await sync_all(store, user_id, settings, found, bars)
            await demo_devices.send(store, settings, user_id, invented, until, bars)
            runs += await demo_pictures.find(settings, user_id, bars)
        if worst(runs):
            raise typer.Exit(1)
        demo_devices.trouble(plays, listened)
        hit = [each for each in found if (each.provider, each.sync_type) in demo_devices.DIFFICULT]
        with Bars(quiet=True) as unseen:
            await sync_all(store, user_id, settings, hit, unseen)
        return await _fresh_keys(store, user_id, settings)


async def _entered(_: object) -> None:
    """The pretend Trakt takes every code as entered."""


async def _fresh_keys(store: Store, user_id: int, settings: Settings) -> dict[str, str]:
    """A read and an admin key; those of an earlier start are taken back."""
    made = {}
    old = [key for key in await store.ask(queries.keys, user_id) if key.is_active]
    async with store.write() as conn:
        for key in old:
            if key.name in KEYS.values():
                await keys.revoke(conn, user_id, key_id=key.id, even_last=True)
        for scope, name in KEYS.items():
            _, made[scope] = await keys.create(
                conn,
                user_id,
                name=name,
                scope=scope,
                pepper=keys.pepper(settings.secret_bytes()),
                rate_limit_rpm=REQUESTS_A_MINUTE,
            )
    return made


def _tell(url: str, made: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"url": url, **{f"{scope}_key": key for scope, key in made.items()}}))
        return
    lines = (
        "",
        f"[bold]{url}/graphql[/bold]   GraphiQL, with a query and a key in place",
        f"[bold]{url}/status[/bold]    what is synced and what needs you; sign in with a key below",
        f"{url}/v1/listening/recent   and all other REST paths: {url}/v1/openapi.json",
        "",
        f"read key   {made['read']}",
        f"admin key  {made['admin']}",
        "",
        "Try:",
        f'  curl -H "Authorization: Bearer {made["read"]}" "{url}/v1/listening/recent?limit=3"',
        "",
        "Ctrl-C stops it.",
    )
    for line in lines:
        options.out.print(line, soft_wrap=True)
