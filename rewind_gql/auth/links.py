"""Links: addresses that show one thing to whoever has them, until they are taken back."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, insert, not_, select, update
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth import views
from rewind_gql.auth.keys import Pepper
from rewind_gql.auth.tables import Link, User
from rewind_gql.errors import BadInput, NotFound
from rewind_gql.store.columns import among
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read

MOST = 200
"""Of one person, valid at a time."""
_CODE_BYTES, _SEAL_BYTES = 12, 16
_CODE = 16  # signs of the code in URL-safe base64, and of a whole link
LENGTH = 38

_LINKS = select(
    *(col(getattr(Link, name)) for name in ("id", "name", "asked", "code", "created_at")),
    col(Link.revoked_at),
).where(col(Link.user_id) == bindparam("user_id"))
_ALL = Read(_LINKS.order_by(col(Link.id)), views.Link)
_BY_ID = Read(_LINKS.where(among(col(Link.id), "ids")), views.Link)
_VALID = Read(
    select(func.count())
    .select_from(Link)
    .where(col(Link.user_id) == bindparam("user_id"), col(Link.revoked_at).is_(None)),
    int,
)
_SHOWN = Read(
    select(
        col(Link.user_id).label("user_id"),
        col(User.time_zone).label("time_zone"),
        col(Link.name).label("name"),
        col(Link.asked).label("asked"),
    )
    .join(User, col(User.id) == col(Link.user_id))
    .where(
        col(Link.code) == bindparam("code"),
        col(Link.revoked_at).is_(None),
        not_(col(User.disabled)),
    ),
    views.Opened,
)


async def create(conn: Writing, user_id: int, *, name: str, asked: Mapping[str, str]) -> views.Link:
    """A new link to the thing of that name, as it was asked for.

    Raises `BadInput` when the person has very many already.
    """
    if await conn.value(_VALID, user_id=user_id) >= MOST:
        raise BadInput(f"There are {MOST} links already; take back some that are not needed")
    code = secrets.token_urlsafe(_CODE_BYTES)
    row = {"name": name, "asked": dict(asked), "code": code, "created_at": clock.now()}
    stored = {**row, "user_id": user_id, "revoked_at": None}
    made = await conn.execute(insert(Link).values(stored).returning(col(Link.id)))
    return views.Link(id=made.scalar_one(), revoked_at=None, **row)  # type: ignore[arg-type]  # the columns are the fields


async def revoke(conn: Writing, user_id: int, *, link_id: int) -> views.Link:
    """Take a link back; it leads nowhere from the next request on. Twice is the same as once.

    Raises `NotFound` for an id that is not the person's.
    """
    mine = (col(Link.id) == link_id, col(Link.user_id) == user_id)
    taking = update(Link).where(*mine, col(Link.revoked_at).is_(None))
    await conn.execute(taking.values(revoked_at=clock.now()))
    found = await links_by_id(conn, user_id, [link_id])
    if link_id not in found:
        raise NotFound("Link not found")
    return found[link_id]


async def links(conn: Conn, user_id: int) -> list[views.Link]:
    """Every link of the person, those taken back too, in the order they were made."""
    return await conn.rows(_ALL, user_id=user_id)


async def links_by_id(conn: Conn, user_id: int, ids: Sequence[int]) -> dict[int, views.Link]:
    """Links of the person by id; unknown ids are left out."""
    return {link.id: link for link in await conn.rows(_BY_ID, user_id=user_id, ids=ids)}


async def valid_by_name(
    conn: Conn, user_id: int, names: Sequence[str]
) -> dict[str, list[views.Link]]:
    """The links of the person that lead to these things, those taken back left out."""
    found: dict[str, list[views.Link]] = {name: [] for name in names}
    for link in await links(conn, user_id):
        if link.revoked_at is None and link.name in found:
            found[link.name].append(link)
    return found


async def opened(conn: Conn, *, code: str) -> views.Opened | None:
    """What a link leads to; None for one that is unknown or was taken back."""
    return await conn.first(_SHOWN, code=code)


def sealed(code: str, pepper: Pepper) -> str:
    """The text of a link: its code, and what nobody can add to it who only read the database."""
    return code + _seal(code, pepper)


def code_of(text: str, pepper: Pepper) -> str | None:
    """The code in a link that this server gave out; None for any other text."""
    if len(text) != LENGTH or not text.isascii():
        return None
    code, seal = text[:_CODE], text[_CODE:]
    return code if hmac.compare_digest(seal, _seal(code, pepper)) else None


def _seal(code: str, pepper: Pepper) -> str:
    full = hmac.digest(pepper, f"link {code}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(full[:_SEAL_BYTES]).rstrip(b"=").decode()
