"""The demo's pictures: pretend providers of them, and the most wanted ones found at once."""

from contextlib import ExitStack

from pydantic import SecretStr

from rewind_gql.cli import images, options
from rewind_gql.cli.progress import Bars
from rewind_gql.demo.upstreams import (
    apple_music,
    cover_art_archive,
    deezer,
    fanarttv,
    itunes,
    serving,
)
from rewind_gql.images import queries
from rewind_gql.settings import Settings
from rewind_gql.sync import pictures, views
from rewind_gql.sync.deps import opened
from rewind_gql.sync.pictures import Wanted

FIRST = 40
"""So many of each kind are there when the server starts; it finds the others while it serves."""


def providers(stack: ExitStack) -> dict[str, object]:
    """Start the pretend providers of pictures; gives the settings that lead to them."""
    archive = stack.enter_context(serving.serve(cover_art_archive.app()))
    apple = stack.enter_context(serving.serve(apple_music.app()))
    deezer_ = stack.enter_context(serving.serve(deezer.app()))
    itunes_ = stack.enter_context(serving.serve(itunes.app()))
    fanart = stack.enter_context(serving.serve(fanarttv.app()))
    return {
        "cover_art_archive_base_url": archive,
        "apple_music_base_url": f"{apple}/v1",
        "apple_music_developer_token": SecretStr(apple_music.TOKEN),
        "deezer_base_url": deezer_,
        "itunes_base_url": itunes_,
        "fanarttv_base_url": f"{fanart}/v3.2",
        "fanarttv_api_key": SecretStr(fanarttv.KEY),
        # A person may choose one of the alternatives, too, which is fetched like any address.
        "image_private_origins": (archive, apple, deezer_, itunes_, fanart),
    }


async def find(settings: Settings, user_id: int, bars: Bars) -> list[views.Run]:
    """Find the most wanted pictures, with a bar each, and have the others looked for soon.

    At a later start there are some already, and a run that was broken off goes on by itself.
    """
    async with opened(settings, options.NoJobs()) as deps:
        domains = pictures.pictured()
        runs: list[views.Run] = []
        if not await deps.store.ask(queries.tally, user_id):
            runs = await images.find_all(deps, user_id, domains, Wanted(limit=FIRST), bars)
        async with deps.store.write() as conn:
            for domain in domains:
                await pictures.due(conn, user_id, domain)
    return runs
