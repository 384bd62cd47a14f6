"""Pieces of statements: columns labelled for the fields of a view, fixed choices of words."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import col


def columns(table: Any, view: Any, **renamed: str) -> list[Any]:
    """One column per field of `view`, in its order; `renamed` maps a field to another column.

    Fields that the table has no column for are left out; their defaults stand.
    """
    names = [field.name for field in dataclasses.fields(view)]
    named = [(name, renamed.get(name, name)) for name in names]
    held = table.__table__.c
    return [getattr(table, name).label(field) for field, name in named if name in held]


def one_of(column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """`column` is one of these fixed words; written out, for a prebuilt read cannot grow a list."""
    return or_(*(col(column) == value for value in values))
