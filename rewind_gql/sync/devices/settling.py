"""Conflicts settled by a person: the resolution, the days it changes, the word to watchers."""

from collections.abc import Sequence

from rewind_gql import clock
from rewind_gql.domains.focus import derive, queries, turn, views
from rewind_gql.domains.focus.conflicts import resolve as conflicts
from rewind_gql.settings import SyncSettings
from rewind_gql.store.engine import Store
from rewind_gql.sync.devices import receipts
from rewind_gql.sync.devices.judging import limits
from rewind_gql.sync.ledger.words import fingerprint

DONE = 200


async def resolve(
    store: Store,
    settings: SyncSettings,
    user_id: int,
    *,
    conflict_id: int,
    resolution: str,
    keep: int | None = None,
    delete: Sequence[int] = (),
    members: Sequence[int] | None = None,
    by: str = "owner",
    idempotency_key: str | None = None,
) -> views.Conflict:
    """Settle a conflict; doing it twice gives the first result. Raises what the rules raise.

    With an `idempotency_key`, an equal request does nothing more, even when the first was taken
    back; it gives the conflict as it is. Raises `receipts.OtherRequest` for a key in other use.
    """
    now = clock.now()
    digest = fingerprint(conflict_id, resolution, keep, sorted(delete), members and sorted(members))
    async with store.write() as conn:
        await turn.take(conn, user_id)
        if idempotency_key and await receipts.told(conn, user_id, idempotency_key, digest, now=now):
            return (await queries.conflicts_by_id(conn, user_id, [conflict_id]))[conflict_id]
        settled, touched = await conflicts.resolve(
            conn,
            user_id,
            conflict_id=conflict_id,
            resolution=resolution,
            keep=keep,
            delete=delete,
            members=members,
            by=by,
            now=now,
            limits=limits(settings),
        )
        await derive.derive(conn, user_id, touched)
        if idempotency_key:
            body = {"conflict_id": conflict_id}
            await receipts.tell(conn, user_id, idempotency_key, digest, body, status=DONE, now=now)
        conn.announce(user_id)
    return settled


async def undo(
    store: Store, settings: SyncSettings, user_id: int, *, conflict_id: int
) -> views.Conflict:
    """Take a resolution back within thirty days of it. Raises what the rules raise."""
    async with store.write() as conn:
        await turn.take(conn, user_id)
        opened, touched = await conflicts.undo(
            conn, user_id, conflict_id=conflict_id, now=clock.now(), limits=limits(settings)
        )
        await derive.derive(conn, user_id, touched)
        conn.announce(user_id)
    return opened
