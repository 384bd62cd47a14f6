"""Column types and SQL functions that mean the same on SQLite and on PostgreSQL."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Integer,
    SmallInteger,
    Text,
    bindparam,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator, TypeEngine

from rewind_gql import clock
from rewind_gql.store.rows import written

_FIRST_DAY = date(1970, 1, 1)

Id = BigInteger().with_variant(Integer, "sqlite")
"""A primary or foreign key: 64 bits on both databases."""


Coded = Text().with_variant(Text(collation="C"), "postgresql")
"""Words in the order of their characters' codes on both databases, whatever its language."""

Reader = Callable[[Any], Any] | None
"""Makes a driver's value ours. Given to SQLAlchemy as it is, for it runs for every cell."""

Writer = Callable[[Any], Any] | None
"""Makes our value a driver's; a bulk statement binds a hundred thousand of them."""


class Utc(TypeDecorator[datetime]):
    """An instant: integer microseconds on SQLite, timestamptz on PostgreSQL; aware in Python."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's own type on this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive instants; they would mean another moment on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        at = clock.utc(value)  # what could be written but never read again is refused here
        return clock.microseconds(at) if dialect.name == "sqlite" else at

    def bind_processor(self, dialect: Dialect) -> Writer:
        """The same without detours where the instant is in UTC already, as nearly all are."""
        write = super().bind_processor(dialect)
        if dialect.name != "sqlite" or write is None:
            return write
        return lambda at: (
            clock.microseconds(at) if at is not None and at.tzinfo is UTC else write(at)
        )

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Aware UTC again; the driver of PostgreSQL gives that itself."""
        return _instant if dialect.name == "sqlite" else None


class Day(TypeDecorator[date]):
    """A calendar date: days since 1970 on SQLite, date on PostgreSQL."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's own type on this database."""
        kind: TypeEngine[Any] = Integer() if dialect.name == "sqlite" else Date()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Days since 1970 for SQLite."""
        if value is None or dialect.name != "sqlite":
            return value
        return (value - _FIRST_DAY).days

    def bind_processor(self, dialect: Dialect) -> Writer:
        """The same without detours."""
        return _days if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """A date again; the driver of PostgreSQL gives that itself."""
        return _date if dialect.name == "sqlite" else None


class Json(TypeDecorator[Any]):
    """A JSON document: text on SQLite, jsonb on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's own type on this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(_PlainJsonb())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Compact JSON text; None is stored as SQL NULL."""
        return None if value is None else orjson.dumps(value).decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """The document again."""
        return _document


@written("None if {c} is None else {epoch} + {span}(0, 0, {c})", epoch=clock.EPOCH, span=timedelta)
def _instant(value: int | None) -> datetime | None:
    return None if value is None else clock.from_microseconds(value)


def _date(value: int | None) -> date | None:
    return None if value is None else _FIRST_DAY + timedelta(days=value)


def _days(value: date | None) -> int | None:
    return None if value is None else (value - _FIRST_DAY).days


def _number(value: bool | None) -> int | None:
    return None if value is None else int(value)


@written("None if {c} is None else {load}({c})", load=orjson.loads)
def _document(value: str | None) -> Any:
    return None if value is None else orjson.loads(value)


@written("None if {c} is None else {c} != 0")
def _truth(value: int | None) -> bool | None:
    return None if value is None else value != 0


class _PlainJsonb(JSONB):
    """jsonb that takes and gives text; `Json` does the encoding, once."""

    def bind_processor(self, dialect: Dialect) -> None:
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        return None


class Flag(TypeDecorator[bool]):
    """True or false: 0 and 1 on SQLite, boolean on PostgreSQL."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's own type on this database."""
        kind: TypeEngine[Any] = SmallInteger() if dialect.name == "sqlite" else Boolean()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        """An integer for SQLite."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Writer:
        """The same without detours."""
        return _number if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """A bool again; the driver of PostgreSQL gives that itself."""
        return _truth if dialect.name == "sqlite" else None


class Many(TypeDecorator[Sequence[Any]]):
    """A list bound as one parameter: JSON text on SQLite, an array on PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, of: TypeEngine[Any] | type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The parameter's own type on this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(self._item().dialect_impl(dialect)))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """The items as the column stores them."""
        item = self._item().dialect_impl(dialect).bind_processor(dialect)
        items = [item(each) for each in value or ()] if item else list(value or ())
        return orjson.dumps(items).decode() if dialect.name == "sqlite" else items

    def _item(self) -> TypeEngine[Any]:
        return self.of() if isinstance(self.of, type) else self.of


