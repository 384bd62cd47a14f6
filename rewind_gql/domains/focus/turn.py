"""One writer at a time for one person's focus."""

from typing import Any

from sqlalchemy import Integer, bindparam, func, literal_column, select, text

from rewind_gql.domains.focus.tables import Conflict, ConflictMember, Day, Session
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

# Any fixed number does; it parts this lock from other advisory locks.
LOCK = 5_118
# PostgreSQL looks at a grown table a minute late; the plans made meanwhile read all of it.
GROWN = 4
FEW_PAGES = 5
_TABLES = (Session, Day, Conflict, ConflictMember)
_GATHER = text(f"ANALYZE {', '.join(str(table.__tablename__) for table in _TABLES)}")
_TAKE: Read[Any] = Read(
    select(
        func.pg_advisory_xact_lock(LOCK, bindparam("user_id", type_=Integer())),
        func.pg_relation_size(text("oid")) / func.current_setting("block_size").cast(Integer),
        literal_column("relpages"),
    )
    .select_from(text("pg_class"))
    .where(text(f"oid = '{Session.__tablename__}'::regclass"))
)


async def take(conn: Writing, user_id: int) -> None:
    """Let one transaction at a time change a person's sessions, devices and preferences.

    It lasts until the transaction ends. What is known of ids, versions and counts is right only
    while nobody else writes. SQLite has one writer anyway. On PostgreSQL a table that has grown
    much since it was last looked at is looked at first.
    """
    if conn.dialect.name != "postgresql":
        return
    _, pages, known = await conn.value(_TAKE, user_id=user_id)
    if pages > GROWN * max(known, FEW_PAGES):
        await conn.execute(_GATHER)
