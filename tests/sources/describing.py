"""What the tests of sources that describe what was heard share: a library, and one of them."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

from rewind_gql.demo.upstreams.faults import Faults
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync import ledger, queries, run, sources, views
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from tests.databases import ME
from tests.domains.listening.plays import everything
from tests.sources.pretend import Idle


@dataclass
class Desk:
    """A source, its pretend provider on a real socket, and a store."""

    name: str
    deps: Deps
    faults: Faults

    async def sync(self, sync_type: str, **args: Any) -> views.Run:
        """A run from its trigger to its end."""
        row = await self.row(sync_type)
        async with self.deps.store.write() as conn:
            asked = {"source_id": row.id, "trigger": "manual", "args": args}
            run_id = (await ledger.trigger(conn, ME, **asked)).run_id
        return await run.run(self.deps, run_id, 1)

    async def row(self, sync_type: str) -> views.Source:
        """The registered source of that sync type."""
        found = await self.deps.store.ask(queries.sources, ME)
        return next(
            each for each in found if (each.provider, each.sync_type) == (self.name, sync_type)
        )

    async def types(self) -> set[str]:
        """What can be synced of it."""
        found = await self.deps.store.ask(queries.sources, ME)
        return {each.sync_type for each in found if each.provider == self.name}

    async def artist(self, name: str) -> Any:
        """An artist's row."""
        return await self._named(Artist, name)

    async def album(self, name: str) -> Any:
        """An album's row."""
        return await self._named(Album, name)

    async def track(self, name: str) -> Any:
        """A track's row."""
        return await self._named(Track, name)

    async def _named(self, table: Any, name: str) -> Any:
        rows = await everything(self.deps.store, table)
        return next(row for row in rows if row.name == name)


@asynccontextmanager
async def desk_on(
    store: Store,
    settings: Callable[..., Settings],
    name: str,
    app: Callable[[Faults], ASGIApp],
    given: Callable[[str], Mapping[str, Any]],
) -> AsyncIterator[Desk]:
    """A source over a provider; `given` are the settings that lead to its address."""
    faults = Faults()
    with serve(app(faults)) as url:
        local = {"lastfm_base_url": url, "discogs_base_url": url}
        deps = Deps(
            store=store,
            settings=settings(unpaced=True, **local, **given(url)),
            jobs=Idle(),
            vault=Vault(b"v" * 64),
            worker="one",
            clients=Clients(patience=IMPATIENT),
        )
        try:
            async with store.write() as conn:
                await sources.register(conn, ME, deps.settings)
            yield Desk(name, deps, faults)
        finally:
            await deps.clients.close()
