"""What the seventh revision packs of months, filled in for plays that are there already."""

import secrets
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from rewind_gql import clock
from rewind_gql.store import columns

KINDS = {"at": "<i8", "artist": "<u4", "album": "<u4", "track": "<u4"}
LARGEST = (1 << 32) - 1

_PLAY = sa.table(
    "listening_play",
    *(
        sa.column(name, columns.Id)
        for name in ("id", "user_id", "artist_id", "album_id", "track_id")
    ),
    sa.column("played_at", columns.Utc()),
    sa.column("hidden", columns.Flag()),
)
_BREADTH = sa.table(
    "listening_breadth",
    sa.column("user_id", columns.Id),
    sa.column("grain", sa.String()),
    sa.column("bucket", columns.Day()),
)
_PACK = sa.table(
    "listening_pack",
    *(sa.column(name, columns.Id) for name in ("user_id", "stamp")),
    sa.column("kind", sa.String()),
    sa.column("month", columns.Day()),
    sa.column("numbers", sa.LargeBinary()),
)


def fill(connection: sa.Connection) -> None:
    """Pack every month that has a play, as it will be packed when it changes."""
    months = sa.select(_BREADTH.c.user_id, _BREADTH.c.bucket).where(_BREADTH.c.grain == "month")
    for user_id, month in connection.execute(months).fetchall():
        plays = _plays(connection, user_id, month)
        if not plays or max(max(row[1:]) for row in plays) > LARGEST:
            continue
        stamp = secrets.randbits(63)
        rows = [
            {
                "user_id": user_id,
                "kind": kind,
                "month": month,
                "stamp": stamp,
                "numbers": np.array(numbers, packed).tobytes(),
            }
            for (kind, packed), numbers in zip(KINDS.items(), zip(*plays, strict=True), strict=True)
        ]
        connection.execute(sa.insert(_PACK), rows)


def _plays(connection: sa.Connection, user_id: int, month: date) -> list[tuple[int, ...]]:
    """When each play of a month was heard, whose it is, and on what; oldest first."""
    found = sa.select(
        _PLAY.c.played_at, _PLAY.c.artist_id, _PLAY.c.album_id, _PLAY.c.track_id
    ).where(
        _PLAY.c.user_id == user_id,
        _PLAY.c.played_at >= clock.midnight(month),
        _PLAY.c.played_at < clock.midnight(clock.next_month(month)),
        sa.not_(_PLAY.c.hidden),
    )
    rows: Any = connection.execute(found.order_by(_PLAY.c.played_at, _PLAY.c.id))
    return [
        (clock.microseconds(at), artist, album or 0, track) for at, artist, album, track in rows
    ]
