"""A worker that looks for pictures in a pretend shop, and albums and records to look for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from rewind_gql.demo.catalogue import parse_album
from rewind_gql.demo.upstreams import itunes
from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.pictures import Shop
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.images import deps as images
from rewind_gql.images import queries as pictures_known
from rewind_gql.images.records import Key
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.store.page import Slice
from rewind_gql.sync import pictures, queries, run, views
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from tests.databases import ME
from tests.rest.life import copy, hear, own, play
from tests.sync.engine import QUICK, Queue

ORDER = "listening/albums=itunes;listening/artists=fanart-tv;collecting/releases=itunes"
MANY = 25


def sold(count: int = MANY) -> Shop:
    """A shop that has the covers of so many albums."""
    lines = (f"Low|Side {number}|2001|Rock|Label|" for number in range(1, count + 1))
    return Shop("test", [parse_album(line, "test") for line in lines])


def local(url: str) -> dict[str, Any]:
    """The settings that lead to the shop, and nowhere else."""
    here = dict.fromkeys(("itunes_base_url", "lastfm_base_url", "discogs_base_url"), url)
    return {
        **here,
        "unpaced": True,
        "image_order": ORDER,
        "image_private_origins": (url,),
        "image_find": True,
        "sync": QUICK,
    }


@dataclass
class Looking:
    """The worker, its queue, and the steps a test takes with them."""

    deps: Deps
    faults: Faults
    queue: Queue = field(default_factory=Queue)

    @property
    def store(self) -> Store:
        return self.deps.store

    async def ask_for(self, domain: str = "listening", **wanted: Any) -> str:
        """The id of a run that looks for pictures, queued."""
        asked = pictures.Wanted(**wanted)
        return (await pictures.ask_for(self.deps, ME, domain, asked)).run_id

    async def look(self, domain: str = "listening", **wanted: Any) -> views.Run:
        """Such a run from its beginning to its end."""
        return await run.run(self.deps, await self.ask_for(domain, **wanted), 1)

    async def source(self, domain: str = "listening") -> views.Source:
        found = await self.store.ask(queries.sources, ME)
        return next(each for each in found if each.domain == domain)

    async def events(self, run_id: str) -> list[views.Event]:
        found = await self.store.ask(queries.events_by_run, ME, [run_id], part=Slice(limit=200))
        return found[run_id].items

    async def parts(self, run_id: str) -> dict[str, views.RunPart]:
        found = await self.store.ask(queries.parts_by_run, ME, [run_id])
        return {part.part: part for part in found.get(run_id, [])}

    async def found(self) -> int:
        """How many things have a picture."""
        tally = await self.store.ask(pictures_known.tally, ME)
        return sum(each.count for each in tally if each.outcome == "found")


@asynccontextmanager
async def looking(store: Store, settings: Settings, faults: Faults) -> AsyncIterator[Looking]:
    """A worker over this store that asks whom the settings say."""
    queue, clients = Queue(), Clients(patience=IMPATIENT)
    found = images.made(settings, store, clients)
    deps = Deps(
        store=store,
        settings=settings,
        jobs=queue,
        vault=Vault(b"v" * 64),
        worker="one",
        clients=clients,
        images=found,
    )
    yield Looking(deps, faults, queue)
    await found.close()
    await clients.close()


async def heard(store: Store, count: int = MANY) -> list[Key]:
    """So many albums heard, the first one most often; what their pictures are known by."""
    plays = [
        play(f"Song {number}", "Low", album=f"Side {number}", minutes=number * 100 + more)
        for number in range(1, count + 1)
        for more in range(1 + (number == 1))
    ]
    await hear(store, *plays)
    return [Key("listening", "albums", str(number)) for number in range(1, count + 1)]


__all__ = ["MANY", "Looking", "copy", "heard", "itunes", "local", "looking", "own", "serve", "sold"]
