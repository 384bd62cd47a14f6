"""Names that hold some words: the condition, and the artists and albums it finds."""

from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, bindparam, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean
from sqlmodel import col, not_

from rewind_gql import text
from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.drift import ALL_TIME
from rewind_gql.domains.listening.queries.columns import ALL_GRAIN, OWNER
from rewind_gql.domains.listening.tables import Album, Artist, Rollup
from rewind_gql.store.columns import Day
from rewind_gql.store.read import Conn, Read


async def artists_named(conn: Conn, user_id: int, name: str) -> list[int]:
    """The shown artists whose name holds `name`, whatever its case; the oldest first."""
    return _in_order(await conn.value(_ARTISTS, user_id=user_id, words=text.match_key(name)))


async def albums_named(conn: Conn, user_id: int, name: str) -> list[int]:
    """The shown albums whose name holds `name`, whatever its case; the oldest first."""
    return _in_order(await conn.value(_ALBUMS, user_id=user_id, words=text.match_key(name)))


async def artist_named(conn: Conn, user_id: int, name: str) -> int | None:
    """The most played shown artist whose name holds `name`; of equals, the oldest; None if none."""
    return await conn.first(_MOST_PLAYED, user_id=user_id, words=text.match_key(name))


def holding(key: Any, name: str = "words") -> ColumnElement[bool]:
    """The match key holds the words bound as `name`; every sign in them means itself."""
    return _Holds(key, bindparam(name, type_=Text()))


class _Holds(FunctionElement[bool]):
    """Whether one text is part of another."""

    type = Boolean()
    name = "listening_holds"
    inherit_cache = True


@compiles(_Holds, "sqlite")
def _holds_sqlite(element: _Holds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **kw)}) > 0)"


@compiles(_Holds, "postgresql")
def _holds_postgresql(element: _Holds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(strpos({compiler.process(element.clauses, **kw)}) > 0)"


def _in_order(ids: str | None) -> list[int]:
    return sorted(orjson.loads(ids or "[]"))


def _named(table: Any) -> Read[Any]:
    """Those that fit as one list, for they can be all there are."""
    fits = (col(table.user_id) == OWNER, holding(col(table.match_key)), not_(col(table.hidden)))
    return Read(select(bulk.gathered(col(table.id))).where(*fits), lambda ids: ids)


_ARTISTS = _named(Artist)
_ALBUMS = _named(Album)
_PLAYS = (
    select(col(Rollup.plays))
    .where(
        col(Rollup.user_id) == OWNER,
        col(Rollup.kind) == literal("artist"),
        col(Rollup.entity_id) == col(Artist.id),
        col(Rollup.grain) == ALL_GRAIN,
        col(Rollup.bucket) == literal(ALL_TIME, Day()),
    )
    .correlate(Artist)
    .scalar_subquery()
)
_MOST_PLAYED: Read[int] = Read(
    select(col(Artist.id))
    .where(col(Artist.user_id) == OWNER, holding(col(Artist.match_key)), not_(col(Artist.hidden)))
    .order_by(_PLAYS.desc().nulls_last(), col(Artist.id))
    .limit(1),
    int,
)
