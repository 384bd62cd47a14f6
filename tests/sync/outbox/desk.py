"""A worker with pretend providers one can write to, and an account that is connected."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from rewind_gql.demo.cinema import Cinema
from rewind_gql.demo.life import life as invented
from rewind_gql.demo.records import Life
from rewind_gql.demo.upstreams import discogs, tmdb, trakt
from rewind_gql.demo.upstreams.faults import Asked, Faults
from rewind_gql.demo.upstreams.serving import serve
from rewind_gql.domains.collecting.outbox import Kind, Order
from rewind_gql.ports.http import IMPATIENT, Clients
from rewind_gql.settings import Settings, SyncSettings
from rewind_gql.sources.auth import DeviceCode
from rewind_gql.sources.trakt import Trakt
from rewind_gql.store.engine import Store
from rewind_gql.sync import outbox, sources, tokens
from rewind_gql.sync.credentials import Vault
from rewind_gql.sync.deps import Deps
from tests.databases import ME
from tests.sources.pretend import Idle

UNTIL = datetime(2025, 6, 1, 12, tzinfo=UTC)
SECRET = "s" * 64
NOWHERE = "http://127.0.0.1:9"
QUICK = SyncSettings(lease_seconds=4, heartbeat_seconds=0.5, reap_seconds=1)


@dataclass
class Providers:
    """The pretend providers: what they know, what goes wrong, where they are."""

    shelf: discogs.Shelf
    account: trakt.Account
    discogs: Faults = field(default_factory=Faults)
    trakt: Faults = field(default_factory=Faults)
    tmdb: Faults = field(default_factory=Faults)
    urls: dict[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """The settings that lead to them."""
        return {
            "unpaced": True,
            "lastfm_base_url": NOWHERE,
            "discogs_base_url": self.urls["discogs"],
            "discogs_token": discogs.TOKEN,
            "trakt_base_url": self.urls["trakt"],
            "trakt_auth_base_url": self.urls["trakt"],
            "trakt_client_id": trakt.CLIENT_ID,
            "trakt_client_secret": trakt.CLIENT_SECRET,
            "tmdb_base_url": f"{self.urls['tmdb']}/3",
            "tmdb_image_base_url": f"{self.urls['tmdb']}/t/p",
            "image_private_origins": (self.urls["tmdb"],),
            **dict.fromkeys(("itunes_base_url", "deezer_base_url"), NOWHERE),
            "cover_art_archive_base_url": NOWHERE,
            "tmdb_api_key": tmdb.TOKEN,
            "sync": QUICK,
        }


def posted(asked: Asked) -> bool:
    """A request that changes something."""
    return asked.method == "POST" and "oauth" not in asked.path


@pytest.fixture(scope="session")
def life() -> Life:
    """A shelf; of plays as few as there can be."""
    return invented(UNTIL, plays=100, years=1)


@pytest.fixture
def providers(life: Life) -> Iterator[Providers]:
    """Discogs, Trakt and TMDB on sockets of their own."""
    made = Providers(discogs.Shelf(life), trakt.Account(Cinema((), ())))
    door = trakt.Doorman(approving=True, interval_s=0)
    with ExitStack() as stack:
        made.urls = {
            "discogs": stack.enter_context(serve(discogs.app(made.shelf, made.discogs))),
            "trakt": stack.enter_context(serve(trakt.app(made.account, made.trakt, door))),
            "tmdb": stack.enter_context(serve(tmdb.app(faults=made.tmdb))),
        }
        yield made


@dataclass
class Desk:
    """Where orders are given and done."""

    deps: Deps
    providers: Providers

    @property
    def store(self) -> Store:
        """The database."""
        return self.deps.store

    async def order(self, kind: Kind, key: str | None = None, **request: Any) -> Order:
        """An order as it is written down."""
        return await outbox.submit(
            self.store, self.deps.jobs, ME, kind=kind, request=request, key=key
        )

    async def done(self, kind: Kind, key: str | None = None, **request: Any) -> dict[str, Any]:
        """The answer to an order that a worker has done; raises what it was refused with."""
        order = await self.order(kind, key, **request)
        await outbox.deliver(self.deps, ME, order.id)
        return outbox.told(await outbox.answered(self.store, ME, order, wait_s=0.2))


@pytest.fixture
async def desk(
    store: Store, settings: Callable[..., Settings], providers: Providers
) -> AsyncIterator[Desk]:
    """A worker whose owner has connected Trakt."""
    deps = Deps(
        store=store,
        settings=settings(secret=SECRET, **providers.settings()),
        jobs=Idle(),
        vault=Vault(SECRET.encode()),
        worker="one",
        clients=Clients(patience=IMPATIENT),
    )
    given, _ = sources.options(deps.settings, Trakt)
    await tokens.connect(deps, tokens.account(deps, ME, Trakt, "", given), show=_shown)
    yield Desk(deps, providers)
    await deps.clients.close()


async def _shown(_: DeviceCode) -> None:
    """Nobody has to see the code."""
