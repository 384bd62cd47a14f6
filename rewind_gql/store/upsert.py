"""Insert or update in bulk, on both databases, in an order that two writers can share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from rewind_gql.store.engine import Writing

Row = Mapping[str, Any]


async def upsert(
    conn: Writing,
    table: type[SQLModel],
    rows: Iterable[Row],
    *,
    key: Sequence[str],
    update: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> None:
    """Write `rows`, unique by `key`; of rows with one key the last wins.

    Columns in `update` are overwritten on a row that exists; those in `keep` only where the new
    value is not NULL; all others are left as they are. A row that would be what it is already is
    not written at all. Rows are written in key order, so that two writers never wait for each
    other in a circle.
    """
    unique = {tuple(row[name] for name in key): dict(row) for row in rows}
    if not unique:
        return
    ordered = [unique[at] for at in sorted(unique, key=_sortable)]
    await conn.execute(_statement(conn, table, key, update, keep), ordered)


def _sortable(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple((value is not None, value) for value in values)


def _statement(
    conn: Writing,
    table: type[SQLModel],
    key: Sequence[str],
    update: Sequence[str],
    keep: Sequence[str],
) -> Any:
    target = table.__table__  # type: ignore[attr-defined]  # every table model has one
    insert: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(target)
    if not update and not keep:
        return statement.on_conflict_do_nothing(index_elements=list(key))
    new = statement.excluded
    changed = {name: new[name] for name in update} | {
        name: func.coalesce(new[name], target.c[name]) for name in keep
    }
    differs = or_(*(target.c[name].is_distinct_from(value) for name, value in changed.items()))
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=differs)
