"""Counts of a month as arrays: written beside `listening_rollup`, taken away with its changes."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Text, and_, bindparam, delete, insert, literal, select, union_all
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.tables import Breadth, Pack, Rollup
from rewind_gql.store.columns import Day, Id
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

KINDS = ("artist", "album", "track")
ENTITIES, PLAYS, INSTANTS = np.dtype("<u4"), np.dtype("<u4"), np.dtype("<i8")
LARGEST = (1 << 32) - 1

Array = NDArray[np.integer[Any]]


class Counts(NamedTuple):
    """Plays and the last of them, in microseconds, of some entities."""

    entities: Array
    plays: Array
    last_at: Array


def numbers_of(lists: Sequence[str | None]) -> list[Array]:
    """Numbers that a database gathered as lists; none where there are none."""
    return [np.array(orjson.loads(each) if each else [], np.int64) for each in lists]


def counts_of(lists: Sequence[str | None]) -> Counts:
    """The same as counts: entities, plays and last plays."""
    return Counts(*numbers_of(lists))


async def drop(conn: Writing, user_id: int, days: Iterable[date]) -> None:
    """Take away the packs of these days' months, whose counts changed."""
    months = sorted({clock.month_start(day) for day in days})
    bound = {"owner": user_id, "months": [(month,) for month in months]}
    await conn.execute(_DROP, bound)


async def drop_all(conn: Writing, user_id: int) -> None:
    """Take away all packs."""
    await conn.execute(_DROP_ALL, {"owner": user_id})


async def pack(conn: Writing, user_id: int) -> None:
    """Write every pack that is missing; when none is, one statement finds that out.

    An entity whose number has more than 32 bits keeps its months from being packed.
    """
    await bulk.take_turn(conn, user_id)
    for kind, month in await conn.rows(_MISSING, user_id=user_id):
        found = counts_of(await conn.value(_MONTH, user_id=user_id, kind=kind, month=month))
        if found.entities.size and int(found.entities.max()) > LARGEST:
            continue
        row = {
            "user_id": user_id,
            "kind": kind,
            "month": month,
            "entities": found.entities.astype(ENTITIES).tobytes(),
            "plays": found.plays.astype(PLAYS).tobytes(),
            "last_at": found.last_at.tobytes(),
        }
        await conn.execute(_ADD, row)


async def wrong(conn: Conn, user_id: int) -> list[tuple[str, date]]:
    """The packs that say another thing than the counts of their month, by kind and month."""
    found = []
    for kind, month, *arrays in await conn.rows(_ALL, user_id=user_id):
        counted = counts_of(await conn.value(_MONTH, user_id=user_id, kind=kind, month=month))
        kinds: tuple[np.dtype[Any], ...] = (ENTITIES, PLAYS, INSTANTS)
        told = zip(arrays, kinds, strict=True)
        packed = [np.frombuffer(each, kept).astype(np.int64) for each, kept in told]
        if _sorted(counted) != _sorted(packed):
            found.append((kind, month))
    return found


def _sorted(arrays: Iterable[Array]) -> list[tuple[int, ...]]:
    return sorted(zip_longest(*(each.tolist() for each in arrays), fillvalue=-1))


_OWNER = bindparam("owner", type_=Id)
_USER = bindparam("user_id", type_=Id)
_MONTHS = bulk.rows("months", month=Day)
_DROP = delete(Pack).where(
    col(Pack.user_id) == _OWNER,
    col(Pack.kind).in_([literal(kind) for kind in KINDS]),
    col(Pack.month).in_(select(_MONTHS.c.month)),
)
_DROP_ALL = delete(Pack).where(col(Pack.user_id) == _OWNER)
_ADD = insert(Pack)
_ALL: Read[Any] = Read(
    select(
        col(Pack.kind), col(Pack.month), col(Pack.entities), col(Pack.plays), col(Pack.last_at)
    ).where(col(Pack.user_id) == _USER)
)


def _missing() -> Read[tuple[str, date]]:
    kinds = (select(literal(kind, Text()).label("kind")) for kind in KINDS)
    every = union_all(*kinds).subquery("every")
    packed = and_(
        col(Pack.user_id) == col(Breadth.user_id),
        col(Pack.kind) == every.c.kind,
        col(Pack.month) == col(Breadth.bucket),
    )
    months = (
        select(every.c.kind, col(Breadth.bucket))
        .select_from(Breadth)
        .join(every, literal(1) == literal(1))
        .outerjoin(Pack, packed)
        .where(
            col(Breadth.user_id) == _USER,
            col(Breadth.grain) == literal("month"),
            col(Pack.kind).is_(None),
        )
    )
    return Read(months.order_by(col(Breadth.bucket), every.c.kind))


_MISSING = _missing()
_MONTH: Read[Any] = Read(
    select(
        bulk.gathered(col(Rollup.entity_id)),
        bulk.gathered(col(Rollup.plays)),
        bulk.gathered(bulk.micros(col(Rollup.last_at))),
    ).where(
        col(Rollup.user_id) == _USER,
        col(Rollup.kind) == bindparam("kind"),
        col(Rollup.grain) == literal("month"),
        col(Rollup.bucket) == bindparam("month", type_=Day()),
    )
)
