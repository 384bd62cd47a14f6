"""Everything that happened in all runs of a person, as one list that can be resumed anywhere."""

from collections.abc import Sequence
from itertools import product
from typing import Any

from sqlalchemy import bindparam, not_, select
from sqlmodel import col

from rewind_gql.store.page import Page, Slice, cursor, page, parse_cursor
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync import views
from rewind_gql.sync.columns import one_of
from rewind_gql.sync.ledger.rows import EVENT_COLUMNS
from rewind_gql.sync.ledger.words import WORKING
from rewind_gql.sync.queries import EVENTS, EVENTS_TYPES, number
from rewind_gql.sync.tables import Event, Run

_LAST = 2**62
_FILTERS = {
    "run_id": col(Event.run_id) == bindparam("run_id"),
    "domain": col(Run.domain) == bindparam("domain"),
    "provider": col(Event.provider) == bindparam("provider"),
    "status": col(Event.status) == bindparam("status"),
}


def place(seq: int) -> str:
    """The cursor of an event: good for every list and every stream of events."""
    return cursor(EVENTS, (seq,))


def seq_at(text: str, *, path: str = "after") -> int:
    """The number of the event a cursor stands for. Raises `BadInput` for what is not one."""
    return number(parse_cursor(EVENTS, text, types=EVENTS_TYPES, path=path), 0)


def _read(names: Sequence[str], *, progress: bool, backward: bool) -> Read[views.Event]:
    seq = col(Event.seq)
    chosen = [_FILTERS[name] for name in names]
    if not progress:
        chosen.append(not_(one_of(Event.stage, WORKING)))
    found = select(*EVENT_COLUMNS).where(
        col(Event.user_id) == bindparam("user_id"),
        seq > bindparam("after"),
        seq < bindparam("before"),
        *chosen,
    )
    if "domain" in names:
        found = found.join(Run, col(Run.id) == col(Event.run_id))
    ordered: Any = found.order_by(seq.desc() if backward else seq)
    return Read(ordered.limit(bindparam("limit")), views.Event)


_READS = {
    (names, progress, backward): _read(names, progress=progress, backward=backward)
    for chosen in product((False, True), repeat=len(_FILTERS))
    for names in [tuple(name for name, on in zip(_FILTERS, chosen, strict=True) if on)]
    for progress in (False, True)
    for backward in (False, True)
}


async def events(
    conn: Conn,
    user_id: int,
    *,
    part: Slice,
    run_id: str | None = None,
    domain: str | None = None,
    provider: str | None = None,
    status: str | None = None,
    progress: bool = True,
) -> Page[views.Event]:
    """Events that fit every filter given, oldest first; without `progress`, no steps of work.

    Source: `sync_event`, in the order of its numbers, which is that of the commits. Old events are
    forgotten, so the front of the list moves on.
    """
    all_ = {"run_id": run_id, "domain": domain, "provider": provider, "status": status}
    given = {name: value for name, value in all_.items() if value is not None}
    found = await conn.rows(
        _READS[tuple(given), progress, part.backward],
        user_id=user_id,
        after=number(part.after, 0),
        before=number(part.before, _LAST),
        limit=part.limit + 1,
        **given,
    )
    return page(EVENTS, found, part, key=lambda event: (event.seq,))
