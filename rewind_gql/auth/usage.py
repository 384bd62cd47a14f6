"""How often keys are used: counted in memory, added to the table every few seconds, exact."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from rewind_gql import log
from rewind_gql.auth.tables import ApiKey
from rewind_gql.store.engine import Store

FLUSH_S = 5.0

_at = bindparam("at", type_=ApiKey.__table__.c.last_used_at.type)  # type: ignore[attr-defined]  # every table has it
_ADD = (
    update(ApiKey)
    .where(col(ApiKey.id) == bindparam("key_id"))
    .values(
        request_count=col(ApiKey.request_count) + bindparam("count"),
        last_used_at=case(
            (or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) < _at), _at),
            else_=col(ApiKey.last_used_at),
        ),
    )
)


class Usage:
    """Requests answered per key since the last flush."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: dict[int, int] = {}
        self._newest: dict[int, datetime] = {}
        self._turn = asyncio.Lock()

    def count(self, key_id: int, at: datetime) -> None:
        """One more request answered."""
        self._counts[key_id] = self._counts.get(key_id, 0) + 1
        self._newest[key_id] = at

    async def flush(self) -> None:
        """Add what was counted to the table; when that fails, nothing of it is forgotten."""
        async with self._turn:
            counts, newest = self._counts, self._newest
            if not counts:
                return
            self._counts, self._newest = {}, {}
            rows = [
                {"key_id": key_id, "count": counts[key_id], "at": newest[key_id]}
                for key_id in sorted(counts)
            ]
            try:
                async with self._store.write() as conn:
                    await conn.execute(_ADD, rows)
            except (SQLAlchemyError, OSError):
                self._put_back(counts, newest)
                raise

    def _put_back(self, counts: dict[int, int], newest: dict[int, datetime]) -> None:
        for key_id, count in counts.items():
            self._counts[key_id] = self._counts.get(key_id, 0) + count
            self._newest.setdefault(key_id, newest[key_id])

    @asynccontextmanager
    async def running(self, every_s: float = FLUSH_S) -> AsyncIterator[None]:
        """Flush in the background while inside, and once more on the way out."""
        # Told to stop, not cancelled: a write cut off in its commit may or may not have counted.
        stop = asyncio.Event()
        flushing = asyncio.create_task(self._keep_flushing(every_s, stop))
        try:
            yield
        finally:
            stop.set()
            await flushing

    async def _keep_flushing(self, every_s: float, stop: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every_s)
            try:
                await self.flush()
            except (SQLAlchemyError, OSError) as failed:
                log.get("auth").warning("usage not written", error=str(failed))
            if stop.is_set():
                return
