"""The application beside a worker that does what is ordered, and providers it tells of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from rewind_gql.sync import outbox
from rewind_gql.sync.deps import Deps
from rewind_gql.sync.run import run
from tests.serving import Api, Kept, desk_of, serving
from tests.sync.outbox.desk import Desk, Providers, desk, life, providers

__all__ = ["desk", "life", "providers", "writing"]


class Delivering(Kept):
    """A queue whose orders are done at once."""

    work: Mapping[str, Callable[..., Coroutine[Any, Any, Any]]] = {outbox.JOB: outbox.deliver}

    def __init__(self, deps: Deps) -> None:
        super().__init__()
        self._deps = deps
        self._tasks: list[asyncio.Task[Any]] = []

    async def enqueue(
        self, name: str, /, *, job_id: str, delay_s: float = 0.0, **kwargs: Any
    ) -> bool:
        """Have a job done beside whoever asked for it."""
        if name in self.work:
            self._tasks.append(asyncio.create_task(self.work[name](self._deps, **kwargs)))
        return await super().enqueue(name, job_id=job_id, delay_s=delay_s, **kwargs)

    async def close(self) -> None:
        """Stop what is still being done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Done(Delivering):
    """A queue whose orders and runs are done at once."""

    work = {**Delivering.work, "sync": run}


@dataclass(frozen=True, kw_only=True)
class Writing:
    """The application and the providers behind it."""

    api: Api
    providers: Providers

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """What an order is answered with."""
        rest = {} if body is None else {"json": body}
        return await self.api.ask(path, method="POST", key="admin", headers=headers, **rest)


@pytest.fixture
async def writing(desk: Desk, providers: Providers) -> AsyncIterator[Writing]:
    """The application over a worker's database."""
    behind = desk_of(desk.store, desk.deps.settings, desk.deps.clients)
    jobs = Done(replace(desk.deps, images=behind.images))
    object.__setattr__(behind, "jobs", jobs)
    async with serving(behind) as api:
        yield Writing(api=api, providers=providers)
        await jobs.close()
