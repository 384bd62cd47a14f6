"""The people whose lives are kept: one until more are made."""

from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth.tables import User
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

_FIRST: Read[tuple[int | None]] = Read(select(func.min(col(User.id))))


async def default(conn: Conn) -> int | None:
    """The id of the first user; None in a database without any."""
    return (await conn.value(_FIRST))[0]


async def ensure_default(conn: Writing, *, name: str = "me", time_zone: str = "UTC") -> int:
    """The id of the first user, who is made if there is none. Safe to run twice."""
    known = await default(conn)
    if known is not None:
        return known
    row = {
        "uuid": uuid4(),
        "name": name,
        "time_zone": time_zone,
        "username": None,
        "email": None,
        "password_hash": None,
        "disabled": False,
        "epoch": 0,
        "created_at": clock.now(),
    }
    made = await conn.execute(insert(User).values(row).returning(col(User.id)))
    first: int = made.scalar_one()
    return first
