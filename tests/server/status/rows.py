"""Rows that tests of the status page begin with."""

from typing import Any

from sqlalchemy import insert
from sqlmodel import col

from rewind_gql.store.engine import Writing
from rewind_gql.sync.tables import Source


async def a_source(conn: Writing, user_id: int, **given: Any) -> int:
    """A source that was never synced; gives its id."""
    row = {
        "user_id": user_id,
        "provider": "lastfm",
        "account": "someone",
        "domain": "listening",
        "sync_type": "scrobbles",
        "cursor": {},
        "checkpoint": {},
        "interval_s": 900,
        "next_due_at": None,
        "paused": False,
        "pause_reason": None,
        "backoff_until": None,
        "consecutive_failures": 0,
        "last_success_at": None,
        "last_run_id": None,
        **given,
    }
    made = await conn.execute(insert(Source).values(row).returning(col(Source.id)))
    found: int = made.scalar_one()
    return found
