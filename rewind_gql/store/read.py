"""Prebuilt reads: a statement built once, compiled once per database, its rows made into views.

A query function awaits its connection and never learns what is behind it: a read-only SQLite
connection answering in place, a thread beside it for slow statements, asyncpg, or the connection of
a write transaction.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Dialect, Executable, Float
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.types import TypeEngine

from rewind_gql import trace
from rewind_gql.store.domains import named
from rewind_gql.store.rows import Rows, builder

V = TypeVar("V")
Wanted = frozenset[str] | None
"""Names of columns, or of fields that hold a dataclass; None for all there are."""
_MOST_PARTS = 64


class Read(Generic[V]):
    """One question with a fixed text: the statement, and what a row of it becomes.

    `into` is a dataclass, whose fields the columns are named for: `track__id` fills field `id` of
    the dataclass in field `track`, which is None where `track__id`, its first column, is NULL and
    the field allows None. With any other callable and one column, each value is passed to it;
    without `into`, rows stay tuples. Parameters are bound by name; limits are parameters too.

    `keys` are columns that whoever asks needs of every row, whatever else is wanted of it. With
    `is_part`, fields for which there is no column stay unset.
    """

    def __init__(
        self,
        statement: Executable,
        into: Callable[..., V] | type[V] | None = None,
        *,
        keys: Sequence[str] = (),
        is_part: bool = False,
    ) -> None:
        self.statement = statement
        self.into = into
        self._keys = keys
        self._is_part = is_part
        self._prepared: dict[str, Prepared[V]] = {}
        self._parts: dict[frozenset[str], Read[V]] = {}

    def only(self, wanted: Wanted) -> "Read[V]":
        """The same question for these columns and the keys; None stands for all of them.

        A name stands for the column, or for all columns of the dataclass in that field. What is
        not asked for is missing from the views: to look at it is an `AttributeError`.
        """
        if wanted is None:
            return self
        known = self._parts.get(wanted)
        if known is None:
            if len(self._parts) >= _MOST_PARTS:
                return self
            known = self._parts[wanted] = self._part(wanted)
        return known

    def _part(self, wanted: frozenset[str]) -> "Read[V]":
        select: Any = self.statement
        names = list(select.selected_columns.keys())
        if not wanted <= {path for name in names for path in _paths(name)}:
            return self  # it is not made of columns alone
        kept = {name for name in names if name in self._keys or not wanted.isdisjoint(_paths(name))}
        # The first of a dataclass tells whether there is one.
        firsts = {path: name for name in reversed(names) for path in _paths(name)[:-1]}
        kept |= {firsts[path] for name in kept for path in _paths(name)[:-1]}
        columns = [column for name, column in select.selected_columns.items() if name in kept]
        part = select.with_only_columns(*columns, maintain_column_froms=True)
        return Read(part, self.into, is_part=True)

    def prepared(self, dialect: Dialect) -> "Prepared[V]":
        """The read for one database; compiled at the first call."""
        known = self._prepared.get(dialect.name)
        if known is None:
            known = self._prepared[dialect.name] = Prepared(
                self.statement, self.into, dialect, is_part=self._is_part
            )
        trace.read(known.tables)
        return known


class Prepared(Generic[V]):
    """SQL text, the binding of its parameters and the builder of its rows, for one database."""

    def __init__(
        self,
        statement: Executable,
        into: Callable[..., V] | None,
        dialect: Dialect,
        *,
        is_part: bool = False,
    ) -> None:
        compiled: Compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every statement can
        self.sql = str(compiled)
        self.tables = named(self.sql)
        names: dict[Any, str] = compiled.bind_names  # type: ignore[attr-defined]  # SQLCompiler has it
        binders = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for bind, name in names.items()
        }
        fixed = {name: bind.value for bind, name in names.items() if not bind.required}
        self.fixed = {n: f(v) if (f := binders[n]) else v for n, v in fixed.items()}
        self.binders = {name: binders[name] for name in binders if name not in fixed}
        self.order: list[str] = list(compiled.positiontup or ())  # type: ignore[attr-defined]
        columns = [
            (entry.keyname, _reader(entry.type, dialect))
            for entry in compiled._result_columns or ()
        ]
        self.build: Callable[[Rows], list[V]] = builder(into, columns, is_part=is_part)

    def bind(self, given: dict[str, Any]) -> dict[str, Any]:
        """The given values as this database takes them; a name too many or missing is an error."""
        if given.keys() != self.binders.keys():
            raise TypeError(f"parameters {sorted(given)} given for {sorted(self.binders)}")
        bound = {name: f(given[name]) if f else given[name] for name, f in self.binders.items()}
        return {**self.fixed, **bound}

    def positional(self, given: dict[str, Any]) -> tuple[Any, ...]:
        """The same, in the order of the text's numbered parameters."""
        bound = self.bind(given)
        return tuple(bound[name] for name in self.order)


def _paths(name: str) -> list[str]:
    """A column's name, and before it those of the fields it lies in: `track`, `track__id`."""
    parts = name.split("__")
    return ["__".join(parts[: at + 1]) for at in range(len(parts))]


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes a raw value of that type ours; None where it is already."""
    if isinstance(kind, Float):  # drivers give floats, and one reader insists on a type number
        return None
    return kind.dialect_impl(dialect).result_processor(dialect, None)


class Conn(Protocol):
    """What a query may do with its connection, whatever is behind it."""

    async def rows(self, read: Read[V], /, **params: Any) -> list[V]:
        """Every row of `read` as its view, in the statement's order."""
        ...

    async def first(self, read: Read[V], /, **params: Any) -> V | None:
        """The first row of `read`; None when there is none."""
        ...

    async def value(self, read: Read[V], /, **params: Any) -> V:
        """The only row of `read`; raises `LookupError` when there is none."""
        ...
