"""The whole application over a test's store, asked through its ASGI door."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from rewind_gql.auth import keys
from rewind_gql.auth.gate import Gate
from rewind_gql.auth.limits import MemoryLimits
from rewind_gql.auth.tokens import Tokens
from rewind_gql.auth.usage import Usage
from rewind_gql.auth.watch import Watch
from rewind_gql.domains.focus import queries as focus
from rewind_gql.images import deps
from rewind_gql.ports.http import Clients
from rewind_gql.rest.shim import Desk
from rewind_gql.server.app import create_app
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from rewind_gql.sync.live import Hub
from tests import conform
from tests.databases import ME

TLS = ssl.create_default_context()
"""Made once, for it takes its time; no test asks anybody who would show a certificate."""


class Kept:
    """A queue that keeps what is queued and does none of it."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, dict[str, Any]]] = []

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        """Keep one job."""
        self.jobs.append((name, kwargs))
        return True


@dataclass(kw_only=True)
class Api:
    """A running application, a client of it, and a key of each scope."""

    app: Starlette
    desk: Desk
    client: httpx.AsyncClient
    read: str
    admin: str

    async def ask(
        self, path: str, *, method: str = "GET", key: str | None = "read", **rest: Any
    ) -> httpx.Response:
        """One request, with the read key unless `key` names another one, or none.

        What the Rewind API answers must be what its document says.
        """
        headers = dict(rest.pop("headers", {}))
        token = {"read": self.read, "admin": self.admin}.get(key or "", key)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        answered = await self.client.request(method, path, headers=headers, **rest)
        conform.check(answered)
        return answered


def desk_of(store: Store, settings: Settings, clients: Clients | None = None) -> Desk:
    """What routes have at hand, over this store."""
    pepper = keys.pepper(settings.secret_bytes())
    tokens = Tokens(settings.secret_bytes())
    counted = (MemoryLimits(), Usage(store))
    gate = Gate(store, pepper, *counted, tokens=tokens, standing=focus.standing)
    return Desk(
        store=store,
        settings=settings,
        jobs=Kept(),
        gate=gate,
        hub=Hub(store, settings.sync),
        watch=Watch(store, focus.STANDINGS),
        images=deps.made(settings, store, clients or Clients(), tls=TLS),
        owner=ME,
    )


async def new_key(desk: Desk, scope: str, *, user_id: int = ME, **given: Any) -> str:
    """A key of the user, or of another."""
    asked = {"name": scope, "rate_limit_rpm": 100_000, **given}
    async with desk.store.write() as conn:
        made = await keys.create(conn, user_id, scope=scope, pepper=desk.gate.pepper, **asked)
    return made[1]


@asynccontextmanager
async def serving(desk: Desk, **given: Any) -> AsyncIterator[Api]:
    """The application over this desk."""
    app = create_app(desk, **given)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rewind") as client:
        read, admin = await new_key(desk, "read"), await new_key(desk, "admin")
        yield Api(app=app, desk=desk, client=client, read=read, admin=admin)
    await desk.images.close()


@pytest.fixture
async def api(store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Api]:
    """The application on both databases."""
    async with serving(desk_of(store, settings())) as made:
        yield made


@pytest.fixture
async def quick_api(sqlite_store: Store, settings: Callable[..., Settings]) -> AsyncIterator[Api]:
    """The application on SQLite alone, for what the database has no part in."""
    async with serving(desk_of(sqlite_store, settings())) as made:
        yield made
