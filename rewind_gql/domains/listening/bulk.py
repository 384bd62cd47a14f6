"""What bulk statements share: rows bound as one parameter, lists per parent, one writer a user."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Dialect,
    Integer,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Select, Subquery, TableValuedAlias
from sqlalchemy.types import TypeDecorator, TypeEngine

from rewind_gql.domains.listening.tables import Album, Artist, Play, Rollup, Track
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read

Kind = TypeEngine[Any] | type[TypeEngine[Any]]

# Any fixed number does; it parts this lock from other advisory locks.
LOCK = 5_117
_TABLES = (Artist, Album, Track, Play, Rollup)
_TAKE_TURN: Read[Any] = Read(
    select(
        func.pg_advisory_xact_lock(LOCK, bindparam("user_id", type_=Integer())),
        func.pg_relation_size(text("oid")) / func.current_setting("block_size").cast(Integer),
        literal_column("relpages"),
    )
    .select_from(text("pg_class"))
    .where(text(f"oid = '{Play.__tablename__}'::regclass"))
)
_GATHER = text(f"ANALYZE {', '.join(str(table.__tablename__) for table in _TABLES)}")
# PostgreSQL looks at a grown table a minute late; the plans made meanwhile read all of it.
GROWN = 4
FEW_PAGES = 20


async def take_turn(conn: Writing, user_id: int) -> None:
    """Let one transaction at a time change a user's listening, until it ends.

    Counts are right only when no other writer stores plays between counting and committing. SQLite
    has one writer anyway. On PostgreSQL a table that has grown much since it was last looked at is
    looked at first.
    """
    if conn.dialect.name != "postgresql":
        return
    _, pages, known = await conn.value(_TAKE_TURN, user_id=user_id)
    if pages > GROWN * max(known, FEW_PAGES):
        await conn.execute(_GATHER)


def rows(name: str, /, **kinds: Kind) -> Subquery:
    """A table of the rows bound as `name`, lists of items in the order of `kinds`."""
    types = [kind() if isinstance(kind, type) else kind for kind in kinds.values()]
    unpacked = _Unpacked(bindparam(name, type_=_Rows(*types))).table_valued("value")
    items = [
        cast(_Item(unpacked.c.value, literal_column(str(at))), kind).label(column)
        for at, (column, kind) in enumerate(zip(kinds, types, strict=True))
    ]
    return select(*items).subquery(name)


def each(found: Select[Any], parent: Any) -> TableValuedAlias:
    """The ids that `found` gives for each row of `parent`, in column `value`; `key` numbers them.

    A limit in `found` holds for each parent, so that nothing beyond it is read.
    """
    return _Each(found.correlate(parent).scalar_subquery()).table_valued("value", "key")


def gathered(column: Any) -> Any:
    """All values of a column that are not NULL as one JSON list, in the order rows are found in.

    NULL itself of no rows on PostgreSQL.
    """
    return cast(_Gathered(column).filter(column.is_not(None)), Text)


def micros(instant: Any) -> Any:
    """An instant as microseconds since 1970."""
    return _Micros(instant)


class _Gathered(FunctionElement[str]):
    """A JSON list of values."""

    type = Text()
    name = "listening_gathered"
    inherit_cache = True


@compiles(_Gathered, "sqlite")
def _gathered_sqlite(element: _Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **kw)})"


@compiles(_Gathered, "postgresql")
def _gathered_postgresql(element: _Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_agg({compiler.process(element.clauses, **kw)})"


class _Micros(FunctionElement[int]):
    """Microseconds since 1970, as SQLite stores instants."""

    type = BigInteger()
    name = "listening_micros"
    inherit_cache = True


@compiles(_Micros, "sqlite")
def _micros_sqlite(element: _Micros, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(_Micros, "postgresql")
def _micros_postgresql(element: _Micros, compiler: SQLCompiler, **kw: Any) -> str:
    # Of a timestamp this is an exact decimal number.
    instant = compiler.process(element.clauses, **kw)
    return f"(extract(epoch FROM {instant}) * 1000000)::bigint"


class _Rows(TypeDecorator[Sequence[Sequence[Any]]]):
    """A JSON list of rows, each item as its column stores it."""

    impl = Text
    cache_ok = True

    def __init__(self, *types: TypeEngine[Any]) -> None:
        super().__init__()
        self.types = types

    def process_bind_param(self, value: Sequence[Sequence[Any]] | None, dialect: Dialect) -> str:
        """JSON text; instants and dates in ISO form where they are no numbers."""
        columns: list[Any] = list(zip(*(value or ()), strict=True))
        for at, kind in enumerate(self.types[: len(columns)]):
            bind = kind.dialect_impl(dialect).bind_processor(dialect)
            if bind:
                columns[at] = map(bind, columns[at])
        return orjson.dumps(list(zip(*columns, strict=True))).decode()


class _Unpacked(FunctionElement[Any]):
    """The rows of a JSON list, each in column `value`."""

    name = "listening_unpacked"
    inherit_cache = True


@compiles(_Unpacked, "sqlite")
def _unpacked_sqlite(element: _Unpacked, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_Unpacked, "postgresql")
def _unpacked_postgresql(element: _Unpacked, compiler: SQLCompiler, **kw: Any) -> str:
    found = compiler.process(element.clauses, **kw)
    return f"(SELECT jsonb_array_elements(({found})::jsonb) AS value)"


class _Item(FunctionElement[Any]):
    """One item of a row."""

    name = "listening_item"
    inherit_cache = True


@compiles(_Item, "sqlite")
def _item_sqlite(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    row, at = (compiler.process(each, **kw) for each in element.clauses)
    return f"json_extract({row}, '$[{at}]')"


@compiles(_Item, "postgresql")
def _item_postgresql(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    row, at = (compiler.process(each, **kw) for each in element.clauses)
    return f"({row} ->> {at})"


class _Each(FunctionElement[Any]):
    """The values of a one-column select that may look at tables named before it."""

    name = "listening_each"
    inherit_cache = True


@compiles(_Each, "sqlite")
def _each_sqlite(element: _Each, compiler: SQLCompiler, **kw: Any) -> str:
    found = compiler.process(element.clauses, **{**kw, "asfrom": False})
    return f"json_each((SELECT json_group_array(id) FROM {found}))"  # noqa: S608  # compiled


@compiles(_Each, "postgresql")
def _each_postgresql(element: _Each, compiler: SQLCompiler, **kw: Any) -> str:
    found = compiler.process(element.clauses, **{**kw, "asfrom": False})
    numbered = f"unnest(ARRAY{found}) WITH ORDINALITY AS ids (value, key)"
    return f"LATERAL (SELECT * FROM {numbered})"  # noqa: S608  # compiled
