"""The outbox: what is to be done at a provider, written down before and after it is."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, bindparam, or_, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.tables import Outbox
from rewind_gql.errors import Conflicting, LostRun
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert

Kind = Literal["add_release", "add_media", "remove_media"]

MOST_ATTEMPTS = 12
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
TOLD_LATER = 500
"""From this status on an answer says that it may go better the next time."""


class KeyReused(Conflicting):
    """This Idempotency-Key was used for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


@dataclass(slots=True, kw_only=True)
class Order:
    """One thing to do. `state` is asked, done or failed; `before` is None until it may be sent."""

    id: int
    user_id: int
    idempotency_key: str
    request_hash: str
    provider: str
    kind: str
    state: str
    request: dict[str, Any]
    before: dict[str, Any] | None
    status: int | None
    answer: dict[str, Any] | None
    attempts: int
    last_error: str | None
    created_at: datetime

    @property
    def answered(self) -> bool:
        """Whether there is an answer, good or bad, that stays."""
        return self.state != "asked"


_ORDER = select(*(getattr(Outbox, each.name) for each in fields(Order)))
_BY_ID = Read(_ORDER.where(mine(Outbox), col(Outbox.id) == bindparam("id")), Order)
_BY_KEY = Read(_ORDER.where(mine(Outbox), col(Outbox.idempotency_key) == bindparam("key")), Order)
_DUE: Read[tuple[int, int]] = Read(
    select(col(Outbox.user_id), col(Outbox.id))
    .where(
        col(Outbox.state) == "asked",
        col(Outbox.due_at) <= bindparam("now"),
        or_(col(Outbox.leased_until).is_(None), col(Outbox.leased_until) < bindparam("now")),
    )
    .order_by(col(Outbox.due_at), col(Outbox.id))
)
_SAME: Read[tuple[dict[str, Any] | None]] = Read(
    select(col(Outbox.answer)).where(
        mine(Outbox),
        col(Outbox.kind) == bindparam("kind"),
        col(Outbox.state) == "done",
        col(Outbox.created_at) >= bindparam("since"),
    )
)


async def ask(
    conn: Writing,
    user_id: int,
    *,
    key: str,
    request_hash: str,
    provider: str,
    kind: Kind,
    request: Mapping[str, Any],
) -> Order:
    """Write down what is to be done; asked again under the same key, the order that is there.

    One that failed through no fault of its own may be tried again that way. Raises `KeyReused`
    for a key that was used for something else.
    """
    now = clock.now()
    blank = {
        "user_id": user_id,
        "idempotency_key": key,
        "request_hash": request_hash,
        "provider": provider,
        "kind": kind,
        "state": "asked",
        "request": dict(request),
        "before": None,
        "status": None,
        "answer": None,
        "attempts": 0,
        "last_error": None,
        "owner": None,
        "leased_until": None,
        "due_at": now,
        "created_at": now,
        "updated_at": now,
    }
    await upsert(conn, Outbox, [blank], key=("user_id", "idempotency_key"))
    order = await conn.value(_BY_KEY, user_id=user_id, key=key)
    if order.request_hash != request_hash:
        raise KeyReused
    if order.state == "failed" and (order.status or 0) >= TOLD_LATER:
        again: dict[str, Any] = {"state": "asked", "attempts": 0, "due_at": now}
        again |= {"status": None, "answer": None, "last_error": None}
        await _write(conn, order, again)
        return await conn.value(_BY_ID, user_id=user_id, id=order.id)
    return order


async def order_of(conn: Conn, user_id: int, order_id: int) -> Order | None:
    """One order; None when there is none of that number."""
    return await conn.first(_BY_ID, user_id=user_id, id=order_id)


async def due(conn: Conn) -> list[tuple[int, int]]:
    """Users and ids of orders nobody works on now; a question about the installation."""
    return await conn.rows(_DUE, now=clock.now())


async def claim(
    conn: Writing, user_id: int, order_id: int, *, owner: str, lease: timedelta
) -> Order | None:
    """The order to work on; None when it is done, or somebody else is at it."""
    now = clock.now()
    free = or_(col(Outbox.leased_until).is_(None), col(Outbox.leased_until) < now)
    taken = (
        update(Outbox)
        .where(
            col(Outbox.user_id) == user_id,
            col(Outbox.id) == order_id,
            col(Outbox.state) == "asked",
            free,
        )
        .values(
            owner=owner,
            leased_until=now + lease,
            attempts=col(Outbox.attempts) + 1,
            updated_at=now,
        )
    )
    if not (await conn.execute(taken)).rowcount:
        return None
    return await conn.value(_BY_ID, user_id=user_id, id=order_id)


async def sending(
    conn: Writing, order: Order, *, owner: str, before: Mapping[str, Any], lease: timedelta
) -> None:
    """Write down what there is before the order is sent. Raises `LostRun` when it is another's."""
    kept = {"before": dict(before), "leased_until": clock.now() + lease}
    await _write(conn, order, kept, owner=owner)


async def done(
    conn: Writing, order: Order, *, owner: str, answer: Mapping[str, Any], status: int = 200
) -> None:
    """Write the answer of what is done. Raises `LostRun` when the order is another's by now."""
    await _end(conn, order, "done", owner, status, answer)


async def failed(
    conn: Writing, order: Order, *, owner: str, status: int, answer: Mapping[str, Any], error: str
) -> None:
    """Write why it cannot be done. Raises `LostRun` when the order is another's by now."""
    await _end(conn, order, "failed", owner, status, answer, error)


async def later(conn: Writing, order: Order, *, owner: str, error: str) -> None:
    """Give the order back to be tried again, after a while that doubles each time."""
    wait = min(FIRST_WAIT * 2**order.attempts, LONGEST_WAIT)
    tried = {"last_error": error, "due_at": clock.now() + wait}
    await _write(conn, order, {**tried, "owner": None, "leased_until": None}, owner=owner)


async def released(conn: Writing, order: Order, *, owner: str) -> None:
    """Give the order back at once, for whoever works on it has to stop."""
    freed = {"owner": None, "leased_until": None, "attempts": order.attempts - 1}
    await _write(conn, order, freed, owner=owner)


async def answers(conn: Conn, user_id: int, *, kind: Kind, since: datetime) -> list[dict[str, Any]]:
    """What was answered to the orders of a kind since then that are done."""
    found = await conn.rows(_SAME, user_id=user_id, kind=kind, since=since)
    return [row[0] for row in found if row[0]]


async def _end(
    conn: Writing,
    order: Order,
    state: str,
    owner: str,
    status: int,
    answer: Mapping[str, Any],
    error: str | None = None,
) -> None:
    ended = {"state": state, "status": status, "answer": dict(answer), "last_error": error}
    await _write(conn, order, {**ended, "owner": None, "leased_until": None}, owner=owner)


async def _write(
    conn: Writing, order: Order, values: dict[str, Any], *, owner: str | None = None
) -> None:
    this = and_(col(Outbox.user_id) == order.user_id, col(Outbox.id) == order.id)
    if owner is not None:
        this = and_(this, col(Outbox.owner) == owner, col(Outbox.state) == "asked")
    written = await conn.execute(
        update(Outbox).where(this).values(**values, updated_at=clock.now())
    )
    if not written.rowcount:
        raise LostRun
    conn.announce(order.user_id)
