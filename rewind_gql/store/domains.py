"""Which domain each table belongs to, and which tables a statement reads or writes."""

import re
from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Table
from sqlmodel import SQLModel

UNTOLD = ""
"""The domain of tables that no answer may be kept for: keys, leases, and the like."""

_WRITTEN = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)")
_WORD = re.compile(r"\w+")
_HARMLESS = ("SELECT", "WITH", "ANALYZE")
_REBUILDING = ("ALTER", "CREATE", "DROP")


def domain_of(table: str) -> str:
    """The domain a table belongs to: what its room says, or else the room itself."""
    known: Table = SQLModel.metadata.tables[table]
    domain: str = known.info.get("domain", table.partition("_")[0])
    return domain


def domains() -> list[str]:
    """Every domain there is, in order of the alphabet."""
    return sorted({domain_of(table) for table in SQLModel.metadata.tables} - {UNTOLD})


def domains_of(tables: Iterable[frozenset[str]]) -> tuple[str, ...] | None:
    """The domains that these tables lie in; None where an untold one is among them."""
    found = {domain for each in tables for domain in _domains_in(each)}
    return None if UNTOLD in found else tuple(sorted(found))


@lru_cache(4_096)
def _domains_in(tables: frozenset[str]) -> frozenset[str]:
    return frozenset(map(domain_of, tables))


def named(sql: str) -> frozenset[str]:
    """The tables a statement names."""
    return frozenset(_WORD.findall(sql)).intersection(SQLModel.metadata.tables)


@lru_cache(4_096)
def written(sql: str) -> frozenset[str]:
    """The domains of the tables that a statement writes; none for one that only reads.

    One that rebuilds the database counts for all. Raises `TypeError` for a statement of which it
    cannot be told.
    """
    first = sql.lstrip("( \n").upper()
    if first.startswith(_REBUILDING):
        return frozenset(domains())
    tables = frozenset(_WRITTEN.findall(sql)).intersection(SQLModel.metadata.tables)
    if not tables and not first.startswith(_HARMLESS):
        raise TypeError(f"it cannot be told which table this writes: {sql}")
    return frozenset(map(domain_of, tables)) - {UNTOLD}
