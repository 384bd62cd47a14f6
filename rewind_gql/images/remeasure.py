"""Pictures measured anew, bit by bit, when the rules of measuring have changed."""

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, func, select, update
from sqlmodel import col

from rewind_gql.images.keeping import address, analysis
from rewind_gql.images.measured import ANALYSIS_VERSION, Unfit, WorkerBusy
from rewind_gql.images.tables import Blob, Picture
from rewind_gql.images.worker import Worker
from rewind_gql.ports.blobs import Blobs
from rewind_gql.store.columns import Id
from rewind_gql.store.engine import Store
from rewind_gql.store.read import Conn, Read


@dataclass(slots=True, kw_only=True)
class Remeasured:
    """What was done and what is left; `after` is where to go on, None when this was the last."""

    updated: int = 0
    failed: int = 0
    remaining: int = 0
    after: str | None = None


_STALE = (
    col(Blob.analysis_version) < bindparam("version"),
    exists().where(
        col(Picture.content_hash) == col(Blob.hash),
        col(Picture.user_id) == bindparam("user_id", type_=Id),
    ),
)
_NEXT = Read(
    select(col(Blob.hash))
    .where(*_STALE, col(Blob.hash) > bindparam("after"))
    .order_by(col(Blob.hash))
    .limit(bindparam("limit")),
    str,
)
_LEFT = Read(select(func.count()).select_from(Blob).where(*_STALE), int)


async def remeasure(
    store: Store,
    blobs: Blobs,
    worker: Worker,
    user_id: int,
    *,
    limit: int = 50,
    after: str = "",
    version: int = ANALYSIS_VERSION,
) -> Remeasured:
    """Measure `limit` of a person's pictures that were measured by older rules than `version`.

    Those that cannot be measured keep what is known of them and are passed over.
    """
    done = Remeasured()
    found = await store.ask(_stale, user_id, after=after, limit=limit, version=version)
    for content_hash in found:
        if await _measured(store, blobs, worker, content_hash):
            done.updated += 1
        else:
            done.failed += 1
    done.remaining = await store.ask(stale, user_id, version=version)
    done.after = found[-1] if len(found) == limit else None
    return done


async def stale(conn: Conn, user_id: int, *, version: int = ANALYSIS_VERSION) -> int:
    """How many of a person's pictures were measured by older rules."""
    return await conn.value(_LEFT, user_id=user_id, version=version)


async def _measured(store: Store, blobs: Blobs, worker: Worker, content_hash: str) -> bool:
    body = await blobs.get(address(content_hash))
    if body is None:
        return False
    try:
        measured = await worker.measure(body)
    except (Unfit, WorkerBusy):
        return False
    async with store.write() as conn:
        row = update(Blob).where(col(Blob.hash) == content_hash)
        await conn.execute(row.values(**analysis(measured)))
    return True


async def _stale(conn: Conn, user_id: int, *, after: str, limit: int, version: int) -> list[str]:
    return await conn.rows(_NEXT, user_id=user_id, after=after, limit=limit, version=version)
