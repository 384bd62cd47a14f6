"""Who is at work on something, so that of all processes one does it: leases that run out."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from rewind_gql.images.tables import Making
from rewind_gql.store.columns import Utc
from rewind_gql.store.engine import Writing

_NOBODY = ""

_RENEW = (
    update(Making)
    .where(col(Making.key) == bindparam("l_key"), col(Making.owner) == bindparam("l_owner"))
    .values(until=bindparam("l_until", type_=Utc))
)
_GIVE_BACK = delete(Making).where(
    col(Making.key) == bindparam("l_key"), col(Making.owner) == bindparam("l_owner")
)
_EXPIRED = delete(Making).where(col(Making.until) < bindparam("l_now", type_=Utc))


async def take(conn: Writing, key: str, owner: str, *, now: datetime, length: timedelta) -> bool:
    """Whether `owner` has `key` to itself now, until the lease runs out; false: another has it."""
    taken = _insert(conn).values(key=key, owner=owner, until=now + length)
    new = taken.excluded
    taken = taken.on_conflict_do_update(
        index_elements=["key"],
        set_={"owner": new.owner, "until": new.until},
        where=col(Making.until) < now,
    )
    return bool((await conn.execute(taken)).rowcount)


async def renew(conn: Writing, key: str, owner: str, *, until: datetime) -> bool:
    """Have the lease run longer; false: it is another's by now."""
    asked = {"l_key": key, "l_owner": owner, "l_until": until}
    return bool((await conn.execute(_RENEW, asked)).rowcount)


async def give_back(conn: Writing, key: str, owner: str) -> bool:
    """End the lease; false: it was no longer `owner`'s, whose work must not be written."""
    return bool((await conn.execute(_GIVE_BACK, {"l_key": key, "l_owner": owner})).rowcount)


async def alone(conn: Writing, key: str, *, now: datetime) -> None:
    """Have others that ask for this wait until this transaction has ended."""
    held = _insert(conn).values(key=key, owner=_NOBODY, until=now)
    await conn.execute(
        held.on_conflict_do_update(index_elements=["key"], set_={"until": held.excluded.until})
    )
    await give_back(conn, key, _NOBODY)


async def clear(conn: Writing, *, now: datetime) -> int:
    """Remove the leases that have run out; returns how many."""
    return int((await conn.execute(_EXPIRED, {"l_now": now})).rowcount)


def _insert(conn: Writing) -> Any:
    make: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    return make(Making)