class _Unnest(GenericFunction[Any]):
    """The items of a list parameter as rows of one column."""

    name = "rewind_unnest"
    inherit_cache = True


@compiles(_Unnest, "sqlite")
def _unnest_sqlite(element: _Unnest, compiler: SQLCompiler, **kw: Any) -> str:
    items = compiler.process(element.clauses, **kw)
    return f"(SELECT value FROM json_each({items}))"  # noqa: S608  # compiled by SQLAlchemy


@compiles(_Unnest, "postgresql")
def _unnest_postgresql(element: _Unnest, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **kw)}))"


def among(column: Any, name: str) -> ColumnElement[bool]:
    """`column` is one of the items bound as `name`: one statement for any number of items."""
    found: ColumnElement[bool] = column.op("IN", is_comparison=True)(
        _Unnest(bindparam(name, type_=Many(column.type)))
    )
    return found


class utc_day(GenericFunction[date]):  # noqa: N801  # reads as the SQL function it is
    """The UTC date of an instant."""

    type = Day()
    name = "rewind_utc_day"
    inherit_cache = True


@compiles(utc_day, "sqlite")
def _utc_day_sqlite(element: utc_day, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} / 86400000000)"


@compiles(utc_day, "postgresql")
def _utc_day_postgresql(element: utc_day, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} AT TIME ZONE 'UTC')::date"


class week_of(GenericFunction[date]):  # noqa: N801  # reads as the SQL function it is
    """The Monday of a date's week."""

    type = Day()
    name = "rewind_week_of"
    inherit_cache = True


@compiles(week_of, "sqlite")
def _week_of_sqlite(element: week_of, compiler: SQLCompiler, **kw: Any) -> str:
    day = compiler.process(element.clauses, **kw)
    return f"({day} - (({day} + 3) % 7 + 7) % 7)"  # day 0 was a Thursday


@compiles(week_of, "postgresql")
def _week_of_postgresql(element: week_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date_trunc('week', {compiler.process(element.clauses, **kw)})::date"


class coded(GenericFunction[str]):  # noqa: N801  # reads as the SQL function it is
    """Words that sort by the codes of their characters, whatever the language of the database."""

    type = Text()
    name = "rewind_coded"
    inherit_cache = True


@compiles(coded, "sqlite")
def _coded_sqlite(element: coded, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(next(iter(element.clauses)), **kw)


@compiles(coded, "postgresql")
def _coded_postgresql(element: coded, compiler: SQLCompiler, **kw: Any) -> str:
    return f'({compiler.process(element.clauses, **kw)} COLLATE "C")'


class month_of(GenericFunction[date]):  # noqa: N801  # reads as the SQL function it is
    """The first day of a date's month."""

    type = Day()
    name = "rewind_month_of"
    inherit_cache = True


@compiles(month_of, "sqlite")
def _month_of_sqlite(element: month_of, compiler: SQLCompiler, **kw: Any) -> str:
    return _start_sqlite("month", compiler.process(element.clauses, **kw))


@compiles(month_of, "postgresql")
def _month_of_postgresql(element: month_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date_trunc('month', {compiler.process(element.clauses, **kw)})::date"


class year_of(GenericFunction[date]):  # noqa: N801  # reads as the SQL function it is
    """The first day of a date's year."""

    type = Day()
    name = "rewind_year_of"
    inherit_cache = True


@compiles(year_of, "sqlite")
def _year_of_sqlite(element: year_of, compiler: SQLCompiler, **kw: Any) -> str:
    return _start_sqlite("year", compiler.process(element.clauses, **kw))


@compiles(year_of, "postgresql")
def _year_of_postgresql(element: year_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date_trunc('year', {compiler.process(element.clauses, **kw)})::date"


def _start_sqlite(unit: str, day: str) -> str:
    seconds = f"strftime('%s', {day} * 86400, 'unixepoch', 'start of {unit}')"
    return f"(CAST({seconds} AS INTEGER) / 86400)"
