"""How far the data of each person has come, by domain: numbers that rise with every change.

A transaction that has changed rows ends with the statement that raises its numbers. Whoever reads
a number before rows knows: as long as the number stands, so do the rows.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col, select

from rewind_gql import clock
from rewind_gql.store.columns import Id
from rewind_gql.store.domains import UNTOLD, domains, written
from rewind_gql.store.read import Conn, Read

EVERYBODY = 0
"""In place of a user: what was changed concerns everybody, or it is not known whom."""

_OWNER = re.compile(r"(?:\w_)?(?:user_id|owner|user|whose)(?:_\d+)?")


class DataVersion(SQLModel, table=True):
    """How far one domain of one person's data has come; with user 0, what concerns everybody.

    What a person is told is the sum of their own number and everybody's. A number rises at least to
    the time in milliseconds, so that it is a new one even after an older database was put back.
    """

    __tablename__ = "data_version"
    __table_args__ = ({"info": {"domain": UNTOLD}},)

    user_id: int = Field(primary_key=True, sa_type=Id)
    domain: str = Field(primary_key=True)
    version: int = Field(sa_type=Id)


class Changes:
    """What one transaction has changed: whose, and in which domains."""

    def __init__(self) -> None:
        self._found: set[tuple[int, str]] = set()

    def note(self, sql: str, params: Sequence[Mapping[str, Any]], count: int) -> None:
        """Note a statement that was run with these parameters and changed `count` rows.

        A negative count is one that the database does not tell.
        """
        changed = written(sql)
        if changed and count:
            whose = _owners(params)
            self._found.update((user_id, domain) for user_id in whose for domain in changed)

    def rows(self) -> list[dict[str, Any]]:
        """What raises the numbers, in an order that two writers can share."""
        at = clock.microseconds(clock.present()) // 1_000
        return [
            {"user_id": user_id, "domain": domain, "version": at}
            for user_id, domain in sorted(self._found)
        ]


def _owners(params: Sequence[Mapping[str, Any]]) -> set[int]:
    """Whose rows a statement touches, as its parameters say; everybody's where they do not."""
    names = _owner_names(tuple(params[0])) if params else ()
    whose: set[Any] = set().union(*[map(itemgetter(name), params) for name in names])
    return whose if whose and all(type(each) is int for each in whose) else {EVERYBODY}


@lru_cache(4_096)
def _owner_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if _OWNER.fullmatch(name))


def _raise(dialect: Any) -> Any:
    insert = dialect.insert(DataVersion)
    known, given = col(DataVersion.version), insert.excluded.version
    return insert.on_conflict_do_update(
        index_elements=["user_id", "domain"],
        set_={"version": case((known >= given, known + 1), else_=given)},
    )


RAISE = {"sqlite": _raise(sqlite), "postgresql": _raise(postgresql)}
_NUMBERS: Read[Any] = Read(
    select(DataVersion.domain, DataVersion.version).where(
        col(DataVersion.user_id).in_((EVERYBODY, bindparam("user_id")))
    )
)


async def numbers(conn: Conn, user_id: int) -> dict[str, int]:
    """How far each domain of a person's data has come; 0 where nothing was ever written."""
    found = dict.fromkeys(domains(), 0)
    for domain, version in await conn.rows(_NUMBERS, user_id=user_id):
        found[domain] = found.get(domain, 0) + version
    return found
