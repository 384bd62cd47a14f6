"""The part of intake for what an account says of all copies: worth, folders, fields for notes."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, insert, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.domains.base import Stored
from rewind_gql.domains.collecting import records
from rewind_gql.domains.collecting.columns import mine
from rewind_gql.domains.collecting.releases import Row, row_of
from rewind_gql.domains.collecting.tables import Folder, Item, NoteField, Shelved, Value
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

_WORTH = (
    "currency",
    "minimum_cents",
    "median_cents",
    "maximum_cents",
    "asked_cents",
    "items",
    "seen_at",
)

_FOLDER = ("folder_id", "name")
_FIELD = ("field_id", "name", "kind", "options", "position")
_FOLDERS: Read[Row] = Read(
    select(*(getattr(Folder, name) for name in _FOLDER))
    .where(mine(Folder))
    .order_by(col(Folder.folder_id)),
    row_of(*_FOLDER),
)
_FIELDS: Read[Row] = Read(
    select(*(getattr(NoteField, name) for name in _FIELD))
    .where(mine(NoteField))
    .order_by(col(NoteField.field_id)),
    row_of(*_FIELD),
)
_ITEMS = Read(select(func.count()).select_from(Item).where(mine(Item)), int)
_ASKED: Read[tuple[int | None]] = Read(
    select(func.sum(col(Shelved.price_cents))).where(
        mine(Shelved), col(Shelved.currency) == bindparam("currency")
    )
)


async def worth(
    conn: Writing, user_id: int, batch: Sequence[records.Worth], *, source: str
) -> Stored:
    """Store what the collection is worth this month; a later word in one month replaces it.

    It is no item of the collection, so it counts as none.
    """
    if not batch:
        return Stored()
    told, now = batch[-1], clock.now()
    month = clock.month_start(now.date())
    (asked,) = await conn.value(_ASKED, user_id=user_id, currency=told.currency)
    row = {
        "user_id": user_id,
        "month": month,
        "currency": told.currency,
        "minimum_cents": told.minimum_cents,
        "median_cents": told.median_cents,
        "maximum_cents": told.maximum_cents,
        "asked_cents": None if asked is None else int(asked),
        "items": await conn.value(_ITEMS, user_id=user_id),
        "seen_at": now,
    }
    await upsert(conn, Value, [row], key=("user_id", "month"), update=_WORTH)
    return Stored()


async def names(
    conn: Writing,
    user_id: int,
    *,
    folders: Sequence[records.Folder],
    fields: Sequence[records.NoteField],
) -> Stored:
    """Replace the folders and the fields for notes by what the account has now, if it is other."""
    rows: list[Row] = [{"folder_id": each.folder_id, "name": each.name} for each in folders]
    asked: list[Row] = [
        {
            "field_id": each.field_id,
            "name": each.name,
            "kind": each.kind,
            "options": [*each.options],
            "position": each.position,
        }
        for each in fields
    ]
    await _replace(conn, user_id, Folder, await conn.rows(_FOLDERS, user_id=user_id), rows)
    await _replace(conn, user_id, NoteField, await conn.rows(_FIELDS, user_id=user_id), asked)
    return Stored()


async def _replace(
    conn: Writing, user_id: int, table: type[Folder | NoteField], old: list[Row], new: list[Row]
) -> None:
    """Replace the rows of a user, which `old` are in order of their ids."""
    ordered = sorted(new, key=lambda row: int(next(iter(row.values()))))
    if ordered == old:
        return
    await conn.execute(delete(table).where(col(table.user_id) == user_id))
    if ordered:
        await conn.execute(insert(table), [{"user_id": user_id, **row} for row in ordered])
