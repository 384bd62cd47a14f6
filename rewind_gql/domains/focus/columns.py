"""Whose a row is, and the columns that views are made of."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, text
from sqlmodel import SQLModel

from rewind_gql import clock
from rewind_gql.errors import BadInput
from rewind_gql.store.columns import Id, Utc
from rewind_gql.store.page import Key, Slice

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
FOCUS = "focus"
"""The kind of session that is no rest."""
OWNER = bindparam("user_id", type_=Id)
TIMED = text("focus_session.state IN ('completed', 'cancelled')")
SHOWN = text("focus_session.state <> 'deleted'")
"""These stand in the text of a statement, so that a database sees that an index of those fits."""


def of(view: type, table: type[SQLModel], *, prefix: str = "") -> list[ColumnElement[Any]]:
    """The columns of `table` that `view` has fields for, named for them."""
    columns: Any = table.__table__.c  # type: ignore[attr-defined]  # every table model has one
    return [columns[field.name].label(prefix + field.name) for field in fields(view)]


def itself(value: Any) -> Any:
    """What a read of one column makes of its value: nothing else."""
    return value


def own(column: Any) -> ColumnElement[bool]:
    """The row is this user's, said so that no database looks through all that is theirs.

    For where ids are given: SQLite without statistics takes any index that begins with the user.
    """
    mine: ColumnElement[bool] = column + 0 == OWNER
    return mine


def between(at: Any, tie: Any) -> list[ColumnElement[bool]]:
    """Rows between two places in the order of an instant and an id, both left out."""
    low_at, low_tie = bindparam("low_at", type_=Utc()), bindparam("low_tie", type_=Id)
    high_at, high_tie = bindparam("high_at", type_=Utc()), bindparam("high_tie", type_=Id)
    return [
        at >= low_at,
        at <= high_at,
        or_(at > low_at, tie > low_tie),
        or_(at < high_at, tie < high_tie),
    ]


def bounds(
    part: Slice, since: datetime | None = None, until: datetime | None = None
) -> dict[str, Any]:
    """What binds `between` to a window and to a part of its rows, newest first."""
    low, high = (since or clock.EPOCH, -1), (until or FOREVER, -1)
    if part.after:
        high = min(high, _place(part.after))
    if part.before:
        low = max(low, _place(part.before))
    return {"low_at": low[0], "low_tie": low[1], "high_at": high[0], "high_tie": high[1]}


def ordered(keys: Sequence[Any], *, backward: bool) -> list[ColumnElement[Any]]:
    """The keys downwards, or upwards where a list is read from its end."""
    return [key.asc() if backward else key.desc() for key in keys]


def _place(key: Key) -> tuple[datetime, int]:
    at, tie = key
    try:
        return clock.from_microseconds(int(at or 0)), int(tie or 0)
    except OverflowError as wrong:
        raise BadInput("This cursor is not one of ours") from wrong
