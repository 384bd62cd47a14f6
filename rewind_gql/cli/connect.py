"""`rewind connect`: let this server use your account at a provider that gives tokens for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from rewind_gql import clock
from rewind_gql.cli import options
from rewind_gql.cli.session import opened
from rewind_gql.errors import BadInput
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.sources.auth import DeviceCode
from rewind_gql.sync import sources as registry
from rewind_gql.sync import tokens
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps, worker_name

app = options.command()

Provider = Annotated[str, typer.Argument(help="The provider, such as trakt.")]


@app.command()
def run(
    provider: Provider, data_dir: options.DataDir = None, as_json: options.AsJson = False
) -> None:
    """Connect your account: enter the code shown here on the page named, and allow it.

    The tokens are kept sealed in the database and renewed by themselves. Connecting again replaces
    them. Ends with 1 when it is denied, or the code expires before it is entered.
    """
    settings = options.settings(data_dir, brief=True)
    asyncio.run(_connect(settings, provider))
    done = {"provider": provider, "connected": True}
    options.print_json(done) if as_json else options.say(f"{provider} is connected.")


async def _connect(settings: Settings, provider: str) -> None:
    async with account_of(settings, provider) as (deps, account):
        await tokens.connect(deps, account, show=_show)
        async with deps.store.write() as conn:
            await registry.register(conn, account.user_id, settings)


async def _show(code: DeviceCode) -> None:
    """The code for a person; beside the output, which may be a JSON document."""
    minutes = max(1, round((code.expires_at - clock.now()).total_seconds() / 60))
    within = "a minute" if minutes == 1 else f"{minutes} minutes"
    options.warn(f"Open {code.verification_url} and enter {code.user_code} within {within}")


@asynccontextmanager
async def account_of(
    settings: Settings, provider: str
) -> AsyncIterator[tuple[Deps, tokens.Account]]:
    """The account of the person here at a provider, for the length of a command.

    Raises `BadInput` for a provider there is none of, or whose settings are missing.
    """
    connectable = [name for name, card in SOURCES.items() if card.sign_in is not None]
    if provider not in connectable:
        raise BadInput(f"{provider!r} cannot be connected; there is {', '.join(connectable)}")
    card = SOURCES[provider]
    if lacking := registry.missing(settings, card):
        raise BadInput(f"Set {', '.join(lacking)} first; see {card.docs}")
    async with opened(settings) as (store, user_id):
        deps = Deps(
            store=store,
            settings=settings,
            jobs=options.NoJobs(),
            vault=Vault(settings.secret_bytes()),
            worker=worker_name(),
        )
        given, _ = registry.options(settings, card)
        name = registry.account(settings, card)
        try:
            yield deps, tokens.account(deps, user_id, card, name, given)
        finally:
            await deps.clients.close()
