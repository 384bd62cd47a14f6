"""A question for some columns: those that are wanted, the keys, and what tells what is there."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Integer, Text, column, select, table
from sqlalchemy.dialects import sqlite

from rewind_gql.store.read import Read

DIALECT = sqlite.dialect(paramstyle="named")
INNER = table("inner", column("id", Integer), column("name", Text), column("note", Text))
OUTER = table(
    "outer", column("id", Integer), column("at", Integer), column("word", Text), column("inner_id")
)


@dataclass(slots=True, kw_only=True)
class Inner:
    """Something in something else."""

    id: int
    name: str
    note: str


@dataclass(slots=True, kw_only=True)
class Outer:
    """Something with something in it, or not."""

    id: int
    at: int
    word: str
    inner: Inner | None


READ = Read(
    select(
        OUTER.c.id,
        OUTER.c.at,
        OUTER.c.word,
        *(each.label(f"inner__{each.name}") for each in INNER.c),
    ).select_from(OUTER.outerjoin(INNER, INNER.c.id == OUTER.c.inner_id)),
    Outer,
    keys=("id", "at"),
)


def columns(read: Read[Outer]) -> list[str]:
    """The columns a read asks for."""
    return list(read.statement.selected_columns.keys())  # type: ignore[attr-defined]  # it is a select


def test_a_part_asks_for_what_is_wanted_and_the_keys() -> None:
    assert columns(READ.only(frozenset({"word"}))) == ["id", "at", "word"]
    assert columns(READ.only(frozenset())) == ["id", "at"]


def test_of_what_lies_within_the_first_column_is_read_too() -> None:
    part = READ.only(frozenset({"inner__note"}))

    [there, missing] = part.prepared(DIALECT).build([(1, 2, 3, "deep"), (4, 5, None, None)])

    assert columns(part) == ["id", "at", "inner__id", "inner__note"]
    assert (there.inner.id, there.inner.note) == (3, "deep")
    assert missing.inner is None


def test_the_name_of_a_field_stands_for_all_that_lies_within() -> None:
    wanted = ["id", "at", "inner__id", "inner__name", "inner__note"]

    assert columns(READ.only(frozenset({"inner"}))) == wanted


def test_what_was_not_asked_for_is_not_there() -> None:
    [made] = READ.only(frozenset({"word"})).prepared(DIALECT).build([(1, 2, "Low")])

    assert made.word == "Low"
    with pytest.raises(AttributeError):
        _ = made.inner


def test_all_is_read_where_nobody_knows_what_is_wanted_or_it_is_no_column() -> None:
    assert READ.only(None) is READ
    assert columns(READ.only(frozenset({"inner__length"}))) == columns(READ)


def test_a_part_is_made_once_and_only_so_many_are() -> None:
    read = Read(READ.statement, Outer)

    part = read.only(frozenset({"word"}))
    others = [read.only(frozenset({"id", f"inner__{at}"})) for at in range(100)]

    assert read.only(frozenset({"word"})) is part
    assert others[-1] is read
    assert read.only(frozenset({"at"})) is read


def test_a_view_of_the_whole_needs_all_its_columns() -> None:
    with pytest.raises(TypeError, match="no column"):
        Read(select(OUTER.c.id, OUTER.c.at), Outer).prepared(DIALECT)
