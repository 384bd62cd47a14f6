"""Records in, rows out: plays, top lists and the profile; the only writer of listening's rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, and_, bindparam, delete, insert, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Stored, Touched
from rewind_gql.domains.listening import bulk, library, records, tables
from rewind_gql.domains.listening.library import Known, Of, Wanted
from rewind_gql.domains.listening.reconcile import Heard, Kept, Plan, minute_of, reconcile
from rewind_gql.domains.listening.tables import ChartEntry, Play, Track
from rewind_gql.store.columns import Flag, Id, Utc, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert


async def plays(
    conn: Writing, user_id: int, batch: Sequence[records.Play], *, source: str
) -> Stored:
    """Store plays with the artists, albums and tracks they name; what is stored already is not.

    Two plays of one track at one instant in one batch are two plays. A play known to the minute is
    the same as any play of its track in that minute, whichever comes first.
    """
    if not batch:
        return Stored()
    await bulk.take_turn(conn, user_id)
    heard = await _named(conn, user_id, batch)
    minutes = {(each.track.id, minute_of(each.played_at)) for each in heard}
    spans = [(track, start, start + MINUTE) for track, start in minutes]
    kept = await conn.rows(_KEPT, user_id=user_id, spans=spans)
    plan = reconcile(heard, kept)
    await _write(conn, user_id, plan, source)
    await _point(conn, user_id, plan)
    return Stored(
        inserted=len(plan.new),
        updated=len(plan.changed),
        skipped=len(batch) - len(plan.new) - len(plan.changed),
        touched=plan.touched(),
    )
