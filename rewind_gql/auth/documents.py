"""Trusted documents: GraphQL that a person has looked at, and that keys may be limited to."""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, or_, select
from sqlmodel import col

from rewind_gql import clock
from rewind_gql.auth import views
from rewind_gql.auth.tables import Document
from rewind_gql.errors import BadInput
from rewind_gql.store.engine import Writing
from rewind_gql.store.read import Conn, Read
from rewind_gql.store.upsert import upsert

MOST = 10_000
"""Of one person."""
SHA256 = "sha256:"
_ID = re.compile(r"(?:[A-Za-z0-9._~-]{1,64}:)?[A-Za-z0-9._~-]{1,128}")
_HASH = re.compile(r"[0-9a-f]{64}")

_MINE = col(Document.user_id) == bindparam("user_id")
_COUNT = Read(select(func.count()).select_from(Document).where(_MINE), int)
_IDS: Read[str] = Read(select(col(Document.document_id)).where(_MINE), str)
_LISTED = Read(
    select(
        col(Document.document_id).label("document_id"),
        col(Document.hash).label("hash"),
        col(Document.name).label("name"),
        func.length(col(Document.text)).label("characters"),
        col(Document.added_at).label("added_at"),
    )
    .where(_MINE)
    .order_by(col(Document.name), col(Document.document_id)),
    views.Document,
)
_TEXTS: Read[tuple[str, str]] = Read(
    select(col(Document.document_id), col(Document.text))
    .where(_MINE)
    .order_by(col(Document.document_id))
)
_TEXT: Read[str] = Read(
    select(col(Document.text))
    .where(
        _MINE,
        or_(
            col(Document.document_id) == bindparam("document_id"),
            col(Document.hash) == bindparam("hash"),
        ),
    )
    # An id means one document; the hash finds the same text under any.
    .order_by((col(Document.document_id) == bindparam("document_id")).desc(), col(Document.id))
    .limit(1),
    str,
)


class Trusted(NamedTuple):
    """A document to be trusted, and the id a client asks for it by."""

    document_id: str
    text: str
    name: str | None = None


def fingerprint(text: str) -> str:
    """The SHA-256 of a document's text, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_id(text: str) -> bool:
    """Whether a document can have this id: `sha256:` and its hash, or a word of one's own."""
    if text.startswith(SHA256):
        return is_hash(text.removeprefix(SHA256))
    return _ID.fullmatch(text) is not None


def is_hash(text: str) -> bool:
    """Whether it is a SHA-256 in hex, in lower case."""
    return _HASH.fullmatch(text) is not None


async def add(conn: Writing, user_id: int, batch: Sequence[Trusted]) -> int:
    """Trust documents; gives how many of the ids are new. An id that is known gets the new text.

    Raises `BadInput` where a person would have more than `MOST`.
    """
    known = set(await conn.rows(_IDS, user_id=user_id))
    fresh = {each.document_id for each in batch} - known
    if len(known) + len(fresh) > MOST:
        raise BadInput(f"There can be {MOST:,} documents; this would make more")
    now = clock.now()
    rows = [
        {
            "user_id": user_id,
            "document_id": each.document_id,
            "hash": fingerprint(each.text),
            "name": each.name,
            "text": each.text,
            "added_at": now,
        }
        for each in batch
    ]
    changed = ("hash", "name", "text", "added_at")
    await upsert(conn, Document, rows, key=("user_id", "document_id"), update=changed)
    return len(fresh)


async def remove(conn: Writing, user_id: int, ids: Sequence[str]) -> list[str]:
    """Trust documents no more, from the next request on; gives the ids that were known."""
    known = set(await conn.rows(_IDS, user_id=user_id))
    gone = [each for each in dict.fromkeys(ids) if each in known]
    mine = delete(Document).where(col(Document.user_id) == user_id)
    for document_id in gone:
        await conn.execute(mine.where(col(Document.document_id) == document_id))
    return gone


async def documents(conn: Conn, user_id: int) -> list[views.Document]:
    """Every document the person trusts, by name."""
    return await conn.rows(_LISTED, user_id=user_id)


async def texts(conn: Conn, user_id: int) -> list[tuple[str, str]]:
    """Every document the person trusts, whole: its id and its text."""
    return await conn.rows(_TEXTS, user_id=user_id)


async def text(conn: Conn, user_id: int, *, document_id: str) -> str | None:
    """The text of the document with this id, or with the hash that it tells; None without one."""
    hashed = document_id.removeprefix(SHA256)
    return await conn.first(
        _TEXT, user_id=user_id, document_id=document_id, hash=hashed if is_hash(hashed) else ""
    )
