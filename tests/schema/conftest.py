"""A life on each database, and somebody who asks about it."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.engine import make_url
from strawberry.types import ExecutionResult

from rewind_gql.auth.views import Caller, Standing
from rewind_gql.images.links import Links
from rewind_gql.rest.shim import Desk
from rewind_gql.settings import Settings
from rewind_gql.store.engine import Store
from schema.context import Context, Deps
from schema.root import schema
from tests.databases import ME, UUIDS, Databases
from tests.schema.life import live
from tests.serving import Kept, desk_of

HERE = {"scheme": "https", "headers": [(b"host", b"rewind.example")]}


def caller(user_id: int, scope: str, device_id: str | None = None) -> Caller:
    """Somebody with a key, or a device with its token."""
    return Caller(
        key_id=None if scope == "device" else 1,
        user_id=user_id,
        user_uuid=UUID(UUIDS[user_id]),
        time_zone="Europe/Oslo",
        scope=scope,
        rate_limit_rpm=1_000,
        expires_at=None,
        token=Standing(user_epoch=0, device_id=device_id) if scope == "device" else None,
        device_id=device_id,
    )


@dataclass
class Asking:
    """Asks the schema as somebody."""

    deps: Deps
    jobs: Kept
    statements: list[str] = field(default_factory=list)

    @property
    def links(self) -> Links:
        """Addresses of pictures, on a server of that name."""
        return self.deps.images.addresses.links(HERE)

    async def run(
        self,
        query: str,
        *,
        user_id: int = ME,
        scope: str = "read",
        device_id: str | None = None,
        **variables: Any,
    ) -> ExecutionResult:
        """The whole result."""
        asker = caller(user_id, scope, device_id)
        context = Context(deps=self.deps, caller=asker, request_id="request-1", links=self.links)
        self.statements.clear()
        return await schema.execute(query, variable_values=variables, context_value=context)

    async def data(self, query: str, **given: Any) -> dict[str, Any]:
        """The data of a result without errors."""
        result = await self.run(query, **given)
        assert result.errors is None
        assert result.data is not None
        return result.data

    async def done(self, mutation: str, *, scope: str = "admin", **given: Any) -> dict[str, Any]:
        """The one payload of a mutation, made with an admin key unless told otherwise."""
        (payload,) = (await self.data(mutation, scope=scope, **given)).values()
        return dict(payload)

    async def refused(self, query: str, **given: Any) -> tuple[str, str | None]:
        """The code of the one error, and the argument it blames."""
        result = await self.run(query, **given)
        assert result.errors is not None
        (error,) = result.errors
        extensions = error.extensions or {}
        return extensions["code"], extensions.get("argument")


def asking_on(store: Store, settings: Settings) -> Asking:
    """Somebody who asks this store, and sees its statements."""
    return asking_over(desk_of(store, settings))


def asking_over(desk: Desk) -> Asking:
    """Somebody who asks what routes have at hand, too, and sees the statements."""
    jobs = Kept()
    deps = Deps(
        store=desk.store,
        settings=desk.settings,
        jobs=jobs,
        gate=desk.gate,
        watch=desk.watch,
        hub=desk.hub,
        images=desk.images,
    )
    asking = Asking(deps, jobs)
    desk.store.watchers.append(asking.statements.append)
    return asking


class Lives:
    """Databases with a small life in them: lived once on each kind, then copied."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self._databases = databases
        self._folder = folder
        self._lived: dict[str, str] = {}
        self._shared: dict[str, str] = {}

    async def fresh(self, kind: str, folder: Path) -> str:
        """The address of a copy of its own for one test that writes."""
        if kind not in self._lived:
            made = await self._empty(kind)
            store = await Store.open(made)
            await live(store)
            await store.close()
            self._lived[kind] = made
        lived = make_url(self._lived[kind])
        if kind == "postgresql":
            return await self._databases.postgresql(template=str(lived.database))
        path = folder / "life.db"
        shutil.copyfile(str(lived.database), path)
        return f"sqlite:///{path}"

    async def shared(self, kind: str) -> str:
        """The address of the copy that tests share which only read."""
        if kind not in self._shared:
            self._shared[kind] = await self.fresh(kind, self._folder)
        return self._shared[kind]

    async def _empty(self, kind: str) -> str:
        if kind == "postgresql":
            return await self._databases.postgresql()
        return await self._databases.sqlite(self._folder)


@pytest.fixture(scope="session")
def lives(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Lives:
    """The session's lives."""
    return Lives(databases, tmp_path_factory.mktemp("lives"))


@asynccontextmanager
async def asking_at(address: str, settings: Settings) -> AsyncIterator[Asking]:
    """Somebody who asks the database at that address."""
    store = await Store.open(address)
    asking = asking_on(store, settings)
    yield asking
    await asking.deps.images.close()
    await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def ask(
    request: pytest.FixtureRequest, lives: Lives, settings: Callable[..., Settings]
) -> AsyncIterator[Asking]:
    """Somebody who only asks about a small life, on both databases."""
    async with asking_at(await lives.shared(request.param), settings()) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
async def own_ask(
    request: pytest.FixtureRequest,
    lives: Lives,
    databases: Databases,
    tmp_path: Path,
    settings: Callable[..., Settings],
) -> AsyncIterator[Asking]:
    """Somebody who may change a life of their own, on both databases."""
    address = await lives.fresh(request.param, tmp_path)
    async with asking_at(address, settings()) as made:
        yield made
    await databases.drop(address)


@pytest.fixture
async def quick_ask(lives: Lives, settings: Callable[..., Settings]) -> AsyncIterator[Asking]:
    """Somebody who only asks, on SQLite alone, for what the database has no part in."""
    async with asking_at(await lives.shared("sqlite"), settings()) as made:
        yield made
