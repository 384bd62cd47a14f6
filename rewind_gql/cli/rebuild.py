"""`rewind rebuild`: count everything again from the rows."""

import asyncio

from rewind_gql import clock
from rewind_gql.across import cross_reference, wantlist
from rewind_gql.cli import options
from rewind_gql.cli.session import opened
from rewind_gql.domains import DOMAINS
from rewind_gql.settings import Settings

app = options.command()


@app.command()
def run(data_dir: options.DataDir = None, as_json: options.AsJson = False) -> None:
    """Count every total, chart and match again from the plays and records themselves.

    The counts are kept exact as data comes in; this is for peace of mind, or after editing the
    database by hand. Readers see the old counts until the new ones are complete. Safe at any time.
    """
    took = asyncio.run(_rebuild(options.settings(data_dir), quiet=as_json))
    if as_json:
        options.print_json({"seconds": took})


async def _rebuild(settings: Settings, *, quiet: bool) -> dict[str, float]:
    took: dict[str, float] = {}
    async with opened(settings) as (store, user_id):
        for name in (*DOMAINS, "cross-reference"):
            started = clock.now()
            with options.err.status(f"Counting {name}…"):
                async with store.write() as conn:
                    if name in DOMAINS:
                        await DOMAINS[name].rebuild(conn, user_id)
                    else:
                        await cross_reference.refresh(conn, user_id)
                        await wantlist.refresh(conn, user_id)
            took[name] = round((clock.now() - started).total_seconds(), 3)
            if not quiet:
                options.say(f"{name}: counted again in {took[name]:.1f} s")
    return took
