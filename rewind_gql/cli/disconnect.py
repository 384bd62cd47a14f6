"""`rewind disconnect`: forget a provider's tokens, here and there."""

import asyncio

from rewind_gql.cli import options
from rewind_gql.cli.connect import Provider, account_of
from rewind_gql.settings import Settings
from rewind_gql.sync import sources as registry
from rewind_gql.sync import tokens

app = options.command()


@app.command()
def run(
    provider: Provider, data_dir: options.DataDir = None, as_json: options.AsJson = False
) -> None:
    """Forget the tokens of your account; what was synced stays, and nothing more is."""
    settings = options.settings(data_dir, brief=True)
    was = asyncio.run(_disconnect(settings, provider))
    if as_json:
        options.print_json({"provider": provider, "was_connected": was})
        return
    options.say(f"{provider} is disconnected." if was else f"{provider} was not connected.")


async def _disconnect(settings: Settings, provider: str) -> bool:
    async with account_of(settings, provider) as (deps, account):
        was = await tokens.disconnect(deps, account)
        async with deps.store.write() as conn:
            await registry.register(conn, account.user_id, settings)
        return was
