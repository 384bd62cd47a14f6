"""What pictures need of the process they are found and served in, chosen once and handed down."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from rewind_gql.images.cache import Cache, cache
from rewind_gql.images.derived import Derived
from rewind_gql.images.finders import Finders, order
from rewind_gql.images.links import Addresses
from rewind_gql.images.pipeline import Pipeline
from rewind_gql.images.worker import Worker
from rewind_gql.ports.blobs import Blobs, blobs
from rewind_gql.ports.guarded import Guard
from rewind_gql.ports.http import Clients
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The originals, the processes that resize them, what was resized, and who looks for more.

    `finders` and `guard` are what the pipeline asks; whoever made all this closes them.
    """

    addresses: Addresses
    blobs: Blobs
    worker: Worker
    cache: Cache
    derived: Derived
    finders: Finders
    guard: Guard
    pipeline: Pipeline

    async def close(self) -> None:
        """Break off searches, finish what is being resized, and end every process."""
        await self.pipeline.close()
        await self.cache.close()
        await self.worker.close()
        await self.finders.close()
        await self.guard.close()


def made(
    settings: Settings, store: Store, clients: Clients, *, tls: ssl.SSLContext | None = None
) -> Images:
    """All of it, by the settings. Nothing is asked and no process is started before it is needed.

    `tls` says whose certificates count. Raises `BadSettings`.
    """
    guard = Guard(frozenset(settings.image_private_origins), tls=tls)
    finders = Finders(settings, clients, guard)
    kept, derivatives = blobs(settings), cache(settings)
    worker = Worker(processes=settings.image_workers, memory_mb=settings.image_memory_mb)
    return Images(
        addresses=Addresses.of(settings),
        blobs=kept,
        worker=worker,
        cache=derivatives,
        derived=Derived(kept, worker, derivatives, at_once=settings.image_workers),
        finders=finders,
        guard=guard,
        pipeline=Pipeline(store, kept, worker, finders, guard),
    )


def check(settings: Settings) -> None:
    """Raises `BadSettings` for what `made` would not take, and makes the folder of originals."""
    order(settings)
    blobs(settings)


@asynccontextmanager
async def opened(settings: Settings, store: Store, clients: Clients) -> AsyncIterator[Images]:
    """All of it, open for the length of a block."""
    async with AsyncExitStack() as stack:
        images = made(settings, store, clients)
        stack.push_async_callback(images.close)
        yield images
