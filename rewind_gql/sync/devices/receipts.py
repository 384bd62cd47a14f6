"""Receipts: what was answered to a request with a key of its own, for whoever sends it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import col

from rewind_gql.domains.focus.tables import Receipt
from rewind_gql.errors import BadInput, Conflicting, Refused
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.sync.devices.views import Item, Submitted

KEPT = timedelta(days=7)
LONGEST = 255

# Requests under way in this process; what another process is at shows when it has committed.
_under_way: set[tuple[str, int, str]] = set()


class StillRunning(Conflicting):
    """A request with this Idempotency-Key is still running"""

    code = "REQUEST_RUNNING"


class OtherRequest(Refused):
    """This Idempotency-Key was used for a different request"""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"


@dataclass(frozen=True, slots=True)
class _Kept:
    request_hash: str
    body: dict[str, Any]
    created_at: datetime


_KEPT = Read(
    select(col(Receipt.request_hash), col(Receipt.body), col(Receipt.created_at)).where(
        col(Receipt.user_id) == bindparam("user_id"),
        col(Receipt.idempotency_key) == bindparam("key"),
    ),
    _Kept,
)
_EXPIRED = delete(Receipt).where(
    col(Receipt.user_id) == bindparam("owner"), col(Receipt.created_at) < bindparam("old")
)


def checked(key: str | None) -> str | None:
    """A request's key as it was given; None where it is missing or blank. Raises `BadInput`."""
    if key is None or not key.strip():
        return None
    if len(key) > LONGEST or not key.isascii() or not key.isprintable():
        raise BadInput(f"Idempotency-Key must be at most {LONGEST} printable ASCII characters")
    return key.strip()


@contextmanager
def alone(place: str, user_id: int, key: str | None) -> Iterator[None]:
    """Answer one request of a key at a time. Raises `StillRunning` while another is under way."""
    if key is None:
        yield
        return
    mark = (place, user_id, key)
    if mark in _under_way:
        raise StillRunning
    _under_way.add(mark)
    try:
        yield
    finally:
        _under_way.discard(mark)


async def told(
    conn: Writing, user_id: int, key: str, request_hash: str, *, now: datetime
) -> dict[str, Any] | None:
    """What was kept of the answer to this request; None when it is new.

    Receipts past their time are thrown away first. Raises `OtherRequest` when the key belongs to
    a different request.
    """
    await conn.execute(_EXPIRED, {"owner": user_id, "old": now - KEPT})
    kept = await conn.first(_KEPT, user_id=user_id, key=key)
    if kept is None:
        return None
    if kept.request_hash != request_hash:
        raise OtherRequest
    return kept.body


async def earlier(
    conn: Writing, user_id: int, key: str, request_hash: str, *, now: datetime
) -> Submitted | None:
    """The answer given to this upload before; None when it is new. Raises as `told` does."""
    body = await told(conn, user_id, key, request_hash, now=now)
    if body is None:
        return None
    return Submitted(
        run_id=body["run_id"],
        results=[Item(**item) for item in body["results"]],
        server_time=datetime.fromisoformat(body["server_time"]),
        preferences_version=body["preferences_version"],
        replayed=True,
    )


async def keep(
    conn: Writing, user_id: int, key: str, request_hash: str, given: Submitted, *, status: int
) -> None:
    """Keep the answer to an upload, in the transaction that stores what it is about."""
    body = orjson.loads(orjson.dumps(asdict(given)))
    await tell(conn, user_id, key, request_hash, body, status=status, now=given.server_time)


async def tell(
    conn: Writing,
    user_id: int,
    key: str,
    request_hash: str,
    body: dict[str, Any],
    *,
    status: int,
    now: datetime,
) -> None:
    """Keep of the answer to a request what `told` is to give."""
    row = {
        "user_id": user_id,
        "idempotency_key": key,
        "request_hash": request_hash,
        "status": status,
        "body": body,
        "created_at": now,
    }
    await conn.execute(insert(Receipt), [row])
