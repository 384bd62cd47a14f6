"""What PostgreSQL knows of its tables, brought up to date where they have grown much since."""

from sqlalchemy import literal_column, select, text

from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

# It looks at a grown table by itself, but a minute late or more; the plans made meanwhile read all.
GROWN = 4
FEW_PAGES = 4

_STALE: Read[str] = Read(
    select(literal_column("relname::text"))
    .select_from(text("pg_class"))
    .where(
        text("relkind = 'r' AND relnamespace = current_schema()::regnamespace"),
        text(
            "pg_relation_size(oid) / current_setting('block_size')::integer"
            f" > {GROWN} * greatest(relpages, {FEW_PAGES})"
        ),
    )
    .order_by(literal_column("relname")),
    str,
)


async def refresh(conn: Writing) -> None:
    """Have every table looked at that is several times as large as when it last was.

    SQLite plans the same with statistics and without, which tests hold every statement to.
    """
    if conn.dialect.name != "postgresql":
        return
    stale = await conn.rows(_STALE)
    if stale:
        await conn.execute(text(f"ANALYZE {', '.join(stale)}"))
