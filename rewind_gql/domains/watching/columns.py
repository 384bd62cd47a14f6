"""Whose a row of watching is."""

from typing import Any

from sqlalchemy import ColumnElement, bindparam
from sqlmodel import col

from rewind_gql.store.columns import Id


def mine(table: Any) -> ColumnElement[bool]:
    """The rows of `table` that are the asking user's."""
    return col(table.user_id) == bindparam("user_id")


def own(table: Any) -> ColumnElement[bool]:
    """The same where ids are given, said so that no database looks through all that is theirs."""
    whose: ColumnElement[bool] = col(table.user_id) + 0 == bindparam("user_id", type_=Id)
    return whose
