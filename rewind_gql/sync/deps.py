"""What sync work needs of the process it runs in, chosen once and handed down."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from rewind_gql.domains import DOMAINS
from rewind_gql.domains.base import Domain
from rewind_gql.errors import SourceBusy
from rewind_gql.images import deps as images
from rewind_gql.images.deps import Images
from rewind_gql.ports.http import Clients
from rewind_gql.ports.jobs import Jobs
from rewind_gql.settings import Settings
from rewind_gql.sources import SOURCES
from rewind_gql.sources.base import Source
from rewind_gql.store.engine import Store
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.ledger.words import job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The store, the settings, the job queue, the vault, the clients and the worker's name.

    Without `images`, a worker looks for no pictures.
    """

    store: Store
    settings: Settings
    jobs: Jobs
    vault: Vault
    worker: str
    clients: Clients = field(default_factory=Clients)
    sources: Mapping[str, type[Source]] = field(default_factory=lambda: SOURCES)
    domains: Mapping[str, Domain] = field(default_factory=lambda: DOMAINS)
    images: Images | None = None

    @property
    def finding(self) -> Images:
        """What looks for pictures here. Raises `SourceBusy` where nothing does."""
        if self.images is None:
            raise SourceBusy("This worker looks for no pictures", code="no_images")
        return self.images

    @property
    def lease(self) -> timedelta:
        """How long a worker owns a run without a sign of life."""
        return timedelta(seconds=self.settings.sync.lease_seconds)


@asynccontextmanager
async def opened(settings: Settings, jobs: Jobs) -> AsyncIterator[Deps]:
    """Everything a worker needs, open for the length of a block; the database is migrated."""
    async with AsyncExitStack() as stack:
        store = await Store.open(settings.url)
        stack.push_async_callback(store.close)
        clients = Clients()
        stack.push_async_callback(clients.close)
        yield Deps(
            store=store,
            settings=settings,
            jobs=jobs,
            vault=Vault(settings.secret_bytes()),
            worker=worker_name(),
            clients=clients,
            images=await stack.enter_async_context(images.opened(settings, store, clients)),
        )


def worker_name() -> str:
    """A name no other worker has: host, process, and something random."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


async def enqueue(
    jobs: Jobs, run_id: str, attempt: int = 1, *, delay_s: float = 0.0, again: str = ""
) -> bool:
    """Have a run's attempt worked on. Call it after the commit of what queued the run.

    Nothing is lost when this fails: the ledger knows the run waits, and it is queued again. That
    needs an `again` of its own: arq keeps the id of a job whose worker died before it claimed the
    run, for as long as the longest job may take. A job too many finds nothing to claim.
    """
    name = ":".join(filter(None, (job_id(run_id, attempt), again)))
    return await jobs.enqueue("sync", job_id=name, delay_s=delay_s, run_id=run_id, attempt=attempt)
