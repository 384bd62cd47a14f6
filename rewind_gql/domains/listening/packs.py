"""Plays of a month as arrays: written beside `listening_play`, taken away with its changes."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import and_, bindparam, delete, func, insert, literal, select
from sqlmodel import col, not_

from rewind_gql import clock
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.tables import Breadth, Pack, Play
from rewind_gql.store.columns import Day, Id, Utc
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

KINDS = ("artist", "album", "track")
AT = "at"
ENTITIES, INSTANTS = np.dtype("<u4"), np.dtype("<i8")
PACKED: dict[str, np.dtype[Any]] = {AT: INSTANTS, **dict.fromkeys(KINDS, ENTITIES)}
"""What is packed of each play, and as what numbers: when it was heard, whose it is, on what."""
LARGEST = (1 << 32) - 1
STAMP_BITS = 63

Array = NDArray[np.integer[Any]]


def numbers_of(lists: Sequence[str | None]) -> list[Array]:
    """Numbers that a database gathered as lists; none where there are none."""
    return [np.array(orjson.loads(each) if each else [], np.int64) for each in lists]


async def plays_between(
    conn: Conn, user_id: int, since: datetime, until: datetime
) -> dict[str, Array]:
    """What would be packed of the plays in [`since`, `until`), oldest first."""
    lists = await conn.value(_PLAYS, user_id=user_id, since=since, until=until)
    found = numbers_of(lists)
    order = np.argsort(found[0], kind="stable")
    return {name: each[order] for name, each in zip(PACKED, found, strict=True)}


async def drop(conn: Writing, user_id: int, days: Iterable[date]) -> None:
    """Take away the packs of these days' months, whose plays changed."""
    months = sorted({clock.month_start(day) for day in days})
    bound = {"owner": user_id, "months": [(month,) for month in months]}
    await conn.execute(_DROP, bound)


async def drop_all(conn: Writing, user_id: int) -> None:
    """Take away all packs."""
    await conn.execute(_DROP_ALL, {"owner": user_id})


async def pack(conn: Writing, user_id: int) -> None:
    """Write every pack that is missing; when none is, one statement finds that out.

    An entity whose number has more than 32 bits keeps its month from being packed.
    """
    await bulk.take_turn(conn, user_id)
    for (month,) in await conn.rows(_MISSING, user_id=user_id):
        found = await _month(conn, user_id, month)
        if any(int(found[kind].max(initial=0)) > LARGEST for kind in KINDS):
            continue
        stamp = secrets.randbits(STAMP_BITS)
        rows = [
            {
                "user_id": user_id,
                "kind": kind,
                "month": month,
                "stamp": stamp,
                "numbers": found[kind].astype(packed).tobytes(),
            }
            for kind, packed in PACKED.items()
        ]
        await conn.execute(_ADD, rows)


async def wrong(conn: Conn, user_id: int) -> list[date]:
    """The months whose packs say another thing than their plays, oldest first."""
    packed: dict[date, dict[str, bytes]] = {}
    for kind, month, numbers in await conn.rows(_ALL, user_id=user_id):
        packed.setdefault(month, {})[kind] = numbers
    return [
        month
        for month, told in sorted(packed.items())
        if not _same(told, await _month(conn, user_id, month))
    ]


def _same(told: dict[str, bytes], heard: dict[str, Array]) -> bool:
    """Whether packs tell these plays, of which some of one instant may stand otherwise."""
    if told.keys() != PACKED.keys():
        return False
    arrays = [np.frombuffer(told[kind], packed) for kind, packed in PACKED.items()]
    if len({each.size for each in arrays}) > 1 or np.any(np.diff(arrays[0]) < 0):
        return False
    rows = [
        sorted(zip(*(a.tolist() for a in each), strict=True)) for each in (arrays, heard.values())
    ]
    return rows[0] == rows[1]


async def _month(conn: Conn, user_id: int, month: date) -> dict[str, Array]:
    until = clock.midnight(clock.next_month(month))
    return await plays_between(conn, user_id, clock.midnight(month), until)


_OWNER = bindparam("owner", type_=Id)
_USER = bindparam("user_id", type_=Id)
_MONTHS = bulk.rows("months", month=Day)
_DROP = delete(Pack).where(
    col(Pack.user_id) == _OWNER,
    col(Pack.kind).in_([literal(kind) for kind in PACKED]),
    col(Pack.month).in_(select(_MONTHS.c.month)),
)
_DROP_ALL = delete(Pack).where(col(Pack.user_id) == _OWNER)
_ADD = insert(Pack)
_ALL: Read[Any] = Read(
    select(col(Pack.kind), col(Pack.month), col(Pack.numbers)).where(col(Pack.user_id) == _USER)
)
_IS_PACKED = and_(
    col(Pack.user_id) == col(Breadth.user_id),
    col(Pack.kind) == literal(AT),
    col(Pack.month) == col(Breadth.bucket),
)
_MISSING: Read[Any] = Read(
    select(col(Breadth.bucket))
    .outerjoin(Pack, _IS_PACKED)
    .where(
        col(Breadth.user_id) == _USER,
        col(Breadth.grain) == literal("month"),
        col(Pack.kind).is_(None),
    )
    .order_by(col(Breadth.bucket))
)
_PLAYS: Read[Any] = Read(
    select(
        bulk.gathered(bulk.micros(col(Play.played_at))),
        bulk.gathered(col(Play.artist_id)),
        bulk.gathered(func.coalesce(col(Play.album_id), literal(0, Id))),
        bulk.gathered(col(Play.track_id)),
    ).where(
        col(Play.user_id) == _USER,
        col(Play.played_at) >= bindparam("since", type_=Utc()),
        col(Play.played_at) < bindparam("until", type_=Utc()),
        not_(col(Play.hidden)),
    )
)
