"""One order in the hands of a worker: what it may do, each step written down in its place."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rewind_gql.domains.base import Touched
from rewind_gql.domains.collecting import outbox
from rewind_gql.domains.collecting.outbox import Order
from rewind_gql.errors import SourceBusy
from rewind_gql.sources.base import Source
from rewind_gql.store.engine import Writing
from rewind_gql.sync import after, pictures, sources
from rewind_gql.sync.deps import Deps

A = TypeVar("A")
S = TypeVar("S", bound=Source)
PICTURED = ("collecting", "watching")
"""The domains whose things an order may have brought."""


@dataclass(slots=True)
class Delivery:
    """An order and the worker that owns it.

    `asking` is what people call the provider that is asked at the moment. `sent_before` is whether
    an earlier try may have carried the order out.
    """

    deps: Deps
    order: Order
    owner: str
    asking: str = ""
    sent_before: bool = field(init=False)

    def __post_init__(self) -> None:
        self.sent_before = self.order.before is not None

    async def source(self, card: type[S]) -> S:
        """A provider to ask for the person's account. Raises `SourceDenied` when there is none."""
        self.asking = card.title
        account = sources.account(self.deps.settings, card)
        return await sources.ready(self.deps, self.order.user_id, card, account)

    def has(self, card: type[Source]) -> bool:
        """Whether the settings name that provider."""
        return not sources.missing(self.deps.settings, card)

    async def sending(self, before: Mapping[str, Any]) -> None:
        """From here on the provider may have been told: write down what was there until now."""
        async with self.deps.store.write() as conn:
            await outbox.sending(
                conn, self.order, owner=self.owner, before=before, lease=self.deps.lease
            )
        self.order.before = dict(before)

    async def told(self, call: Awaitable[A]) -> A:
        """What the provider answers while this worker certainly still owns the order."""
        try:
            async with asyncio.timeout(self.deps.lease.total_seconds() / 2):
                return await call
        except TimeoutError:
            raise SourceBusy("The provider did not answer in time", kind="network") from None

    async def finish(
        self,
        answer: Mapping[str, Any],
        write: Callable[[Writing], Awaitable[Touched]],
    ) -> None:
        """Write the rows, all that follows from them, and the answer, in one transaction."""
        user_id = self.order.user_id
        async with self.deps.store.write() as conn:
            touched = await write(conn)
            await self.deps.domains["collecting"].derive(conn, user_id, touched)
            for task in after.due(touched):
                await task.work(conn, user_id, touched)
            for domain in PICTURED:
                await pictures.due(conn, user_id, domain)
            await outbox.done(conn, self.order, owner=self.owner, answer=answer)
