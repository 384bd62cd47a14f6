"""Genres: the numbers they are counted by, and what an artist's change of genre moves."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, select
from sqlmodel import col

from rewind_gql.domains.listening import bulk
from rewind_gql.domains.listening.counting import Count, Place, settle
from rewind_gql.domains.listening.tables import Artist, Genre, Rollup
from rewind_gql.store.columns import Day, Id, among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Read
from rewind_gql.store.upsert import upsert

# Days counted at a time: what keeps the memory of a recount small however many days it covers.
DAYS_AT_ONCE = 200


async def by_artist(conn: Writing, user_id: int, artists: Collection[int]) -> dict[int, int]:
    """The genre of each of these artists that has one, by its number; new genres get theirs."""
    rows = await conn.rows(_OF_ARTISTS, user_id=user_id, ids=sorted(artists))
    if any(number is None for _, _, number in rows):
        await _name(conn, user_id, {name for _, name, _ in rows})
        rows = await conn.rows(_OF_ARTISTS, user_id=user_id, ids=sorted(artists))
    return {artist_id: number for artist_id, _, number in rows}


async def name_all(conn: Writing, user_id: int) -> None:
    """Give every genre of an artist its number."""
    await _name(conn, user_id, set(await conn.rows(_NAMES, user_id=user_id)))


async def retagged(conn: Writing, user_id: int, artists: Collection[int]) -> None:
    """Count plays by genre again on every day one of these artists was heard.

    To be called in the transaction that changes their genre; twice changes nothing.
    """
    await bulk.take_turn(conn, user_id)
    await by_artist(conn, user_id, artists)
    days = await conn.rows(_DAYS_OF_ARTISTS, user_id=user_id, ids=sorted(artists))
    for at in range(0, len(days), DAYS_AT_ONCE):
        await _recount(conn, user_id, days[at : at + DAYS_AT_ONCE])


async def _recount(conn: Writing, user_id: int, days: list[date]) -> None:
    """Sum the genres of these days from the counts of their artists."""
    rows = await conn.rows(_BY_GENRE, user_id=user_id, days=[(day,) for day in days])
    live = {Place("genre", number, day): Count(*count) for day, number, *count in rows}
    await settle(conn, user_id, days, ["genre"], live)


async def _name(conn: Writing, user_id: int, names: set[str]) -> None:
    rows = [{"user_id": user_id, "name": name} for name in sorted(names)]
    if rows:
        await upsert(conn, Genre, rows, key=("user_id", "name"))


_USER = bindparam("user_id", type_=Id)
_NUMBERED = and_(col(Genre.user_id) == _USER, col(Genre.name) == col(Artist.genre))
_OF_ARTISTS: Read[Any] = Read(
    select(col(Artist.id), col(Artist.genre), col(Genre.id))
    .outerjoin(Genre, _NUMBERED)
    .where(among(col(Artist.id), "ids"), col(Artist.genre).is_not(None))
)
_NAMES: Read[str] = Read(
    select(col(Artist.genre))
    .where(col(Artist.user_id) == _USER, col(Artist.genre).is_not(None))
    .distinct(),
    str,
)
_ARTIST_DAYS = (
    col(Rollup.user_id) == _USER,
    col(Rollup.kind) == literal("artist"),
    col(Rollup.grain) == literal("day"),
)
_DAYS_OF_ARTISTS: Read[Any] = Read(
    select(col(Rollup.bucket))
    .where(*_ARTIST_DAYS, among(col(Rollup.entity_id), "ids"))
    .distinct()
    .order_by(col(Rollup.bucket)),
    lambda day: day,
)
_DAYS = bulk.rows("days", day=Day)
_BY_GENRE: Read[Any] = Read(
    select(
        _DAYS.c.day,
        col(Genre.id),
        func.sum(col(Rollup.plays)),
        func.min(col(Rollup.first_at)),
        func.max(col(Rollup.last_at)),
    )
    .select_from(_DAYS)
    .join(Rollup, and_(*_ARTIST_DAYS, col(Rollup.bucket) == _DAYS.c.day))
    .join(Artist, col(Artist.id) == col(Rollup.entity_id))
    .join(Genre, _NUMBERED)
    .group_by(_DAYS.c.day, col(Genre.id))
)
