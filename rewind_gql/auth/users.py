"""The people whose lives are kept: the owner, who is there from the start, and whoever is added."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth import views
from rewind_gql.auth.tables import User
from rewind_gql.errors import BadInput, Conflicting, NotFound
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

MAX_EMAIL = 254

_USERNAME = re.compile(r"[a-z0-9._-]{1,64}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(slots=True, kw_only=True)
class Account:
    """A person with what is kept of their password."""

    user: views.User
    epoch: int
    password_hash: str | None


_FIRST: Read[tuple[int | None]] = Read(select(func.min(col(User.id))))
_SHOWN: dict[str, Any] = {
    "id": col(User.id),
    "uuid": col(User.uuid),
    "name": col(User.name),
    "username": col(User.username),
    "email": col(User.email),
    "time_zone": col(User.time_zone),
    "disabled": col(User.disabled),
    "has_password": col(User.password_hash).is_not(None),
    "created_at": col(User.created_at),
}
_USERS = select(*(column.label(name) for name, column in _SHOWN.items()))
_ALL = Read(_USERS.order_by(col(User.id)), views.User)
_ONE = Read(_USERS.where(col(User.id) == bindparam("user_id")), views.User)
_BY_UUID = Read(_USERS.where(col(User.uuid) == bindparam("uuid")), views.User)
_CALLED = or_(
    col(User.username) == bindparam("name"),
    col(User.email) == bindparam("name"),
)
_ACCOUNT = Read(
    select(
        *(column.label(f"user__{name}") for name, column in _SHOWN.items()),
        col(User.epoch),
        col(User.password_hash),
    ).where(_CALLED),
    Account,
)
# Who never chose a username goes by the name they were made with, as the owner does.
_NAMED = Read(
    _USERS.where(
        or_(
            _CALLED,
            col(User.username).is_(None) & (func.lower(col(User.name)) == bindparam("name")),
        )
    ).order_by(col(User.username).is_(None), col(User.id)),
    views.User,
)


def folded(identifier: str) -> str:
    """A username or e-mail as it is compared; empty for what can be neither."""
    name = identifier.strip().lower()
    return name if _USERNAME.fullmatch(name) or _is_email(name) else ""


def checked_username(text: str) -> str:
    """A username as it is stored. Raises `BadInput` for what cannot be one."""
    name = text.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise BadInput(
            "A username has 1 to 64 letters a to z, digits, dots, hyphens or underscores",
            path="username",
        )
    return name


def checked_email(text: str | None) -> str | None:
    """An e-mail as it is stored. Raises `BadInput` for what cannot be one."""
    if text is None:
        return None
    address = text.strip().lower()
    if not _is_email(address):
        raise BadInput(f"{text!r} is not an e-mail address", path="email")
    return address


async def default(conn: Conn) -> int | None:
    """The id of the owner, the first user; None in a database without any."""
    return (await conn.value(_FIRST))[0]


async def ensure_default(conn: Writing, *, name: str = "me", time_zone: str = "UTC") -> int:
    """The id of the owner, who is made if there is none. Safe to run twice."""
    known = await default(conn)
    if known is not None:
        return known
    return await _insert(conn, {"name": name, "time_zone": time_zone})


async def add(
    conn: Writing,
    *,
    username: str,
    password_hash: str,
    email: str | None = None,
    time_zone: str = "UTC",
) -> views.User:
    """A new person, who can sign in.

    Raises `BadInput` for a username, e-mail or time zone that is none, and `Conflicting` when
    somebody has that username or e-mail already.
    """
    name = checked_username(username)
    clock.zone(time_zone)
    row = {
        "name": name,
        "username": name,
        "email": checked_email(email),
        "password_hash": password_hash,
        "time_zone": time_zone,
    }
    try:
        user_id = await _insert(conn, row)
    except IntegrityError as taken:
        raise _taken() from taken
    return await user(conn, user_id)


async def name_owner(
    conn: Writing, *, username: str, password_hash: str, email: str | None = None
) -> views.User:
    """The owner, with a username and a password from now on.

    Raises `Conflicting` when they have a username already, else what `add` raises.
    """
    owner = await user(conn, await ensure_default(conn))
    if owner.username is not None:
        raise Conflicting(f"The owner signs in as {owner.username} already")
    row = {"username": checked_username(username), "password_hash": password_hash}
    return await _change(conn, owner.id, row | ({"email": checked_email(email)} if email else {}))


async def set_password(conn: Writing, user_id: int, *, password_hash: str) -> views.User:
    """The person, with another password; the tokens they got for the old one end.

    Whoever has no username yet signs in by their name. Raises `NotFound`, and `Conflicting` when
    somebody else signs in by that name.
    """
    found = await user(conn, user_id)
    row = {"password_hash": password_hash}
    if found.username is None:
        row["username"] = checked_username(found.name)
    return await _change(conn, user_id, row)


async def disable(conn: Writing, user_id: int) -> views.User:
    """The person, shut out: tokens end for good, keys until they are enabled again."""
    return await _change(conn, user_id, {"disabled": True})


async def enable(conn: Writing, user_id: int) -> views.User:
    """The person, let in again with password and keys, not with the tokens of before."""
    return await _change(conn, user_id, {"disabled": False})


async def people(conn: Conn) -> list[views.User]:
    """Everybody, the owner first."""
    return await conn.rows(_ALL)


async def user(conn: Conn, user_id: int) -> views.User:
    """One person. Raises `NotFound`."""
    found = await conn.first(_ONE, user_id=user_id)
    return _found(found)


async def user_by_uuid(conn: Conn, *, uuid: UUID) -> views.User | None:
    """The person others know by this uuid; None when there is nobody."""
    return await conn.first(_BY_UUID, uuid=uuid)


async def named(conn: Conn, *, name: str) -> views.User:
    """Whoever has this username or e-mail, or this name and no username. Raises `NotFound`."""
    found = await conn.first(_NAMED, name=folded(name))
    return _found(found, name)


async def account(conn: Conn, *, identifier: str) -> Account | None:
    """Whoever signs in by this username or e-mail, as `folded`; None for nobody."""
    return await conn.first(_ACCOUNT, name=identifier)


async def _insert(conn: Writing, given: dict[str, Any]) -> int:
    row = {
        "uuid": uuid4(),
        "username": None,
        "email": None,
        "password_hash": None,
        "disabled": False,
        "epoch": 0,
        "created_at": clock.now(),
        **given,
    }
    made = await conn.execute(insert(User).values(row).returning(col(User.id)))
    user_id: int = made.scalar_one()
    return user_id


async def _change(conn: Writing, user_id: int, row: dict[str, Any]) -> views.User:
    """Write `row` and raise the epoch, so that tokens made until now are worthless."""
    changing = update(User).where(col(User.id) == user_id)
    try:
        await conn.execute(changing.values(**row, epoch=col(User.epoch) + 1))
    except IntegrityError as taken:
        raise _taken() from taken
    return await user(conn, user_id)


def _is_email(text: str) -> bool:
    return len(text) <= MAX_EMAIL and text.isprintable() and bool(_EMAIL.fullmatch(text))


def _found(found: views.User | None, name: str | None = None) -> views.User:
    if found is None:
        raise NotFound(f"There is no user {name!r}" if name is not None else "User not found")
    return found


def _taken() -> Conflicting:
    return Conflicting("Somebody has that username or e-mail already")
