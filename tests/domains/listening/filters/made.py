"""What the tests of filters share: what is hidden, by its name."""

from typing import Any

from rewind_gql.domains.base import Stored
from rewind_gql.domains.listening import derive, filters
from rewind_gql.domains.listening.filters import views
from rewind_gql.domains.listening.tables import Album, Artist, Track
from rewind_gql.store.engine import Store
from tests.databases import ME
from tests.domains.listening.plays import everything


async def rule(store: Store, scope: str, pattern: str, **given: Any) -> views.Filter:
    """A new rule, not yet put to what is there."""
    given = {"filter_type": "custom", "reason": None, **given}
    async with store.write() as conn:
        return await filters.add(conn, ME, scope=scope, pattern=pattern, **given)


async def judged(store: Store, user_id: int = ME) -> Stored:
    """Put the rules to the whole library."""
    async with store.write() as conn:
        ids = await filters.artist_ids(conn, user_id, after=0, limit=10_000)
        stored = await filters.judge_artists(conn, user_id, ids)
        await derive.derive(conn, user_id, stored.touched)
    return stored


async def hidden(store: Store, user_id: int = ME) -> set[tuple[str, str]]:
    """The kinds and names of all that is hidden."""
    tables = {"artist": Artist, "album": Album, "track": Track}
    return {
        (kind, row.name)
        for kind, table in tables.items()
        for row in await everything(store, table, user_id)
        if row.hidden
    }


async def ids(store: Store, table: Any, user_id: int = ME) -> dict[str, int]:
    """The ids of artists, albums or tracks, by their names."""
    return {row.name: row.id for row in await everything(store, table, user_id)}
