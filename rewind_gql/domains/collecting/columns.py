"""What statements of collecting are put together from: whose a row is, JSON columns as views."""

from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Boolean, ColumnElement, Dialect, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import col

from rewind_gql.domains.collecting import views
from rewind_gql.store.columns import Id, Json, Reader
from rewind_gql.store.rows import written

# Lists of a page repeat (genres, formats, one artist's credits), so what was read is remembered;
# each row gets a list of its own.
_REMEMBERED = 4_096
_TRACKLISTS_REMEMBERED = 1_024


def mine(table: Any) -> ColumnElement[bool]:
    """The rows of `table` that are the asking user's."""
    return col(table.user_id) == bindparam("user_id")


def own(table: Any) -> ColumnElement[bool]:
    """The same where ids are given, said so that no database looks through all that is theirs.

    SQLite without statistics takes any index that begins with the user for a good one.
    """
    whose: ColumnElement[bool] = col(table.user_id) + 0 == bindparam("user_id", type_=Id)
    return whose


class holds(GenericFunction[bool]):  # noqa: N801  # reads as the SQL function it is
    """Whether the first text has the second somewhere in it, sign for sign."""

    type = Boolean()
    name = "rewind_holds"
    inherit_cache = True


@compiles(holds, "sqlite")
def _holds_sqlite(element: holds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **kw)}) > 0)"


@compiles(holds, "postgresql")
def _holds_postgresql(element: holds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(strpos({compiler.process(element.clauses, **kw)}) > 0)"


class looked_at(GenericFunction[Any]):  # noqa: N801  # reads as the SQL function it is
    """A column that SQLite reads in the rows it comes by, and goes by no index of.

    Without statistics it takes any index for a good one, and looks up row by row what the table
    read from end to end would have told it.
    """

    name = "rewind_looked_at"
    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column, type_=column.type)


@compiles(looked_at, "sqlite")
def _looked_at_sqlite(element: looked_at, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(+{compiler.process(next(iter(element.clauses)), **kw)})"


@compiles(looked_at, "postgresql")
def _looked_at_postgresql(element: looked_at, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(next(iter(element.clauses)), **kw)


class Words(Json):
    """A list of words."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """The words, in order."""
        return _read_words


class Credited(Json):
    """A release's credits as the names alone."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """The names as the sleeve prints them, in order."""
        return _read_credited


class Labels(Json):
    """A release's labels."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Labels with their catalogue numbers, in order."""
        return _read_labels


class Tracklist(Json):
    """A release's tracklist."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader:
        """Its lines, in order."""
        return _read_tracklist


@lru_cache(_REMEMBERED)
def _words(text: str) -> tuple[str, ...]:
    return tuple(orjson.loads(text))


@written("[*{read}({c})]", read=_words)
def _read_words(value: str) -> list[str]:
    return [*_words(value)]


@lru_cache(_REMEMBERED)
def _credited(text: str) -> tuple[str, ...]:
    return tuple(credit["name"] for credit in orjson.loads(text))


@written("[*{read}({c})]", read=_credited)
def _read_credited(value: str) -> list[str]:
    return [*_credited(value)]


@lru_cache(_REMEMBERED)
def _labels(text: str) -> tuple[views.Label, ...]:
    return tuple(views.Label(**label) for label in orjson.loads(text))


@written("[*{read}({c})]", read=_labels)
def _read_labels(value: str) -> list[views.Label]:
    return [*_labels(value)]


@lru_cache(_TRACKLISTS_REMEMBERED)
def _tracklist(text: str) -> tuple[views.TrackLine, ...]:
    return tuple(views.TrackLine(**line) for line in orjson.loads(text))


@written("[*{read}({c})] if {c} != '[]' else []", read=_tracklist)
def _read_tracklist(value: str) -> list[views.TrackLine]:
    return [*_tracklist(value)] if value != "[]" else []
