"""What streams read: the events behind a number, the newest ones, and how far a person's go."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import bindparam, not_, select
from sqlmodel import col

from rewind_gql.store.columns import among
from rewind_gql.store.read import Conn, Read
from rewind_gql.sync.columns import one_of
from rewind_gql.sync.ledger.rows import EVENT_COLUMNS, SHOWN, run_of
from rewind_gql.sync.ledger.words import WORKING
from rewind_gql.sync.live.items import Batch, Live, Reset
from rewind_gql.sync.tables import Counter, Event, Run

PAGE = 128
"""Rows read at a time for everybody. What is read together is sent together, and copied then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of a person's events a reader wants."""

    run_id: str | None = None
    domain: str | None = None
    include_progress: bool = True

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return self.run_id is None and self.domain is None and self.include_progress

    def has(self, event: Live) -> bool:
        """Whether the reader wants this one."""
        return (
            self.run_id in (None, event.run_id)
            and self.domain in (None, event.domain)
            and (self.include_progress or not event.step)
        )

    @property
    def _key(self) -> tuple[tuple[str, ...], bool]:
        return tuple(self._given), self.include_progress

    @property
    def _given(self) -> dict[str, str]:
        given = {"run_id": self.run_id, "domain": self.domain}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Marks:
    """How far the numbers of a person's events go, and up to where some are gone."""

    user_id: int
    last_seq: int
    pruned_seq: int


@dataclass(frozen=True, slots=True)
class Opening:
    """How a reader begins: what it is given first, and the number it goes on behind.

    `last_seq` is the newest number there was then; `until` the last one of the one run it wants,
    if that has ended.
    """

    first: Batch
    seq: int
    last_seq: int
    until: int | None


_seq = col(Event.seq)
_MINE = col(Event.user_id) == bindparam("user_id")
_FILTERS = {
    "run_id": col(Event.run_id) == bindparam("run_id"),
    "domain": col(Run.domain) == bindparam("domain"),
}


def _events(names: Sequence[str], *, progress: bool) -> Any:
    chosen = [_FILTERS[name] for name in names]
    if not progress:
        chosen.append(not_(one_of(Event.stage, WORKING)))
    return (
        select(*EVENT_COLUMNS, col(Run.domain), not_(SHOWN).label("hidden"))
        .join(Run, col(Run.id) == col(Event.run_id))
        .where(_MINE, *chosen)
        .limit(bindparam("limit"))
    )


_CHOICES = [
    (tuple(name for name, on in zip(_FILTERS, chosen, strict=True) if on), progress)
    for chosen in product((False, True), repeat=len(_FILTERS))
    for progress in (False, True)
]
_BEHIND = {
    (names, progress): Read(
        _events(names, progress=progress).where(_seq > bindparam("after")).order_by(_seq), Live
    )
    for names, progress in _CHOICES
}
_NEWEST = {
    (names, progress): Read(
        _events(names, progress=progress)
        .where(col(Event.ts) >= bindparam("since"), SHOWN)
        .order_by(_seq.desc()),
        Live,
    )
    for names, progress in _CHOICES
}
_OLDEST: Read[int] = Read(
    select(_seq.label("seq")).where(_MINE, _seq > bindparam("after")).order_by(_seq).limit(1),
    int,
)
_COUNTERS = select(*(col(getattr(Counter, each.name)) for each in fields(Marks)))
_MARKS = Read(_COUNTERS.where(col(Counter.user_id) == bindparam("user_id")), Marks)
_ALL_MARKS = Read(_COUNTERS.where(among(col(Counter.user_id), "user_ids")), Marks)

EVERYTHING = Wanted()


async def behind(
    conn: Conn, user_id: int, *, after: int, wanted: Wanted = EVERYTHING, limit: int = PAGE
) -> list[Live]:
    """The first events behind a number, in order; hidden ones as well, for they were read, too."""
    read = _BEHIND[wanted._key]
    return await conn.rows(read, user_id=user_id, after=after, limit=limit, **wanted._given)


async def marks(conn: Conn, *, user_ids: Sequence[int]) -> list[Marks]:
    """How far the events of these users go; a question about the installation."""
    return await conn.rows(_ALL_MARKS, user_ids=user_ids)


async def opening(
    conn: Conn, user_id: int, *, after: int | None, replay: int, since: datetime, wanted: Wanted
) -> Opening:
    """How a reader begins that has everything up to `after`, or else wants the newest `replay`.

    Raises `RunNotFound` when it wants a run there is not.
    """
    run = await run_of(conn, user_id, wanted.run_id) if wanted.run_id else None
    until = run.last_seq if run is not None and run.ended_at is not None else None
    found = await conn.first(_MARKS, user_id=user_id) or Marks(user_id, 0, 0)
    if after is None:
        newest = await _newest(conn, user_id, replay, since, wanted) if replay else []
        return Opening(Batch(newest), found.last_seq, found.last_seq, until)
    # A number there never was comes from before the database was put back to an older state.
    seq = min(after, found.last_seq)
    lacks = after < found.pruned_seq or after > found.last_seq
    reset = [Reset(await _oldest(conn, user_id, seq, found))] if lacks else []
    return Opening(Batch(reset), seq, found.last_seq, until)


async def _newest(
    conn: Conn, user_id: int, replay: int, since: datetime, wanted: Wanted
) -> list[Live]:
    read = _NEWEST[wanted._key]
    found = await conn.rows(read, user_id=user_id, since=since, limit=replay, **wanted._given)
    return found[::-1]


async def _oldest(conn: Conn, user_id: int, after: int, found: Marks) -> int:
    """The first number there still is behind this one; when there is none, the next to come."""
    return await conn.first(_OLDEST, user_id=user_id, after=after) or found.last_seq + 1
