"""Albums parted that were shown as one, and all that is counted of them."""

from rewind_gql.domains import listening
from rewind_gql.domains.listening import grouping
from rewind_gql.store.engine import Store
from rewind_gql.sync import after


async def part_album(store: Store, user_id: int, *, album_id: int) -> None:
    """Show every part of an album by itself again. Raises `grouping.NotGrouped`."""
    async with store.write() as conn:
        done = await grouping.part(conn, user_id, album_id=album_id)
        await listening.DOMAIN.derive(conn, user_id, done.touched)
        for task in after.due(done.touched):
            await task.work(conn, user_id, done.touched)
